"""The review queue: what was open for a reviewer when they came, in an order that stays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from store import assignments, queues
from store.queues import Order
from store.tables import Task, User
from store.values import Side
from tui.queue_filter import EVERYTHING, QueueFilter


@dataclass(frozen=True)
class View:
    """A queue as it was read: everything, and what the filter leaves, both in order."""

    inputs: Sequence[int]
    shown: Sequence[int]
    filter: QueueFilter
    order: Order


class ReviewQueue:
    """Shared by the table and the viewer that is opened from it.

    `read` and `arranged` take their time and are for a thread that does not draw; what they give is
    taken over at once by `take`.
    """

    def __init__(self, task: Task, reviewer: User) -> None:
        self.task = task
        self.reviewer = reviewer
        self.inputs: Sequence[int] = ()
        """Everything that was open."""
        self.shown: Sequence[int] = ()
        """What the filter leaves."""
        self.filter = EVERYTHING
        self.order = Order.INPUT
        self.done: set[int] = set()
        """What was decided since, by whomever."""
        self.marked: set[int] = set()
        self.at: int | None = None
        """The input that the viewer looks at; None while it is not open."""
        self._among: set[int] | None = None

    @property
    def done_shown(self) -> int:
        """How many of those that the filter leaves were decided."""
        return len(self.done) if self._among is None else len(self.done & self._among)

    def read(self, wanted: QueueFilter, order: Order) -> View:
        """What is open now."""
        inputs = queues.frozen(self.task, self.reviewer, order=order)
        return View(inputs, wanted.within(self.task, self.reviewer, inputs), wanted, order)

    def arranged(self, wanted: QueueFilter, order: Order) -> View:
        """The same inputs as before, filtered or ordered in another way; what is decided comes last."""
        inputs = self.inputs
        if order is not self.order:
            there = set(inputs)
            now = [i for i in queues.frozen(self.task, self.reviewer, order=order) if i in there]
            still = set(now)
            inputs = now + [input_id for input_id in inputs if input_id not in still]
        return View(inputs, wanted.within(self.task, self.reviewer, inputs), wanted, order)

    def open(self, view: View) -> str:
        """Begin anew; returns what has come and gone since, in words."""
        before, now = set(self.inputs) - self.done, set(view.inputs)
        came, went = len(now - before), len(before - now)
        self.done.clear()
        self.marked &= now
        self.take(view)
        said = [f"{came} new"] if came else []
        said += [f"{went} no longer open"] if went else []
        return ", ".join(said) or "nothing new"

    def take(self, view: View) -> None:
        """Show this."""
        self.inputs, self.shown, self.filter, self.order = view.inputs, view.shown, view.filter, view.order
        self._among = None if view.shown is view.inputs else set(view.shown)
        if self.marked:
            self.marked.intersection_update(self._among if self._among is not None else view.inputs)

    def look(self, inputs: Iterable[int]) -> None:
        """See which of these inputs are open and which are decided."""
        some = list(inputs)
        self.note(some, assignments.open_among(self.task, Side.REVIEW, self.reviewer, some))

    def note(self, inputs: Iterable[int], still_open: Iterable[int]) -> None:
        """Of these inputs those are open, the others decided."""
        looked, still = set(inputs), set(still_open)
        self.done -= still
        self.done |= (looked - still).intersection(self.inputs)
        self.marked -= self.done
