"""Moves: open inputs of a task that go from one person to another, as one undoable change.

A move is one event for many inputs, `{"task", "side", "from", "to", "inputs"}`; undoing it gives back
what still nobody has begun and refuses otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from peewee import chunked

from store.database import now
from store.errors import Conflict
from store.history import Recorder
from store.tables import Task, database
from store.values import Side, Status

MOVED = "assignment_move"
"""The table name that a move's event carries."""

AT_ONCE = 500
"""Inputs in one event."""

_WAITS = {Side.LABEL: Status.PENDING, Side.REVIEW: Status.AWAITING_REVIEW}

NOTHING_SAID = {
    Side.LABEL: "(SELECT 1 FROM annotation n WHERE n.input_id = a.input_id "
    "AND n.task_id = a.task_id AND n.annotator_id = a.user_id AND n.deleted = 0 LIMIT 1) IS NULL",
    Side.REVIEW: "(SELECT 1 FROM review r WHERE r.task_id = a.task_id AND r.input_id = a.input_id "
    "AND r.reviewer_id = a.user_id AND r.deleted = 0 LIMIT 1) IS NULL",
}

Moves = Mapping[tuple[int | None, int | None], Sequence[int]]
"""(holder, taker) → inputs; None: nobody had them on this side, or nobody has them any more."""


def hand_over(recorder: Recorder, task: Task, side: Side, moves: Moves) -> int:
    """Make these moves within a step, which can be undone; returns how many inputs went over."""
    for (holder, taker), inputs in moves.items():
        for some in chunked(inputs, AT_ONCE):
            move = _written(task, side, holder, taker, some)
            _make(move)
            recorder.log(MOVED, int(task.id), move)
    return sum(map(len, moves.values()))


def hand_over_unsaid(task: Task, side: Side, moves: Moves) -> None:
    """Make these moves, which follow from something else; no line in the history tells."""
    for (holder, taker), inputs in moves.items():
        _make(_written(task, side, holder, taker, inputs))


def _written(
    task: Task, side: Side, holder: int | None, taker: int | None, inputs: Sequence[int]
) -> dict[str, Any]:
    """A move as its event carries it."""
    return {"task": int(task.id), "side": side.value, "from": holder, "to": taker, "inputs": list(inputs)}


def _make(move: Mapping[str, Any]) -> None:
    """Give the inputs to `to`, from `from` (None: they are new to the side, or leave it)."""
    key = (move["task"], move["side"])
    if move["from"] is None:
        waits = int(_WAITS[Side(move["side"])])
        _many(
            "INSERT INTO assignment (task_id, side, user_id, input_id, status, open, changed_at, version) "
            "VALUES (?, ?, ?, ?, ?, 1, ?, 0) ON CONFLICT DO NOTHING",
            [(*key, move["to"], input_id, waits, now()) for input_id in move["inputs"]],
        )
    else:
        where = "WHERE task_id = ? AND side = ? AND user_id = ? AND input_id = ?"
        change = (
            "DELETE FROM assignment "
            if move["to"] is None
            else f"UPDATE assignment SET user_id = {move['to']}, leased_until = NULL "
        )
        _many(change + where, [(*key, move["from"], input_id) for input_id in move["inputs"]])
    if move["side"] == Side.REVIEW:
        _many(
            "UPDATE annotation SET reviewer_id = ? WHERE input_id = ? AND task_id = ? AND deleted = 0 "
            "AND status = ? AND (SELECT stacked FROM task WHERE id = ?) = 0",
            [
                (move["to"], i, move["task"], int(Status.AWAITING_REVIEW), move["task"])
                for i in move["inputs"]
            ],
        )


def _many(statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    database.connection().executemany(statement, rows)


def turn(move: Mapping[str, Any], *, back: bool) -> None:
    """Undo (`back`) or redo a move. Raises Conflict where somebody has begun one of its inputs since.

    What is with somebody else by now, because it was routed anew, stays there.
    """
    if back:
        move = {**move, "from": move["to"], "to": move["from"]}
    if move["from"] is not None:
        nothing_said = NOTHING_SAID[Side(move["side"])]
        for some in chunked(move["inputs"], AT_ONCE):
            begun = database.execute_sql(
                f"SELECT count(*) FROM assignment a WHERE a.task_id = ? AND a.side = ? AND a.user_id = ? "
                f"AND a.input_id IN ({', '.join('?' * len(some))}) AND (a.open = 0 OR NOT ({nothing_said}))",
                (move["task"], move["side"], move["from"], *some),
            ).fetchone()[0]
            if begun:
                raise Conflict("somebody has begun some of the inputs that went over since: they stay")
    _make(move)
