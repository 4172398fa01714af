"""A text as cells: every character has its place, whatever the text holds."""

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.text.glyphs import glyphs
from tui.text.wrapping import BLOCK, HANGING, LEAST, Wrapped, _narrow_rows, rows

ODD = (
    "a bé\u0301\u0300漢字がぎ👨\u200d👩\u200d👧❤\ufe0f👍\U0001f3fd🇩🇪🇫"
    "\n\r\t\x1b\x9b\x00\u202e\u2066\ufeffاَلعשלקष्ठि\u1112\u1161\u11ab\uffff\U000e0067"
)
texts = st.text(st.one_of(st.sampled_from(ODD), st.characters(exclude_categories=("Cs",))), max_size=200)
widths = st.integers(LEAST, 90)


@given(texts)
@example("\u0301\u200d\ufe0f")
@example("\x1b\u0301\r\n\r\u0301")
def test_glyphs_cover_the_text_and_are_as_wide_as_they_say(text: str) -> None:
    made = glyphs(text, 0, len(text))
    assert [glyph.start for glyph in made] == [0, *(glyph.end for glyph in made[:-1])][: len(made)]
    assert not made or made[-1].end == len(text)
    for glyph in made:
        assert glyph.width == cell_len(glyph.shown) >= 1
        assert all(unicodedata.category(char) not in ("Cc", "Cf", "Zl", "Zp") for char in glyph.shown)


@given(texts, widths)
@settings(max_examples=200)
def test_every_character_is_found_at_its_cell_again(text: str, width: int) -> None:
    wrapped = Wrapped(text, width)
    for offset in range(len(text)):
        row = wrapped.find(offset)
        start, end = wrapped.extent(row)
        assert start <= offset < end
        glyph = wrapped.glyph(offset)
        assert glyph is not None and glyph.start <= offset < glyph.end
        column = wrapped.column(offset)
        for cell in range(column, column + glyph.width):
            assert wrapped.at(row, cell) == glyph
        assert column + glyph.width <= wrapped.width + HANGING


@given(texts, widths)
def test_rows_follow_each_other_without_gap(text: str, width: int) -> None:
    wrapped = Wrapped(text, width)
    row, at = (0, 0), 0
    while True:
        start, end = wrapped.extent(row)
        assert start == at and (end > start or not text)
        ends = [glyph.ends_line for glyph in wrapped.glyphs(row)]
        assert not any(ends[:-1])
        at = end
        following = wrapped.step(row, 1)
        if following == row:
            break
        assert wrapped.step(following, -1) == row
        row = following
    assert at == len(text) and row == wrapped.last


@given(st.text("ab .\n", max_size=300), widths)
@example("abcdefghijkl \nb", LEAST)
@example("abcdefghijkl  b", LEAST)
def test_the_quick_way_breaks_as_the_thorough_one(text: str, width: int) -> None:
    assert _narrow_rows(text, 0, len(text), width) == rows(glyphs(text, 0, len(text)), 0, width)


def test_words_stay_whole_and_long_ones_are_broken() -> None:
    text = "the quick brown fox incomprehensibilities\n漢字かな交じり文の例"
    wrapped = Wrapped(text, 12)
    shown = []
    row = (0, 0)
    for _ in range(7):
        start, end = wrapped.extent(row)
        shown.append(text[start:end])
        row = wrapped.step(row, 1)
    assert shown == [
        "the quick ",
        "brown fox ",
        "incomprehens",
        "ibilities\n",
        "漢字かな交じ",
        "り文の例",
        "り文の例",
    ]


@pytest.mark.parametrize("piece", ["x", "漢", "a\u0301", "word ", "line of a text\n", "👨\u200d👩"])
def test_a_long_text_is_wrapped_where_it_is_looked_at(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    wrapped = Wrapped(text, 60)
    assert all(
        later - start <= BLOCK for start, later in zip(wrapped.starts, wrapped.starts[1:], strict=False)
    )
    middle = wrapped.find(len(text) // 2)
    assert wrapped.step(wrapped.step(middle, 500), -500) == middle
    assert wrapped.extent(wrapped.last)[1] == len(text)
    assert len(wrapped._rows) < 20


def test_tags_take_room_of_their_own_and_move_no_offset() -> None:
    text = "one two three four"
    wrapped = Wrapped(text, 14)
    assert wrapped.extent((0, 0)) == (0, 14)
    wrapped.tag({4: ("[t¹", ""), 6: ("", "]")})
    assert wrapped.extent((0, 0)) == (0, 8)
    assert wrapped.column(4) == 7
    assert (
        "".join(glyph.before + glyph.shown + glyph.after for glyph in wrapped.glyphs((0, 0)))
        == "one [t¹two] "
    )
    wrapped.tag({})
    assert wrapped.extent((0, 0)) == (0, 14)
