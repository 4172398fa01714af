"""The review screen: the queue as a table, and verdicts on one input or on all that are marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer, Static

from store import assignments, review_lines, reviewing, steps
from store.errors import Refused
from store.printable import printable
from store.tables import Task
from store.values import Side, Verdict
from tui.messages import StoreChanged
from tui.places import Place
from tui.review_queue import ReviewQueue
from tui.screens.confirm import ConfirmScreen
from tui.turns import Turns
from tui.widgets.ask_line import AskLine
from tui.widgets.item_rows import Rows
from tui.widgets.progress_line import ProgressLine
from tui.widgets.queue_table import QueueTable, title

if TYPE_CHECKING:
    from tui.app import WinnowApp

NOTHING = "Nothing waits for your review here. R looks again, q goes back."
NO_MATCH = "Nothing in the queue matches. Escape shows everything."


class ReviewScreen(Screen[None]):
    """What waits for this reviewer in a task; the table stays as it was until it is refreshed."""

    DEFAULT_CSS = """
    ReviewScreen #columns { height: 1; color: $text-muted; text-style: underline; text-wrap: nowrap; }
    ReviewScreen #nothing { height: 1fr; padding: 1 2; color: $text-muted; display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Look", id="review.open"),
        Binding("a", "decide('approve')", "Approve", id="review.approve"),
        Binding("x", "decide('reject')", "Reject", id="review.reject"),
        Binding("space", "mark", "Mark", id="review.mark"),
        Binding("V", "range", "Range", id="review.range"),
        Binding("asterisk", "mark_all", "Mark all", id="review.mark_all", show=False),
        Binding("slash", "filter", "Filter", id="review.filter"),
        Binding("escape", "unfilter", "Show all, unmark", id="review.unfilter", show=False),
        Binding("u", "undo", "Undo", id="app.undo"),
        Binding("ctrl+r", "redo", "Redo", id="app.redo", show=False),
        Binding("R", "refresh", "Refresh", id="review.refresh", show=False),
        Binding("q", "back", "Back", id="review.back"),
    ]

    def __init__(self, task: Task, at_input: int | None = None) -> None:
        super().__init__()
        self.task_row = task
        self._at_input = at_input

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
        """Progress, columns, table."""
        self.queue = ReviewQueue(self.task_row, self.winnow.actor)
        yield ProgressLine()
        yield Static(id="columns", markup=False)
        yield QueueTable(self.queue)
        yield Static(NOTHING, id="nothing", markup=False)
        yield AskLine()
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Open the queue."""
        self.turns = Turns(self.winnow.writer, self._refused)
        self.query_one(ProgressLine).title = f"Review {self.task_row.name}"
        self.table.focus()
        self.action_refresh()

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

    def action_refresh(self) -> None:
        """Open the queue anew: what is open now, unfiltered."""
        task, actor = self.task_row, self.winnow.actor
        self.turns.take(
            lambda: self.turns.write(lambda: assignments.queue(task, Side.REVIEW, actor), self._opened)
        )

    def _opened(self, inputs: Sequence[int]) -> None:
        self.queue.open(inputs)
        self.table.range_start = None
        self._show()
        if self._at_input is not None and self._at_input in inputs:
            self.table.go_to(self._at_input)
            self.action_open()
        self._at_input = None

    def _show(self) -> None:
        queue = self.queue
        self.table.forget()
        self.table.show(queue.shown)
        self.table.display = bool(queue.shown)
        nothing = self.query_one("#nothing", Static)
        nothing.display = not queue.shown
        nothing.update(NO_MATCH if queue.words else NOTHING)
        self._tell()

    def _tell(self) -> None:
        line, queue = self.query_one(ProgressLine), self.queue
        line.place = (self.table.cursor + 1 if queue.shown else 0, len(queue.inputs))
        line.done = len(queue.done)
        marked = len(queue.marked | self.table.range)
        told = [f"{marked} marked"] if marked else []
        if queue.words:
            told.append(f"{len(queue.shown)} with {' '.join(queue.words)}")
        line.file = " · ".join(told)

    @on(Rows.Moved)
    def moved(self) -> None:
        """The place in the queue."""
        self._tell()

    @on(StoreChanged)
    def look_again(self) -> None:
        """Other states, the same rows."""
        self.table.forget()

    def on_screen_resume(self) -> None:
        """Back from the viewer: the cursor goes where it was looked last."""
        if self.is_mounted and self.queue.inputs:
            if self.queue.at is not None:
                self.table.go_to(self.queue.at)
                self.queue.at = None
            self.table.forget()
            self._tell()

    # What keys do

    def action_open(self) -> None:
        """Look at the input under the cursor."""
        from tui.screens.review_input import ReviewInputScreen

        if self.table.current is not None:
            self.app.push_screen(ReviewInputScreen(self.queue, self.table.cursor))

    @on(Rows.Chosen)
    def clicked_twice(self) -> None:
        """A double click looks at it too."""
        self.action_open()

    def action_mark(self) -> None:
        """Mark the input or take its mark away and go to the next; within a range, mark the range."""
        table, marked = self.table, self.queue.marked
        if table.range_start is not None:
            self._end_range()
        elif table.current is not None:
            marked.symmetric_difference_update({table.current})
            table.action_move(1)
        table.refresh()
        self._tell()

    def action_range(self) -> None:
        """Begin a range of marks at the cursor, or mark it."""
        if self.table.range_start is None:
            self.table.range_start = self.table.cursor
        else:
            self._end_range()
        self.table.refresh()
        self._tell()

    def _end_range(self) -> None:
        self.queue.marked |= self.table.range
        self.table.range_start = None

    def action_mark_all(self) -> None:
        """Mark everything that is shown and open, or take all marks away."""
        open_ones = set(self.queue.shown) - self.queue.done
        self.queue.marked = set() if self.queue.marked >= open_ones else open_ones
        self.table.refresh()
        self._tell()

    def action_decide(self, said: str) -> None:
        """A verdict on what is marked, after a question; without marks on the input under the cursor."""
        if self.table.range_start is not None:
            self._end_range()
        verdict, marked = Verdict(said), sorted(self.queue.marked)
        if marked:
            several = f"{len(marked)} input{'s' if len(marked) != 1 else ''}"
            question = f"{said.capitalize()} {several} of {self.task_row.name}?"
            decide = partial(self._decide, marked, verdict)
            self.app.push_screen(ConfirmScreen(question, said.capitalize()), lambda yes: yes and decide())
        elif self.table.current is not None:
            self._decide([self.table.current], verdict)

    def _decide(self, inputs: list[int], verdict: Verdict) -> None:
        act = partial(reviewing.decide, self.winnow.actor, self.task_row, inputs, verdict)
        self.turns.take(
            lambda: self.turns.write(
                act, lambda _: self._decided(inputs, verdict), partial(self._not_decided, inputs)
            )
        )

    def _decided(self, inputs: list[int], verdict: Verdict) -> None:
        self.queue.look(inputs)
        self.table.forget()
        if len(inputs) == 1:
            self.table.action_move(1)
        else:
            past = {Verdict.APPROVE: "approved", Verdict.REJECT: "rejected"}[verdict]
            self._say(f"{past} {len(inputs)} inputs")
        self._tell()

    def _not_decided(self, inputs: list[int], refused: Refused) -> None:
        """Nothing was decided: the marks of what is decided already go away, so that the rest can be."""
        self.queue.look(inputs)
        self._refused(refused)

    def _refused(self, refused: Refused) -> None:
        self.notify(printable(refused), severity="error", markup=False)
        self.table.forget()
        self._tell()

    def _say(self, sentence: str) -> None:
        self.notify(printable(sentence), markup=False, timeout=3)

    def action_undo(self) -> None:
        """Take back the last step in this task."""
        act = partial(steps.undo, self.winnow.actor, self.task_row)
        self.turns.take(lambda: self.turns.write(act, partial(self._turned, "undone")))

    def action_redo(self) -> None:
        """Do it again."""
        act = partial(steps.redo, self.winnow.actor, self.task_row)
        self.turns.take(lambda: self.turns.write(act, partial(self._turned, "done again")))

    def _turned(self, verb: str, turned: steps.Turned) -> None:
        self.queue.look(turned.inputs)
        self._say(f"{verb}: {turned.name}")
        self.table.forget()
        self.table.go_to(turned.inputs[0])
        self._tell()

    def action_filter(self) -> None:
        """Type what the table shall show."""
        hint = "words of path, concept or labeler; all must match"
        self.query_one(AskLine).ask("filter", "/", " ".join(self.queue.words), hint)

    @on(AskLine.Answered)
    def filtered(self, event: AskLine.Answered) -> None:
        """Ask the store; the table waits as it is."""
        words = event.text.split()
        task, actor = self.task_row, self.winnow.actor
        self.winnow.reader.ask(
            "review-filter",
            lambda: review_lines.matching(task, actor, words),
            lambda matching: self._filtered(words, matching),
        )

    def _filtered(self, words: list[str], matching: set[int]) -> None:
        if self.is_attached:
            self.queue.filter(words, matching)
            self._show()

    def action_unfilter(self) -> None:
        """Show everything; a second time takes the marks away."""
        if self.table.range_start is not None:
            self.table.range_start = None
        elif self.queue.words:
            self.queue.filter([], set())
        else:
            self.queue.marked.clear()
        self._show()

    def action_back(self) -> None:
        """Leave, once what was typed before is done; keys typed ahead are for the screen below."""
        go_on = self.winnow.hold_keys()
        self.turns.take(lambda: self._leave(go_on))

    def _leave(self, go_on: Callable[[], None]) -> None:
        if self.is_current:
            self.dismiss()
        go_on()
