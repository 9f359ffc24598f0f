#!/usr/bin/env python3
"""Writes measures.csv: the distances of small point sets by numpy and scipy, in double, without the program's code.

Sliced W2: for each direction a linear assignment (scipy), which knows nothing of sorting. MMD and energy
distance: full matrices of pairs. The points have seven decimals and are read as float by the test."""
import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

rng = np.random.default_rng(20)


def sliced_w2(a, b):
    costs = []
    for k in range(128):
        angle = (k + 0.5) * np.pi / 128
        v = np.array([np.cos(angle), np.sin(angle)])
        cost = (a @ v)[:, None] - (b @ v)[None, :]
        cost = cost**2
        rows, columns = linear_sum_assignment(cost)
        costs.append(cost[rows, columns].mean())
    return np.sqrt(np.mean(costs))


def mmd2(a, b, scale):
    def kernel(p, q):
        squares = cdist(p, q, "sqeuclidean")
        return np.mean([np.exp(-squares / (2 * (h * scale) ** 2)) for h in (0.05, 0.1, 0.2, 0.5, 1.0)], axis=0)

    def within(p):
        k = kernel(p, p)
        n = len(p)
        return (k.sum() - np.trace(k)) / (n * (n - 1))

    return within(a) + within(b) - 2 * kernel(a, b).mean()


def energy(a, b):
    return 2 * cdist(a, b).mean() - cdist(a, a).mean() - cdist(b, b).mean()


def rounded(points):
    return np.float64(np.float32(np.round(points, 7)))


cases = []
a = rng.normal(size=(40, 2))
cases.append((a, rng.normal(size=(40, 2)), 1.0))
cases.append((a, 0.5 * rng.normal(size=(40, 2)) + [2.0, -1.0], 0.7))
cases.append((a, a + 1e-3, 1.3))
cases.append((rng.uniform(-30, 30, size=(25, 2)), rng.uniform(-30, 30, size=(25, 2)), 17.0))
cases.append((np.repeat(rng.normal(size=(5, 2)), 6, axis=0), rng.normal(size=(30, 2)), 0.2))
with open("measures.csv", "w") as out:
    out.write("what,case,x,y\n")
    for index, (a, b, scale) in enumerate(cases):
        a, b = rounded(a), rounded(b)
        for name, points in (("a", a), ("b", b)):
            for x, y in points:
                out.write(f"{name},{index},{float(x)!r},{float(y)!r}\n")
        out.write(f"scale,{index},{scale!r},0\n")
        out.write(f"sliced_w2,{index},{float(sliced_w2(a, b))!r},0\n")
        out.write(f"mmd2,{index},{float(mmd2(a, b, scale))!r},0\n")
        out.write(f"energy,{index},{float(energy(a, b))!r},0\n")
