"""Score ranges as people type them."""

from __future__ import annotations

import re

from store.errors import Refused

_ONE = r"(\d*[.,]?\d+|\d+[.,])\s*(%?)"
_RANGE = re.compile(rf"\s*(?:{_ONE})?\s*(\.\.+|-|–|to|\s)?\s*(?:{_ONE})?\s*")


def score_range(typed: str) -> tuple[float, float]:
    """The lower and upper score of "0.2-0.9", "20%..90%", "0.5" (from there up) or "..0.9".

    Raises Refused with what could be typed.
    """
    match = _RANGE.fullmatch(typed)
    if match is None or not (match[1] or match[4]):
        raise _refused(typed)
    low = _score(match[1], match[2]) if match[1] else 0.0
    high = _score(match[4], match[5]) if match[4] else 1.0
    if not 0 <= low <= high <= 1:
        raise _refused(typed)
    return low, high


def _score(digits: str, percent: str) -> float:
    return float(digits.replace(",", ".")) / (100 if percent else 1)


def _refused(typed: str) -> Refused:
    return Refused(f"{typed!r} is no range of scores: type for example 0.2..0.9 or 0.5")
