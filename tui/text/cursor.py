"""The cursor: a place in a text, and the stretch that is being marked from there."""

from __future__ import annotations

from collections.abc import Hashable

from tui.text import ways
from tui.text.wrapping import Row, Wrapped


class Cursor:
    """Stands on a glyph; what it marks includes the glyphs at both ends."""

    def __init__(self, wrapped: Wrapped) -> None:
        self.wrapped = wrapped
        self.at = 0
        self.anchor: int | None = None
        """Where marking began; None while nothing is marked."""
        self.held: Hashable | None = None
        """The span whose ends are being moved, None for a new one."""
        self._goal: int | None = None

    @property
    def marked(self) -> tuple[int, int] | None:
        """The characters marked, [start, end); None for none."""
        if self.anchor is None:
            return None
        first, last = sorted((self.anchor, self.at))
        begin, end = self.wrapped.glyph(first), self.wrapped.glyph(last)
        return (begin.start, end.end) if begin is not None and end is not None else None

    @property
    def row(self) -> Row:
        """The row it stands in."""
        return self.wrapped.find(self.at)

    def go(self, offset: int) -> None:
        """To the glyph that shows a character."""
        glyph = self.wrapped.glyph(min(max(offset, 0), max(len(self.wrapped.text) - 1, 0)))
        self.at = glyph.start if glyph is not None else 0
        self._goal = None

    def step(self, by: int) -> None:
        """To the next glyph (1) or the one before (-1)."""
        glyph = self.wrapped.glyph(self.at)
        if glyph is not None:
            self.go(glyph.end if by > 0 else glyph.start - 1)

    def line(self, by: int) -> None:
        """So many rows down or up, in the same column where there is one."""
        goal = self._goal if self._goal is not None else self.wrapped.column(self.at)
        row = self.wrapped.step(self.row, by)
        glyph = self.wrapped.at(row, goal)
        if glyph is not None:
            self.go(glyph.start)
        self._goal = goal

    def word(self, way: str) -> None:
        """To the "next" word's beginning, to the "end" of a word, or to the "previous" beginning."""
        find = {"next": ways.next_word, "end": ways.last_of_word, "previous": ways.previous_word}[way]
        self.go(find(self.wrapped.text, self.at))

    def edge(self, way: str) -> None:
        """To the "start" or the "end" of the row."""
        start, end = self.wrapped.extent(self.row)
        self.go(start if way == "start" else max(start, end - 1))

    def paragraph(self, by: int) -> None:
        """To the next line's beginning (1) or the one before (-1)."""
        find = ways.next_line if by > 0 else ways.previous_line
        self.go(find(self.wrapped.text, self.at))

    def mark(self) -> None:
        """Begin to mark here; again without having moved: the whole word; else begin anew."""
        if self.anchor == self.at and self.held is None:
            self.mark_word()
        else:
            self.anchor, self.held = self.at, None

    def mark_word(self) -> None:
        """Mark the word here."""
        if self.wrapped.text:
            start, end = ways.word(self.wrapped.text, self.at)
            self.hold(start, end, None)

    def hold(self, start: int, end: int, held: Hashable | None) -> None:
        """Mark [start, end), with its end in hand."""
        self.go(start)
        self.anchor, self.held = self.at, held
        self.go(end - 1)

    def drop(self) -> None:
        """Mark nothing."""
        self.anchor = self.held = None

    def swap(self) -> None:
        """Take the other end in hand."""
        if self.anchor is not None:
            anchor = self.anchor
            self.anchor = self.at
            self.go(anchor)

    def shift(self, by: int) -> None:
        """Move all that is marked by one glyph, where there is room."""
        if self.anchor is None:
            return
        anchor = Cursor(self.wrapped)
        anchor.at = self.anchor
        anchor.step(by)
        before = self.at
        self.step(by)
        if self.at == before or anchor.at == self.anchor:
            self.at = before
        else:
            self.anchor = anchor.at
