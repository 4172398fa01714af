"""Running a task: its model's work is queued, paused, given up, or taken away to be done anew."""

from __future__ import annotations

from store import (
    dealing,
    jobs,
    rerouting,
    rights,
)
from store.database import write
from store.errors import Refused
from store.history import step
from store.tables import (
    Task,
    User,
    database,
)
from store.values import Role, Status


def start(actor: User, task: Task) -> int:
    """Queue what the task's model has not been through, inputs added since included; ends a pause.

    Returns how many inputs wait for the engine; calling it again queues nothing twice.
    """
    rights.require(actor, Role.OWNER, Role.LEAD)
    if task.auto_id is None:
        raise Refused(f"the task '{task.name}' has no model that annotates it: nothing to run")
    rerouting.finish(task)
    with write():
        jobs.set_paused(task, False)
        dealing.begin(task)
        already = jobs.queued_inputs(task)
        if already:
            return already
        jobs.forget_failures(task)
        rows = database.execute_sql(
            "SELECT min(input_id), max(input_id), count(*) FROM (SELECT input_id, "
            "(row_number() OVER (ORDER BY input_id) - 1) / ? AS chunk FROM assignment a "
            "JOIN task t ON t.id = a.task_id JOIN model_version v ON v.id = t.auto_id "
            "JOIN model m ON m.id = v.model_id WHERE a.task_id = ? AND a.side = 'label' "
            "AND a.user_id = m.annotator_id AND a.status = ?) GROUP BY chunk ORDER BY chunk",
            (jobs.CHUNK, task.id, int(Status.PENDING)),
        ).fetchall()
        for first, last, count in rows:
            payload = {"first": first, "last": last, "count": count}
            jobs.enqueue("annotate", payload, priority=jobs.BULK, task=task, model_version=task.auto_id)
        return sum(count for _, _, count in rows)


def pause(actor: User, task: Task) -> None:
    """Let no more of the task's jobs begin; the chunk that the engine has in hand is finished."""
    _require_run(actor, task)
    jobs.set_paused(task, True)


def resume(actor: User, task: Task) -> None:
    """Let the engine go on with the task's jobs."""
    _require_run(actor, task)
    jobs.set_paused(task, False)


def cancel(actor: User, task: Task) -> int:
    """Give up the task's waiting jobs; returns the inputs they held. What is annotated stays, and `start`
    queues the rest again."""
    _require_run(actor, task)
    return jobs.cancel(task)


def _require_run(actor: User, task: Task) -> None:
    rights.require(actor, Role.OWNER, Role.LEAD)
    if task.auto_id is None:
        raise Refused(f"the task '{task.name}' has no model that annotates it")


def previous(actor: User, task: Task) -> int:
    """How many annotations `forget_previous` would take away: the model's that no person has touched."""
    _require_run(actor, task)
    return rerouting.withdrawable(task)


def forget_previous(actor: User, task: Task) -> int:
    """Take away what the model said in this task and nobody touched, so that `start` annotates it anew.

    Returns how many annotations. Undo routes the stored predictions again, which brings them back.
    """
    _require_run(actor, task)
    if jobs.open_count(task):
        raise Refused(f"the model is at work on '{task.name}': cancel that first")
    with step(actor, f"delete what the model said in '{task.name}'") as recorder:
        recorder.log(rerouting.WITHDRAWN, int(task.id), {"task": int(task.id)})
    return rerouting.withdraw(task)
