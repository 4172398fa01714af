"""The pixels of outlines: edges of boxes as rectangles, polygons as masks."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from tui.picture import pattern
from tui.picture.geometry import Projection
from tui.picture.outline import Outline

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Pen:
    """Thickness of lines and unit of their patterns, in pixels."""

    thin: int
    thick: int
    unit: int

    @classmethod
    def of_cell(cls, cell_height: int) -> Pen:
        """A pen that looks the same on small and on large screens."""
        thin = max(1, round(cell_height / 10))
        return cls(thin, thin + max(1, thin // 2), thin + 1)

    def thickness(self, outline: Outline) -> int:
        """Pixels across a line of this outline."""
        return self.thick if outline.selected else self.thin

    def line(self, outline: Outline, length: int) -> pattern.Line:
        """The pixels along a line of this outline that begins at the corner of the picture."""
        return pattern.line(outline.pattern, outline.dashed, self.unit, length)


SUBPIXEL_PEN = Pen(thin=1, thick=1, unit=2)


@dataclass(frozen=True)
class Edge:
    """One side of a box, in screen pixels of a projection, clipped to the shown picture.

    Patterns lie still on the picture while boxes move over it: a step along a side changes its ends only.
    """

    x: int
    y: int
    width: int
    height: int
    horizontal: bool

    @property
    def span(self) -> slice:
        """The pixels that it takes of a line from the corner of the picture."""
        if self.horizontal:
            return slice(self.x, self.x + self.width)
        return slice(self.y, self.y + self.height)


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
    clipped = (_clipped(Edge(*side), projection) for side in sides)
    return [edge for edge in clipped if edge is not None]


def _clipped(side: Edge, projection: Projection) -> Edge | None:
    """The part of a side in the shown picture."""
    left, top = max(side.x, 0), max(side.y, 0)
    right = min(side.x + side.width, projection.width)
    bottom = min(side.y + side.height, projection.height)
    if right <= left or bottom <= top:
        return None
    return Edge(left, top, right - left, bottom - top, side.horizontal)


def polygon_pixels(outline: Outline, projection: Projection, pen: Pen) -> pattern.Line:
    """What each pixel (height × width of the shown picture) is to the lines of a polygon."""
    image = Image.new("L", (projection.width, projection.height), pattern.GAP)
    draw = ImageDraw.Draw(image)
    width = pen.thickness(outline)
    plain = not outline.dashed and not pattern.PATTERNS[outline.pattern]
    for ring in outline.rings:
        points = [projection.to_screen(x, y) for x, y in (*ring, ring[0])]
        if not outline.dashed:
            draw.line(points, fill=pattern.INK if plain else pattern.GROUND, width=width, joint="curve")
        if not plain:
            steps = pattern.PATTERNS[outline.pattern] or pattern.SUGGESTED
            for dash in _dashes(points, [step * pen.unit for step in steps]):
                draw.line(dash, fill=pattern.INK, width=width)
    return np.asarray(image)


def _dashes(points: list[tuple[float, float]], steps: list[int]) -> Iterator[list[tuple[float, float]]]:
    """The drawn pieces of a line through points that goes on and off by `steps` pixels."""
    period, walked = sum(steps), 0.0
    bounds = list(itertools.pairwise([0, *itertools.accumulate(steps)]))[::2]
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        length = max(abs(x1 - x0), abs(y1 - y0))
        at = -(walked % period)
        while at < length and length > 0:
            for on, off in bounds:
                start, end = max(at + on, 0.0) / length, min(at + off, length) / length
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
    ground: NDArray[np.uint8] | int,
    projection: Projection,
    pen: Pen,
) -> None:
    """Draws outlines into an array of height × width (palette indices) or height × width × 3 (RGB).

    Each outline comes with the value of its colour, `ground` is that of black; later ones lie over
    earlier ones.
    """
    for outline, ink in outlines:
        if outline.box is None:
            shown = canvas[: projection.height, : projection.width]
            pixels = polygon_pixels(outline, projection, pen)
            shown[pixels == pattern.INK] = ink
            shown[pixels == pattern.GROUND] = ground
            continue
        for edge in edges(outline, projection, pen):
            part = canvas[edge.y : edge.y + edge.height, edge.x : edge.x + edge.width]
            line = pen.line(outline, edge.span.stop)[edge.span]
            # Seen from the side, every edge lies along its first axis.
            along = part.swapaxes(0, 1) if edge.horizontal else part
            along[line == pattern.INK] = ink
            along[line == pattern.GROUND] = ground
