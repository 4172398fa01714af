"""A box that is being drawn or changed, in whole pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace

from store.values import Region
from tui.editing.image_size import ImageSize, PixelRect, Point

Handle = tuple[int, int]
"""Which part of a box moves: -1 its left (top), 1 its right (bottom), 0 neither; (0, 0) is all of it."""

WHOLE: Handle = (0, 0)
HANDLES: tuple[Handle, ...] = (
    (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1), (1, 0), WHOLE,
)  # fmt: skip
_ACROSS = {-1: "left", 0: "", 1: "right"}
_DOWN = {-1: "top", 0: "", 1: "bottom"}


@dataclass(frozen=True)
class BoxShape:
    """First a crosshair alone, then a box that grows from its first corner, then one with handles.

    `at` is where the crosshair is: what the keys move. While the box grows `first` is its fixed corner;
    once it is there, `handle` is the part that moves.
    """

    size: ImageSize
    at: Point
    first: Point | None = None
    rect: PixelRect | None = None
    handle: Handle | None = None

    @classmethod
    def of(cls, size: ImageSize, box: tuple[float, float, float, float]) -> BoxShape:
        """A box 0..1, with its right bottom corner picked."""
        return cls(size, (0, 0), rect=size.rect(box))._holding(HANDLES[0])

    @property
    def title(self) -> str:
        """What the keys move."""
        if self.rect is None:
            return "box: first corner"
        if self.handle is None:
            return "box: other corner"
        if self.handle == WHOLE:
            return "whole box"
        kind = "corner" if all(self.handle) else "side"
        return " ".join(word for word in (_ACROSS[self.handle[0]], _DOWN[self.handle[1]], kind) if word)

    @property
    def is_shaped(self) -> bool:
        """Whether both corners are placed."""
        return self.handle is not None

    @property
    def region(self) -> Region | None:
        """What would be stored now."""
        return None if self.rect is None else self.size.box_region(self.rect)

    @property
    def path(self) -> tuple[Point, ...]:
        """Nothing: a box has no open line."""
        return ()

    def moved_to(self, x: int, y: int) -> BoxShape:
        """The crosshair, or the picked part, brought to a point; as near as picture and box allow."""
        x, y = self.size.clamped(x, y)
        if self.rect is None:
            return replace(self, at=(x, y))
        if self.handle is None:
            assert self.first is not None
            return replace(self, at=(x, y), rect=self.size.between(self.first, (x, y)))
        rect = self._shifted(x, y) if self.handle == WHOLE else self._stretched(x, y)
        return replace(self, rect=rect)._holding(self.handle)

    def _shifted(self, x: int, y: int) -> PixelRect:
        assert self.rect is not None
        left, top, right, bottom = self.rect
        across = min(max(x - self.at[0], -left), self.size.width - right)
        down = min(max(y - self.at[1], -top), self.size.height - bottom)
        return left + across, top + down, right + across, bottom + down

    def _stretched(self, x: int, y: int) -> PixelRect:
        assert self.rect is not None and self.handle is not None
        left, top, right, bottom = self.rect
        across, down = self.handle
        return (
            min(x, right - 1) if across < 0 else left,
            min(y, bottom - 1) if down < 0 else top,
            max(x, left + 1) if across > 0 else right,
            max(y, top + 1) if down > 0 else bottom,
        )

    def placed(self) -> BoxShape:
        """The first corner fixed, or the second one: then the box has handles."""
        if self.rect is None:
            return replace(self, first=self.at, rect=self.size.between(self.at, self.at))
        if self.handle is not None:
            return self
        left, top, _, _ = self.rect
        corner = (-1 if self.at[0] <= left else 1, -1 if self.at[1] <= top else 1)
        return replace(self, first=None)._holding(corner)

    def closed(self) -> BoxShape:
        """With both corners placed, if the first one is."""
        return self.placed() if self.rect is not None else self

    def picked(self, by: int) -> BoxShape:
        """Another part picked: the one `by` places after this one."""
        if self.rect is None:
            return self
        if self.handle is None:
            return self.placed()
        return self._holding(HANDLES[(HANDLES.index(self.handle) + by) % len(HANDLES)])

    def grabbed(self, x: float, y: float, across: float, down: float) -> BoxShape | None:
        """The part within reach of a point picked: corners before sides before the whole; None for none."""
        if self.rect is None or self.handle is None:
            return None
        left, top, right, bottom = self.rect
        hand = (
            _nearer(x, left, right, across),
            _nearer(y, top, bottom, down),
        )
        if not (left - across <= x <= right + across and top - down <= y <= bottom + down):
            return None
        return self._holding(hand)

    def removed(self) -> BoxShape:
        """A box has no points to delete."""
        return self

    inserted = removed

    def _holding(self, handle: Handle) -> BoxShape:
        assert self.rect is not None
        left, top, right, bottom = self.rect
        at = {-1: left, 0: (left + right) // 2, 1: right}, {-1: top, 0: (top + bottom) // 2, 1: bottom}
        return replace(self, handle=handle, at=(at[0][handle[0]], at[1][handle[1]]))


def _nearer(value: float, low: int, high: int, reach: float) -> int:
    """Which end of a side is within reach, 0 for neither."""
    to_low, to_high = abs(value - low), abs(value - high)
    if min(to_low, to_high) > reach:
        return 0
    return -1 if to_low < to_high else 1
