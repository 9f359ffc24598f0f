"""Writes curves.csv: the schedules that are curves of the log-SNR or of control points. Log-SNR linear with 60
digits (mpmath); the custom curve's interpolation by SciPy's PchipInterpolator, all that follows from it with
mpmath.

Independent of core/diffusion/NoiseSchedule.cpp and CustomCurve.cpp: alphaBar is a product or a logistic function,
and the slopes are SciPy's own."""

from mpmath import mp, mpf, exp, nstr
from scipy.interpolate import PchipInterpolator

from make_schedules import clamp, kept_of, products

mp.dps = 60


def bars_of(log_snr, steps):
    """alphaBar(0) = 1, then logistic(lambda(t/T))."""
    return [mpf(1)] + [1 / (1 + exp(-log_snr(mpf(t) / steps))) for t in range(1, steps + 1)]


def cut(bars):
    return [clamp(1 - bars[t] / bars[t - 1]) for t in range(1, len(bars))]


def log_snr_linear(high, low):
    return lambda tau: mpf(high) + (mpf(low) - mpf(high)) * tau


def pchip(points):
    curve = PchipInterpolator(*zip(*points))
    return lambda tau: mpf(float(curve(float(tau))))


def raw(log_beta, steps):
    return [clamp(mpf(10) ** log_beta(mpf(t) / steps)) for t in range(1, steps + 1)]


CURVES = {  # plane, points
    "beta": [
        [(0, -4), (1, -1.7)],
        [(0, -4), (0.1, -2.68), (0.3, -2.217), (0.6, -1.919), (1, -1.699)],
        [(0, -3), (0.25, -1.5), (0.5, -3.5), (0.75, -3.5), (1, -0.5)],
        [(0, -8), (0.02, -1), (1, -0.001)],
    ],
    "log-snr": [
        [(0, 9), (1, -9)],
        [(0, 10), (0.1, 4), (0.7, 3), (0.8, -6), (1, -7)],
        [(0, 20), (0.5, 19.5), (0.51, -15), (1, -20)],
    ],
}

with open("curves.csv", "w") as out:
    out.write("kind,mode,parameters,T,t,beta,logAlphaBar,posteriorVariance\n")

    def write(kind, mode, parameters, betas):
        steps = len(betas)
        bars = products(betas)
        for t in sorted({1, min(2, steps), (steps + 1) // 2, (9 * steps + 9) // 10, steps}):
            posterior = betas[t - 1] * (1 - bars[t - 1]) / (1 - bars[t])
            numbers = [nstr(x, 17) for x in (betas[t - 1], mp.log(bars[t]), posterior)]
            out.write(",".join([kind, mode, parameters, str(steps), str(t)] + numbers) + "\n")

    for steps in (1, 2, 50, 1000, 10000):
        for high, low in ((9, -9), (12, -12), (2, "-0.5")):
            write("log-snr", "keep", f"{high} {low}", cut(bars_of(log_snr_linear(high, low), steps)))
        for plane, curves in CURVES.items():
            for points in curves:
                text = plane + ":" + ";".join(f"{x} {y}" for x, y in points)
                curve = pchip(points)
                if plane == "log-snr":
                    write("custom", "keep", text, cut(bars_of(curve, steps)))
                else:
                    write("custom", "raw", text, raw(curve, steps))
                    write("custom", "keep", text, kept_of(raw(curve, 1000), steps))
