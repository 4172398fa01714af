"""The pixels of outlines: edges of boxes as rectangles, polygons as masks."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from tui.picture.geometry import Projection
from tui.picture.outline import Outline

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Pen:
    """Thickness of lines in pixels, and how a dashed line goes on and off along its length."""

    thin: int
    thick: int
    dash: int
    gap: int

    @classmethod
    def of_cell(cls, cell_height: int) -> Pen:
        """A pen that looks the same on small and on large screens."""
        thin = max(1, round(cell_height / 10))
        return cls(thin, thin + max(1, thin // 2), 3 * thin + 2, 2 * thin + 1)

    def thickness(self, outline: Outline) -> int:
        """Pixels across a line of this outline."""
        return self.thick if outline.selected else self.thin

    def dashes(self, length: int) -> Mask:
        """Which pixels along a dashed line of a length are drawn."""
        mask: Mask = np.arange(length) % (self.dash + self.gap) < self.dash
        return mask


SUBPIXEL_PEN = Pen(thin=1, thick=1, dash=2, gap=1)


@dataclass(frozen=True)
class Edge:
    """One side of a box, in screen pixels of a projection, clipped to the shown picture.

    `phase` is how many pixels of the side were clipped away before its start: a dashed line keeps its
    pattern when it is cut.
    """

    x: int
    y: int
    width: int
    height: int
    horizontal: bool
    phase: int


def edges(outline: Outline, projection: Projection, pen: Pen) -> list[Edge]:
    """The visible parts of the four sides of a box, drawn inside it."""
    if outline.box is None:
        return []
    box = projection.box(*outline.box)
    across, down = (min(pen.thickness(outline), size) for size in (box.width, box.height))
    sides: tuple[tuple[int, int, int, int, bool], ...] = (
        (box.left, box.top, box.width, down, True),
        (box.left, box.bottom - down, box.width, down, True),
        (box.left, box.top, across, box.height, False),
        (box.right - across, box.top, across, box.height, False),
    )
    if across == box.width or down == box.height:
        # As thin as a line: one side covers the others.
        sides = (sides[0] if box.width >= box.height else sides[2],)
    clipped = (_clipped(Edge(*side, phase=0), projection) for side in sides)
    return [edge for edge in clipped if edge is not None]


def _clipped(side: Edge, projection: Projection) -> Edge | None:
    """The part of a side in the shown picture."""
    left, top = max(side.x, 0), max(side.y, 0)
    right = min(side.x + side.width, projection.width)
    bottom = min(side.y + side.height, projection.height)
    if right <= left or bottom <= top:
        return None
    phase = left - side.x if side.horizontal else top - side.y
    return Edge(left, top, right - left, bottom - top, side.horizontal, phase)


def polygon_mask(outline: Outline, projection: Projection, pen: Pen) -> Mask:
    """Pixels (height × width of the shown picture) that the lines of a polygon cover."""
    image = Image.new("1", (projection.width, projection.height))
    draw = ImageDraw.Draw(image)
    for ring in outline.rings:
        points = [projection.to_screen(x, y) for x, y in (*ring, ring[0])]
        if outline.dashed:
            for dash in _dashed(points, pen):
                draw.line(dash, fill=1, width=pen.thickness(outline))
        else:
            draw.line(points, fill=1, width=pen.thickness(outline), joint="curve")
    return np.asarray(image)


def _dashed(points: list[tuple[float, float]], pen: Pen) -> Iterator[list[tuple[float, float]]]:
    """The drawn pieces of a dashed line through points."""
    period, walked = pen.dash + pen.gap, 0.0
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        length = max(abs(x1 - x0), abs(y1 - y0))
        at = -(walked % period)
        while at < length and length > 0:
            start, end = max(at, 0.0) / length, min(at + pen.dash, length) / length
            if end > start:
                yield [
                    (x0 + (x1 - x0) * start, y0 + (y1 - y0) * start),
                    (x0 + (x1 - x0) * end, y0 + (y1 - y0) * end),
                ]
            at += period
        walked += length


def paint(
    canvas: NDArray[np.uint8],
    outlines: Iterable[tuple[Outline, NDArray[np.uint8] | int]],
    projection: Projection,
    pen: Pen,
) -> None:
    """Draws outlines into an array of height × width (palette indices) or height × width × 3 (RGB).

    Each outline comes with the value of its pixels; later ones lie over earlier ones.
    """
    for outline, value in outlines:
        if outline.box is None:
            mask = polygon_mask(outline, projection, pen)
            canvas[: projection.height, : projection.width][mask] = value
            continue
        for edge in edges(outline, projection, pen):
            part = canvas[edge.y : edge.y + edge.height, edge.x : edge.x + edge.width]
            if not outline.dashed:
                part[:] = value
            elif edge.horizontal:
                part[:, pen.dashes(edge.phase + edge.width)[edge.phase :]] = value
            else:
                part[pen.dashes(edge.phase + edge.height)[edge.phase :]] = value
