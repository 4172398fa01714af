"""Annotate: a stretch of an auto-annotated task's inputs, looked at, routed and written."""

from __future__ import annotations

from engine.work import Work
from store import inputs, predictions
from store.bounds import thresholds as thresholds_of
from store.database import write as transaction
from store.jobs import finish
from store.predictions import Answer, Router, write_chunk
from store.tables import Job, ModelVersion, Task


def plan(job: Job) -> Work | None:
    """The inputs of the stretch that are not annotated yet; those with predictions enough need no model."""
    task = _task(job)
    if task.deleted:
        return None
    version = ModelVersion.get_by_id(job.model_version_id)
    thresholds = thresholds_of(task)
    annotator = version.model.annotator_id
    waiting = predictions.waiting_inputs(task, annotator, job.payload["first"], job.payload["last"])
    if not waiting:
        return None
    lowest = min((bounds.lower for bounds in thresholds.values()), default=1.0)
    stored = predictions.known(version, waiting, lowest)
    pending = [(input_id, path) for input_id, path in inputs.files(waiting) if input_id not in stored]
    wanted = {concept: bounds.lower for concept, bounds in thresholds.items()}
    return Work(job, version, pending, wanted, stored)


def write(work: Work, owner: str) -> None:
    """Predictions, annotations, assignments, whom to review and the job's end: all or nothing."""
    task = _task(work.job)
    router = Router.of(task, thresholds_of(task))
    answers: dict[int, Answer] = {**work.stored, **work.fresh}
    if task.deleted:
        finish(work.job, owner)
        return
    with transaction():
        predictions.keep(work.version, work.fresh, work.kept_from)
        write_chunk(router, work.job, owner, answers)


def _task(job: Job) -> Task:
    """The job's task as it is now."""
    return Task.get_by_id(job.task_id)
