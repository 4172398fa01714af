"""The number table: columns of words and numbers, as wide as what stands in them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from store.printable import printable
from tui.widgets.item_rows import Piece, Rows, fitted

MEASURED = 500
"""Rows that decide how wide the columns are."""
NARROWEST = 6
"""Cells that a column of words keeps where not everything fits."""


class NumberTable(Vertical):
    """A line of headings above rows that the keys of every list move in."""

    DEFAULT_CSS = """
    NumberTable { height: 1fr; }
    NumberTable #headings { height: 1; color: $text-muted; text-style: underline; text-wrap: nowrap; }
    NumberTable Rows { height: 1fr; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._headings: tuple[str, ...] = ()
        self._rows: Sequence[tuple[str, ...]] = ()
        self._words = 1
        self._natural: list[int] = []

    def compose(self) -> ComposeResult:
        """Headings and rows."""
        yield Static(id="headings", markup=False)
        yield Rows[tuple[int, tuple[str, ...]]](self._line, lambda item: item[1][: self._words] or item[0])

    @property
    def rows(self) -> Rows[tuple[int, tuple[str, ...]]]:
        """The rows, each with its number."""
        return self.query_one(Rows)

    @property
    def current(self) -> int | None:
        """The number of the row that the cursor is on, from 0."""
        current = self.rows.current
        return None if current is None else current[0]

    def show(self, headings: tuple[str, ...], rows: Sequence[tuple[str, ...]], words: int) -> None:
        """Show other rows; the first `words` columns are words, to the left, the others numbers."""
        self._headings, self._words = headings, words
        self._rows = [tuple(map(printable, row)) for row in rows]
        self._natural = [
            max(cell_len(heading), *(cell_len(row[n]) for row in self._rows[:MEASURED]), 0)
            for n, heading in enumerate(headings)
        ]
        self.rows.show(list(enumerate(self._rows)))
        self.on_resize()

    def on_resize(self) -> None:
        """The headings stand above their columns."""
        pieces = self._cells(self._headings, self.size.width - 1)
        self.query_one("#headings", Static).update("".join(pieces) if self._rows else "")

    def _widths(self, width: int) -> list[int]:
        """Numbers keep their width; words give up what is missing, the widest first, the first one last."""
        widths = list(self._natural)
        missing = sum(widths) + 2 * len(widths) - 1 - width
        for _ in range(max(0, missing)):
            able = [n for n in range(1, self._words) if widths[n] > NARROWEST] or [
                n for n in range(self._words) if widths[n] > NARROWEST
            ]
            if not able:
                break
            widths[max(able, key=lambda n: widths[n])] -= 1
        return widths

    def _cells(self, row: Sequence[str], width: int) -> list[str]:
        return [
            f" {fitted(cell, wide, right=n >= self._words)} "
            for n, (cell, wide) in enumerate(zip(row, self._widths(width), strict=True))
        ]

    def _line(self, item: tuple[int, tuple[str, ...]], width: int) -> Sequence[Piece]:
        return [(cell, "" if n else "rows--strong") for n, cell in enumerate(self._cells(item[1], width))]
