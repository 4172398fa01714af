"""Work lists: everything in a task that is one user's, and what of it is still to be done."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from store import assignments
from store.tables import Annotation, Assignment, Concept, Input, Task, User, database
from store.values import Side

MOST_FOUND = 200
"""Inputs that a search by name gives."""


@dataclass
class WorkList:
    """Inputs in order, as they were when it was made; what is open changes as work is done.

    A million inputs take nine megabytes, and the next open one is found in microseconds.
    """

    inputs: array[int] = field(default_factory=lambda: array("q"))
    """Ids, ascending."""
    open: bytearray = field(default_factory=bytearray)
    """1 for each input that is open, 0 for each that is done."""
    first: list[int] = field(default_factory=list)
    """Open inputs that come before all others, because a reviewer has sent them back."""

    @property
    def left(self) -> int:
        """How many are open."""
        return self.open.count(1)

    @property
    def done(self) -> int:
        """How many are not."""
        return len(self.open) - self.left

    def place(self, input_id: int) -> int | None:
        """Where an input stands; None where it is not this user's."""
        at = bisect_left(self.inputs, input_id)
        return at if at < len(self.inputs) and self.inputs[at] == input_id else None

    def is_done(self, input_id: int) -> bool:
        """Whether nothing is left to do on it here."""
        at = self.place(input_id)
        return at is None or not self.open[at]

    def mark(self, input_id: int, *, is_open: bool) -> None:
        """Note that an input is done, or open again."""
        at = self.place(input_id)
        if at is not None:
            self.open[at] = is_open
        if not is_open:
            self.pass_over(input_id)

    def pass_over(self, input_id: int) -> None:
        """An input that came first is left for later: it comes again with the others."""
        if input_id in self.first:
            self.first.remove(input_id)

    def next_open(self, start: int) -> int:
        """What comes before all others, else the first open place from `start` on, else from the front.

        The end where nothing is open.
        """
        place = self.place(self.first[0]) if self.first else None
        if place is not None:
            return place
        at = self.open.find(1, start)
        at = at if at >= 0 else self.open.find(1)
        return at if at >= 0 else len(self.inputs)

    def first_from(self, input_id: int | None) -> int:
        """The open place of this input, or what comes next after where it would stand."""
        if input_id is None:
            return self.next_open(0)
        at = bisect_left(self.inputs, input_id)
        is_open = at < len(self.inputs) and self.inputs[at] == input_id and self.open[at]
        return at if is_open else self.next_open(at)


def of(task: Task, side: Side, user: User, first: Sequence[int] = ()) -> WorkList:
    """All that is this user's on one side of a task, of a dynamic task after leasing what comes next.

    `first`: those of it that come before all others.
    """
    waiting = assignments.queue(task, side, user)
    mine = Assignment.select(Assignment.input).where(
        Assignment.task == task, Assignment.side == side, Assignment.user == user
    )
    made = WorkList(array("q", mine.order_by(Assignment.input).scalars()))
    made.open = bytearray(len(made.inputs))
    for input_id in waiting:
        made.mark(input_id, is_open=True)
    made.first = [input_id for input_id in first if not made.is_done(input_id)]
    return made


def search(task: Task, side: Side, user: User, part: str) -> list[int]:
    """The user's inputs whose path holds `part`, in order, no more than some hundreds.

    Reads the paths of all of the user's inputs in the worst case: nothing for a thread that draws.
    """
    pattern = "%" + re.sub(r"([%_\\])", r"\\\1", part) + "%"
    rows = database.execute_sql(
        "SELECT a.input_id FROM assignment a JOIN input i ON i.id = a.input_id "
        "WHERE a.task_id = ? AND a.side = ? AND a.user_id = ? AND i.path LIKE ? ESCAPE '\\' "
        "ORDER BY a.input_id LIMIT ?",
        (task.id, side.value, user.id, pattern, MOST_FOUND),
    )
    return [row[0] for row in rows.fetchall()]


def paths(inputs: Iterable[int]) -> dict[int, str]:
    """Path of each of a few inputs."""
    rows: Any = Input.select(Input.id, Input.path).where(Input.id.in_(list(inputs)))
    return dict(rows.tuples())


def said(task: Task, inputs: Iterable[int], annotator: User | None = None) -> dict[int, list[str]]:
    """Which concepts stand on each of a few inputs in a task, this annotator's alone where one is named."""
    rows: Any = Annotation.select(Annotation.input, Concept.name).join(
        Concept, on=Annotation.concept == Concept.id
    )
    chosen = rows.where(
        Annotation.input.in_(list(inputs)),
        Annotation.task == task,
        Annotation.deleted == False,
        Annotation.value == 1,
    )
    if annotator is not None:
        chosen = chosen.where(Annotation.annotator == annotator)
    found: dict[int, list[str]] = {}
    for input_id, name in chosen.order_by(Annotation.id).tuples():
        found.setdefault(input_id, []).append(name)
    return found
