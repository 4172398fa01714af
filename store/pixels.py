"""Pixels: regions as other programs measure them, there and back without drifting.

Pixel coordinates lie on the edges between pixels: a picture of 640 × 480 goes from 0, 0 to 640, 480.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from store.errors import Refused
from store.values import Point, Region

NEAR = 1e-6
"""Pixels; closer to a whole one than this is that one."""


def to_pixels(fraction: float, size: int) -> float:
    """A coordinate in pixels, whole where it means a whole one; `to_fraction` of it is the same again where
    doubles allow that."""
    exact = fraction * size
    whole = round(exact)
    if abs(exact - whole) < NEAR and whole / size == fraction:
        return whole
    for candidate in (exact, math.nextafter(exact, 0), math.nextafter(exact, math.inf)):
        if candidate / size == fraction:
            return candidate
    return exact


def to_fraction(pixels: float, size: int) -> float:
    """A coordinate 0..1; what lies outside of the picture is moved to its edge. Raises Refused for what is no
    number."""
    if not math.isfinite(pixels):
        raise Refused("a coordinate is not a number")
    return min(max(pixels / size, 0.0), 1.0)


def box(x0: float, y0: float, x1: float, y1: float, size: tuple[int, int]) -> Region:
    """A box by two corners in pixels. Raises Refused where nothing of it lies in the picture."""
    width, height = size
    left, right = to_fraction(min(x0, x1), width), to_fraction(max(x0, x1), width)
    top, bottom = to_fraction(min(y0, y1), height), to_fraction(max(y0, y1), height)
    if left >= right or top >= bottom:
        raise Refused("the box is empty or lies outside of the picture")
    return Region.from_box(left, top, right, bottom)


def polygon(rings: Iterable[Iterable[Point]], size: tuple[int, int]) -> Region:
    """A polygon by its rings in pixels, holes after the first."""
    width, height = size
    return Region.from_rings(
        [[(to_fraction(x, width), to_fraction(y, height)) for x, y in ring] for ring in rings]
    )


def pairs(flat: Sequence[float]) -> list[Point]:
    """x, y, x, y… as points. Raises Refused for half a point."""
    if len(flat) % 2:
        raise Refused("a polygon has half a point")
    return list(zip(flat[::2], flat[1::2], strict=True))


def snapped(fraction: float, size: int, near: float) -> float:
    """The fraction that a whole pixel has where it is closer than `near` pixels to one."""
    whole = round(fraction * size)
    return whole / size if abs(fraction * size - whole) < near else fraction


def length(start: float, end: float) -> float:
    """The length that, added to `start`, gives `end` again where doubles allow that."""
    exact = end - start
    for candidate in (exact, math.nextafter(exact, 0), math.nextafter(exact, math.inf)):
        if start + candidate == end:
            return candidate
    return exact


def corners(bounds: Sequence[float]) -> list[list[float]]:
    """A box as a ring, clockwise from its upper left corner."""
    x0, y0, x1, y1 = bounds
    return [[x0, y0], [x1, y0], [x1, y1], [x0, y1]]


def area(ring: Sequence[Point]) -> float:
    """The area within a ring; negative where it runs counterclockwise on the screen."""
    following = [*ring[1:], ring[0]]
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(ring, following, strict=True)) / 2
