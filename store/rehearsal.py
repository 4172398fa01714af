"""Rehearsal: what a change of a task's people would bring about, done and taken back at once."""

from __future__ import annotations

import time
from collections.abc import Sequence

from store import rights
from store.database import write
from store.editing import Edited, edit
from store.predictions import Router
from store.tables import Task, User, database
from store.untouched import UNTOUCHED
from store.values import Status

AT_MOST = 0.15
"""Seconds that others wait for a rehearsal; what takes longer is not told beforehand."""

STEPS = 5_000
"""Instructions of SQLite between two looks at the clock: about a millisecond."""


class _Seen(Exception):
    """Ends the rehearsal, and with it its transaction."""

    def __init__(self, edited: Edited) -> None:
        super().__init__()
        self.edited = edited


def people(
    actor: User,
    task: Task,
    *,
    labelers: Sequence[str] | None = None,
    weights: Sequence[float] = (),
    reviewers: Sequence[str] | None = None,
) -> Edited | None:
    """What `editing.edit` would return for these people; nothing is changed. Raises what it raises.

    None where it would take longer than others shall wait: they cannot write meanwhile.
    """
    clock = _Clock()
    try:
        with write(), clock:
            here = Task.get_by_id(task.id)
            raise _Seen(edit(actor, here, labelers=labelers, weights=weights, reviewers=reviewers))
    except _Seen as seen:
        return seen.edited
    except Exception:
        # SQLite ends the transaction where it is interrupted, and says so in more than one way.
        if clock.rang:
            return None
        raise


class _Clock:
    """Interrupts SQLite when the time is over; off again before the transaction is taken back."""

    def __init__(self) -> None:
        self.rang = False
        self._end = time.monotonic() + AT_MOST

    def __enter__(self) -> None:
        database.connection().set_progress_handler(self._look, STEPS)

    def __exit__(self, *raised: object) -> None:
        database.connection().set_progress_handler(None, 0)

    def _look(self) -> bool:
        self.rang = time.monotonic() > self._end
        return self.rang


def found_nothing(actor: User, task: Task) -> int:
    """How many inputs a model has found nothing in and nobody has touched: they go to labelers."""
    rights.require(actor, *rights.LEADS)
    counted = database.connection().execute(
        "SELECT count(*) FROM assignment a WHERE a.task_id = :task AND a.side = 'label' "
        f"AND a.user_id = :model AND a.status <> {int(Status.PENDING)} AND a.error IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM annotation said INDEXED BY annotation_once "
        "WHERE said.input_id = a.input_id AND said.task_id = :task AND said.deleted = 0) "
        f"AND {UNTOUCHED}",
        {"task": int(task.id), "model": Router.of(task, {}).annotator},
    )
    return int(counted.fetchone()[0])
