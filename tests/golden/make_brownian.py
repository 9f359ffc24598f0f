"""Writes brownian.csv: values of Brownian paths by the definition in core/diffusion/BrownianPath.h, in double, with
exact fractions for the times and the Philox of make_philox.py. Each value is calculated by recursion from its
parents: no path down, no memory."""

import math
from fractions import Fraction

from make_philox import philox

MASK = 0xFFFFFFFF
DEPTH = 14


def normals(seed, stream, particle, lap, node, place):
    words = philox([particle, lap * 2 ** 15 + node, stream, place], [seed & MASK, seed >> 32])
    u, v = [((word >> 8) + 1) * 2.0 ** -24 for word in words[:2]]
    radius = math.sqrt(-2.0 * math.log(u))
    return radius * math.cos(2.0 * math.pi * v), radius * math.sin(2.0 * math.pi * v)


def at(path, depth, index):
    """W(index 2^-depth)."""
    if index == 0:
        return 0.0, 0.0
    if depth == 0:
        return normals(*path, 0, 0)
    if index % 2 == 0:
        return at(path, depth - 1, index // 2)
    cell = index // 2  # of length 2^-(depth - 1), whose middle this is
    left, right = at(path, depth - 1, cell), at(path, depth - 1, cell + 1)
    deviation = math.sqrt(2.0 ** -(depth - 1)) / 2.0
    z = normals(*path, 2 ** (depth - 1) + cell, 0)
    return tuple((a + b) / 2.0 + deviation * n for a, b, n in zip(left, right, z))


def value(path, time):
    cell = math.floor(time * 2 ** DEPTH)
    share = time * 2 ** DEPTH - cell
    fraction = math.floor(share * 2 ** 32)
    if fraction == 0:
        return cell, fraction, at(path, DEPTH, cell)
    left, right = at(path, DEPTH, cell), at(path, DEPTH, cell + 1)
    deviation = math.sqrt(share * (1 - share) / 2 ** DEPTH)
    z = normals(*path, 2 ** DEPTH + cell, fraction)
    return cell, fraction, tuple(a + float(share) * (b - a) + deviation * n for a, b, n in zip(left, right, z))


PATHS = [(1, 5, 0, 0), (1, 3, 77, 0), (42, 5, 1999, 3), ((1 << 53) - 1, 5, MASK, 99), (0xA4093822299F31D0, 3, 12, 0)]
TIMES = [(0, 1), (1, 1), (1, 2), (1, 3), (1, 50), (49, 50), (1, 1000), (333, 1000), (999, 1000), (1, 10000),
         (6789, 10000), (9999, 10000), (5, 16384), (1, 9973)]

with open("brownian.csv", "w") as out:
    out.write("seed,stream,particle,lap,numerator,denominator,cell,fraction,x,y\n")
    for path in PATHS:
        for numerator, denominator in TIMES:
            cell, fraction, (x, y) = value(path, Fraction(numerator, denominator))
            out.write(f"{','.join(map(str, path))},{numerator},{denominator},{cell},{fraction},{x!r},{y!r}\n")
