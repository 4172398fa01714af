"""Label work: the list of what is this person's, handing in, skipping, how it gets on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from textual.app import ComposeResult

from store import assignments, pace, reviewing, skips, submitting, worklist
from store.errors import Refused
from store.tables import ModelVersion, Task
from store.values import Side, Verdict
from store.worklist import WorkList
from tui.entries import Entry
from tui.foresight import AHEAD
from tui.screens.label_hotkeys import LabelHotkeys
from tui.widgets.ask_line import AskLine
from tui.widgets.progress_line import ProgressLine
from tui.widgets.sent_back import SentBack


class LabelWork(LabelHotkeys):
    """All that is this person's in the task, done or not: what was handed in can be looked at again."""

    def __init__(self, task: Task, at_input: int | None = None) -> None:
        super().__init__(task, at_input)
        self.work = WorkList()

    def above_list(self) -> ComposeResult:
        """What a reviewer wants first."""
        yield SentBack()
        yield from super().above_list()

    def opened(self) -> None:
        """Open the list."""
        self.recall_settings()
        self.use_model(None)
        self.action_look_again()

    # What the viewer asks

    @property
    def queue(self) -> Sequence[int]:
        """What was this person's when the screen was opened."""
        return self.work.inputs

    def is_done(self, input_id: int) -> bool:
        """Whether it is submitted."""
        return self.work.is_done(input_id)

    @property
    def done_count(self) -> int:
        """How many are submitted."""
        return self.work.done

    @property
    def nothing_left(self) -> str:
        """There may be more tomorrow."""
        return "Nothing is left to label here. R looks for new work, h goes back, q leaves."

    def place_of(self, input_id: int) -> int | None:
        """Where an input stands in the list."""
        return self.work.place(input_id)

    def next_open(self) -> int:
        """The next open input, from the front again after the last; else the end."""
        return self.work.next_open(self.at + 1)

    def returned(self, input_ids: Sequence[int]) -> None:
        """What undo took back is to be done again."""
        for input_id in input_ids:
            self._mark(input_id)

    def _mark(self, input_id: int) -> None:
        is_open = assignments.is_open(self.task_row, Side.LABEL, self.winnow.actor, input_id)
        self.work.mark(input_id, is_open=is_open)

    def arrived(self) -> None:
        """Ask for the suggestions of what comes next."""
        input_id = self.input_id
        if input_id is not None:
            self.foresight.look_ahead(input_id, list(self.queue[self.at + 1 : self.at + 1 + AHEAD]))

    def _tell(self, entries: Sequence[Entry], input_id: int | None) -> None:
        super()._tell(entries, input_id)
        note, actor = self.query_one(SentBack), self.winnow.actor
        is_open = input_id is not None and not self.is_done(input_id)
        said = reviewing.comments(self.task_row, input_id) if is_open and input_id is not None else []
        wishes = [review for review in said if review.labeler_id in (None, actor.id)]
        if wishes and wishes[-1].verdict == Verdict.REQUEST_CHANGES:
            note.tell(wishes[-1].reviewer.name, wishes[-1].comment, wishes[-1].created_at)
        else:
            note.clear()

    # What keys do

    def action_look_again(self) -> None:
        """Make the list anew: what is this person's now, frozen from now on."""
        self.turns.take(lambda: self.turns.write(self._look, self._looked))

    def _look(self) -> tuple[WorkList, ModelVersion | None]:
        actor, task = self.winnow.actor, self.task_row
        back = [one.input for one in reviewing.returned(task, actor)]
        return worklist.of(task, Side.LABEL, actor, back), self.find_model()

    def _looked(self, found: tuple[WorkList, ModelVersion | None]) -> None:
        wanted = self._at_input if self._at_input is not None else self.input_id
        self.work, self._at_input = found[0], None
        self.use_model(found[1])
        self.go_to(self.work.first_from(wanted))
        self._tell_pace()

    def _tell_pace(self) -> None:
        actor, task = self.winnow.actor, self.task_row
        self.winnow.reader.ask("pace", lambda: pace.of(actor, task, Side.LABEL).per_hour, self._show_pace)

    def _show_pace(self, per_hour: int | None) -> None:
        if self.is_attached:
            self.query_one(ProgressLine).pace = per_hour

    def action_submit(self) -> None:
        """Hand in and go on."""
        self.turns.take(self._submit)

    def _submit(self) -> None:
        input_id = self.input_id
        if input_id is None:
            return
        if self.is_done(input_id):
            self.go_to(self.next_open())
            return
        act = partial(submitting.submit, self.winnow.actor, self.task_row, input_id)
        self.turns.write(act, lambda _: self._submitted(input_id), partial(self._not_submitted, input_id))

    def _submitted(self, input_id: int) -> None:
        self.work.mark(input_id, is_open=False)
        following = self.next_open()
        if following < self.at:
            self.say("on with what was skipped")
        self.go_to(following)
        if self.work.done % PACE_EVERY == 0:
            self._tell_pace()

    def _not_submitted(self, input_id: int, refused: Refused) -> None:
        """Somebody else has it, or it is done: it is not to be come back to."""
        self._mark(input_id)
        self.say_refused(refused)

    def action_skip(self) -> None:
        """Go on without handing in: the input stays open and comes again at the end."""
        self.turns.take(self._skip)

    def _skip(self) -> None:
        if self.input_id is not None:
            self.work.pass_over(self.input_id)
        following = self.next_open()
        if following == self.at:
            self.say("this is the last one that is open")
        elif self.input_id is not None:
            self.go_to(following)

    def action_skip_because(self) -> None:
        """Type why, then go on."""
        if self.input_id is not None:
            self.query_one(AskLine).ask("skip", "Why skip it?", hint="enter skips it, escape stays")

    def answered(self, purpose: str, text: str) -> None:
        """Skip with a reason, or what else was typed."""
        input_id = self.input_id
        if purpose == "skip" and input_id is not None:
            act = partial(skips.skip, self.winnow.actor, self.task_row, Side.LABEL, input_id, text)
            self.turns.write(act, lambda _: self._skip())
        else:
            super().answered(purpose, text)


PACE_EVERY = 5
"""Inputs handed in between two looks at the pace."""
