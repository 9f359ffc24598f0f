"""Mean and average variance of each generator's formula by numerical quadrature (mpmath), for make_draws.py.

Independent of the closed forms in core/data: only the formulas of the curves are shared."""

import csv

from mpmath import exp, mp, mpf, cos, pi, quad, sin, sqrt

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


def mean_of_normal(of):
    """E[of(z)] of z ~ N(0, 1), by quadrature over twelve deviations."""
    return quad(lambda z: of(z) * exp(-z * z / 2), [-12, -4, 0, 4, 12]) / sqrt(2 * pi)


def pinwheel():
    """Blade 0 in its own frame turned by exp(r)/4, then the five turns: by quadrature over the radial normal."""
    r = lambda z: 1 + mpf("0.3") * z
    x = mean_of_normal(lambda z: r(z) * cos(exp(r(z)) / 4))
    y = mean_of_normal(lambda z: r(z) * sin(exp(r(z)) / 4))
    square = mean_of_normal(lambda z: r(z) ** 2) + mpf("0.01")
    turns = [2 * pi * k / 5 for k in range(5)]
    mean = [sum(x * cos(a) - y * sin(a) for a in turns) / 5, sum(x * sin(a) + y * cos(a) for a in turns) / 5]
    return mean[0], mean[1], (square - mean[0] ** 2 - mean[1] ** 2) / 2


def mixture(parts):
    """(weight, mean, along, across, angle): the axes' moments by quadrature over both normals of each part."""
    total = sum(weight for weight, *_ in parts)
    sums = [mpf(0)] * 3
    for weight, (mx, my), along, across, angle in parts:
        c, s = cos(angle), sin(angle)
        for i, of in enumerate((lambda a, b: mx + c * a - s * b, lambda a, b: my + s * a + c * b)):
            sums[i] += weight * mean_of_normal(lambda z: of(along * z, 0)) / total
            # x^2 + y^2 of a and b apart: the mixed term of independent normals is 0.
            sums[2] += weight * (mean_of_normal(lambda z: of(along * z, 0) ** 2)
                                 + mean_of_normal(lambda z: of(0, across * z) ** 2) - of(0, 0) ** 2) / total
    return sums[0], sums[1], (sums[2] - sums[0] ** 2 - sums[1] ** 2) / 2


def strokes():
    """Of resources/datasets/dinosaur.csv: lists of points, each with whether it is closed."""
    found = {}
    with open("../../resources/datasets/dinosaur.csv") as table:
        for row in csv.DictReader(table):
            found.setdefault(row["stroke"], (row["closed"] == "1", []))[1].append((float(row["x"]), float(row["y"])))
    return [(points, closed) for closed, points in found.values()]


def chords():
    """The eight chords of each span of a uniform Catmull-Rom spline, by the spline's basis matrix."""
    pieces = []
    for points, closed in strokes():
        padded = [points[-1]] + points + points[:2] if closed else [points[0]] + points + [points[-1]]
        for p, q, r, s in zip(padded, padded[1:], padded[2:], padded[3:]):
            if q == r:
                continue
            places = []
            for k in range(9):
                t = k / 8
                basis = [(-t + 2 * t ** 2 - t ** 3) / 2, (2 - 5 * t ** 2 + 3 * t ** 3) / 2,
                         (t + 4 * t ** 2 - 3 * t ** 3) / 2, (-t ** 2 + t ** 3) / 2]
                places.append(tuple(sum(b * v[axis] for b, v in zip(basis, (p, q, r, s))) for axis in (0, 1)))
            pieces += zip(places, places[1:])
    return pieces


def polyline():
    """By Gauss-Legendre of three nodes along every chord, which integrates squares exactly."""
    nodes = [(mpf(1) / 2, mpf(4) / 9)] + [(mpf(1) / 2 + s * sqrt(mpf(3) / 5) / 2, mpf(5) / 18) for s in (-1, 1)]
    sums = [mpf(0)] * 4
    for a, b in chords():
        length = sqrt((mpf(b[0]) - a[0]) ** 2 + (mpf(b[1]) - a[1]) ** 2)
        for u, weight in nodes:
            x, y = (a[axis] + u * (mpf(b[axis]) - a[axis]) for axis in (0, 1))
            for i, value in enumerate((1, x, y, x * x + y * y)):
                sums[i] += length * weight * value
    x, y, square = (value / sums[0] for value in sums[1:])
    return x, y, (square - x * x - y * y) / 2


def ring(radius):
    return (lambda a: (radius * cos(a), radius * sin(a))), [mpf(0), pi / 2, pi, 3 * pi / 2, 2 * pi]


def spiral(sign):
    def arm(u):
        a = pi * sqrt(mpf(1) / 4 + 12 * u)
        return sign * a * cos(a), sign * a * sin(a)

    return arm, [mpf(k) / 8 for k in range(9)]


def heart(a):
    return 16 * sin(a) ** 3, 13 * cos(a) - 5 * cos(2 * a) - 2 * cos(3 * a) - cos(4 * a)


GRID = [(1, (column - 2, row - 2), mpf("0.1"), mpf("0.1"), mpf(0)) for row in range(5) for column in range(5)]
STRETCHED = [
    (3, (mpf("-1.5"), mpf("0.5")), mpf("0.7"), mpf("0.12"), pi / 3),
    (2, (mpf("1.5"), mpf("1")), mpf("0.6"), mpf("0.15"), -pi / 6),
    (2, (mpf("0"), mpf("-1.5")), mpf("0.9"), mpf("0.1"), mpf(0)),
    (2, (mpf("1.5"), mpf("-1")), mpf("0.3"), mpf("0.2"), pi / 4),
    (1, (mpf("0"), mpf("0.5")), mpf("0.1"), mpf("0.1"), mpf(0)),
]

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
    "spiral": ([spiral(1), spiral(-1)], mpf(1) / 16),
    "rings": ([ring(1), ring(2), ring(2), ring(3), ring(3), ring(3)], mpf("0.0064")),
    "heart": ([(heart, [k * quarter for k in range(5)])], mpf("0.16")),
}


def maps():
    """Of each set: its name, and mean x, mean y and average variance."""
    for name, (parts, added) in SETS.items():
        x, y, variance = moments(parts)
        yield name, (x, y, variance + added)
    yield "pinwheel", pinwheel()
    yield "gaussian-grid", mixture(GRID)
    yield "gaussian-mixture", mixture(STRETCHED)
    x, y, variance = polyline()
    yield "dinosaur", (x, y, variance + mpf("0.25"))
