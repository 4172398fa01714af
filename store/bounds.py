"""Bounds: the thresholds of a task, concept by concept."""

from __future__ import annotations

from typing import Any

from store.routing import Thresholds
from store.tables import Task, TaskConcept


def thresholds(task: Task) -> dict[int, Thresholds]:
    """The thresholds of each concept of a task, by concept id.

    Read twice a chunk of a bulk annotation, of a thousand concepts: a row each would cost ten times as much.
    """
    columns = TaskConcept.select(TaskConcept.concept, TaskConcept.lower, TaskConcept.upper)
    rows: Any = columns.where(TaskConcept.task == task).tuples()
    made: dict[tuple[float | None, float | None], Thresholds] = {}
    found: dict[int, Thresholds] = {}
    for concept, lower, upper in rows:
        if (lower, upper) not in made:
            made[lower, upper] = Thresholds(
                task.lower if lower is None else lower, task.upper if upper is None else upper
            )
        found[concept] = made[lower, upper]
    return found
