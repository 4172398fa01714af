"""The review screen's frame: its widgets, its life, and what it shows of the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual import on
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Footer, Static

from store import assignments, newer, pace
from store.errors import Conflict, Refused
from store.printable import printable
from store.queues import Order
from store.tables import Task
from store.values import Side
from tui.messages import StoreChanged
from tui.places import Place
from tui.queue_filter import EVERYTHING, ORDERS, QueueFilter
from tui.review_queue import ReviewQueue
from tui.turns import Turns
from tui.widgets.ask_line import AskLine
from tui.widgets.item_rows import Rows
from tui.widgets.progress_line import ProgressLine
from tui.widgets.queue_table import QueueTable, title

if TYPE_CHECKING:
    from tui.app import WinnowApp

NOTHING = "Nothing waits for your review here. R looks again, q goes back."
NO_MATCH = "Nothing in the queue matches. Escape shows everything."


class ReviewFrame(Screen[None]):
    """What waits for this reviewer in a task, as a table."""

    DEFAULT_CSS = """
    ReviewScreen #view { height: 1; padding: 0 1; color: $text-accent; text-wrap: nowrap; display: none; }
    ReviewScreen #columns { height: 1; color: $text-muted; text-style: underline; text-wrap: nowrap; }
    ReviewScreen #nothing { height: 1fr; padding: 1 2; color: $text-muted; display: none; }
    """

    def __init__(self, task: Task, at_input: int | None = None) -> None:
        super().__init__()
        self.task_row = task
        self._at_input = at_input
        self._waiting = 0
        """Inputs that have come since the queue was opened."""
        self._first: tuple[QueueFilter, Order] = EVERYTHING, Order.INPUT
        """What the queue is opened with."""

    @property
    def winnow(self) -> WinnowApp:
        """The app, with actor and writer."""
        return cast("WinnowApp", self.app)

    @property
    def table(self) -> QueueTable:
        """The queue."""
        return self.query_one(QueueTable)

    @property
    def settled(self) -> bool:
        """Whether everything that was typed has been done and is shown."""
        return self.turns.settled

    def place(self) -> Place:
        """Where to open again."""
        return Place("review", str(self.task_row.uid))

    def compose(self) -> ComposeResult:
        """Progress, filter, columns, table."""
        self.queue = ReviewQueue(self.task_row, self.winnow.actor)
        self.queue.filter, self.queue.order = self._first
        yield ProgressLine()
        yield Static(id="view", markup=False)
        yield Static(id="columns", markup=False)
        yield QueueTable(self.queue)
        yield Static(NOTHING, id="nothing", markup=False)
        yield AskLine()
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Open the queue."""
        self.turns = Turns(self.winnow.writer, self.refused)
        self.query_one(ProgressLine).title = f"Review {self.task_row.name}"
        self.table.focus()
        self.action_refresh()

    def action_refresh(self) -> None:
        """Open the queue anew."""
        raise NotImplementedError

    def on_unmount(self) -> None:
        """Nobody waits for answers any more."""
        self.turns.close()

    def on_resize(self) -> None:
        """Other widths."""
        self.query_one("#columns", Static).update(title(self.size.width))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While the filter is typed, keys are letters."""
        return not (self.is_mounted and self.query_one(AskLine).is_open)

    # Showing

    def show(self) -> None:
        """Show the queue as it is now."""
        queue = self.queue
        self.table.forget()
        self.table.show(queue.shown)
        self.table.display = bool(queue.shown)
        nothing = self.query_one("#nothing", Static)
        nothing.display = not queue.shown
        nothing.update(NO_MATCH if queue.filter.sentence else NOTHING)
        view = self.query_one("#view", Static)
        view.update(printable(self._view()))
        view.display = bool(view.content)
        self.tell()

    def _view(self) -> str:
        """The filter and the order in one line, "" where there is nothing to say."""
        queue = self.queue
        told = []
        if queue.filter.sentence:
            told.append(f"{len(queue.shown)} of {len(queue.inputs)}: {queue.filter.sentence}")
        if queue.order is not Order.INPUT:
            told.append(ORDERS[queue.order])
        return " · ".join([*told, "escape shows all"]) if queue.filter.sentence else "".join(told)

    def tell(self) -> None:
        """Place and counts, of what the filter leaves."""
        line, queue = self.query_one(ProgressLine), self.queue
        line.place = (self.table.cursor + 1 if queue.shown else 0, len(queue.shown))
        line.done = queue.done_shown
        marked = len(queue.marked | self.table.range)
        told = [f"{marked} marked"] if marked else []
        told += [f"R shows {self._waiting} new"] if self._waiting else []
        line.file = " · ".join(told)

    @on(Rows.Moved)
    def moved(self) -> None:
        """The place in the queue."""
        self.tell()

    @on(StoreChanged)
    def look_again(self) -> None:
        """Other states, the same rows; and whether there is something new, which only R shows."""
        self.table.forget()
        task, actor = self.task_row, self.winnow.actor
        self.winnow.reader.ask(
            "review-news", lambda: assignments.waiting(task, Side.REVIEW, actor), self._news
        )

    def _news(self, waiting: int) -> None:
        if self.is_attached and self.turns.settled:
            self._waiting = max(0, waiting - (len(self.queue.inputs) - len(self.queue.done)))
            self.tell()

    def tell_pace(self) -> None:
        """How many inputs an hour this person decides."""
        actor, task = self.winnow.actor, self.task_row
        self.winnow.reader.ask("pace", lambda: pace.of(actor, task, Side.REVIEW).per_hour, self._show_pace)

    def _show_pace(self, per_hour: int | None) -> None:
        if self.is_attached:
            self.query_one(ProgressLine).pace = per_hour

    def on_screen_resume(self) -> None:
        """Back from the viewer: the cursor goes where it was looked last."""
        if self.is_mounted and self.queue.inputs:
            if self.queue.at is not None:
                self.table.go_to(self.queue.at)
                self.queue.at = None
            self.table.forget()
            self.tell()
            self.tell_pace()

    def refused(self, refused: Refused) -> None:
        """Why something was not done, and what somebody else did if that is why."""
        here = self.table.current
        last = None if here is None else newer.on_input(self.task_row, here, self.winnow.actor)
        told = (
            f"{refused} ({last.sentence})"
            if last is not None and isinstance(refused, Conflict)
            else str(refused)
        )
        self.notify(printable(told), severity="error", markup=False)
        self.table.forget()
        self.tell()

    def say(self, sentence: str) -> None:
        """What was done, for a moment."""
        self.notify(printable(sentence), markup=False, timeout=3)
