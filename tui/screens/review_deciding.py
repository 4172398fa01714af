"""Deciding in a review queue: marks, verdicts on what is marked, and on all that one labeler made."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import partial

from textual import work
from textual.binding import Binding, BindingType

from store import assignments, reviewing, sweeps, users
from store.errors import Refused
from store.printable import printable
from store.sweeps import Swept
from store.tables import User
from store.values import Side, Verdict
from tui.screens.confirm import ConfirmScreen
from tui.screens.review_filtering import ReviewFiltering
from tui.widgets.progress_line import ProgressLine

AT_ONCE = 100
"""Marked inputs up to which a verdict is for all of them or none."""

_VERBS = {Verdict.APPROVE: ("Approve", "approved"), Verdict.REJECT: ("Reject", "rejected")}


def deciding() -> list[BindingType]:
    """The keys of this part."""
    return [
        Binding("a", "decide('approve')", "Approve", id="review.approve"),
        Binding("x", "decide('reject')", "Reject", id="review.reject"),
        Binding(
            "A", "decide_all('approve')", "Approve all of a labeler", id="review.approve_all", show=False
        ),
        Binding("X", "decide_all('reject')", "Reject all of a labeler", id="review.reject_all", show=False),
        Binding("space", "mark", "Mark", id="review.mark"),
        Binding("V", "range", "Range", id="review.range"),
        Binding("asterisk", "mark_all", "Mark all", id="review.mark_all", show=False),
    ]


class ReviewDeciding(ReviewFiltering):
    """One verdict, however many inputs, is one step."""

    _sweeps = 0
    """Sweeps that are under way."""

    def action_mark(self) -> None:
        """Mark the input or take its mark away and go to the next; within a range, mark the range."""
        self.turns.take(self._mark)

    def _mark(self) -> None:
        table, marked = self.table, self.queue.marked
        if table.range_start is not None:
            self._end_range()
        elif table.current is not None:
            marked.symmetric_difference_update({table.current})
            table.action_move(1)
        table.refresh()
        self.tell()

    def action_range(self) -> None:
        """Begin a range of marks at the cursor, or mark it."""
        self.turns.take(self._range)

    def _range(self) -> None:
        if self.table.range_start is None:
            self.table.range_start = self.table.cursor
        else:
            self._end_range()
        self.table.refresh()
        self.tell()

    def _end_range(self) -> None:
        self.queue.marked |= self.table.range
        self.table.range_start = None

    def action_mark_all(self) -> None:
        """Mark everything that is shown and open, or take all marks away."""
        self.turns.take(self._mark_all)

    def _mark_all(self) -> None:
        open_ones = set(self.queue.shown) - self.queue.done
        self.queue.marked = set() if self.queue.marked >= open_ones else open_ones
        self.table.refresh()
        self.tell()

    def action_decide(self, said: str) -> None:
        """A verdict on what is marked, after a question; without marks on the input under the cursor."""
        # What is under the cursor is known once the verdict before it is there: it moves the cursor.
        self.turns.take(partial(self._decide_here, Verdict(said)))

    def _decide_here(self, verdict: Verdict) -> None:
        if self.table.range_start is not None:
            self._end_range()
        marked = sorted(self.queue.marked)
        if marked:
            question = f"{_VERBS[verdict][0]} {_inputs(len(marked))} of '{self.task_row.name}'?"
            decide = partial(self._decide, marked, verdict)
            confirm = ConfirmScreen(question, _VERBS[verdict][0])
            self.app.push_screen(confirm, lambda yes: decide() if yes else None)
        elif self.table.current is not None:
            self._decide([self.table.current], verdict)

    def _decide(self, inputs: list[int], verdict: Verdict) -> None:
        if len(inputs) > AT_ONCE:
            self._sweep(inputs, verdict, None)
            return
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
            self.say(f"{_VERBS[verdict][1]} {_inputs(len(inputs))}")
        self.tell()
        self.tell_pace()

    def _not_decided(self, inputs: list[int], refused: Refused) -> None:
        """Nothing was decided: the marks of what is decided already go away, so that the rest can be."""
        self.queue.look(inputs)
        self.refused(refused)

    # All of a labeler

    def action_decide_all(self, said: str) -> None:
        """A verdict on all that one labeler made of what the filter leaves, after a question."""
        shown = [input_id for input_id in self.queue.shown if input_id not in self.queue.done]
        task = self.task_row
        if shown:
            self.turns.take(
                lambda: self.turns.write(
                    lambda: sweeps.by_labeler(task, shown), lambda works: self._whose(Verdict(said), works)
                )
            )

    def _whose(self, verdict: Verdict, works: dict[str, list[int]]) -> None:
        self._ask_whose(verdict, works)

    @work
    async def _ask_whose(self, verdict: Verdict, works: dict[str, list[int]]) -> None:
        from tui.screens.whose_work import WhoseWorkScreen

        verb = _VERBS[verdict][0]
        named = [name for name in self.queue.filter.labelers if name in works]
        if not works:
            self.say("nothing of what is shown waits for a verdict any more")
            return
        name: str | None = named[0] if len(named) == 1 else None
        if name is None:
            counts = {one: len(theirs) for one, theirs in works.items()}
            name = await self.app.push_screen_wait(WhoseWorkScreen(f"{verb} all of", counts))
        if name is None:
            return
        asked = f"{verb} all {_inputs(len(works[name]))} of {name} in '{self.task_row.name}'"
        sentence = self.queue.filter.sentence
        question = f"{asked}{f', of those {sentence}' if sentence else ''}? One u takes all of it back."
        if await self.app.push_screen_wait(ConfirmScreen(question, verb)):
            self._sweep(works[name], verdict, users.find(name))

    def _sweep(self, inputs: Sequence[int], verdict: Verdict, labeler: User | None) -> None:
        """It takes its time: whatever is typed meanwhile is done in between."""
        actor, task = self.winnow.actor, self.task_row

        def tell(done: int) -> None:
            told = f"{verdict.value}: {done} of {_inputs(len(inputs))} · u stops it and takes it back"
            self.app.call_later(self._show_progress, told)

        def parts() -> Generator[None, None, tuple[Swept, set[int]]]:
            going = sweeps.parts(actor, task, inputs, verdict, labeler=labeler)
            try:
                while True:
                    tell(next(going))
                    yield
            except StopIteration as end:
                return end.value, assignments.open_among(task, Side.REVIEW, actor, inputs)

        self._sweeps += 1
        failed = partial(self._not_swept, inputs)
        self.winnow.writer.submit_parts(parts(), lambda done: self._swept(verdict, *done), failed)

    def _show_progress(self, told: str) -> None:
        if self.is_attached and self._sweeps:
            self.query_one(ProgressLine).instead = told

    def _swept(self, verdict: Verdict, swept: Swept, still_open: set[int]) -> None:
        left = f"; {_inputs(len(swept.left))} somebody else was quicker with" if swept.left else ""
        self.winnow.notify(f"{_VERBS[verdict][1]} {_inputs(len(swept.decided))}{left}", timeout=3)
        self._end_sweep([*swept.decided, *swept.left], still_open)

    def _not_swept(self, inputs: Sequence[int], refused: Refused) -> None:
        """Part of it may have been decided before."""
        self.winnow.notify(printable(refused), severity="error", markup=False)
        actor, task = self.winnow.actor, self.task_row
        self.winnow.writer.submit(
            lambda: assignments.open_among(task, Side.REVIEW, actor, inputs), partial(self._end_sweep, inputs)
        )

    def _end_sweep(self, inputs: Sequence[int], still_open: set[int]) -> None:
        self._sweeps -= 1
        if self.is_attached:
            if not self._sweeps:
                self.query_one(ProgressLine).instead = ""
            self.queue.note(inputs, still_open)
            self.table.forget()
            self.tell()


def _inputs(count: int) -> str:
    return f"{count} input{'s' if count != 1 else ''}"
