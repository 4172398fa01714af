"""What is sent for a picture is what a terminal decodes."""

from __future__ import annotations

import io
import itertools
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from tests.emulator import Emulator, decode_sixel
from tui.picture import kitty
from tui.picture.cells import HALVES, SEXTANTS, by_cell, render
from tui.picture.geometry import Area, Projection
from tui.picture.grid import CellGrid, nearest_sgr, runs, true_colour_sgr
from tui.picture.outline import Outline, cells_of
from tui.picture.pattern import PATTERNS
from tui.picture.prepared import prepare
from tui.picture.sixel import UNSET, encode, quantise
from tui.picture.sixel_layer import rectangles
from tui.picture.stroke import Pen, paint
from tui.terminal import Terminal

PERCENT = np.array([0, 20, 40, 60, 80, 100])


@settings(deadline=None)
@given(
    arrays.arrays(
        np.uint8,
        st.tuples(st.integers(1, 30), st.integers(1, 50)),
        elements=st.sampled_from([0, 1, 2, 7, 100, UNSET]),
    )
)
def test_a_sixel_decodes_to_its_indices(indices: np.ndarray) -> None:
    palette = np.zeros((256, 3), np.uint8)
    palette[[0, 1, 2, 7, 100]] = [(255, 0, 51), (0, 255, 0), (0, 0, 255), (102, 153, 204), (255, 255, 255)]
    text = encode(indices, palette)
    if (indices == UNSET).all():
        assert text == ""
        return
    head, _, body = text.partition("q")
    assert head == "\x1bP0;1"
    pixels = decode_sixel(body.removesuffix("\x1b\\").encode("ascii"))
    drawn = indices != UNSET
    assert np.array_equal(pixels[..., 3] > 0, drawn)
    assert np.array_equal(pixels[..., :3][drawn], palette[indices][drawn])


def test_a_quantised_photo_stays_close(photo: Image.Image) -> None:
    indices, palette = quantise(photo)
    error = np.abs(palette[indices].astype(int) - np.asarray(photo).astype(int)).mean()
    assert error < 14


def test_a_long_kitty_payload_comes_in_chunks_and_whole() -> None:
    image = Image.effect_noise((200, 100), 80).convert("RGB")
    buffer = io.BytesIO()
    image.save(buffer, "png")
    text = kitty.command(buffer.getvalue(), a="t", f=100, i=7)
    assert text.count("\x1b_G") > 2
    assert all(len(part) < 4096 + 60 for part in text.split("\x1b\\"))
    emulator = Emulator()
    for at in range(0, len(text), 1000):
        emulator.feed(text[at : at + 1000].encode("ascii"))
    assert np.array_equal(np.asarray(emulator.images[7].convert("RGB")), np.asarray(image))


def test_diacritics_are_those_of_the_protocol() -> None:
    """297 combining characters above (class 230) without a decomposition, in order, none fusing."""
    assert len(kitty.DIACRITICS) == len(set(kitty.DIACRITICS)) == 297
    assert list(kitty.DIACRITICS) == sorted(kitty.DIACRITICS)
    assert {unicodedata.combining(character) for character in kitty.DIACRITICS} == {230}
    known = {0: 0x305, 1: 0x30D, 17: 0x363, 296: 0x1D244}
    assert {number: ord(kitty.DIACRITICS[number]) for number in known} == known


def test_image_numbers_do_not_repeat_soon() -> None:
    numbers = [kitty.new_image_number() for _ in range(5000)]
    assert len(set(numbers)) == 5000
    assert all(0 < number < 1 << 24 for number in numbers)


@pytest.mark.parametrize("glyphs", [HALVES, SEXTANTS], ids=lambda glyphs: glyphs.name)
@given(seed=st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=20)
def test_cells_of_two_colours_are_exact(glyphs: object, seed: int) -> None:
    """Any split of a cell into two colours is one that a glyph shows."""
    assert glyphs in (HALVES, SEXTANTS)
    chosen = HALVES if glyphs is HALVES else SEXTANTS
    generator = np.random.default_rng(seed)
    count = chosen.across * chosen.down
    pair = generator.integers(0, 256, (40, 2, 3), dtype=np.uint8)
    bits = generator.integers(0, 2, (40, count))
    pixels = pair[np.arange(40)[:, None], bits]
    text, foreground, background = render(pixels, chosen)
    for cell in range(40):
        glyph = chosen.characters.index(str(text[cell]))
        for part in range(count):
            number = int((foreground if glyph >> part & 1 else background)[cell])
            assert (number >> 16, number >> 8 & 255, number & 255) == tuple(pixels[cell, part].tolist())


def test_sub_pixels_are_grouped_by_cell() -> None:
    pixels = np.arange(4 * 3 * 3).reshape(4, 3, 3)
    cells = by_cell(pixels, HALVES)
    assert cells.shape == (2, 3, 2, 3)
    assert np.array_equal(cells[1, 2], pixels[2:4, 2])


@given(arrays.arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(1, 12))))
def test_rectangles_cover_exactly_the_set_cells(cells: np.ndarray) -> None:
    covered = np.zeros(cells.shape, int)
    for first, end, top, bottom in rectangles(cells):
        covered[top:bottom, first:end] += 1
    assert np.array_equal(covered, cells.astype(int))


@given(arrays.arrays(np.bool_, st.integers(1, 40)), st.integers(0, 4))
def test_runs_join_small_gaps_only(cells: np.ndarray, gap: int) -> None:
    found = list(runs(cells, gap))
    covered = np.zeros(cells.shape, bool)
    for first, end in found:
        covered[first:end] = True
        assert cells[first] and cells[end - 1]
    assert (covered | cells).sum() == covered.sum()
    assert all(after - before > gap for (_, before), (after, _) in itertools.pairwise(found))


def test_a_label_takes_the_cells_a_terminal_gives_it() -> None:
    assert cells_of("a\x1b[31mb") == ["a", "�", "[", "3", "1", "m", "b"]
    assert cells_of("羊.2") == ["羊", "", ".", "2"]
    assert cells_of("e\u0301") == ["é"]
    assert cells_of("q\u0308") == ["q\u0308"]


@pytest.mark.parametrize("values", [{}, {"box": (0, 0, 1, 1), "rings": (((0, 0), (1, 1)),)}])
def test_an_outline_is_one_shape(values: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="either a box or the rings"):
        Outline(**values)  # type: ignore[arg-type]


@given(st.integers(0, 90), st.integers(0, 90), st.integers(4, 60), st.integers(4, 60), st.booleans())
def test_painted_boxes_have_their_edges_on_the_exact_pixels(
    left: int, top: int, width: int, height: int, selected: bool
) -> None:
    projection = Projection(100, 100, Area(10, 5, 10, 20))
    right, bottom = min(left + width, 100), min(top + height, 100)
    outline = Outline(box=(left / 100, top / 100, right / 100, bottom / 100), selected=selected)
    canvas = np.zeros((100, 100), np.uint8)
    pen = Pen(thin=2, thick=3, unit=4)
    paint(canvas, [(outline, 1)], 2, projection, pen)
    wanted = np.zeros((100, 100), np.uint8)
    wanted[top:bottom, left:right] = 1
    inner = pen.thickness(outline)
    wanted[
        top + inner : max(bottom - inner, top + inner), left + inner : max(right - inner, left + inner)
    ] = 0
    if right - left > 2 * inner and bottom - top > 2 * inner:
        assert np.array_equal(canvas, wanted)
    else:
        assert not canvas[wanted == 0].any()


def sides(outline: Outline) -> np.ndarray:
    """The upper side of an outline's box along its 100 pixels: 0 photo, 1 colour, 2 black."""
    canvas = np.zeros((100, 100), np.uint8)
    paint(canvas, [(outline, 1)], 2, Projection(100, 100, Area(10, 5, 10, 20)), Pen(2, 3, 3))
    return canvas[round(outline.top_left[1] * 100)]


def test_every_pattern_is_another_line_whether_suggested_or_not() -> None:
    lines = {
        (number, dashed): bytes(sides(Outline(box=(0, 0, 1, 1), pattern=number, dashed=dashed)))
        for number in range(len(PATTERNS))
        for dashed in (False, True)
    }
    assert len(set(lines.values())) == len(lines)
    for (_, dashed), line in lines.items():
        assert (0 in line) == dashed, "a suggestion has gaps, an annotation has none"
        assert 1 in line


@given(st.integers(0, len(PATTERNS) - 1), st.booleans(), st.integers(0, 40))
def test_a_pattern_lies_still_while_its_box_moves(number: int, dashed: bool, left: int) -> None:
    whole = sides(Outline(box=(0, 0, 1, 1), pattern=number, dashed=dashed))
    part = sides(Outline(box=(left / 100, 0, (left + 50) / 100, 0.5), pattern=number, dashed=dashed))
    inside = slice(left + 2, left + 48)
    assert np.array_equal(part[inside], whole[inside])


@pytest.mark.parametrize("number", range(len(PATTERNS)))
def test_a_polygon_has_the_pattern_of_its_concept(number: int) -> None:
    ring = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9))
    for dashed in (False, True):
        line = sides(Outline(rings=(ring,), pattern=number, dashed=dashed))[12:88]
        assert 1 in line
        assert (0 in line) == dashed
        assert (2 in line) == (number > 0 and not dashed)


@given(st.text("ab羊 ", min_size=1, max_size=12), st.data())
def test_cells_written_directly_are_the_cells_of_the_grid(label: str, data: st.DataObject) -> None:
    grid = CellGrid(30, 3, 0x101010)
    grid.put(1, data.draw(st.integers(0, 5)), cells_of(label), 0xFFFFFF, 0x0000FF)
    emulator = Emulator(40, 6)
    everything = np.ones(grid.shape, np.bool_)
    emulator.feed(grid.written(everything, everything, 4, 2, true_colour_sgr).encode())
    assert emulator.screen()[3][4:34].rstrip() == "".join(grid.text[1].tolist()).ljust(30)[:30].rstrip() or (
        "羊" in label
    )
    assert emulator.picture().getpixel((4 * 10 + 299, 2 * 20 + 1)) == (16, 16, 16)
    assert not emulator.unknown


def test_a_wide_character_half_under_a_dialog_is_not_written() -> None:
    grid = CellGrid(6, 1, 0)
    grid.put(0, 2, cells_of("羊"), 0xFFFFFF, 0)
    visible = np.array([[True, True, True, False, False, False]])
    text = grid.written(visible, visible, 0, 0, true_colour_sgr)
    assert "羊" not in text
    assert "".join(grid.text[0].tolist()) == "  羊  "


def test_few_colours_are_the_nearest_of_the_palette() -> None:
    assert nearest_sgr(0xFF0000, 0x000000) == "\x1b[38;5;9;48;5;0m" or "38;5;196" in nearest_sgr(0xFF0000, 0)
    assert "38;2" not in nearest_sgr(0x123456, 0x654321)


@pytest.mark.parametrize("graphics", ["cells", "kitty", "sixel"])
@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "CMYK", "1", "LA", "I;16"])
def test_every_kind_of_image_is_prepared(graphics: object, mode: str) -> None:
    terminal = Terminal(graphics=graphics)  # type: ignore[arg-type]
    image = Image.new(mode, (37, 21))
    prepared = prepare(image, (48, 18), terminal)
    assert prepared.size == (48, 18)
    assert prepared.source is image


def test_transparent_parts_are_grey() -> None:
    prepared = prepare(Image.new("RGBA", (10, 10), (255, 255, 255, 0)), (10, 5), Terminal())
    pixels = prepared.payload.pixels  # type: ignore[attr-defined]
    assert (pixels == 96).all()


def test_a_canvas_wider_than_the_diacritics_is_drawn_in_cells() -> None:
    prepared = prepare(Image.new("RGB", (10, 10)), (300, 5), Terminal(graphics="kitty"))
    assert type(prepared.payload).__name__ == "CellPicture"


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    """Soft colours with some texture, like a photo."""
    y, x = np.mgrid[0:240, 0:320]
    noise = np.random.default_rng(1).normal(0, 6, (240, 320, 3))
    soft = np.stack([x * 0.6 + 30, y * 0.8 + 20, 128 + 80 * np.sin(x / 40) * np.cos(y / 30)], -1)
    return Image.fromarray((soft + noise).clip(0, 255).astype(np.uint8))
