"""The reviewing viewer: look at one input of the queue, fix it, give a verdict, go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from store import annotators, labeling, reviewing, viewing
from store.annotations import on_input
from store.errors import Refused
from store.values import Side, Status, Verdict
from tui.entries import Entry, merge, with_annotators
from tui.places import Place
from tui.review_queue import ReviewQueue
from tui.screens.region_picking import RegionPicking
from tui.screens.shared_input import SharedInput, sharing
from tui.screens.text_marking import TextMarking
from tui.screens.viewer_keys import common
from tui.widgets.ask_line import AskLine
from tui.widgets.region_keys import drawing, looking

OUTCOMES = {
    Status.SUCCESS: "Approved.",
    Status.REVIEW_DENIED: "Rejected.",
    Status.PENDING: "Sent back for changes.",
}


class ReviewInputScreen(SharedInput, RegionPicking, TextMarking):
    """Lies on the table of the same queue."""

    names_everyone = True
    side = Side.REVIEW
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "decide('approve')", "Approve", id="verdict.approve"),
        Binding("x", "decide('reject')", "Reject", id="verdict.reject"),
        Binding("c", "request_changes", "Ask changes", id="verdict.request_changes"),
        Binding("d,delete", "delete", "Delete", id="verdict.delete"),
        Binding("e", "change", "Change", id="verdict.change"),
        Binding("slash", "add", "Add", id="verdict.add"),
        Binding("s", "skip", "Skip", id="verdict.skip", show=False),
        Binding("S", "side_by_side", "Side by side", id="verdict.side_by_side", show=False),
        *drawing("verdict"),
        *looking("verdict"),
        *sharing("verdict"),
        *common("verdict"),
    ]

    def __init__(self, queue: ReviewQueue, at: int) -> None:
        super().__init__(queue.task)
        self._review_queue = queue
        self.at = at

    def compose(self) -> ComposeResult:
        """The viewer, and a line for comments."""
        yield from super().compose()
        yield AskLine()

    def opened(self) -> None:
        """Show the input that was chosen."""
        # Once the canvas has its size: or its first picture would be prepared twice.
        self.call_after_refresh(self.go_to, self.at)

    def place(self) -> Place:
        """Where to open again."""
        return Place("review", str(self.task_row.uid), self.input_id)

    # What the viewer asks

    @property
    def title_line(self) -> str:
        """What is being done."""
        return f"Review {self.task_row.name}"

    @property
    def queue(self) -> Sequence[int]:
        """What the table's filter leaves."""
        return self._review_queue.shown

    def is_done(self, input_id: int) -> bool:
        """Whether it was decided since the queue was opened."""
        return input_id in self._review_queue.done

    @property
    def done_count(self) -> int:
        """How many of those that are shown were decided."""
        return self._review_queue.done_shown

    def next_open(self) -> int:
        """The next that is not decided, from the front again after the last; else the end."""
        done, shown = self._review_queue.done, self.queue
        count, start = len(shown), self.at + 1
        around = chain(range(start, count), range(min(start, count)))
        return next((place for place in around if shown[place] not in done), count)

    @property
    def is_typing(self) -> bool:
        """A concept or a comment is typed."""
        return super().is_typing or self.query_one(AskLine).is_open

    @property
    def nothing_left(self) -> str:
        """The table can look for more."""
        return "Everything here is decided. q goes back to the queue."

    def entries(self, input_id: int) -> list[Entry]:
        """What everybody says of it."""
        actor, task = self.winnow.actor, self.task_row
        entries = merge((), on_input(task, input_id), (), actor)
        return with_annotators(entries, annotators.models_that_say(input_id))

    def notice(self, input_id: int) -> str:
        """What became of it, and what was said of it before."""
        status = viewing.standing(self.task_row, Side.REVIEW, self.winnow.actor, input_id)
        told = [OUTCOMES.get(status, status.title)] if status is not None else []
        comments = [said for said in reviewing.comments(self.task_row, input_id) if said.comment]
        told += [f"{said.reviewer.name}: {said.comment}" for said in comments[-2:]]
        told += [self.commented(input_id), self._several()]
        return "  ".join(filter(None, told))

    def _several(self) -> str:
        """That there are answers to compare."""
        who = {entry.who for entry in self.rows.items if entry.annotation is not None}
        return f"{len(who)} labelers: S shows them side by side." if len(who) > 1 else ""

    def returned(self, input_ids: Sequence[int]) -> None:
        """Undo and redo open and close inputs."""
        self._review_queue.look(input_ids)

    def arrived(self) -> None:
        """The table's cursor follows."""
        self._review_queue.at = self.input_id

    def toggle(self, entry: Entry) -> None:
        """A hotkey deletes; undo brings it back."""
        if entry.annotation is not None:
            act = partial(labeling.take_back, self.winnow.actor, entry.annotation)
            self.turns.write(act, lambda _: self._fixed(f"deleted {entry.name}"))

    # What keys do

    def _fixed(self, sentence: str) -> None:
        self.say(sentence)
        self.reload()

    def action_delete(self) -> None:
        """Delete the highlighted annotation."""
        self.turns.take(self._delete)

    def _delete(self) -> None:
        if self.rows.current is not None and not self.rows.current.members:
            self.toggle(self.rows.current)

    def action_change(self) -> None:
        """Give the highlighted annotation another concept."""
        if self.rows.current is not None:
            self.ask_concept("change", f"Instead of {self.rows.current.name}")

    def action_add(self) -> None:
        """Type a concept that is missing; where the task takes regions, draw it first."""
        if self.takes_regions:
            # Whatever is typed next is the canvas's: none of it may act as a command.
            self.action_draw("box")
        elif self.input_id is not None:
            self.ask_concept("add", "Add a concept")

    def chosen(self, name: str, purpose: str) -> None:
        """Add it, or put it in the place of the highlighted one."""
        actor, entry, input_id = self.winnow.actor, self.rows.current, self.input_id
        if input_id is None:
            return
        act: Callable[[], object]
        if purpose == "add":
            act = partial(labeling.add, actor, self.task_row, input_id, name)
        elif entry is not None and entry.annotation is not None:
            act = partial(labeling.reassign, actor, entry.annotation, name)
        else:
            return
        self.turns.write(act, lambda _: self.reload())

    def action_side_by_side(self) -> None:
        """What its labelers said, in columns."""
        from tui.screens.side_by_side import SideBySideScreen

        if self.input_id is not None:
            compared = SideBySideScreen(self.task_row, self.input_id, self.point_at)
            self.app.push_screen(compared, lambda yes: self.action_decide("approve") if yes else None)

    def action_decide(self, said: str) -> None:
        """Approve or reject, and go on."""
        self.turns.take(lambda: self._decide(Verdict(said)))

    def action_request_changes(self) -> None:
        """Send it back with a comment."""
        if self.input_id is None:
            return
        try:
            reviewing.require_people(self.task_row, self.input_id)
        except Refused as refused:
            self.say_refused(refused)
        else:
            self._ask_changes()

    def _ask_changes(self, text: str = "") -> None:
        hint = "enter sends it back, escape leaves"
        self.query_one(AskLine).ask("comment", "Which changes?", text, hint)

    def on_ask_line_answered(self, event: AskLine.Answered) -> None:
        """The comment is written."""
        self.turns.take(lambda: self._decide(Verdict.REQUEST_CHANGES, event.text))

    def _decide(self, verdict: Verdict, comment: str = "") -> None:
        input_id = self.input_id
        if input_id is None:
            return
        actor, task = self.winnow.actor, self.task_row
        act = partial(reviewing.decide, actor, task, [input_id], verdict, comment=comment)
        self.turns.write(
            act, lambda _: self._decided(input_id), partial(self._not_decided, input_id, verdict, comment)
        )

    def _decided(self, input_id: int) -> None:
        self._review_queue.look([input_id])
        self.go_to(self.next_open())

    def _not_decided(self, input_id: int, verdict: Verdict, comment: str, refused: Refused) -> None:
        """Perhaps somebody else was quicker: then it counts as done here too, and says so.

        A comment that was refused stays in its field.
        """
        self._review_queue.look([input_id])
        self.say_refused(refused)
        if verdict is Verdict.REQUEST_CHANGES:
            self._ask_changes(comment)

    def action_skip(self) -> None:
        """Go to the next one that is open, without a verdict."""
        self.turns.take(self._skip)

    def _skip(self) -> None:
        following = self.next_open()
        if following == self.at:
            self.say("this is the last one that is open")
        elif self.input_id is not None:
            self.go_to(following)
