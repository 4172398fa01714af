"""Captions: where the names of regions are written, so that they do not cover each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from tui.picture.geometry import Projection
from tui.picture.grid import CellGrid
from tui.picture.outline import Outline, cells_of, ink_on

Place = tuple[int, int, int]
"""Row, column and number of cells."""

NEAR = 4
"""Rows below and above a region's top edge that are tried when its edges are taken."""


def put_captions(grid: CellGrid, outlines: Sequence[Outline], projection: Projection) -> list[Place]:
    """Writes each outline's name into its top edge, like the title of a frame, or near it where another name
    is already; the later ones make way and, where there is no way, are on top. Returns the places."""
    places: list[Place] = []
    taken: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for outline in outlines:
        cells = cells_of(outline.caption)[: projection.columns]
        if not cells or not _is_in_sight(outline, projection):
            continue
        wanted = list(_places(outline, projection, len(cells)))
        free = (place for place in wanted if _is_free(taken[place[0]], place))
        row, column, count = place = next(free, wanted[0])
        taken[row].append((column, column + count))
        grid.put(row, column, cells, _number(ink_on(outline.colour)), _number(outline.colour))
        places.append(place)
    return places


def _places(outline: Outline, projection: Projection, count: int) -> Iterator[Place]:
    """Where a name of so many cells may stand, the best first: in the edges, then near the top one."""
    left, top = projection.left_cell, projection.top_cell
    first_column, first_row = projection.to_cell(*outline.top_left)
    last_column, last_row = projection.to_cell(*outline.bottom_right)
    beside = max(last_column - count, first_column + 1)
    near = [(first_row + by * way, first_column + 1) for way in (1, -1) for by in range(1, NEAR + 1)]
    edges = [(first_row, first_column + 1), (first_row, beside), (last_row, first_column + 1)]
    for row, column in [*edges, (last_row, beside), *near]:
        row = min(max(row, top), top + projection.rows - 1)
        yield row, min(max(column, left), left + projection.columns - count), count


def _is_free(taken: Sequence[tuple[int, int]], place: Place) -> bool:
    _, column, count = place
    return all(column >= end or column + count <= start for start, end in taken)


def _is_in_sight(outline: Outline, projection: Projection) -> bool:
    left, top = projection.to_screen(*outline.top_left)
    right, bottom = projection.to_screen(*outline.bottom_right)
    return left < projection.width and right > 0 and top < projection.height and bottom > 0


def _number(colour: tuple[int, int, int]) -> int:
    return colour[0] << 16 | colour[1] << 8 | colour[2]
