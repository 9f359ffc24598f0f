"""Writes schedules.csv: the noise schedules straight from their definitions, with 60 digits (mpmath).

Independent of core/diffusion/NoiseSchedule.cpp on purpose: alphaBar is a product, not a sum of logarithms.
"""

from mpmath import mp, mpf, mpmathify, cos, exp, log, nstr, pi, sqrt, tanh

mp.dps = 60
LOW, HIGH = mpf("1e-8"), mpf("0.999")


def clamp(beta):
    return min(max(beta, LOW), HIGH)


def logistic(x):
    return 1 / (1 + exp(-x))


def sigmoid(u):
    start, end = logistic(mpf(-6)), logistic(mpf(6))
    return (logistic(12 * u - 6) - start) / (end - start)


SHAPES = {  # beta of (smallest, largest, u, tau)
    "linear": lambda a, b, u, tau: a + (b - a) * u,
    "quadratic": lambda a, b, u, tau: (sqrt(a) + (sqrt(b) - sqrt(a)) * u) ** 2,
    "sigmoid": lambda a, b, u, tau: a + (b - a) * sigmoid(u),
    "tanh": lambda a, b, u, tau: a + (b - a) * (tanh(4 * u - 2) / tanh(mpf(2)) + 1) / 2,
    "constant": lambda a, b, u, tau: b,
    "su": lambda a, b, u, tau: b * tau,
}


def raw(kind, a, b, steps):
    betas = []
    for t in range(1, steps + 1):
        u = mpf(t - 1) / (steps - 1) if steps > 1 else mpf(0)
        betas.append(clamp(SHAPES[kind](a, b, u, mpf(t) / steps)))
    return betas


def cosine(steps):
    s = mpf("0.008")
    curve = [cos((mpf(t) / steps + s) / (1 + s) * pi / 2) ** 2 for t in range(steps + 1)]
    return [clamp(1 - curve[t] / curve[t - 1]) for t in range(1, steps + 1)]


def products(betas):
    bars = [mpf(1)]
    for beta in betas:
        bars.append(bars[-1] * (1 - beta))
    return bars


def kept(kind, a, b, steps):
    return kept_of(raw(kind, a, b, 1000), steps)


def kept_of(betas, steps):
    """The curve of T = 1000 betas, cut into `steps`."""
    logs = [log(bar) for bar in products(betas)] + [mpf(0)]

    def curve(t):
        place = mpf(1000 * t) / steps
        below = int(place)
        part = place - below
        return exp(logs[below] * (1 - part) + logs[below + 1] * part)

    bars = [curve(t) for t in range(steps + 1)]
    return [clamp(1 - bars[t] / bars[t - 1]) for t in range(1, steps + 1)]


def rows():
    default = ("1e-4", "0.02")
    cases = [(default, steps) for steps in (1, 2, 50, 1000, 10000)] + [(("1e-8", "0.999"), 50)]
    for (smallest, largest), steps in cases:
        a, b = mpmathify(smallest), mpmathify(largest)
        for kind in ["linear", "cosine"] + [name for name in SHAPES if name != "linear"]:
            for mode in ("keep", "raw"):
                if kind == "cosine":
                    betas = cosine(steps)
                elif mode == "keep":
                    betas = kept(kind, a, b, steps)
                else:
                    betas = raw(kind, a, b, steps)
                bars = products(betas)
                for t in sorted({1, min(2, steps), (steps + 1) // 2, steps}):
                    beta = betas[t - 1]
                    posterior = beta * (1 - bars[t - 1]) / (1 - bars[t])
                    numbers = [nstr(x, 17) for x in (beta, log(bars[t]), posterior)]
                    yield ",".join([kind, mode, smallest, largest, str(steps), str(t)] + numbers)


if __name__ == "__main__":
    with open("schedules.csv", "w") as out:
        out.write("kind,mode,betaMin,betaMax,T,t,beta,logAlphaBar,posteriorVariance\n")
        for row in rows():
            out.write(row + "\n")
