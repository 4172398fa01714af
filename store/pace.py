"""Pace: how quickly a person gets on in a task, without the time in which they did nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from store.tables import Task, User, database
from store.values import Side

IDLE = 120_000
"""Milliseconds between two acts from which on the person was away."""

RECENT = 2000
"""Events that are looked at: a day's work, and read in a few milliseconds."""


@dataclass(frozen=True)
class Pace:
    """What was done lately."""

    done: int
    """Inputs closed."""
    milliseconds: int
    """In how much time, breaks taken out."""

    @property
    def per_hour(self) -> int | None:
        """Inputs an hour; None while there are too few to tell."""
        if self.done < 2 or not self.milliseconds:
            return None
        return round(self.done * 3_600_000 / self.milliseconds)


def of(actor: User, task: Task, side: Side) -> Pace:
    """The pace of a user on one side of a task, by the last events of theirs."""
    recent = database.execute_sql(
        "SELECT table_name, row, before, after, created_at FROM event WHERE actor_id = ? "
        "ORDER BY id DESC LIMIT ?",
        (actor.id, RECENT),
    ).fetchall()
    done, active, before = 0, 0, None
    for table, row, was, becomes, at in reversed(recent):
        if before is not None and 0 <= at - before < IDLE:
            active += at - before
        before = at
        if table == "assignment":
            key, old, new = (None if text is None else json.loads(text) for text in (row, was, becomes))
            done += _closes(key, old, new, (task.id, side.value, actor.id))
    return Pace(done, active)


def _closes(row: Any, was: Any, becomes: Any, whose: tuple[int, str, int]) -> bool:
    mine = isinstance(row, list) and tuple(row[:3]) == whose
    return bool(mine and (was or {}).get("open") and (becomes or {}).get("open") is False)
