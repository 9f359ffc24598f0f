"""Writes datamaps.csv: mean and average variance of each generator's formula by numerical quadrature (mpmath).

Independent of the closed forms in core/data/Generators.cpp: only the formulas of the curves are shared."""

from mpmath import mp, mpf, cos, nstr, pi, quad, sin

mp.dps = 40


def moments(parts):
    """Parts of equal weight: each a curve of a over [low, high] with a uniform, `knots` where it is not smooth."""
    sums = [mpf(0)] * 3
    for curve, knots in parts:
        length = knots[-1] - knots[0]
        for i, of in enumerate((lambda a: curve(a)[0], lambda a: curve(a)[1],
                                lambda a: curve(a)[0] ** 2 + curve(a)[1] ** 2)):
            sums[i] += quad(of, knots) / length / len(parts)
    return sums[0], sums[1], (sums[2] - sums[0] ** 2 - sums[1] ** 2) / 2


def sign(a):
    return 1 if a >= 0 else -1


def square(column, row):
    # A filled square has its centre's mean, and 1/12 more variance along each axis.
    return (lambda a: (column - mpf(3) / 2, row - mpf(3) / 2)), [mpf(0), mpf(1)]


quarter = pi / 2
SETS = {
    "swiss-roll": ([(lambda a: (a * cos(a), a * sin(a)), [k * quarter for k in range(3, 10)])], mpf(1) / 16),
    "two-moons": ([(lambda a: (cos(a), sin(a)), [mpf(0), pi]),
                   (lambda a: (1 - cos(a), mpf(1) / 2 - sin(a)), [mpf(0), pi])], mpf("0.0025")),
    "s-curve": ([(lambda a: (sin(a), sign(a) * (cos(a) - 1)), [k * quarter for k in range(-3, 4)])],
                mpf("0.0025")),
    "eight-gaussians": ([(lambda a, k=k: (cos(k * pi / 4), sin(k * pi / 4)), [mpf(0), mpf(1)]) for k in range(8)],
                        mpf("0.0064")),
    "checkerboard": ([square(column, row) for column in range(4) for row in range(4) if (column + row) % 2 == 0],
                     mpf(1) / 12),
}

with open("datamaps.csv", "w") as out:
    out.write("set,meanX,meanY,variance\n")
    for name, (parts, added) in SETS.items():
        x, y, variance = moments(parts)
        out.write(",".join([name] + [nstr(mp.chop(v), 17) for v in (x, y, variance + added)]) + "\n")
