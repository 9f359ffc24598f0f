"""Training and sampling steps by PyTorch, in turn with `diffuscope bench`, for tests/bench/README.md.

By hand only, on an otherwise idle machine:

    apt-get install python3-torch libopenblas0-openmp
    update-alternatives --set libblas.so.3-x86_64-linux-gnu /usr/lib/x86_64-linux-gnu/openblas-openmp/libblas.so.3
    update-alternatives --set liblapack.so.3-x86_64-linux-gnu /usr/lib/x86_64-linux-gnu/openblas-openmp/liblapack.so.3
    /usr/bin/python3 tests/bench/peer.py build/release/app/diffuscope

Leave OPENBLAS_CORETYPE unset. Prints one JSON line a workload: medians over the rounds, and PyTorch's best
number of threads.
"""

import json
import math
import os
import statistics
import subprocess
import sys
import time

import torch
from torch import nn

rounds = 3
threadCounts = sorted({1, os.cpu_count() or 1})


class Sinusoids(nn.Module):
    def __init__(self, size, scale):
        super().__init__()
        half = size // 2
        self.register_buffer("frequencies", torch.exp(-math.log(1e4) / (half - 1) * torch.arange(half)))
        self.scale = scale

    def forward(self, x):
        angles = self.scale * x.unsqueeze(-1) * self.frequencies
        return torch.cat((angles.sin(), angles.cos()), dim=-1)


class Residual(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.linear = nn.Linear(size, size)

    def forward(self, x):
        return x + nn.functional.gelu(self.linear(x))


class SinusoidalNetwork(nn.Module):
    """W1: 3 x 128 sinusoids of x, y and t, then 128 GELU, three residual layers, and two outputs."""

    def __init__(self):
        super().__init__()
        self.position = Sinusoids(128, 25.0)
        self.time = Sinusoids(128, 1.0)
        self.layers = nn.Sequential(nn.Linear(384, 128), nn.GELU(), *(Residual(128) for _ in range(3)), nn.Linear(128, 2))

    def forward(self, x, t):
        parts = self.position(x[:, 0]), self.position(x[:, 1]), self.time(t)
        return self.layers(torch.cat(parts, dim=-1))


class PlainNetwork(nn.Module):
    """W2: 34 inputs, four hidden layers of 128, SiLU. The inputs beside the point depend on t alone."""

    def __init__(self):
        super().__init__()
        sizes = [34, 128, 128, 128, 128]
        hidden = [m for a, b in zip(sizes, sizes[1:]) for m in (nn.Linear(a, b), nn.SiLU())]
        self.layers = nn.Sequential(*hidden, nn.Linear(128, 2))
        self.time = Sinusoids(32, 1.0)

    def forward(self, x, t):
        return self.layers(torch.cat((x, self.time(t)), dim=-1))


beta = torch.linspace(1e-4, 0.02, 1000)
alphaBar = torch.cumprod(1.0 - beta, 0)


def training(network, optimiser, batch):
    data = torch.randn(8192, 2)

    def step():
        x0 = data[torch.randint(0, len(data), (batch,))]
        t = torch.randint(0, 1000, (batch,))
        eps = torch.randn_like(x0)
        a = alphaBar[t].unsqueeze(1)
        prediction = network(a.sqrt() * x0 + (1.0 - a).sqrt() * eps, t)
        loss = nn.functional.mse_loss(prediction, eps)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()

    return step


def secondsOf(step, seconds):
    for _ in range(5):
        step()
    count = 0
    begin = time.perf_counter()
    while (passed := time.perf_counter() - begin) < seconds:
        step()
        count += 1
    return passed / count


def samplingSeconds():
    """DDPM of 10,000 particles; a thousand steps by the mean of a hundred."""
    network = PlainNetwork()
    x = torch.randn(10_000, 2)

    @torch.no_grad()
    def run(times):
        nonlocal x
        for t in times:
            eps = network(x, torch.full((len(x),), t))
            x = (x - beta[t] / (1.0 - alphaBar[t]).sqrt() * eps) / (1.0 - beta[t]).sqrt()
            x = x + beta[t].sqrt() * torch.randn_like(x)

    run(range(999, 989, -1))
    begin = time.perf_counter()
    run(range(989, 889, -1))
    return 10.0 * (time.perf_counter() - begin)


def sinusoidalStep():
    network = SinusoidalNetwork()
    return secondsOf(training(network, torch.optim.AdamW(network.parameters(), lr=1e-3), 32), 3.0)


def plainStep():
    network = PlainNetwork()
    return secondsOf(training(network, torch.optim.Adam(network.parameters(), lr=1e-3), 2048), 3.0)


def programLine(program, workload):
    command = [program, "bench", "--workload", workload, "--backend", "cpu", "--quiet"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: peer.py PROGRAM")
    for workload, peer in (("w1", sinusoidalStep), ("w2", plainStep), ("sample", samplingSeconds)):
        peerSeconds = {threads: [] for threads in threadCounts}
        lines = []
        for _ in range(rounds):
            for threads in threadCounts:
                torch.set_num_threads(threads)
                peerSeconds[threads].append(peer())
            lines.append(programLine(sys.argv[1], workload))
        ours = [line.get("seconds") or 1.0 / line["steps_per_second"] for line in lines]
        threads = min(threadCounts, key=lambda n: statistics.median(peerSeconds[n]))
        theirs = peerSeconds[threads]
        result = {
            "workload": workload,
            "torch_threads": threads,
            "torch_seconds": statistics.median(theirs),
            "diffuscope_seconds": statistics.median(ours),
            "ratio": statistics.median(a / b for a, b in zip(theirs, ours)),
            "share_of_peak": statistics.median(line["share_of_peak"] for line in lines),
            "peak_gflops": statistics.median(line["peak_gflops"] for line in lines),
        }
        print(json.dumps(result), flush=True)


main()
