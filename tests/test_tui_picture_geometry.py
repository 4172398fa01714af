"""Where pictures lie: exact to the pixel, there and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.picture.geometry import Area, Projection, View

areas = st.builds(
    Area,
    columns=st.integers(1, 200),
    rows=st.integers(1, 80),
    cell_width=st.integers(1, 24),
    cell_height=st.integers(1, 48),
    pixel_aspect=st.floats(0.3, 3),
)
fractions = st.floats(0, 1)
views = st.builds(View, zoom=st.floats(0.1, 50), x=st.floats(-1, 2), y=st.floats(-1, 2))
projections = st.builds(Projection, st.integers(1, 6000), st.integers(1, 6000), areas, views)


@given(projections, st.data())
def test_every_shown_pixel_is_found_again(projection: Projection, data: st.DataObject) -> None:
    x = data.draw(st.integers(0, projection.width - 1))
    y = data.draw(st.integers(0, projection.height - 1))
    back = projection.to_screen(*projection.to_image(x, y))
    assert (round(back[0]), round(back[1])) == (x, y)


@given(projections, st.data())
def test_a_box_drawn_on_pixels_stays_on_them(projection: Projection, data: st.DataObject) -> None:
    left = data.draw(st.integers(0, projection.width - 1))
    top = data.draw(st.integers(0, projection.height - 1))
    right = data.draw(st.integers(left + 1, projection.width))
    bottom = data.draw(st.integers(top + 1, projection.height))
    box = projection.box(*projection.to_image(left, top), *projection.to_image(right, bottom))
    assert (box.left, box.top, box.right, box.bottom) == (left, top, right, bottom)


@given(projections)
def test_the_shown_part_fits_and_touches_a_side(projection: Projection) -> None:
    area = projection.area
    assert 1 <= projection.width <= area.width
    assert 1 <= projection.height <= area.height
    assert projection.width >= area.width - 1 or projection.height >= area.height - 1
    assert projection.left_cell >= 0 and projection.left_cell + projection.columns <= area.columns
    assert projection.top_cell >= 0 and projection.top_cell + projection.rows <= area.rows


@given(projections)
def test_the_crop_lies_in_the_image(projection: Projection) -> None:
    left, top, right, bottom = projection.crop
    assert 0 <= left < right <= projection.image_width
    assert 0 <= top < bottom <= projection.image_height


@given(st.integers(1, 6000), st.integers(1, 6000), areas)
def test_a_fit_shows_the_whole_image(width: int, height: int, area: Area) -> None:
    projection = Projection(width, height, area)
    assert projection.crop == pytest.approx((0, 0, width, height))
    assert projection.to_screen(0, 0) == (0, 0)
    assert projection.to_screen(1, 1) == (projection.width, projection.height)


@given(projections, st.data())
def test_a_cell_knows_its_image_point(projection: Projection, data: st.DataObject) -> None:
    column = data.draw(st.integers(0, projection.area.columns - 1))
    row = data.draw(st.integers(0, projection.area.rows - 1))
    assert projection.to_cell(*projection.from_cell(column + 0.5, row + 0.5)) == (column, row)


@given(fractions, fractions, st.floats(0.1, 10))
def test_zooming_keeps_the_point_under_the_pointer(x: float, y: float, factor: float) -> None:
    """While the middle is free to move: the image's borders win over the pointer."""
    before = View(4, 0.5, 0.5)
    after = before.zoomed(factor, x, y)
    if 0 < after.x < 1 and 0 < after.y < 1:
        assert (x - before.x) * before.zoom == pytest.approx((x - after.x) * after.zoom, abs=1e-9)
        assert (y - before.y) * before.zoom == pytest.approx((y - after.y) * after.zoom, abs=1e-9)


def test_zooming_in_and_out_again_comes_back() -> None:
    view = View(2, 0.4, 0.6)
    again = view.zoomed(2, 0.3, 0.7).zoomed(0.5, 0.3, 0.7)
    assert (again.zoom, again.x, again.y) == pytest.approx((2, 0.4, 0.6))


@given(projections, st.floats(-2, 2), st.floats(-2, 2))
def test_panning_never_leaves_the_image(projection: Projection, dx: float, dy: float) -> None:
    moved = Projection(
        projection.image_width,
        projection.image_height,
        projection.area,
        projection.settled.panned(dx, dy),
    )
    assert (moved.width, moved.height) == (projection.width, projection.height)
    assert 0 <= moved.skipped_x <= moved.full_width - moved.width
    assert 0 <= moved.skipped_y <= moved.full_height - moved.height


def test_pixels_are_square_on_the_screen() -> None:
    """A square image fills a square of half blocks in cells of 10 × 20 pixels."""
    projection = Projection(100, 100, Area(40, 20, 1, 2, pixel_aspect=1.0))
    assert (projection.width, projection.height) == (40, 40)
    tall = Projection(100, 100, Area(40, 20, 1, 2, pixel_aspect=2.0))
    assert (tall.width, tall.height) == (40, 20)


def test_an_area_without_cells_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one cell"):
        Area(0, 10, 10, 20)
