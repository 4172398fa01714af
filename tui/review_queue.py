"""The review queue: what was open for a reviewer when they came, in an order that stays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from store import assignments
from store.tables import Task, User
from store.values import Side

FEW = 50
"""Inputs up to which each is asked for by itself; for more the whole queue is read."""


class ReviewQueue:
    """Shared by the table and the viewer that is opened from it."""

    def __init__(self, task: Task, reviewer: User) -> None:
        self.task = task
        self.reviewer = reviewer
        self.inputs: Sequence[int] = ()
        """Everything that was open."""
        self.shown: Sequence[int] = ()
        """What the filter leaves."""
        self.words: list[str] = []
        """The filter."""
        self.done: set[int] = set()
        """What was decided since, by whomever."""
        self.marked: set[int] = set()
        self.at: int | None = None
        """The input that the viewer looks at; None while it is not open."""

    def open(self, inputs: Sequence[int]) -> None:
        """Begin with what is open now, unfiltered."""
        self.inputs = self.shown = inputs
        self.words = []
        self.done.clear()
        self.marked.clear()

    def filter(self, words: list[str], matching: set[int]) -> None:
        """Show only what matches, in the same order."""
        self.words = words
        self.shown = [input_id for input_id in self.inputs if input_id in matching] if words else self.inputs
        self.marked.intersection_update(self.shown)

    def look(self, inputs: Iterable[int]) -> None:
        """See which of these inputs are open and which are decided."""
        some = list(inputs)
        if len(some) > FEW:
            still = set(assignments.queue(self.task, Side.REVIEW, self.reviewer))
        else:
            still = {i for i in some if assignments.is_open(self.task, Side.REVIEW, self.reviewer, i)}
        self.done.difference_update(still)
        self.done.update(set(some).intersection(self.inputs).difference(still))
        self.marked.difference_update(self.done)
