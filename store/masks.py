"""Masks: pixels that belong to a thing, as run lengths, traced into polygons exact to the pixel."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from store.errors import Refused
from store.pixels import area
from store.values import Point

MOST_RINGS = 2000
"""Of one mask: which hole lies in which part is looked up one by one."""

Ring = list[Point]
Runs = Iterable[tuple[int, int]]
"""[start, end) of the pixels of a mask, numbered along the lines of the scan."""


def unpacked(packed: str) -> list[int]:
    """The run lengths in COCO's compressed text: 5 bits a character, each from the third on as the difference
    to the one before the last. Raises Refused for anything else."""
    counts: list[int] = []
    value = shift = 0
    for char in packed:
        bits = ord(char) - 48
        if not 0 <= bits < 64 or shift > 40:
            raise Refused("the mask is no run-length code")
        value |= (bits & 31) << shift
        shift += 5
        if not bits & 32:
            if bits & 16:
                value -= 1 << shift
            counts.append(value + (counts[-2] if len(counts) > 2 else 0))
            value = shift = 0
    if shift:
        raise Refused("the mask is no run-length code")
    return counts


def runs(counts: Sequence[int], pixels: int) -> Iterator[tuple[int, int]]:
    """The stretches that belong to the thing: counts begin with what does not. Raises Refused where they do
    not fill the mask."""
    at = 0
    for index, count in enumerate(counts):
        if isinstance(count, bool) or not isinstance(count, int) or count < 0 or at + count > pixels:
            raise Refused("the mask's run lengths do not fit its size")
        if index % 2 and count:
            yield at, at + count
        at += count
    if at != pixels:
        raise Refused("the mask's run lengths do not fit its size")


def polygons(stretches: Runs, line: int) -> list[list[Ring]]:
    """The outlines of a mask scanned in lines of `line` pixels: of each part the outer ring, then its holes.

    Points are (place in the line, number of the line). What touches at a corner only is two parts.
    """
    follows: dict[Point, list[Point]] = {}
    _trace(_by_line(stretches, line), follows)
    outer: list[Ring] = []
    holes: list[Ring] = []
    while follows:
        ring = _loop(follows)
        (outer if area(ring) > 0 else holes).append(ring)
        if len(outer) + len(holes) > MOST_RINGS:
            raise Refused(f"the mask has more than {MOST_RINGS} parts and holes")
    parts = [[ring] for ring in outer]
    for hole in holes:
        # Parts may lie in each other's holes: a hole belongs to the smallest part around it.
        around = [part for part in parts if _within(hole, part[0])]
        min(around, key=lambda part: area(part[0])).append(hole)
    return parts


def _by_line(stretches: Runs, line: int) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """Line by line what belongs to the thing, with an empty line after the last of each block."""
    here: list[tuple[int, int]] = []
    at = -1
    for start, end in stretches:
        while start < end:
            row, first = divmod(start, line)
            last = min(end - row * line, line)
            if row != at:
                if at >= 0:
                    yield at, here
                    if row > at + 1:
                        yield at + 1, []
                at, here = row, []
            here.append((first, last))
            start = row * line + last
    if at >= 0:
        yield at, here
        yield at + 1, []


def _trace(lines: Iterable[tuple[int, list[tuple[int, int]]]], follows: dict[Point, list[Point]]) -> None:
    """Edges with the thing on their right: along lines where neighbours differ, across them at the ends."""
    before: list[tuple[int, int]] = []
    for row, here in lines:
        for first, last in here:
            _add(follows, (first, row + 1), (first, row))
            _add(follows, (last, row), (last, row + 1))
        ends = sorted({end for stretch in (*before, *here) for end in stretch})
        for start, end in pairwise(ends):
            was, is_now = _covers(before, start), _covers(here, start)
            if is_now and not was:
                _add(follows, (start, row), (end, row))
            elif was and not is_now:
                _add(follows, (end, row), (start, row))
        before = here


def _covers(stretches: list[tuple[int, int]], at: int) -> bool:
    index = bisect_right(stretches, at, key=lambda stretch: stretch[0]) - 1
    return index >= 0 and at < stretches[index][1]


def _add(follows: dict[Point, list[Point]], start: Point, end: Point) -> None:
    follows.setdefault(start, []).append(end)


def _loop(follows: dict[Point, list[Point]]) -> Ring:
    """Take one closed way out of the edges, turning right where there is a choice; straight parts joined."""
    start = next(iter(follows))
    first = end = follows[start][0]
    ring, at = [start], start
    while True:
        heading = (_sign(end[0] - at[0]), _sign(end[1] - at[1]))
        at = end
        ends = follows[at]
        end = ends[0] if len(ends) == 1 else min(ends, key=lambda to, at=at: _turn(heading, at, to))  # type: ignore[misc]
        if (at, end) == (start, first):
            _take(follows, at, end)
            straight = heading == (_sign(end[0] - at[0]), _sign(end[1] - at[1]))
            return ring[1:] if straight else ring
        _take(follows, at, end)
        if heading != (_sign(end[0] - at[0]), _sign(end[1] - at[1])):
            ring.append(at)


def _take(follows: dict[Point, list[Point]], start: Point, end: Point) -> None:
    follows[start].remove(end)
    if not follows[start]:
        del follows[start]


def _turn(heading: tuple[int, int], at: Point, to: Point) -> int:
    """-1 for a turn to the right, 1 for one to the left."""
    return -_sign(heading[0] * (to[1] - at[1]) - heading[1] * (to[0] - at[0]))


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def _within(hole: Ring, outer: Ring) -> bool:
    (x0, y0), (x1, y1) = hole[:2]
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    inside = False
    for (ax, ay), (bx, by) in zip(outer, [*outer[1:], outer[0]], strict=True):
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            inside = not inside
    return inside
