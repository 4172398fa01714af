"""Steps: undo and redo from within a task, which only reach what concerns that task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from peewee import chunked

from store import undoing
from store.database import write
from store.errors import Refused
from store.tables import Annotation, Event, Step, Task, User


@dataclass(frozen=True)
class Turned:
    """A step that was undone or done again."""

    name: str
    inputs: list[int]
    """The inputs of the task that it changed something on, in order."""


def undo(actor: User, task: Task) -> Turned:
    """Take back the user's last step. Raises Refused when it had nothing to do with the task's inputs."""
    with write():
        inputs = _concerned(undoing.undoable(actor), task, "undo")
        return Turned(undoing.undo(actor), inputs)


def redo(actor: User, task: Task) -> Turned:
    """Do the user's last undone step again. Raises Refused when it concerns none of the task's inputs."""
    with write():
        inputs = _concerned(undoing.redoable(actor), task, "redo")
        return Turned(undoing.redo(actor), inputs)


def _concerned(step: Step | None, task: Task, verb: str) -> list[int]:
    if step is None:
        raise Refused(f"there is nothing to {verb}")
    inputs: set[int] = set()
    annotations: set[int] = set()
    events: Any = Event.select(Event.table, Event.row).where(Event.step == step, Event.kind == "do")
    for table, row in events.tuples():
        if table == "assignment" and row[0] == task.id:
            inputs.add(row[3])
        elif table == "annotation":
            annotations.add(row)
    for some in chunked(annotations, 500):
        chosen: Any = Annotation.select(Annotation.input).where(
            Annotation.id.in_(some), Annotation.task == task
        )
        inputs.update(row[0] for row in chosen.tuples())
    if not inputs:
        raise Refused(f"the last step was '{step.name}' and not in this task: {verb} it with 'winnow {verb}'")
    return sorted(inputs)
