"""Writes draws.csv: the first points of each generated data set for seed 5, in model units, with their class.

Random numbers by make_philox.py, maps by the quadratures of datamaps.py; of core/data it shares the
formulas of the sets and which word of a draw stands for what."""

from bisect import bisect_left
from math import cos, exp, hypot, log, pi, sin, sqrt

from datamaps import GRID, STRETCHED, chords, maps
from make_philox import philox

SEED, DATA, COUNT = 5, 1, 16


class Draw:
    def __init__(self, index):
        self.words = philox([index, 0, DATA, 0], [SEED, 0])

    def uniform(self, i):
        return ((self.words[i] >> 8) + 1) / 2 ** 24

    def below(self, i, count):
        return self.words[i] * count >> 32

    def normals(self):
        radius, angle = sqrt(-2 * log(self.uniform(2))), 2 * pi * self.uniform(3)
        return radius * cos(angle), radius * sin(angle)


def turned(x, y, a):
    return x * cos(a) - y * sin(a), x * sin(a) + y * cos(a)


def noisy(deviation, point, label=-1):
    def of(draw):
        (x, y), (z, w) = point(draw), draw.normals()
        return x + deviation * z, y + deviation * w, label(draw) if callable(label) else label

    return of


def swiss_roll(d):
    a = 1.5 * pi * (1 + 2 * d.uniform(0))
    return a * cos(a), a * sin(a)


def two_moons(d):
    a = pi * d.uniform(0)
    return (1 - cos(a), 0.5 - sin(a)) if d.below(1, 2) else (cos(a), sin(a))


def s_curve(d):
    a = 3 * pi * (d.uniform(0) - 0.5)
    return sin(a), (1 if a >= 0 else -1) * (cos(a) - 1)


def spiral(d):
    a = sqrt((pi / 2) ** 2 + d.uniform(0) * 12 * pi ** 2)
    return turned(-a if d.below(1, 2) else a, 0, a)


def ring_of(d):
    return [0, 1, 1, 2, 2, 2][d.below(1, 6)]


def checkerboard(d):
    squares = [(column, row) for row in range(4) for column in range(4) if (column + row) % 2 == 0]
    # Two rows of two columns each, in the order of the program: columns 0 to 3 of the lower two rows first.
    column, row = sorted(squares, key=lambda s: (s[1] // 2, s[0]))[d.below(2, 8)]
    return column + d.uniform(0) - 2, row + d.uniform(1) - 2, -1


def pinwheel(d):
    z, w = d.normals()
    r, blade = 1 + 0.3 * z, d.below(0, 5)
    return *turned(r, 0.1 * w, 2 * pi * blade / 5 + 0.25 * exp(r)), blade


def mixture(parts):
    def of(d):
        ranks = [k for k, part in enumerate(parts) for _ in range(part[0])]
        k = ranks[d.below(0, len(ranks))]
        _, mean, along, across, angle = parts[k]
        z, w = d.normals()
        x, y = turned(float(along) * z, float(across) * w, float(angle))
        return float(mean[0]) + x, float(mean[1]) + y, k

    return of


PIECES = chords()
ENDS = [0.0]
for start, end in PIECES:
    ENDS.append(ENDS[-1] + hypot(end[0] - start[0], end[1] - start[1]))


def dinosaur(d):
    place = d.uniform(0) * ENDS[-1]
    k = bisect_left(ENDS, place) - 1
    part = (place - ENDS[k]) / (ENDS[k + 1] - ENDS[k])
    (ax, ay), (bx, by) = PIECES[k]
    return ax + part * (bx - ax), ay + part * (by - ay)


def heart(d):
    a = 2 * pi * d.uniform(0)
    return 16 * sin(a) ** 3, 13 * cos(a) - 5 * cos(2 * a) - 2 * cos(3 * a) - cos(4 * a)


EIGHT = [(1, (cos(k * pi / 4), sin(k * pi / 4)), 0.08, 0.08, 0) for k in range(8)]
FORMULAS = {
    "swiss-roll": noisy(0.25, swiss_roll),
    "two-moons": noisy(0.05, two_moons, lambda d: d.below(1, 2)),
    "s-curve": noisy(0.05, s_curve),
    "spiral": noisy(0.25, spiral, lambda d: d.below(1, 2)),
    "rings": noisy(0.08, lambda d: turned(1 + ring_of(d), 0, 2 * pi * d.uniform(0)), ring_of),
    "checkerboard": checkerboard,
    "pinwheel": pinwheel,
    "eight-gaussians": mixture(EIGHT),
    "gaussian-grid": mixture(GRID),
    "gaussian-mixture": mixture(STRETCHED),
    "dinosaur": noisy(0.5, dinosaur),
    "heart": noisy(0.4, heart),
    "single-point": lambda d: (0.75, -0.5, -1),
    "standard-normal": lambda d: (*d.normals(), -1),
}

if __name__ == "__main__":
    MAPS = {name: [float(v) for v in values] for name, values in maps()}
    MAPS |= {name: [0, 0, 1] for name in ("single-point", "standard-normal")}
    with open("draws.csv", "w") as out:
        out.write("set,index,x,y,class\n")
        for name, formula in FORMULAS.items():
            mean_x, mean_y, variance = MAPS[name]
            for i in range(COUNT):
                x, y, label = formula(Draw(i))
                x, y = (x - mean_x) / sqrt(variance), (y - mean_y) / sqrt(variance)
                out.write(f"{name},{i},{x:.9f},{y:.9f},{label}\n")
