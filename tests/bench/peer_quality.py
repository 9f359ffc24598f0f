"""Seconds of training to a quality, by Diffuscope and by PyTorch, for tests/bench/README.md.

By hand only, on an otherwise idle machine; peer.py says how to set PyTorch up.

    /usr/bin/python3 tests/bench/peer_quality.py build/release/app/diffuscope swiss-roll

The same network (3 x 128, SiLU, the features of InputFeatures.h), batch, rate and clipping, DDPM with T = 1000 for
both, and the sliced distance here for both: 10,000 particles against four sets of fresh draws, over the mean distance
of fresh draws from each other. Diffuscope's seconds are those of the whole process, PyTorch's those of its training
steps alone, without the start of Python. "plain" takes the weights as they are, "recipe" has Diffuscope's moving
average and stratified t. Prints a JSON line for every measurement.
"""

import itertools
import json
import math
import os
import subprocess
import sys
import tempfile
import time

import numpy
import torch
from torch import nn

program, dataset = sys.argv[1:3]
seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
marks = (2, 5, 20, 60)
ownMarks = (0.5, 1, 2, 5)
particles = 10_000
folder = tempfile.mkdtemp()


def run(*arguments):
    subprocess.run([program, *map(str, arguments)], check=True, capture_output=True)


def draws(count, drawSeed):
    path = os.path.join(folder, "draws.npy")
    run("data", "--dataset", dataset, "--count", count, "--seed", drawSeed, "--units", "model", "--out", path)
    return numpy.load(path).reshape(-1, 2)


angles = (numpy.arange(128) + 0.5) * math.pi / 128
directions = numpy.stack((numpy.cos(angles), numpy.sin(angles)))


def distance(a, b):
    return math.sqrt(numpy.mean((numpy.sort(a @ directions, 0) - numpy.sort(b @ directions, 0)) ** 2))


fresh = [draws(particles, 1000 + i) for i in range(4)]
floor = numpy.mean([distance(a, b) for a, b in itertools.combinations(fresh, 2)])


def report(who, seconds, steps, samples):
    ratio = numpy.mean([distance(samples, each) for each in fresh]) / floor
    line = {"who": who, "dataset": dataset, "seed": seed, "seconds": round(seconds, 2), "steps": steps}
    print(json.dumps(line | {"sw2_over_floor": round(float(ratio), 2)}), flush=True)


beta = torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64)
alphaBarExact = torch.cumprod(1.0 - beta, 0)
logSnr = torch.log(alphaBarExact / (1.0 - alphaBarExact)).float()
alphaBar = alphaBarExact.float()


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        sizes = [32, 128, 128, 128]
        hidden = [m for a, b in zip(sizes, sizes[1:]) for m in (nn.Linear(a, b), nn.SiLU())]
        self.layers = nn.Sequential(*hidden, nn.Linear(128, 2))
        self.register_buffer("octaves", torch.tensor([1.0, 2.0, 4.0]))
        harmonics = torch.arange(1, 9) * math.pi / 24
        c = logSnr.clamp(-12, 12).unsqueeze(1)
        condition = (c / 12, torch.sigmoid(-c).sqrt(), torch.sin(c * harmonics), torch.cos(c * harmonics))
        self.register_buffer("condition", torch.cat(condition, 1))

    def forward(self, x, t):
        angles = (x.unsqueeze(2) * self.octaves).flatten(1)
        return self.layers(torch.cat((x, angles.sin(), angles.cos(), self.condition[t]), 1))


@torch.no_grad()
def sample(network, low, high):
    x = torch.randn(particles, 2, generator=torch.Generator().manual_seed(seed))
    noise = torch.Generator().manual_seed(seed + 1)
    for t in range(999, -1, -1):
        eps = network(x, torch.full((particles,), t))
        x0 = (x - (1 - alphaBar[t]).sqrt() * eps) / alphaBar[t].sqrt()
        x0 = torch.maximum(torch.minimum(x0, high), low)
        before = alphaBar[t - 1] if t > 0 else torch.tensor(1.0)
        b = beta[t].float()
        x = ((1 - b).sqrt() * (1 - before) * x + before.sqrt() * b * x0) / (1 - alphaBar[t])
        if t > 0:
            x = x + b.sqrt() * torch.randn(particles, 2, generator=noise)
    return x.numpy()


def byTorch(recipe):
    torch.manual_seed(seed)
    data = torch.from_numpy(draws(32768, seed).astype(numpy.float32))
    margin = 0.1 * (data.max(0).values - data.min(0).values)
    low, high = data.min(0).values - margin, data.max(0).values + margin
    network, average = Network(), Network()
    average.load_state_dict(network.state_dict())
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)
    batch = 512
    places = torch.arange(batch) * 1000 / batch
    spent, step = 0.0, 0
    for mark in marks:
        begin = time.perf_counter()
        while spent + time.perf_counter() - begin < mark:
            step += 1
            x0 = data[torch.randint(0, len(data), (batch,))]
            t = (places + 1000 / batch * torch.rand(batch)).long().clamp(max=999) if recipe else torch.randint(0, 1000, (batch,))
            eps = torch.randn_like(x0)
            a = alphaBar[t].unsqueeze(1)
            loss = (network(a.sqrt() * x0 + (1 - a).sqrt() * eps, t) - eps).square().sum(1).mean()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            optimiser.zero_grad()
            if recipe:
                with torch.no_grad():
                    decay = min(0.999, (1 + step) / (10 + step))
                    for kept, now in zip(average.parameters(), network.parameters()):
                        kept.lerp_(now, 1 - decay)
        spent += time.perf_counter() - begin
        report("torch " + ("recipe" if recipe else "plain"), spent, step, sample(average if recipe else network, low, high))


def byDiffuscope():
    session, points = os.path.join(folder, "s.diffuscope"), os.path.join(folder, "x.npy")
    for mark in ownMarks:
        begin = time.perf_counter()
        run("train", "--dataset", dataset, "--seconds", mark, "--seed", seed, "--backend", "cpu", "--out", session)
        seconds = time.perf_counter() - begin
        run("sample", session, "--count", particles, "--seed", seed, "--backend", "cpu", "--units", "model", "--out", points)
        report("diffuscope", seconds, None, numpy.load(points).reshape(-1, 2))


byDiffuscope()
byTorch(False)
byTorch(True)
