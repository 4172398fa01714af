"""Names of regions on the picture: in place, whole, and not over each other while there is room."""

from hypothesis import given
from hypothesis import strategies as some

from tui.picture.captions import put_captions
from tui.picture.geometry import Area, Projection, View
from tui.picture.grid import CellGrid
from tui.picture.outline import Outline

AREA = Area(columns=60, rows=20, cell_width=10, cell_height=20, pixel_aspect=1.0)
PROJECTION = Projection(600, 400, AREA, View(1, 0.5, 0.5))

corners = some.tuples(some.floats(0, 0.9), some.floats(0, 0.9))
boxes = corners.map(lambda at: (*at, min(at[0] + 0.4, 1.0), min(at[1] + 0.4, 1.0)))
outlines = some.builds(Outline, box=boxes, label=some.text("sheep.12", min_size=1, max_size=12))


def places(*shown: Outline) -> list[tuple[int, int, int]]:
    return put_captions(CellGrid(60, 20, 0), shown, PROJECTION)


def cells(place: tuple[int, int, int]) -> set[tuple[int, int]]:
    row, column, count = place
    return {(row, column + n) for n in range(count)}


@given(some.lists(outlines, min_size=1, max_size=12))
def test_every_name_is_in_the_picture_and_the_first_in_its_top_edge(shown: list[Outline]) -> None:
    found = places(*shown)
    assert len(found) == len(shown)
    assert all(0 <= row < 20 and 0 <= column <= 60 - count for row, column, count in found)
    assert found[0] == places(shown[0])[0]


@given(boxes, some.integers(2, 4))
def test_names_of_regions_in_the_same_place_are_all_read(box: tuple[float, ...], many: int) -> None:
    found = places(*(Outline(box=(*box[:2], *box[2:]), label=f"goat.{n}") for n in range(many)))
    assert sum(len(cells(place)) for place in found) == len(set().union(*map(cells, found)))


def test_the_last_one_is_on_top_where_there_is_no_room() -> None:
    tiny = (0.5, 0.5, 0.51, 0.51)
    crowd = [Outline(box=tiny, label="a long name of one") for _ in range(12)]
    assert places(*crowd)[-1] == places(crowd[0])[0]
