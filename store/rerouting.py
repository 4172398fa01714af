"""Rerouting: annotations that no person has touched follow the task's thresholds of today.

It reads the stored predictions and runs no model. Who undoes the change of thresholds reroutes too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from peewee import chunked

from store.bounds import thresholds as thresholds_of
from store.concepts import renames
from store.database import write
from store.history import Recorder
from store.predictions import Router
from store.routing import Thresholds
from store.tables import Task, database
from store.untouched import UNTOUCHED, WINDOW, Untouched
from store.values import Status

ROUTES, WITHDRAWN = "task_routes", "task_said"
"""The table names that the events of rerouting and of withdrawing carry."""

_PENDING = int(Status.PENDING)


@dataclass(frozen=True)
class Preview:
    """What new thresholds would do to what no person has touched."""

    moves: Mapping[tuple[Status | None, Status | None], int] = field(default_factory=dict)
    """Rows by (status now, status then); None is dropped. Only those that change."""
    needs_run: int = 0
    """Inputs of which too few scores were kept: the model has to look at them again."""
    touched: int = 0
    """Inputs that stay as people decided."""

    @property
    def rows(self) -> int:
        """How many rows move in all."""
        return sum(self.moves.values())


def preview(task: Task, wanted: Mapping[int, Thresholds]) -> Preview:
    """Count what `wanted` (by concept id) would move. Walks only the predictions that change bands."""
    if task.auto_id is None:
        return Preview()
    annotator = Router.of(task, wanted).annotator
    known = {"task": int(task.id), "model": annotator, "version": int(task.auto_id)}
    now_are = thresholds_of(task)
    bands = _bands(now_are, wanted)
    moves: dict[tuple[Status | None, Status | None], int] = {}
    if bands:
        values = ", ".join(f"({', '.join(map(repr, band))})" for band in bands)
        rows = database.connection().execute(
            f"WITH bound(concept, low, high, l, h) AS (VALUES {values}) SELECT "
            "(p.score >= low) + (p.score >= high) AS was, (p.score >= l) + (p.score >= h) AS will, count(*) "
            "FROM bound CROSS JOIN prediction p ON p.model_version_id = :version "
            "AND p.concept_id = bound.concept AND p.score >= min(low, l) AND p.score < max(high, h, 1e-9) "
            "CROSS JOIN assignment a ON a.task_id = :task AND a.side = 'label' AND a.user_id = :model "
            f"AND a.input_id = p.input_id AND a.status <> {_PENDING} "
            f"WHERE was <> will AND {UNTOUCHED} GROUP BY was, will",
            known,
        )
        band = (None, Status.AWAITING_REVIEW, Status.SUCCESS)
        moves = {(band[was], band[will]): n for was, will, n in rows.fetchall()}
    return Preview(moves, _short(known, _lowered(now_are, wanted)), _touched(known))


def _bands(
    before: Mapping[int, Thresholds], after: Mapping[int, Thresholds]
) -> list[tuple[int, float, float, float, float]]:
    """(concept as the model says it, lower and upper now, lower and upper then) of those that change.

    Dropping everything is written as a bound above every score.
    """
    renamed = renames()
    said = {*before, *after, *renamed}
    rows = []
    for concept in sorted(said):
        old = before.get(concept) or before.get(renamed.get(concept, concept))
        new = after.get(concept) or after.get(renamed.get(concept, concept))
        if old != new:
            rows.append((concept, *_pair(old), *_pair(new)))
    return rows


def _pair(bounds: Thresholds | None) -> tuple[float, float]:
    return (2.0, 2.0) if bounds is None else (bounds.lower, bounds.upper)


def _lowered(before: Mapping[int, Thresholds], after: Mapping[int, Thresholds]) -> float | None:
    """The lowest score that is asked for now and was not before."""
    fresh = [
        new.lower
        for concept, new in after.items()
        if concept not in before or new.lower < before[concept].lower
    ]
    return min(fresh, default=None)


def _short(known: Mapping[str, Any], lowest: float | None) -> int:
    if lowest is None:
        return 0
    counted = database.connection().execute(
        "SELECT count(*) FROM assignment a CROSS JOIN predicted p ON p.input_id = a.input_id "
        "AND p.model_version_id = :version AND p.error IS NULL AND p.kept_from > :lowest "
        "WHERE a.task_id = :task AND a.side = 'label' AND a.user_id = :model "
        f"AND a.status <> {_PENDING} AND {UNTOUCHED}",
        {**known, "lowest": lowest},
    )
    return int(counted.fetchone()[0])


def _touched(known: Mapping[str, Any]) -> int:
    counted = database.connection().execute(
        "SELECT count(*) FROM assignment a WHERE a.task_id = :task AND a.side = 'label' "
        f"AND a.user_id = :model AND a.status <> {_PENDING} AND NOT ({UNTOUCHED})",
        dict(known),
    )
    return int(counted.fetchone()[0])


def begin(recorder: Recorder, task: Task, before: Mapping[int, Thresholds]) -> None:
    """Note within a step that the task has to be rerouted; `finish` does it, also after a crash."""
    if task.auto_id is not None:
        _mark(task, True)
        was = {str(concept): [bounds.lower, bounds.upper] for concept, bounds in before.items()}
        recorder.log(ROUTES, int(task.id), {"task": int(task.id), "before": was})


def _mark(task: Task, unrouted: bool) -> None:
    # Not by the recorder: it is no decision of anybody, and undo must not bring it back.
    Task.update(unrouted=unrouted).where(Task.id == task.id).execute()
    task.unrouted = unrouted


def turn(change: Mapping[str, Any], *, back: bool) -> None:
    """Undo or redo of a step that changed the thresholds: its rows are back already, the rest follows."""
    task = Task.get_by_id(change["task"])
    if "before" not in change and not back:
        withdraw(task)
        return
    # Within the transaction of the undo: it is all or nothing.
    _mark(task, True)
    finish(task, None if back else _read(change["before"]), everything="before" not in change)


def _read(bounds: Mapping[str, Sequence[float]]) -> dict[int, Thresholds]:
    return {int(concept): Thresholds(*pair) for concept, pair in bounds.items()}


def finish(task: Task, before: Mapping[int, Thresholds] | None = None, *, everything: bool = False) -> int:
    """Route what is marked, window by window; returns how many inputs are to be looked at again.

    `before`: the thresholds so far, to tell which scores were never kept; None where that is unknown or
    they cannot be missing. `everything`: also what waits for the model but has predictions.
    """
    if task.auto_id is None or not task.unrouted:
        return 0
    lowest = None if before is None else _lowered(before, thresholds_of(task))
    last, again = 0, 0
    while True:
        with write():
            window = Untouched(Task.get_by_id(task.id), last, lowest, everything)
            if not window.inputs:
                _mark(task, False)
                return again
            window.route()
            again += len(window.short)
            last = window.inputs[-1]


def follow(task: Task, inputs: Iterable[int]) -> None:
    """Undo or redo has turned these inputs: where nobody has touched them any more, they are routed by the
    thresholds of today."""
    for some in chunked(sorted(inputs), WINDOW):
        window = Untouched(task, 0, None, False, some)
        window.keep_stale()
        if window.inputs:
            window.route()


def withdraw(task: Task) -> int:
    """Take away what the model said and nobody touched; its inputs wait for it anew. Returns the rows."""
    last, gone = 0, 0
    while True:
        with write():
            window = Untouched(task, last, None, False)
            if not window.inputs:
                return gone
            gone += window.withdraw()
            last = window.inputs[-1]


def withdrawable(task: Task) -> int:
    """How many rows `withdraw` would take away."""
    annotator = Router.of(task, {}).annotator
    counted = database.connection().execute(
        "SELECT count(*) FROM assignment a CROSS JOIN annotation said ON said.input_id = a.input_id "
        "AND said.task_id = :task AND said.annotator_id = :model AND said.deleted = 0 "
        "WHERE a.task_id = :task AND a.side = 'label' AND a.user_id = :model "
        f"AND a.status <> {_PENDING} AND {UNTOUCHED}",
        {"task": int(task.id), "model": annotator},
    )
    return int(counted.fetchone()[0])
