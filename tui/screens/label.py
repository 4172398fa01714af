"""The label screen: accept, reject, add, submit and go on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType

from store import annotators, assignments, labeling, reviewing, viewing
from store.errors import Refused
from store.tables import Task, User
from store.values import Side, Status, Verdict
from tui.entries import Entry, merge, with_annotators
from tui.foresight import AHEAD, Foresight
from tui.hotkeys import MOST
from tui.places import Place
from tui.screens.label_decisions import REGIONS, LabelDecisions
from tui.screens.viewer_keys import common

STEP = 0.05
"""By how much a key moves the score from which on suggestions are shown."""

CLUTTER = 0.2
"""The score from which on regions are shown at first: detectors say a lot that they hardly believe."""


class LabelScreen(LabelDecisions):
    """What a labeler has to do in a task. Every key is written at once; leaving loses nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Submit", id="label.submit"),
        Binding("a", "accept(1)", "Accept", id="label.accept"),
        Binding("x", "accept(0)", "Reject", id="label.reject"),
        Binding("slash,c", "add", "Add", id="label.add"),
        Binding("e", "change", "Change", id="label.change"),
        Binding("r", "rename", "Rename everywhere", id="label.rename", show=False),
        Binding("d,delete", "delete", "Delete", id="label.delete", show=False),
        Binding("A", "accept_all", "Accept all", id="label.accept_all", show=False),
        Binding("s", "skip", "Skip", id="label.skip"),
        Binding("less_than_sign", "least(-1)", "Show more suggestions", id="label.show_more", show=False),
        Binding("greater_than_sign", "least(1)", "Show fewer suggestions", id="label.show_fewer", show=False),
        Binding("R", "look_again", "Look for new work", id="label.look_again", show=False),
        *common("label"),
    ]

    def __init__(self, task: Task, at_input: int | None = None) -> None:
        super().__init__(task, at_input)
        self._queue: Sequence[int] = ()
        self._done: set[int] = set()
        self._least = CLUTTER if task.type in REGIONS else 0.0
        self._hidden = 0
        self._offered = viewing.offered(task) if task.type not in REGIONS else []
        if len(self._offered) > MOST:
            # A thousand lines without a score help nobody: they are found by typing.
            self._offered = []

    def opened(self) -> None:
        """Open the queue."""
        self._foresight = Foresight(self.winnow.writer, self.task_row.assist_id)
        self.action_look_again()

    def place(self) -> Place:
        """Where to open again."""
        return Place("label", str(self.task_row.uid), self.input_id)

    # What the viewer asks

    @property
    def queue(self) -> Sequence[int]:
        """What was open when the screen was."""
        return self._queue

    def is_done(self, input_id: int) -> bool:
        """Whether it was submitted since."""
        return input_id in self._done

    @property
    def done_count(self) -> int:
        """How many were submitted since."""
        return len(self._done)

    @property
    def nothing_left(self) -> str:
        """There may be more tomorrow."""
        return "Nothing is left to label here. R looks for new work, q goes back."

    def entries(self, input_id: int) -> list[Entry]:
        """Suggestions, this person's annotations (and the model's where one annotates), the concepts."""
        actor, task = self.winnow.actor, self.task_row
        suggested = labeling.suggestions(task, input_id, actor)
        mine = labeling.on_input(task, input_id, annotator=actor if task.auto_id is None else None)
        self._predicting = suggested is None and task.assist_id is not None
        self._hidden = sum(suggestion.score < self._least for suggestion in suggested or ())
        entries = merge(suggested or (), mine, self._offered, actor, self._least)
        return with_annotators(entries, annotators.models_that_say(input_id, self._least))

    @property
    def sees_only(self) -> User | None:
        """What others say is not to sway this person, but where a model annotates it is to be seen."""
        return self.winnow.actor if self.task_row.auto_id is None else None

    def count(self, shown: int) -> str:
        """How many, and of how many where the range leaves some out."""
        return str(shown) if not self._hidden else f"{shown} of {shown + self._hidden}"

    def notice(self, input_id: int) -> str:
        """Whether suggestions are to come, what the reviewer wants, that it is submitted already."""
        actor, task = self.winnow.actor, self.task_row
        status = viewing.standing(task, Side.LABEL, actor, input_id)
        if status is not None:
            return _standing(status)
        if self._predicting:
            return "predicting…"
        if task.assist_id is not None:
            error = viewing.prediction_error(task.assist_id, input_id)
            if error:
                return f"The model could not look at this input: {error}"
        verdicts = [said for said in reviewing.comments(task, input_id) if said.comment]
        if verdicts and verdicts[-1].verdict == Verdict.REQUEST_CHANGES:
            return f"{verdicts[-1].reviewer.name} asks: {verdicts[-1].comment}"
        return ""

    def returned(self, input_ids: Sequence[int]) -> None:
        """What undo took back is to be done again."""
        for input_id in input_ids:
            if assignments.is_open(self.task_row, Side.LABEL, self.winnow.actor, input_id):
                self._done.discard(input_id)
            elif input_id in self._queue:
                self._done.add(input_id)

    def arrived(self) -> None:
        """Ask for the suggestions of what comes next."""
        input_id = self.input_id
        if input_id is not None:
            self._foresight.look_ahead(input_id, list(self._queue[self.at + 1 : self.at + 1 + AHEAD]))

    # What keys do

    def action_look_again(self) -> None:
        """Open the queue anew: what is open now, frozen from now on."""
        task, actor = self.task_row, self.winnow.actor
        self.turns.take(
            lambda: self.turns.write(lambda: assignments.queue(task, Side.LABEL, actor), self._opened)
        )

    def _opened(self, queue: Sequence[int]) -> None:
        wanted = self._at_input if self._at_input is not None else self.input_id
        self._queue, self._at_input = queue, None
        self._done.clear()
        following = (
            place for place, input_id in enumerate(queue) if wanted is not None and input_id >= wanted
        )
        self.go_to(next(following, 0))

    def action_least(self, by: int) -> None:
        """Show suggestions from a lower or a higher score on."""
        self.turns.take(lambda: self._set_least(self._least + by * STEP))

    def _set_least(self, least: float) -> None:
        self._least = min(max(round(least, 2), 0.0), 1.0)
        self.hotkeys.clear()
        self.reload()

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
        act = partial(labeling.submit, self.winnow.actor, self.task_row, input_id)
        self.turns.write(act, lambda _: self._submitted(input_id), partial(self._not_submitted, input_id))

    def _submitted(self, input_id: int) -> None:
        self._done.add(input_id)
        following = self.next_open()
        if following < self.at:
            self.say("on with what was skipped")
        self.go_to(following)

    def _not_submitted(self, input_id: int, refused: Refused) -> None:
        """Somebody else has it, or it is done: it is not to be come back to."""
        if not assignments.is_open(self.task_row, Side.LABEL, self.winnow.actor, input_id):
            self._done.add(input_id)
        self.say_refused(refused)

    def action_skip(self) -> None:
        """Go on without handing in: the input stays open and comes again at the end."""
        self.turns.take(self._skip)

    def _skip(self) -> None:
        following = self.next_open()
        if following == self.at:
            self.say("this is the last one that is open")
        elif self.input_id is not None:
            self.go_to(following)


def _standing(status: Status) -> str:
    if status in (Status.AWAITING_REVIEW, Status.AWAITING_CONSENSUS_REVIEW, Status.SUCCESS):
        return f"Submitted: {status.title}. Changes count at once."
    return f"Submitted: {status.title}."
