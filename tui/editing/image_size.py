"""The size of an upright picture at full resolution: its grid of pixels, and regions on that grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from store.values import Region

Point = tuple[int, int]
"""A crossing of grid lines: x from 0 to the picture's width, y from 0 to its height, both included."""

PixelRect = tuple[int, int, int, int]
"""Left, top, right, bottom grid lines of a box; it holds right - left by bottom - top pixels."""

Ring = tuple[Point, ...]


@dataclass(frozen=True)
class ImageSize:
    """Width and height in pixels, at least one each."""

    width: int
    height: int

    def __post_init__(self) -> None:
        if min(self.width, self.height) < 1:
            raise ValueError("a picture needs at least one pixel")

    def clamped(self, x: int, y: int) -> Point:
        """The nearest crossing within the picture."""
        return min(max(x, 0), self.width), min(max(y, 0), self.height)

    def nearest(self, x: float, y: float) -> Point:
        """The crossing nearest to an image point 0..1."""
        return self.clamped(round(x * self.width), round(y * self.height))

    def fraction(self, point: Point) -> tuple[float, float]:
        """A crossing as an image point 0..1; the inverse of `nearest`, exactly."""
        return point[0] / self.width, point[1] / self.height

    def between(self, one: Point, other: Point) -> PixelRect:
        """The box of two opposite corners, in any order, of at least one pixel."""
        left, right = _apart(one[0], other[0], self.width)
        top, bottom = _apart(one[1], other[1], self.height)
        return left, top, right, bottom

    def rect(self, box: tuple[float, float, float, float]) -> PixelRect:
        """The box on the grid that is nearest to a box 0..1."""
        return self.between(self.nearest(box[0], box[1]), self.nearest(box[2], box[3]))

    def box_region(self, rect: PixelRect) -> Region:
        """A box on the grid as it is stored."""
        return Region.from_box(*self.fraction(rect[:2]), *self.fraction(rect[2:]))

    def rings(self, rings: Sequence[Sequence[tuple[float, float]]]) -> tuple[Ring, ...]:
        """The rings on the grid that are nearest to rings 0..1."""
        return tuple(tuple(self.nearest(x, y) for x, y in ring) for ring in rings)

    def polygon_region(self, rings: Sequence[Ring]) -> Region:
        """Rings on the grid as they are stored. Raises Refused for fewer than 3 points in a ring."""
        return Region.from_rings([[self.fraction(point) for point in ring] for ring in rings])


def _apart(one: int, other: int, most: int) -> tuple[int, int]:
    low, high = min(one, other), max(one, other)
    if low < high:
        return low, high
    return (low, low + 1) if low < most else (low - 1, low)
