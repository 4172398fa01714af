"""A polygon that is being drawn or changed, in whole pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from store.values import Region
from tui.editing.image_size import ImageSize, Point, Ring

WHOLE = -1
LEAST = 3
"""Points of a ring."""


@dataclass(frozen=True)
class PolygonShape:
    """First an open line of points behind a crosshair, then closed rings with their points as handles.

    `at` is where the crosshair is: what the keys move. `handle` is the number of the picked point counted
    through all rings, WHOLE for all of them, None while the crosshair is free. The first ring is the
    outer one, the others are holes.
    """

    size: ImageSize
    at: Point
    rings: tuple[Ring, ...] = ((),)
    is_shaped: bool = False
    """Whether it is closed."""
    handle: int | None = None

    @classmethod
    def of(cls, size: ImageSize, rings: Sequence[Sequence[tuple[float, float]]]) -> PolygonShape:
        """A polygon 0..1, with its first point picked."""
        return cls(size, (0, 0), size.rings(rings), is_shaped=True)._holding(0)

    @property
    def points(self) -> Ring:
        """The points of all rings."""
        return tuple(point for ring in self.rings for point in ring)

    @property
    def title(self) -> str:
        """What the keys move."""
        if self.handle == WHOLE:
            return "whole polygon"
        if self.handle is not None:
            return f"point {self.handle + 1} of {len(self.points)}"
        return f"polygon: point {len(self.points) + 1}"

    @property
    def region(self) -> Region | None:
        """What would be stored now, None with fewer than 3 points."""
        return self.size.polygon_region(self.rings) if len(self.rings[0]) >= LEAST else None

    @property
    def path(self) -> tuple[Point, ...]:
        """The open line up to the crosshair, empty once it is closed."""
        if self.is_shaped or not self.points:
            return ()
        return self.points if self.handle is not None else (*self.points, self.at)

    def moved_to(self, x: int, y: int) -> PolygonShape:
        """The crosshair, or the picked point, brought to a point of the picture."""
        x, y = self.size.clamped(x, y)
        if self.handle is None:
            return replace(self, at=(x, y))
        if self.handle == WHOLE:
            return self._shifted(x - self.at[0], y - self.at[1])
        ring, place = self._place(self.handle)
        points = self.rings[ring]
        return self._with_ring(ring, (*points[:place], (x, y), *points[place + 1 :]))._holding(self.handle)

    def _shifted(self, across: int, down: int) -> PolygonShape:
        xs, ys = [x for x, _ in self.points], [y for _, y in self.points]
        across = min(max(across, -min(xs)), self.size.width - max(xs))
        down = min(max(down, -min(ys)), self.size.height - max(ys))
        rings = tuple(tuple((x + across, y + down) for x, y in ring) for ring in self.rings)
        return replace(self, rings=rings)._holding(WHOLE)

    def placed(self) -> PolygonShape:
        """A point added where the crosshair is; closed if that is the first point again."""
        points = self.rings[0]
        if self.is_shaped or self.handle is not None:
            return replace(self, handle=None) if not self.is_shaped else self
        if points and self.at == points[0]:
            return self.closed()
        if points and self.at == points[-1]:
            return self
        return replace(self, rings=((*points, self.at),))

    def closed(self) -> PolygonShape:
        """The line closed to a ring, if it has points enough."""
        if self.is_shaped or len(self.rings[0]) < LEAST:
            return self
        return replace(self, is_shaped=True)._holding(len(self.rings[0]) - 1)

    def picked(self, by: int) -> PolygonShape:
        """Another point picked; after the last one the whole, or the free crosshair of an open line."""
        count = len(self.points)
        if not count:
            return self
        place = count if self.handle in (None, WHOLE) else self.handle or 0
        place = (place + by) % (count + 1)
        if place < count:
            return self._holding(place)
        return self._holding(WHOLE) if self.is_shaped else replace(self, handle=None)

    def grabbed(self, x: float, y: float, across: float, down: float) -> PolygonShape | None:
        """The point within reach of a point picked, else the whole of a closed one; None for neither."""
        near = [
            ((px - x) ** 2 + (py - y) ** 2, place)
            for place, (px, py) in enumerate(self.points)
            if abs(px - x) <= across and abs(py - y) <= down
        ]
        if near:
            return self._holding(min(near)[1])
        return self._holding(WHOLE) if self.is_shaped and _holds(self.rings, x, y) else None

    def removed(self) -> PolygonShape:
        """The picked point deleted, or the last one of an open line; a ring keeps 3 points.

        A hole with fewer than 3 goes.
        """
        if not self.points or self.handle == WHOLE:
            return self
        place = self.handle if self.handle is not None else len(self.points) - 1
        ring, at = self._place(place)
        points = (*self.rings[ring][:at], *self.rings[ring][at + 1 :])
        if self.is_shaped and len(points) < LEAST:
            if ring == 0:
                return self
            points = ()
        left = self._with_ring(ring, points)
        if self.handle is None or not left.points:
            return replace(left, handle=None)
        return left._holding(min(place, len(left.points) - 1))

    def inserted(self) -> PolygonShape:
        """A point halfway to the next one inserted after the picked point, and picked."""
        if self.handle in (None, WHOLE) or len(self.points) < 2:
            return self
        assert self.handle is not None
        ring, place = self._place(self.handle)
        points = self.rings[ring]
        (x0, y0), (x1, y1) = points[place], points[(place + 1) % len(points)]
        middle = ((x0 + x1) // 2, (y0 + y1) // 2)
        return self._with_ring(ring, (*points[: place + 1], middle, *points[place + 1 :]))._holding(
            self.handle + 1
        )

    def _place(self, number: int) -> tuple[int, int]:
        """Ring and place in it of a point."""
        for ring, points in enumerate(self.rings):
            if number < len(points):
                return ring, number
            number -= len(points)
        raise IndexError(number)

    def _with_ring(self, number: int, points: Ring) -> PolygonShape:
        rings = [points if place == number else ring for place, ring in enumerate(self.rings)]
        return replace(self, rings=tuple(ring for place, ring in enumerate(rings) if ring or place == 0))

    def _holding(self, handle: int) -> PolygonShape:
        if handle != WHOLE:
            return replace(self, handle=handle, at=self.points[handle])
        xs, ys = [x for x, _ in self.points], [y for _, y in self.points]
        return replace(self, handle=WHOLE, at=((min(xs) + max(xs)) // 2, (min(ys) + max(ys)) // 2))


def _holds(rings: Sequence[Ring], x: float, y: float) -> bool:
    """Whether a point lies inside, by the even-odd rule."""
    inside = False
    for ring in rings:
        for (x0, y0), (x1, y1) in zip(ring, (*ring[1:], ring[0]), strict=True):
            if (y0 > y) != (y1 > y) and x < (x1 - x0) * (y - y0) / (y1 - y0) + x0:
                inside = not inside
    return inside
