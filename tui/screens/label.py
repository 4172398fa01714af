"""The label screen: accept, reject, add, submit and go on."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from store import annotators, skips, viewing
from store.annotations import on_input
from store.tables import Concept, Task, User
from store.values import Side, Status
from tui.entries import Entry, merge, with_annotators
from tui.hotkeys import MOST
from tui.places import Place
from tui.screens.label_assist import assisting
from tui.screens.label_decisions import REGIONS
from tui.screens.label_hotkeys import assigning
from tui.screens.label_work import LabelWork
from tui.screens.shared_input import SharedInput, sharing
from tui.screens.viewer_keys import common
from tui.widgets.region_keys import drawing, looking


class LabelScreen(SharedInput, LabelWork):
    """What a labeler has to do in a task. Every key is written at once; leaving loses nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Submit", id="label.submit"),
        Binding("a", "accept(1)", "Accept", id="label.accept"),
        Binding("x", "accept(0)", "Reject", id="label.reject"),
        Binding("slash,c", "add", "Add", id="label.add"),
        Binding("e", "change", "Change", id="label.change"),
        Binding("r", "rename", "Rename everywhere", id="label.rename", show=False),
        Binding("d,delete", "delete", "Take back", id="label.delete"),
        Binding("D", "delete_category", "Delete the category", id="label.delete_category", show=False),
        Binding("A", "accept_all", "Accept all", id="label.accept_all", show=False),
        Binding("s", "skip", "Skip", id="label.skip"),
        Binding("S", "skip_because", "Skip with a reason", id="label.skip_because", show=False),
        *assisting(),
        *assigning(),
        Binding("R", "look_again", "Look for new work", id="label.look_again", show=False),
        *drawing("label"),
        *looking("label"),
        *sharing("label"),
        *common("label"),
    ]

    def __init__(self, task: Task, at_input: int | None = None) -> None:
        super().__init__(task, at_input)
        self._offered = viewing.offered(task) if task.type not in REGIONS else []
        if len(self._offered) > MOST:
            # A thousand lines without a score help nobody: they are found by typing.
            self._offered = []

    def place(self) -> Place:
        """Where to open again."""
        return Place("label", str(self.task_row.uid), self.input_id)

    # What the viewer asks

    @property
    def sees_only(self) -> User | None:
        """What others say is not to sway this person, but where a model annotates it is to be seen."""
        return self.winnow.actor if self.task_row.auto_id is None else None

    @property
    def offered(self) -> list[Concept]:
        """The task's concepts and those with a hotkey of their own, of the whole input."""
        if self.task_row.type in REGIONS:
            return []
        there = {concept.id for concept in self._offered}
        return [*self._offered, *(concept for concept in self.keyed if concept.id not in there)]

    def entries(self, input_id: int) -> list[Entry]:
        """Suggestions, this person's annotations (and the model's where one annotates), the concepts."""
        mine = on_input(self.task_row, input_id, annotator=self.sees_only)
        suggested = self.suggested(input_id, mine)
        entries = merge(suggested, mine, self.offered, self.winnow.actor)
        low, high = self.settings.low, self.settings.high
        return with_annotators(entries, annotators.models_that_say(input_id, low, high))

    def count(self, shown: int) -> str:
        """How many, and of how many where the range leaves some out."""
        return str(shown) if not self.out_of_range else f"{shown} of {shown + self.out_of_range}"

    def notice(self, input_id: int) -> str:
        """Whether suggestions are to come, that it was skipped before or is submitted already."""
        actor, task = self.winnow.actor, self.task_row
        status = viewing.standing(task, Side.LABEL, actor, input_id)
        if status is not None:
            return "  ".join(filter(None, [_standing(status), self.commented(input_id)]))
        told = [self._skipped(input_id), self.commented(input_id)]
        if self.is_predicting and self.suggesting is not None:
            failed = viewing.asking_failed(self.suggesting)
            told.append(f"No suggestions: {failed}" if failed else "predicting…")
        elif self.suggesting is not None:
            error = viewing.prediction_error(self.suggesting, input_id)
            told.append(f"The model could not look at this input: {error}" if error else "")
        return "  ".join(filter(None, told))

    def _skipped(self, input_id: int) -> str:
        reason = skips.reason(self.winnow.actor, self.task_row, Side.LABEL, input_id)
        return f"Skipped before: {reason}" if reason else ""


def _standing(status: Status) -> str:
    if status in (Status.AWAITING_REVIEW, Status.AWAITING_CONSENSUS_REVIEW, Status.SUCCESS):
        return f"Submitted: {status.title}. Changes count at once."
    return f"Submitted: {status.title}."
