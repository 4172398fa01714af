"""Patterns: how the line of a region goes on and off, so that concepts are told apart without colour."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

GAP: Final = 0
INK: Final = 1
GROUND: Final = 2
"""What a pixel along a line is: see-through, of the outline's colour, or black."""

Line = NDArray[np.uint8]

SUGGESTED = (2, 1)
"""How the plain line is cut where it is only suggested."""

PATTERNS: tuple[tuple[int, ...], ...] = (
    (),
    (1, 1),
    (4, 1, 1, 1),
    (7, 2),
    (1, 4),
    (5, 1, 1, 1, 1, 1),
    (3, 5),
    (1, 1, 1, 3),
)
"""On and off by turns, in units: plain, dots, dashes with dots, long dashes…"""


@lru_cache(maxsize=256)
def line(pattern: int, suggested: bool, unit: int, length: int) -> Line:
    """`length` pixels of a line, from the corner of the picture on; `unit` is pixels in one unit.

    What is decided has no gaps: what is off is black. A suggestion can be seen through there.
    """
    steps = PATTERNS[pattern] or (SUGGESTED if suggested else (1,))
    values = [INK if place % 2 == 0 else GAP if suggested else GROUND for place in range(len(steps))]
    period = np.repeat(np.array(values, np.uint8), np.array(steps) * unit)
    pixels = np.resize(period, length)
    pixels.flags.writeable = False
    return pixels
