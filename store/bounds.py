"""Bounds: the thresholds of a task, concept by concept."""

from __future__ import annotations

from store import sql
from store.routing import Thresholds
from store.tables import Task, TaskConcept


def thresholds(task: Task) -> dict[int, Thresholds]:
    """The thresholds of each concept of a task, by concept id."""
    return {
        row.concept_id: Thresholds(
            task.lower if row.lower is None else row.lower, task.upper if row.upper is None else row.upper
        )
        for row in sql.matching(TaskConcept, task=task)
    }
