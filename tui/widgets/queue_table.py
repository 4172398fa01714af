"""The queue table: a review queue of any length, read from the store page by page as it is seen."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, cast

from store import review_lines
from store.printable import printable
from store.review_lines import ReviewLine
from store.values import Status
from tui.review_queue import ReviewQueue
from tui.widgets.concept_list import number
from tui.widgets.item_rows import Piece, Rows, fitted
from tui.widgets.progress_line import ending

if TYPE_CHECKING:
    from tui.app import WinnowApp

STATES = {
    Status.SUCCESS: ("✓", "rows--good"),
    Status.REVIEW_DENIED: ("✗", "rows--bad"),
    Status.PENDING: ("↩", "rows--doubtful"),
}
"""How it is shown what became of an input: approved, rejected, sent back for changes."""

PAGE = 64
"""Lines read at once, beside those in sight."""

UNREAD = ReviewLine("…")
GONE = ReviewLine("(no longer in the project)")


def widths(width: int) -> tuple[int, int, int]:
    """Cells of the file, the labelers and the concepts in a table `width` cells wide."""
    room = max(width - 7, 30)
    file = min(max(room * 3 // 8, 12), 60)
    labelers = min(max(room // 5, 8), 24)
    return file, labelers, room - file - labelers


def title(width: int) -> str:
    """The columns' names over a table of this width."""
    file, labelers, concepts = widths(width)
    return f"     {fitted('input', file)} {fitted('labelers', labelers)} {fitted('concepts', concepts)}"


class QueueTable(Rows[int]):
    """One input a line: mark, state, file, labelers, concepts with scores."""

    DEFAULT_CSS = """
    QueueTable { height: 1fr; overflow-x: hidden; }
    """

    def __init__(self, queue: ReviewQueue) -> None:
        super().__init__(self.queue_line, lambda input_id: input_id)
        self._queue = queue
        self._lines: dict[int, ReviewLine] = {}
        self._asked: list[int] | None = None
        """The page that is being read."""
        self._stale = False
        self.range_start: int | None = None
        """Where a range of marks begins, while one is being made."""
        self._ranged: tuple[tuple[int, int], set[int]] = (-1, -1), set()

    def forget(self) -> None:
        """Read again what is in sight; until then it stays as it is."""
        self._stale, self._asked = True, None
        self._ranged = (-1, -1), set()
        self.refresh()

    @property
    def range(self) -> set[int]:
        """The inputs between the anchor and the cursor."""
        if self.range_start is None or not self.items:
            return set()
        first, last = sorted((self.range_start, self.cursor))
        if self._ranged[0] != (first, last):
            # Every line asks, and a range may hold a hundred thousand.
            self._ranged = (first, last), set(self.items[first : last + 1])
        return self._ranged[1]

    def watch_cursor(self, before: int, now: int) -> None:
        """A growing range has to be drawn as a whole."""
        super().watch_cursor(before, now)
        if self.range_start is not None:
            self.refresh()

    def _line_of(self, input_id: int) -> ReviewLine:
        if (self._stale or input_id not in self._lines) and self._asked is None:
            first = max(0, round(self.scroll_offset.y) - PAGE // 4)
            page = [*self.items[first : first + self.size.height + PAGE], input_id]
            self._asked = page
            task, reviewer = self._queue.task, self._queue.reviewer
            # Some 10 ms, which whoever scrolls would feel.
            cast("WinnowApp", self.app).reader.ask(
                "review-lines",
                lambda: review_lines.read(task, reviewer, page),
                partial(self._show_page, page),
            )
        return self._lines.get(input_id, UNREAD)

    def _show_page(self, page: list[int], read: dict[int, ReviewLine]) -> None:
        if page is self._asked:
            self._lines = dict.fromkeys(page, GONE) | read
            self._stale, self._asked = False, None
            self.refresh()

    def queue_line(self, input_id: int, width: int) -> Sequence[Piece]:
        """The pieces of one line."""
        line = self._line_of(input_id)
        file, labelers, concepts = widths(width)
        here = "▌" if input_id == self.current else " "
        marked = input_id in self._queue.marked or input_id in self.range
        state, style = (
            STATES.get(line.state, ("!", "rows--doubtful")) if line.state is not None else (" ", "")
        )
        return [
            (here, ""),
            ("● " if marked else "  ", "rows--strong"),
            (f"{state} ", style),
            (ending(printable(line.path), file) + " ", ""),
            (fitted(printable(", ".join(line.labelers)), labelers) + " ", "rows--dim"),
            (fitted(_concepts(line), concepts - 1), ""),
        ]


def _concepts(line: ReviewLine) -> str:
    return printable(", ".join(_concept(*said) for said in line.concepts))


def _concept(name: str, score: float | None, value: int) -> str:
    crossed = "" if value else "✗ "
    return f"{crossed}{name}" if score is None else f"{crossed}{name} {number(score)}"
