"""Troubles: what of a task could not be done, in the sentences that say why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from store import jobs
from store.tables import Assignment, Input, Task


@dataclass(frozen=True)
class Trouble:
    """A sentence, and the path of the input it is about; None when it is about a whole job."""

    path: str | None
    sentence: str


def listing(task: Task, limit: int = 1000) -> list[Trouble]:
    """The failed jobs of a task, then up to `limit` of its inputs that its model could not look at."""
    failed: Any = (
        Assignment.select(Input.path, Assignment.error)
        .join(Input, on=(Assignment.input == Input.id))
        .where(Assignment.task == task, Assignment.error.is_null(False))
        .order_by(Assignment.input)
        .limit(limit)
    )
    whole = [Trouble(None, sentence) for sentence in jobs.failures(task)]
    return whole + [Trouble(path, error) for path, error in failed.tuples()]
