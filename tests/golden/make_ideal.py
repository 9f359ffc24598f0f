"""Writes ideal.csv: what is known exactly about x_t when x_0 is drawn from a few points or from a Gaussian mixture.

With 60 digits (mpmath) and from the definitions: the density of q_t as a sum, its gradient by the derivative of that
sum term by term, and the posterior mean as a ratio of sums; no log-sum-exp. eps* = -sqrt(1 - alphaBar) grad ln q_t.
The columns are set, label (-1: any), logSnr, x, y, logDensity, x0x, x0y, epsX, epsY.
"""
from mpmath import mp, mpf, exp, log, matrix, pi, sqrt, det, inverse

mp.dps = 60
# Every number here is a float, so that the program reads the same one.
POINTS = [(-1.5, 0.25, 0), (-1.4375, 0.3125, 0), (0.0, 0.0, 1), (0.75, -1.25, 1), (0.75, -1.25, 1), (2.0, 1.0, 0)]
MIXTURE = [  # weight, mean, covariance xx xy yy, label
    (mpf("0.125"), (-1.0, 0.5), (0.25, 0.125, 0.5), 0),
    (mpf("0.5"), (1.0, 0.0), (0.0625, 0.0, 0.0625), 1),
    (mpf("0.25"), (0.5, -2.0), (0.25, -0.25, 0.25), 1),  # singular: a line
    (mpf("0.125"), (0.0, 2.0), (0.0, 0.0, 0.0), 0),  # a point
]
QUERIES = [(0.0, 0.0), (0.375, -1.125), (-1.46875, 0.28125), (3.0, -2.5), (-40.0, 25.0)]
LOG_SNRS = [-12, -5, -1, 0, 3, 7, 12]


def components(name, label):
    if name == "points":
        kept = [(mpf(1), (x, y), (0.0, 0.0, 0.0)) for x, y, c in POINTS if label in (-1, c)]
    else:
        kept = [(w, m, s) for w, m, s, c in MIXTURE if label in (-1, c)]
    total = sum(w for w, _, _ in kept)
    return [(w / total, m, s) for w, m, s in kept]


def row(name, label, log_snr, query):
    alpha_bar = 1 / (1 + exp(-mpf(log_snr)))
    noise = 1 / (1 + exp(mpf(log_snr)))
    x = matrix([mpf(query[0]), mpf(query[1])])
    density, gradient, mean = mpf(0), matrix([0, 0]), matrix([0, 0])
    for weight, m, (xx, xy, yy) in components(name, label):
        m = matrix([mpf(m[0]), mpf(m[1])])
        s = matrix([[mpf(xx), mpf(xy)], [mpf(xy), mpf(yy)]])
        c = alpha_bar * s + noise * matrix([[1, 0], [0, 1]])
        d = x - sqrt(alpha_bar) * m
        solved = inverse(c) * d
        part = weight * exp(-(d.T * solved)[0] / 2) / (2 * pi * sqrt(det(c)))
        density += part
        gradient -= part * solved
        mean += part * (m + sqrt(alpha_bar) * (s * solved))
    values = [log(density), mean[0] / density, mean[1] / density]
    values += [-sqrt(noise) * gradient[k] / density for k in (0, 1)]
    return [name, str(label), str(log_snr), repr(query[0]), repr(query[1])] + [mp.nstr(v, 20) for v in values]


with open("ideal.csv", "w") as out:
    out.write("set,label,logSnr,x,y,logDensity,x0x,x0y,epsX,epsY\n")
    for name in ("points", "mixture"):
        for label in (-1, 0, 1):
            for log_snr in LOG_SNRS:
                for query in QUERIES:
                    out.write(",".join(row(name, label, log_snr, query)) + "\n")
