"""Turned: what follows from undo and redo without being a change of its own, or forbids them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from peewee import chunked

from store import assignments, dealing, gold, rerouting
from store.errors import Conflict
from store.moves import AT_ONCE, NOTHING_SAID
from store.tables import Annotation, Event, Task, TaskMember, database
from store.values import Side, Status


def follow(events: Sequence[Event]) -> None:
    """After undo or redo: who reviews what follows from what has turned, without a line in the history.

    What nothing awaits any more leaves its reviewer's queue; what has nobody goes to whoever may take it.
    Raises Conflict where a review would be open again whose work others have settled since.
    """
    for event in events:
        if event.table == "assignment" and event.row[1] == Side.REVIEW:
            _require_work(event.row[0], event.row[2], event.row[3])
        elif event.table == "assignment":
            _require_unchanged(event.row[0], event.row[2], event.row[3])
    for task_id, inputs in _turned(events).items():
        task = Task.get_by_id(task_id)
        if task.deleted:
            continue
        if task.auto_id is not None and inputs:
            rerouting.follow(task, inputs)
        left = assignments.without_reviewer(task, inputs)
        if inputs is not None:
            _take_back(task, inputs)
        dealing.give_left(task, left)
        if inputs is None:
            _mix(task, events)


def _mix(task: Task, events: Sequence[Event]) -> None:
    if any(event.table == "task" and event.before and "gold" in event.before for event in events):
        dealing.other_gold(task)
    elif task.gold_id is not None:
        gold.sort_out(task)
        gold.deal(task)


def _turned(events: Sequence[Event]) -> dict[int, set[int] | None]:
    """The tasks whose reviews may be dealt otherwise now, with their inputs; None: all of them."""
    found: dict[int, set[int] | None] = {}
    found |= _touched(events)
    for event in events:
        if event.table == "task_member":
            found[event.row[0]] = None
        elif event.table == "task" and event.before is not None and _RULES & set(event.after or ()):
            found[event.row] = None
        elif event.table == "user":
            of: Any = TaskMember.select(TaskMember.task).where(TaskMember.user == event.row)
            found |= dict.fromkeys(of.scalars())
    return found


def _touched(events: Sequence[Event]) -> dict[int, set[int]]:
    """The inputs whose work or annotations have turned, by task."""
    found: dict[int, set[int]] = defaultdict(set)
    said = []
    for event in events:
        if event.table == "assignment":
            found[event.row[0]].add(event.row[3])
        elif event.table == "annotation":
            said.append(event.row)
    for some in chunked(said, AT_ONCE):
        rows: Any = Annotation.select(Annotation.task, Annotation.input).where(
            Annotation.id.in_(some), Annotation.task.is_null(False)
        )
        for task, input_id in rows.tuples():
            found[task].add(input_id)
    return found


_RULES = {"own_review", "gold", "gold_share"}
"""Columns of a task that decide who gets what."""


def _require_unchanged(task: int, labeler: int, input_id: int) -> None:
    """What was sent back to a labeler is theirs once they have begun to change it."""
    changed = database.execute_sql(
        "SELECT 1 FROM assignment a CROSS JOIN annotation n INDEXED BY annotation_once "
        "ON n.input_id = a.input_id AND n.task_id = a.task_id AND n.annotator_id = a.user_id "
        "AND n.deleted = 0 AND n.status = ? WHERE a.task_id = ? AND a.side = 'label' "
        "AND a.user_id = ? AND a.input_id = ? AND a.status <> ? LIMIT 1",
        (int(Status.PENDING), task, labeler, input_id, int(Status.PENDING)),
    ).fetchone()
    if changed is not None:
        raise Conflict(f"somebody has changed input {input_id} since: it stays as it is")


def _require_work(task: int, reviewer: int, input_id: int) -> None:
    idle = database.execute_sql(
        f"SELECT 1 FROM assignment a WHERE a.task_id = ? AND a.side = 'review' AND a.user_id = ? "
        f"AND a.input_id = ? AND a.open = 1 AND {_NO_WORK}",
        (task, reviewer, input_id),
    ).fetchone()
    if idle is not None:
        raise Conflict(f"others have settled input {input_id} since: it stays as it is")


_NO_WORK = (
    "NOT EXISTS (SELECT 1 FROM assignment w INDEXED BY assignment_input WHERE w.input_id = a.input_id "
    f"AND w.task_id = a.task_id AND w.side = 'label' AND w.status = {int(Status.AWAITING_REVIEW)})"
)


def _take_back(task: Task, inputs: Iterable[int]) -> None:
    """Close no review, but take away those that nobody has begun and for which there is no work."""
    database.connection().executemany(
        f"DELETE FROM assignment AS a WHERE +a.task_id = ? AND a.input_id = ? AND a.side = 'review' "
        f"AND a.open = 1 AND {NOTHING_SAID[Side.REVIEW]} AND {_NO_WORK}",
        [(task.id, input_id) for input_id in inputs],
    )
