"""Wrapping: a text as rows of cells, made only where somebody looks."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence

from rich.cells import cell_len

from tui.text.glyphs import Glyph, glyphs

BLOCK = 4096
"""Characters wrapped at a time, 1 to 3 ms; a line longer than that is broken there as well."""

LEAST = 12
"""Cells of the narrowest rows: the longest escape fits."""

HANGING = 2
"""Cells that a row may be wider than it should: a space and the line's end."""

KEPT = 400
"""Rows whose glyphs are remembered."""

_OTHER = re.compile(r"[^\x20-\x7e\n]")

Row = tuple[int, int]
"""The block's number and the row's number in it. Rows compare in reading order."""

Tags = Mapping[int, tuple[str, str]]


def blocks(text: str) -> list[int]:
    """Where each block of a text begins: behind a line's end, else behind a space, else anywhere."""
    starts, at = [0], 0
    while len(text) - at > BLOCK:
        cut = text.rfind("\n", at, at + BLOCK) + 1
        if cut <= at:
            cut = text.rfind(" ", at, at + BLOCK) + 1
        if cut <= at:
            cut = at + BLOCK
            while cut > at + BLOCK // 2 and glyphs(text, cut - 1, cut + 1)[0].end != cut:
                cut -= 1
        starts.append(cut)
        at = cut
    return starts


class Wrapped:
    """A text for one width in cells. There is always a row, if an empty one."""

    def __init__(self, text: str, width: int, starts: Sequence[int] | None = None) -> None:
        """`starts` are the text's `blocks`, which do not depend on the width."""
        self.text = text
        self.width = max(width, LEAST)
        self.starts = starts if starts is not None else blocks(text)
        self._tags: Tags = {}
        self._rows: dict[int, list[int]] = {}
        self._glyphs: dict[int, list[Glyph]] = {}

    def tag(self, tags: Tags) -> None:
        """Show tags at these characters: (before, after)."""
        if tags == self._tags:
            return
        for at in set(tags) ^ set(self._tags) | {at for at in tags if tags[at] != self._tags.get(at)}:
            self._rows.pop(self._block(at), None)
        self._tags = tags
        self._glyphs.clear()

    # Rows

    def find(self, offset: int) -> Row:
        """The row in which a character is; past the end, the last one."""
        block = self._block(offset)
        return block, bisect_right(self._wrap(block), offset) - 1

    def step(self, row: Row, by: int) -> Row:
        """The row so many rows further down, or up, or the last on the way."""
        block, index = row
        index += by
        while index < 0 and block > 0:
            block -= 1
            index += len(self._wrap(block))
        while index >= len(self._wrap(block)) and block + 1 < len(self.starts):
            index -= len(self._wrap(block))
            block += 1
        return block, min(max(index, 0), len(self._wrap(block)) - 1)

    @property
    def last(self) -> Row:
        """The last row."""
        block = len(self.starts) - 1
        return block, len(self._wrap(block)) - 1

    def extent(self, row: Row) -> tuple[int, int]:
        """The characters of a row, [start, end)."""
        block, index = row
        starts = self._wrap(block)
        return starts[index], starts[index + 1] if index + 1 < len(starts) else self._end(block)

    def _block(self, offset: int) -> int:
        return max(bisect_right(self.starts, offset) - 1, 0)

    def _end(self, block: int) -> int:
        return self.starts[block + 1] if block + 1 < len(self.starts) else len(self.text)

    def _wrap(self, block: int) -> list[int]:
        found = self._rows.get(block)
        if found is None:
            start, end = self.starts[block], self._end(block)
            narrow = not _OTHER.search(self.text, start, end)
            if narrow and not any(start <= at < end for at in self._tags):
                found = _narrow_rows(self.text, start, end, self.width)
            else:
                found = rows(glyphs(self.text, start, end, self._tags), start, self.width)
            self._rows[block] = found
        return found

    # Cells

    def glyphs(self, row: Row) -> list[Glyph]:
        """What is seen of a row, from the left."""
        start, end = self.extent(row)
        found = self._glyphs.get(start)
        if found is None:
            if len(self._glyphs) >= KEPT:
                self._glyphs.clear()
            found = self._glyphs[start] = glyphs(self.text, start, end, self._tags)
        return found

    def plain(self, row: Row) -> str | None:
        """What is seen of a row that holds nothing but text; None with tags or escapes in it."""
        start, end = self.extent(row)
        if any(start <= at < end for at in self._tags):
            return None
        if not _OTHER.search(self.text, start, end):
            return self.text[start:end].removesuffix("\n")
        shown = self.glyphs(row)
        return None if any(glyph.escaped for glyph in shown) else "".join(glyph.shown for glyph in shown)

    def glyph(self, offset: int) -> Glyph | None:
        """The glyph that shows a character; past the end the last one, None in an empty text."""
        row = self.glyphs(self.find(offset))
        return next((glyph for glyph in row if offset < glyph.end), row[-1] if row else None)

    def column(self, offset: int) -> int:
        """The cell in its row where the character's glyph begins, behind its tag."""
        column = 0
        for glyph in self.glyphs(self.find(offset)):
            if offset < glyph.end:
                return column + cell_len(glyph.before)
            column += glyph.width
        return column

    def at(self, row: Row, column: int) -> Glyph | None:
        """The glyph at a cell of a row, the last one to the right of it; None where nothing is."""
        found = None
        for glyph in self.glyphs(row):
            found = glyph
            column -= glyph.width
            if column < 0:
                break
        return found


def _narrow_rows(text: str, start: int, end: int, width: int) -> list[int]:
    """As `rows`, for a text of which every character takes one cell."""
    starts: list[int] = []
    at = start
    while at < end or not starts:
        stop = text.find("\n", at, end)
        line, line_end = at, end if stop < 0 else stop
        while line_end - at > width:
            starts.append(at)
            cut = text.rfind(" ", at, at + width + 1)
            at = cut + 1 if cut >= at else at + width
        if at < line_end or at == line:
            starts.append(at)
        at = end if stop < 0 else stop + 1
    return starts


def rows(shown: Sequence[Glyph], start: int, width: int) -> list[int]:
    """Where each row begins, none wider than `width` but for what hangs: broken behind spaces, around wide
    characters, and where a word is longer than a row."""
    starts, row = [start], start
    # The last place where the row may be broken, and the cells since then.
    best, since, column = start, 0, 0
    ended = False
    for glyph in shown:
        if ended:
            starts.append(glyph.start)
            row = best = glyph.start
            since = column = 0
        ended = glyph.ends_line
        if ended:
            continue
        wide = glyph.width == 2 and not glyph.escaped
        if wide:
            best, since = glyph.start, 0
        hangs = glyph.shown == " " and glyph.width == 1 and column == width
        while column > 0 and column + glyph.width > width and not hangs:
            row, column = (best, since) if best > row else (glyph.start, 0)
            starts.append(row)
            best, since = row, column
        column += glyph.width
        since += glyph.width
        if wide or glyph.shown.isspace():
            best, since = glyph.end, 0
    return starts
