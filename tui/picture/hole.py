"""Updates of the screen that leave out the cells which a canvas writes itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

from tui.picture.grid import runs
from tui.picture.stroke import Mask

Spans = list[tuple[int, int]]
"""First and end column of stretches of one screen line."""


class HoledUpdate(CompositorUpdate):
    """Pieces of lines, each written at its place except where there is a hole.

    A picture that Textual would repaint is not: whatever happens around it costs no bytes for it.
    """

    def __init__(self, pieces: Iterable[tuple[int, int, Strip]], holes: Mapping[int, Spans]) -> None:
        self._pieces, self._holes = pieces, holes

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The same for Rich, as every update can."""
        yield Segment(self.render_segments(console))

    def render_segments(self, console: Console) -> str:
        """The sequences to write."""
        parts: list[str] = []
        for y, x, strip in self._pieces:
            end = x + strip.cell_length
            for first, last in _outside(x, end, self._holes.get(y, [])):
                part = strip if (first, last) == (x, end) else strip.crop(first - x, last - x)
                parts.append(f"\x1b[{y + 1};{first + 1}H{part.render(console)}")
        return "".join(parts)


def with_holes(renderable: RenderableType | None, holes: Mapping[int, Spans]) -> RenderableType | None:
    """The same update without the cells of the holes, which are given by screen line."""
    if holes and isinstance(renderable, LayoutUpdate):
        return HoledUpdate(_lines(renderable), holes)
    if holes and isinstance(renderable, ChopsUpdate):
        return HoledUpdate(_spans(renderable), holes)
    return renderable


def add_holes(holes: dict[int, Spans], cells: Mask, left: int, top: int) -> None:
    """Adds the set cells of a mask whose corner is at screen cell (left, top)."""
    for row, line in enumerate(cells, top):
        spans = [(left + first, left + last) for first, last in runs(line)]
        if spans:
            holes[row] = sorted(holes.get(row, []) + spans)


def _lines(update: LayoutUpdate) -> Iterator[tuple[int, int, Strip]]:
    for y, line in enumerate(update.strips, update.region.y):
        x = update.region.x
        for strip in line:
            yield y, x, strip
            x += strip.cell_length


def _spans(update: ChopsUpdate) -> Iterator[tuple[int, int, Strip]]:
    for y, first, last in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is None or x >= last or end <= first:
                continue
            start, stop = max(x, first), min(end, last)
            yield y, start, strip if (start, stop) == (x, end) else strip.crop(start - x, stop - x)


def _outside(first: int, end: int, holes: Spans) -> Iterator[tuple[int, int]]:
    """The parts of a stretch that lie in no hole; holes are in order and do not touch."""
    for start, stop in holes:
        if first < start < end:
            yield first, start
        if start < end and stop > first:
            first = stop
    if first < end:
        yield first, end
