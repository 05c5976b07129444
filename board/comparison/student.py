"""Student's t distribution, for intervals: SciPy, 100 MB, is not needed for two functions."""

from math import exp, inf, isfinite, lgamma, log, log1p, sqrt

__all__ = ["quantile", "two_sided_p"]

_TINY = 1e-300
_TERMS = 400
_CLOSE = 1e-15


def two_sided_p(t: float, dof: float) -> float:
    """Return the chance of a value at least as far from 0 as ``t``; ``dof`` > 0 need not be whole.

    P(|T| >= t) = I_x(dof / 2, 1 / 2) with x = dof / (dof + t²): DLMF 8.17 (https://dlmf.nist.gov/8.17).
    """
    if not isfinite(t):
        return 0.0
    return _incomplete_beta(dof / (dof + t * t), t * t / (dof + t * t), dof / 2, 0.5)


def quantile(level: float, dof: float) -> float:
    """Return the t that a share ``level`` of the values (0 to 1, without its ends) lies within on both sides."""
    wanted = 1 - level
    low, high = 0.0, 1.0
    while two_sided_p(high, dof) > wanted:
        low, high = high, high * 2
        if high > 1e300:
            return inf
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if two_sided_p(middle, dof) > wanted else (low, middle)
    return (low + high) / 2


def _incomplete_beta(x: float, rest: float, a: float, b: float) -> float:
    """Return the regularized I_x(a, b); ``rest`` is 1 - x, given for it may be tiny."""
    if x <= 0 or rest <= 0:
        return 0.0 if x <= 0 else 1.0
    scale = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * _log_of(x, rest) + b * _log_of(rest, x))
    if x < (a + 1) / (a + b + 2):
        return min(1.0, scale * _fraction(x, a, b) / a)
    return max(0.0, 1 - scale * _fraction(rest, b, a) / b)


def _log_of(x: float, rest: float) -> float:
    return log1p(-rest) if rest < 0.5 else log(x)


def _fraction(x: float, a: float, b: float) -> float:
    """Return the continued fraction of DLMF 8.17.22, by the modified method of Lentz."""
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > _TINY else _TINY)
    found = d
    for m in range(1, _TERMS + int(4 * sqrt(max(a, b)))):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 + step * d
            c = 1 + step / c
            d = 1 / (d if abs(d) > _TINY else _TINY)
            c = c if abs(c) > _TINY else _TINY
            found *= c * d
        if abs(c * d - 1) < _CLOSE:
            break
    return found
