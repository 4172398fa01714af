"""From a mask to polygons: what hangs together is one thing, its outline a few points, its gaps holes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
"""[K, 2], x to the right, y down, in pixels; a ring's last point is not its first again."""
Map = npt.NDArray[np.integer]

COARSER = 1.5
"""How much more an outline may be off at each try to bring it down to its number of points."""


@dataclass(frozen=True)
class Thing:
    """Pixels of one value that hang together by their sides."""

    value: int
    area: int
    """In pixels."""
    score: float
    """The mean of its pixels' scores."""
    label: int
    """Its number in the map of things."""
    box: tuple[int, int, int, int]
    """left, top, right, bottom in whole pixels, the last two beyond it."""


def things(values: Map, scores: npt.NDArray[np.floating], smallest: float) -> tuple[list[Thing], Map]:
    """The things of at least `smallest` pixels in a map [H, W] whose negative values are nothing; and a map
    of each pixel's thing.

    The map is cut into rows' stretches of one value, and those that touch are joined: numpy does it in 2 ms
    for 640 × 640.
    """
    height, width = values.shape
    edge = np.ones((height, width), bool)
    edge[:, 1:] = values[:, 1:] != values[:, :-1]
    starts = np.flatnonzero(edge)
    lengths = np.diff(starts, append=height * width)
    rows, left = np.divmod(starts, width)
    value = values.reshape(-1)[starts]
    label = _joined(*_touching(starts, starts + lengths, value, width))
    sums = np.add.reduceat(scores.reshape(-1).astype(np.float64), starts)
    count = len(starts)
    area = np.bincount(label, lengths, count)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(label, sums, count) / np.maximum(area, 1)
    box = np.array([[width], [height], [0], [0]]).repeat(count, axis=1)
    for side, ends in ((0, left), (1, rows)):
        np.minimum.at(box[side], label, ends)
    for side, ends in ((2, left + lengths), (3, rows + 1)):
        np.maximum.at(box[side], label, ends)
    large = np.flatnonzero((area >= max(smallest, 1)) & (value >= 0))
    found = []
    for i in large:
        x0, y0, x1, y1 = box[:, i].tolist()
        found.append(Thing(int(value[i]), int(area[i]), float(mean[i]), int(i), (x0, y0, x1, y1)))
    return found, label.repeat(lengths).reshape(height, width)


def _touching(starts: Map, ends: Map, value: Map, width: int) -> tuple[int, Map, Map]:
    """How many stretches there are, and the pairs of one value that lie above each other."""
    first = np.searchsorted(ends, starts + width, "right")
    behind = np.searchsorted(starts, ends + width, "left")
    number = np.maximum(behind - first, 0)
    above = np.arange(len(starts)).repeat(number)
    offset = np.arange(number.sum()) - (number.cumsum() - number).repeat(number)
    below = first.repeat(number) + offset
    same = value[above] == value[below]
    return len(starts), above[same], below[same]


def _joined(count: int, one: Map, other: Map) -> Map:
    """For each of `count` the lowest that it hangs together with through the given pairs."""
    label: Map = np.arange(count)
    while (label[one] != label[other]).any():
        lowest = np.minimum(label[one], label[other])
        np.minimum.at(label, label[one], lowest)
        np.minimum.at(label, label[other], lowest)
        while (label[label] != label).any():
            label = label[label]
    return label


def outline(mask: npt.NDArray[np.bool_], off: float, points: int, smallest_hole: float) -> list[Points]:
    """Rings around one thing that hangs together, the outer one first: clockwise, holes the other way.

    They are at most `off` pixels away from the pixels' own edges; more where it takes more to come down to
    `points` in all. Holes of fewer than `smallest_hole` pixels are filled.
    """
    rings = sorted(corners(mask), key=area, reverse=True)
    exact = [rings[0], *(ring for ring in rings[1:] if -area(ring) >= smallest_hole)]
    fewer = [simplified(ring, off) for ring in exact]
    while sum(map(len, fewer)) > points and off < max(mask.shape):
        off = max(off, 0.5) * COARSER
        fewer = [simplified(ring, off) for ring in exact]
    return fewer


def area(ring: Points) -> float:
    """Of a ring in square pixels; negative when it runs against the clock."""
    x, y = ring[:, 0], ring[:, 1]
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


def corners(mask: npt.NDArray[np.bool_]) -> list[Points]:
    """Rings along the pixels' edges, with the mask to the right: the exact outline, corner by corner.

    Pixels that touch at a corner only do not hang together, gaps that do so do.
    """
    waiting = _edges(mask)
    rings = []
    while waiting:
        place, direction = first = next(iter(waiting))
        ring = []
        while (place, direction) in waiting:
            ring.append(place)
            place = waiting.pop((place, direction))
            right, left = (direction + 1) % 4, (direction + 3) % 4
            direction = right if (place, right) in waiting or (place, right) == first else left
        rings.append(np.array(ring, np.float64))
    return rings


def _edges(mask: npt.NDArray[np.bool_]) -> dict[tuple[tuple[int, int], int], tuple[int, int]]:
    """(Corner, direction) → the corner at the end of the straight edge that leaves it."""
    padded = np.pad(mask, 1).astype(np.int8)
    found = {}
    down = np.diff(padded, axis=0)[:, 1:-1]  # 1 where the mask begins below
    across = np.diff(padded, axis=1)[1:-1].T
    # A top edge runs right, a right one down, a bottom one left, a left one up.
    for direction, lines in ((0, down == 1), (2, down == -1), (1, across == -1), (3, across == 1)):
        steps = np.diff(np.pad(lines, ((0, 0), (1, 1))).astype(np.int8), axis=1)
        line, begin = (found_at.tolist() for found_at in np.nonzero(steps == 1))
        end = np.nonzero(steps == -1)[1].tolist()
        for at, one, other in zip(line, begin, end, strict=True):
            if direction in (2, 3):
                one, other = other, one
            level = direction in (0, 2)
            start, stop = ((one, at), (other, at)) if level else ((at, one), (at, other))
            found[start, direction] = stop
    return found


def simplified(ring: Points, off: float) -> Points:
    """The ring with fewer points, at most `off` away from those left out (Douglas and Peucker's way).

    One that would have no area left stays as it is.
    """
    far = int(((ring - ring[0]) ** 2).sum(axis=1).argmax())
    closed = np.concatenate([ring, ring[:1]])
    kept = np.zeros(len(closed), bool)
    kept[[0, far, -1]] = True
    waiting = [(0, far), (far, len(ring))]
    while waiting:
        first, last = waiting.pop()
        if last - first < 2:
            continue
        away = _distances(closed[first + 1 : last], closed[first], closed[last])
        worst = int(away.argmax())
        if away[worst] > off:
            middle = first + 1 + worst
            kept[middle] = True
            waiting += [(first, middle), (middle, last)]
    fewer = ring[kept[:-1]]
    return fewer if len(fewer) > 2 and area(fewer) * area(ring) > 0 else ring


def _distances(points: Points, start: Points, end: Points) -> Points:
    """Of points from the straight stretch between two others."""
    along = end - start
    length = along @ along
    part = ((points - start) @ along / length).clip(0, 1) if length else np.zeros(len(points))
    apart: Points = np.hypot(*(points - start - part[:, None] * along).T)
    return apart
