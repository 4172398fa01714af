"""Skips: an input that a person leaves for later, and why."""

from __future__ import annotations

from typing import Any

from store import assignments, rights
from store.database import now
from store.errors import Refused
from store.history import step
from store.tables import Task, User, UserState, database
from store.values import Side

LONGEST = 500


def skip(actor: User, task: Task, side: Side, input_id: int, reason: str) -> None:
    """Leave an open input open, with the reason beside it; the history tells it too, and undo takes it back.

    Raises Refused without a reason or with one of more than 500 characters, Conflict when it is not open.
    """
    rights.require(actor, *rights.PEOPLE)
    reason = reason.strip()
    if not reason or len(reason) > LONGEST:
        raise Refused(f"say in at most {LONGEST} characters why it is skipped")
    with step(actor, f"skip input {input_id}") as recorder:
        mine = assignments.require_open(task, side, actor, input_id)
        recorder.update(mine, changed_at=now())
        recorder.note(mine, {"skipped": reason})
        key = _key(task, side, input_id)
        before = UserState.get_or_none(UserState.user == actor, UserState.key == key)
        if before is None:
            recorder.insert(UserState, user=actor, key=key, value=reason)
        else:
            recorder.update(before, value=reason)


def reason(actor: User, task: Task, side: Side, input_id: int) -> str:
    """Why this user skipped an input last; "" where they did not."""
    kept = database.execute_sql(_KEPT, (actor.id, _key(task, side, input_id))).fetchone()
    value: Any = UserState.value
    return "" if kept is None else str(value.python_value(kept[0]))


# As text: it is read at every key press.
_KEPT = "SELECT value FROM user_state WHERE user_id = ? AND key = ?"


def _key(task: Task, side: Side, input_id: int) -> str:
    return f"skipped:{task.uid}:{side.value}:{input_id}"
