"""Regions drawn and changed in whole pixels: exact, inside the picture, never empty."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.values import Region
from tui.editing.box import HANDLES, WHOLE, BoxShape
from tui.editing.draft import Draft, step_for
from tui.editing.image_size import ImageSize
from tui.editing.polygon import PolygonShape

SIDES = st.integers(1, 30_000)
SIZES = st.builds(ImageSize, SIDES, SIDES)
ANYWHERE = st.tuples(st.integers(-40_000, 40_000), st.integers(-40_000, 40_000))


@st.composite
def rects(draw: st.DrawFn) -> tuple[ImageSize, tuple[int, int, int, int]]:
    size = draw(SIZES)
    return size, size.between(size.clamped(*draw(ANYWHERE)), size.clamped(*draw(ANYWHERE)))


def inside(size: ImageSize, rect: tuple[int, int, int, int]) -> bool:
    left, top, right, bottom = rect
    return 0 <= left < right <= size.width and 0 <= top < bottom <= size.height


@given(rects())
def test_a_box_on_the_grid_survives_storing_exactly(
    case: tuple[ImageSize, tuple[int, int, int, int]],
) -> None:
    size, rect = case
    assert inside(size, rect)
    region = size.box_region(rect)
    stored = Region.unpack(region.kind, region.pack())
    assert stored is not None and stored.box is not None
    assert size.rect(stored.box) == rect


@given(SIZES, st.lists(ANYWHERE, min_size=3, max_size=8))
def test_a_polygon_on_the_grid_survives_storing_exactly(
    size: ImageSize, points: list[tuple[int, int]]
) -> None:
    ring = tuple(size.clamped(*point) for point in points)
    stored = Region.unpack(2, size.polygon_region([ring]).pack())
    assert stored is not None
    assert size.rings(stored.rings) == (ring,)


@given(rects(), st.lists(st.tuples(st.sampled_from(HANDLES), ANYWHERE), max_size=6))
def test_a_box_stays_in_the_picture_whatever_is_done(
    case: tuple[ImageSize, tuple[int, int, int, int]], moves: list[tuple[tuple[int, int], tuple[int, int]]]
) -> None:
    size, rect = case
    shape = BoxShape.of(size, size.box_region(rect).box or (0, 0, 1, 1))
    for handle, point in moves:
        while shape.handle != handle:
            shape = shape.picked(1)
        before = shape.rect
        shape = shape.moved_to(*point)
        assert shape.rect is not None and before is not None
        assert inside(size, shape.rect)
        for side, (was, now) in enumerate(zip(before, shape.rect, strict=True)):
            fixed = handle != WHOLE and handle[side % 2] != (-1 if side < 2 else 1)
            assert now == was or not fixed
        if handle == WHOLE:
            assert shape.rect[2] - shape.rect[0] == before[2] - before[0]
            assert shape.rect[3] - shape.rect[1] == before[3] - before[1]


@given(rects(), st.sampled_from(HANDLES), st.integers(-9, 9), st.integers(-9, 9))
def test_a_nudge_moves_by_exactly_that_many_pixels(
    case: tuple[ImageSize, tuple[int, int, int, int]], handle: tuple[int, int], across: int, down: int
) -> None:
    size, rect = case
    draft = Draft(BoxShape.of(size, size.box_region(rect).box or (0, 0, 1, 1)))
    while draft.shape.handle != handle:
        draft.pick(1)
    wanted = [
        value + (by if handle == WHOLE or part == end else 0)
        for value, by, part, end in zip(rect, (across, down) * 2, handle * 2, (-1, -1, 1, 1), strict=True)
    ]
    draft.move(across, down)
    region = draft.region
    assert region is not None and region.box is not None
    if inside(size, (wanted[0], wanted[1], wanted[2], wanted[3])):
        assert size.rect(region.box) == tuple(wanted)


@given(
    SIZES,
    st.lists(
        st.tuples(st.sampled_from(["place", "move", "pick", "close", "insert", "remove", "undo"]), ANYWHERE)
    ),
)
def test_a_polygon_stays_in_the_picture_with_three_points(
    size: ImageSize, acts: list[tuple[str, tuple[int, int]]]
) -> None:
    draft = Draft.new_polygon(size, (size.width // 2, size.height // 2))
    for act, (x, y) in acts:
        {
            "place": draft.place,
            "move": lambda x=x, y=y: draft.move_to(x, y),
            "pick": lambda x=x: draft.pick(1 if x > 0 else -1),
            "close": draft.close,
            "insert": draft.insert_point,
            "remove": draft.remove_point,
            "undo": draft.undo,
        }[act]()
        shape = draft.shape
        assert isinstance(shape, PolygonShape)
        assert all(0 <= px <= size.width and 0 <= py <= size.height for px, py in (*shape.points, shape.at))
        assert not shape.is_shaped or len(shape.rings[0]) >= 3
        assert (shape.region is not None) == (len(shape.rings[0]) >= 3)


@given(rects(), st.lists(ANYWHERE, min_size=1, max_size=5))
def test_undo_leads_back_to_the_beginning_and_redo_to_the_end(
    case: tuple[ImageSize, tuple[int, int, int, int]], points: list[tuple[int, int]]
) -> None:
    size, rect = case
    draft = Draft(BoxShape.of(size, size.box_region(rect).box or (0, 0, 1, 1)))
    for point in points:
        draft.move_to(*point)
        draft.pick(1)
    last = draft.region
    steps = 0
    while draft.undo():
        steps += 1
    assert draft.region == size.box_region(rect) and not draft.is_changed
    assert steps <= len(points)
    while draft.redo():
        pass
    assert draft.region == last


def test_moves_in_a_row_are_one_undo() -> None:
    draft = Draft.new_box(ImageSize(100, 80), (10, 10))
    draft.place()
    for _ in range(5):
        draft.move(3, 2)
    draft.place()
    assert draft.shape.title == "right bottom corner"
    draft.move(1, 0)
    draft.move(1, 0)
    assert draft.undo()
    assert draft.region == ImageSize(100, 80).box_region((10, 10, 25, 20))


def test_a_box_may_grow_in_any_direction() -> None:
    draft = Draft.new_box(ImageSize(100, 80), (50, 40))
    draft.place()
    draft.move(-20, -10)
    draft.place()
    assert draft.shape.title == "left top corner"
    assert draft.region == ImageSize(100, 80).box_region((30, 30, 50, 40))


def test_points_are_added_moved_inserted_deleted_and_closed() -> None:
    size = ImageSize(100, 100)
    draft = Draft.new_polygon(size, (10, 10))
    draft.place()
    draft.close()
    assert draft.region is None and not draft.shape.is_shaped
    for x, y in ((50, 10), (50, 60)):
        draft.move_to(x, y)
        draft.place()
    draft.move_to(10, 10)
    draft.place()
    assert draft.shape.is_shaped and draft.shape.title == "point 3 of 3"
    draft.remove_point()
    assert draft.region == size.polygon_region([((10, 10), (50, 10), (50, 60))])
    draft.insert_point()
    assert draft.at == (30, 35) and draft.shape.title == "point 4 of 4"
    draft.move(-10, 25)
    assert draft.region == size.polygon_region([((10, 10), (50, 10), (50, 60), (20, 60))])
    draft.pick(1)
    assert draft.shape.title == "whole polygon"
    draft.move(70, -30)
    assert draft.region == size.polygon_region([((60, 0), (100, 0), (100, 50), (70, 50))])
    draft.undo()
    draft.undo()
    draft.undo()
    assert draft.region == size.polygon_region([((10, 10), (50, 10), (50, 60))])


def test_a_hole_is_kept_and_goes_with_its_last_points() -> None:
    size = ImageSize(100, 100)
    outer, hole = ((0, 0), (90, 0), (90, 90), (0, 90)), ((20, 20), (40, 20), (40, 40))
    draft = Draft.of(size.polygon_region([outer, hole]), size)
    assert not draft.grab(30, 22, 1, 1), "a hole is not inside"
    assert draft.grab(60, 60, 1, 1) and draft.shape.title == "whole polygon"
    draft.move(10, 10)
    assert draft.grab(30, 30, 2, 2) and draft.shape.title == "point 5 of 7"
    draft.remove_point()
    assert draft.region == size.polygon_region([tuple((x + 10, y + 10) for x, y in outer)])


@pytest.mark.parametrize(
    ("point", "title"),
    [
        ((10, 10), "left top corner"),
        ((31, 9), "right top corner"),
        ((20, 41), "bottom side"),
        ((20, 25), "whole box"),
    ],
)
def test_the_mouse_takes_corners_before_sides_before_the_whole(point: tuple[int, int], title: str) -> None:
    draft = Draft(BoxShape.of(ImageSize(100, 80), (0.1, 0.125, 0.3, 0.5)))
    assert draft.grab(*point, 2, 2)
    assert draft.shape.title == title
    assert not draft.grab(60, 60, 2, 2)


def test_steps_fit_the_picture() -> None:
    assert step_for(30) == 2 and step_for(640) == 20 and step_for(4000) == 100
