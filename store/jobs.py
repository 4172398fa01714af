"""Jobs: the engine's work, claimed with a lease, and the engines' heartbeats.

A lease is safe by three things together: an owner that no longer holds it cannot finish the job
(fencing), results are upserts, and they are written in the transaction that finishes the job.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from peewee import fn

from store.database import now, path, write
from store.errors import Conflict
from store.rights import LEADS, require
from store.tables import Engine, Job, Task, User
from store.values import JobState

INTERACTIVE, AHEAD, BULK = 0, 5, 10
"""Priorities: what a person looks at, what they will look at next, whole datasets."""

CHUNK = 32
"""Inputs a bulk job holds: about 320 rows a transaction keeps people's commits under 30 ms."""

LEASE = 60_000
HEARTBEAT = 1_000
SILENT = 5_000
"""Milliseconds: how long a claim holds, how often an engine shows itself, when it counts as dead."""

MOST_ATTEMPTS = 3


def enqueue(
    kind: str, payload: dict[str, Any], *, priority: int, task: Any = None, model_version: Any = None
) -> Job:
    """Add one job."""
    with write():
        return Job.create(
            kind=kind,
            priority=priority,
            state=JobState.QUEUED,
            task=task,
            model_version=model_version,
            payload=payload,
            created_at=now(),
        )


def claim(owner: str, *, priorities: tuple[int, int], limit: int = 1) -> list[Job]:
    """Lease up to `limit` queued jobs with a priority in [low, high], the most urgent and oldest first.

    Jobs of paused tasks wait. A job whose lease ran out is queued again first; one that has been tried
    three times fails instead, since it is likely what killed its engine.
    """
    with write():
        _reclaim()
        chosen = (
            Job.select(Job.id)
            .where(Job.state == JobState.QUEUED, Job.priority.between(*priorities), _not_paused())
            .order_by(Job.priority, _PLACE, Job.id)
            .limit(limit)
        )
        changed = Job.update(
            state=JobState.CLAIMED, owner=owner, leased_until=now() + LEASE, attempts=Job.attempts + 1
        ).where(Job.id.in_(chosen))
        return sorted(changed.returning(Job).execute(), key=lambda job: (job.priority, _place(job), job.id))


_PLACE = fn.COALESCE(Job.place, Job.id)


def _place(job: Job) -> int:
    """Where a job stands among those of its priority."""
    return int(job.id if job.place is None else job.place)


def waiting(priorities: tuple[int, int]) -> bool:
    """Whether there may be something to claim; a read, so that an idle engine writes nothing."""
    queued = Job.select(Job.id).where(
        Job.state == JobState.QUEUED, Job.priority.between(*priorities), _not_paused()
    )
    if queued.limit(1).exists():
        return True
    lost = Job.select(Job.id).where(Job.state == JobState.CLAIMED, Job.leased_until < now())
    return bool(lost.limit(1).exists())


def _not_paused() -> Any:
    paused = Task.select(Task.id).where(Task.paused == True)
    return Job.task.is_null() | Job.task.not_in(paused)


def set_paused(task: Task, paused: bool) -> None:
    """Let the task's queued jobs wait, or not any more. It is no step: undo is for decisions."""
    with write():
        Task.update(paused=paused).where(Task.id == task.id).execute()
    task.paused = paused


def cancel(task: Task) -> int:
    """Give up a task's queued jobs; returns how many inputs they held. A claimed one is finished."""
    with write():
        queued = (Job.task == task) & (Job.state == JobState.QUEUED)
        held = Job.select(fn.SUM(Job.payload["count"])).where(queued).scalar() or 0
        Job.update(state=JobState.CANCELLED, finished_at=now()).where(queued).execute()
        return int(held)


def _reclaim() -> None:
    expired = (Job.state == JobState.CLAIMED) & (Job.leased_until < now())
    gone = "the engine died three times while working on this"
    Job.update(state=JobState.FAILED, error=gone, finished_at=now()).where(
        expired, Job.attempts >= MOST_ATTEMPTS
    ).execute()
    Job.update(state=JobState.QUEUED, owner=None).where(expired).execute()


def renew(owner: str) -> None:
    """Hold this owner's leases for longer; without any, nothing is written."""
    held = (Job.owner == owner) & (Job.state == JobState.CLAIMED)
    if Job.select(Job.id).where(held).limit(1).exists():
        with write():
            Job.update(leased_until=now() + LEASE).where(held).execute()


def finish(job: Job, owner: str, error: str | None = None) -> None:
    """Mark a job done, or failed with a sentence. Call it in the transaction that writes its results.

    Raises Conflict when the lease went to somebody else: the whole transaction must roll back.
    """
    state = JobState.DONE if error is None else JobState.FAILED
    held = (Job.id == job.id) & (Job.owner == owner) & (Job.state == JobState.CLAIMED)
    with write():
        done = Job.update(state=state, error=error, finished_at=now(), leased_until=None).where(held)
        if done.execute() != 1:
            raise Conflict("the lease of this job ran out and somebody else has it")


def release(owner: str) -> None:
    """Give back what this owner has claimed and not finished, as if never tried."""
    with write():
        held = (Job.owner == owner) & (Job.state == JobState.CLAIMED)
        Job.update(state=JobState.QUEUED, owner=None, attempts=Job.attempts - 1).where(held).execute()


def split(job: Job, owner: str, parts: Sequence[dict[str, Any]]) -> None:
    """Replace a claimed job by smaller ones that keep its attempts, so that one bad input stands alone.

    They keep its place as well: whom the doubtful are dealt to must not depend on who was killed when.
    """
    with write():
        for payload in parts:
            Job.create(
                kind=job.kind,
                priority=job.priority,
                state=JobState.QUEUED,
                task=job.task_id,
                model_version=job.model_version_id,
                payload=payload,
                attempts=job.attempts,
                place=_place(job),
                created_at=now(),
            )
        finish(job, owner)


def open_count(task: Task) -> int:
    """How many jobs of a task are queued or claimed."""
    states = (JobState.QUEUED, JobState.CLAIMED)
    return int(Job.select().where(Job.task == task, Job.state.in_(states)).count())


def failures(task: Task) -> list[str]:
    """The sentences of a task's failed jobs, each once."""
    rows = Job.select(Job.error).where(Job.task == task, Job.state == JobState.FAILED).distinct()
    return [row.error for row in rows if row.error]


def forget_failures(task: Task) -> None:
    """Take away a task's failed jobs: what they held is queued anew."""
    with write():
        Job.delete().where(Job.task == task, Job.state == JobState.FAILED).execute()


# Engines


def new_owner() -> str:
    """A name for one engine process: host, process, start."""
    return f"{socket.gethostname()}:{os.getpid()}:{now()}"


def beat(owner: str, *, device: str, sessions: Iterable[dict[str, Any]], activity: str) -> bool:
    """Show that the engine lives; returns True when it was asked to stop.

    Only what is new is written. That nothing is new is shown by the time of the engine's file: a commit
    every second would have every open screen read everything again.
    """
    _sign().touch()
    columns = {"device": device, "sessions": list(sessions), "activity": activity}
    known = Engine.get_or_none(Engine.owner == owner)
    if known is not None and all(getattr(known, name) == value for name, value in columns.items()):
        return bool(known.stopping)
    with write():
        if Engine.update(heartbeat_at=now(), **columns).where(Engine.owner == owner).execute() == 0:
            host, pid, _ = owner.rsplit(":", 2)
            times = {"started_at": now(), "heartbeat_at": now()}
            Engine.create(owner=owner, host=host, pid=int(pid), **times, **columns)
        return bool(Engine.select().where(Engine.owner == owner, Engine.stopping == True).exists())


def _sign() -> Path:
    """The engine's file beside the store: locked by the engine, and touched with every heartbeat."""
    return path().with_name(f"{path().name}-engine")


def age(engine: Engine) -> int:
    """Milliseconds since the engine showed itself."""
    seen = int(engine.heartbeat_at)
    if engine.host == socket.gethostname():
        with contextlib.suppress(OSError):
            seen = max(seen, int(_sign().stat().st_mtime * 1000))
    return now() - seen


def farewell(owner: str) -> None:
    """The engine is going: forget its heartbeat and give back what it holds."""
    with write():
        release(owner)
        Engine.delete().where(Engine.owner == owner).execute()


def living() -> list[Engine]:
    """The engines whose heartbeat is young and, on this host, whose process is there."""
    return [e for e in Engine.select().order_by(Engine.id) if age(e) < SILENT and not _dead_here(e)]


def bury_dead() -> int:
    """Take the leases of engines that are surely gone (this host, no such process); returns how many."""
    with write():
        dead = [engine for engine in Engine.select() if _dead_here(engine)]
        for engine in dead:
            held = (Job.owner == engine.owner) & (Job.state == JobState.CLAIMED)
            Job.update(leased_until=0).where(held).execute()
            engine.delete_instance()
        return len(dead)


def ask_to_stop(actor: User) -> int:
    """Ask every living engine to finish its chunk and go; returns how many there are.

    Raises Denied for who labels or looks on: others wait for the same engine.
    """
    require(actor, *LEADS)
    with write():
        asked = [engine.id for engine in living()]
        return int(Engine.update(stopping=True).where(Engine.id.in_(asked)).execute())


def _dead_here(engine: Engine) -> bool:
    return engine.host == socket.gethostname() and not process_lives(engine.pid)


def process_lives(pid: int) -> bool:
    """Whether this machine has such a process; True where that cannot be asked."""
    if os.name != "posix":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def queued_inputs(task: Task) -> int:
    """How many inputs the open jobs of a task still hold."""
    states = (JobState.QUEUED, JobState.CLAIMED)
    jobs = Job.select(fn.SUM(Job.payload["count"])).where(Job.task == task, Job.state.in_(states))
    return int(jobs.scalar() or 0)
