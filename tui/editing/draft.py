"""A draft: one region while it is drawn or changed, with its own undo until it is stored."""

from __future__ import annotations

from store.values import Region
from tui.editing.box import BoxShape
from tui.editing.image_size import ImageSize, Point
from tui.editing.polygon import PolygonShape

Shape = BoxShape | PolygonShape

STEPS = (2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)
"""Pixels that a large step may go."""


def step_for(pixels: int) -> int:
    """The step that takes about 25 presses across so many pixels."""
    return max((step for step in STEPS if step * 25 <= pixels), default=STEPS[0])


class Draft:
    """A shape and what it was before; `region` None while there is nothing to store yet."""

    def __init__(self, shape: Shape, step: int = 10) -> None:
        self.shape: Shape = shape
        self.step = step
        """Pixels of a large step."""
        self._first = shape.region
        self._before: list[Shape] = []
        self._after: list[Shape] = []
        self._moving = False

    @classmethod
    def new_box(cls, size: ImageSize, at: Point, step: int = 10) -> Draft:
        """A crosshair for the first corner of a box."""
        return cls(BoxShape(size, size.clamped(*at)), step)

    @classmethod
    def new_polygon(cls, size: ImageSize, at: Point, step: int = 10) -> Draft:
        """A crosshair for the first point of a polygon."""
        return cls(PolygonShape(size, size.clamped(*at)), step)

    @classmethod
    def of(cls, region: Region, size: ImageSize, step: int = 10) -> Draft:
        """A stored box or polygon to be changed."""
        if region.box is not None:
            return cls(BoxShape.of(size, region.box), step)
        return cls(PolygonShape.of(size, region.rings), step)

    @property
    def at(self) -> Point:
        """Where the crosshair is."""
        return self.shape.at

    @property
    def region(self) -> Region | None:
        """What would be stored now."""
        return self.shape.region

    @property
    def is_changed(self) -> bool:
        """Whether storing it would make a difference."""
        return self.region is not None and self.region != self._first

    @property
    def is_begun(self) -> bool:
        """Whether anything was done to it that could be undone."""
        return bool(self._before)

    def move(self, across: int, down: int) -> None:
        """Move the crosshair, or what is picked, by pixels."""
        x, y = self.shape.at
        self.move_to(x + across, y + down)

    def move_to(self, x: int, y: int) -> None:
        """Bring the crosshair, or what is picked, to a point; moves in a row are undone together."""
        moved = self.shape.moved_to(x, y)
        if self._moving or moved.region == self.shape.region:
            self.shape = moved
        else:
            self._change(moved)
            self._moving = True

    def place(self) -> None:
        """Fix a corner or add a point."""
        self._change(self.shape.placed())

    def close(self) -> None:
        """Fix what is left to be fixed, as far as there is enough for a region."""
        self._change(self.shape.closed())

    def pick(self, by: int) -> None:
        """Pick the next part."""
        self.shape = self.shape.picked(by)
        self._moving = False

    def grab(self, x: float, y: float, across: float, down: float) -> bool:
        """Pick the part within reach of a point; whether there is one."""
        grabbed = self.shape.grabbed(x, y, across, down)
        if grabbed is not None:
            self.shape = grabbed
            self._moving = False
        return grabbed is not None

    def remove_point(self) -> None:
        """Delete the picked point."""
        self._change(self.shape.removed())

    def insert_point(self) -> None:
        """Insert a point after the picked one."""
        self._change(self.shape.inserted())

    def undo(self) -> bool:
        """Take back the last change; whether there was one."""
        return self._turn(self._before, self._after)

    def redo(self) -> bool:
        """Do it again; whether there was one."""
        return self._turn(self._after, self._before)

    def _turn(self, source: list[Shape], target: list[Shape]) -> bool:
        if not source:
            return False
        target.append(self.shape)
        self.shape = source.pop()
        self._moving = False
        return True

    def _change(self, shape: Shape) -> None:
        self._moving = False
        if shape != self.shape:
            self._before.append(self.shape)
            self._after.clear()
            self.shape = shape

    def change_step(self, by: int) -> None:
        """Make the large step larger or smaller."""
        place = min(range(len(STEPS)), key=lambda place: abs(STEPS[place] - self.step))
        self.step = STEPS[min(max(place + by, 0), len(STEPS) - 1)]
