"""Numbers and lists as the sentences of a comparison have them: the same digits that the pages show."""

from collections.abc import Sequence
from math import floor, isfinite, isnan, log10

__all__ = ["counted", "listed", "said", "signed", "whole"]

_THIN = "\u202f"
_MINUS = "\u2212"


def said(value: float, digits: int = 4) -> str:
    """Return a number with so many significant digits, as ``value`` of static/js/format.js does."""
    if isnan(value):
        return "NaN"
    if not isfinite(value):
        return "+∞" if value > 0 else f"{_MINUS}∞"
    size = abs(value)
    if size == 0:
        return "0"
    if size >= 1e6 or size < 1e-3:
        mantissa, _, exponent = f"{value:.{max(0, digits - 2)}e}".partition("e")
        return f"{mantissa}e{int(exponent)}".replace("-", _MINUS)
    if size >= 10 ** (digits - 1):
        return whole(value)
    if float(value).is_integer():
        return str(int(value)).replace("-", _MINUS)
    return f"{value:.{max(0, digits - 1 - floor(log10(size)))}f}".replace("-", _MINUS)


def signed(value: float, digits: int = 3) -> str:
    """Return a difference with its sign, plus included."""
    return ("+" if value > 0 else _MINUS if value < 0 else "") + said(abs(value), digits)


def whole(value: float) -> str:
    """Return a whole number, all its digits."""
    return f"{round(value):,}".replace(",", _THIN).replace("-", _MINUS)


def counted(count: int, one: str) -> str:
    """Return ``1 seed``, ``3 seeds``."""
    return f"{count} {one}" if count == 1 else f"{count} {one}s"


def listed(words: Sequence[str], most: int = 4) -> str:
    """Return ``a, b and c``; of more than ``most`` how many more there are."""
    shown = list(words) if len(words) <= most else [*words[: most - 1], f"{len(words) - most + 1} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
