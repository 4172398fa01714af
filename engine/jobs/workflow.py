"""Workflow: inputs that a workflow looks at, and whose annotations its writers write."""

from __future__ import annotations

from engine.work import Work
from store import inputs, workflow_runs
from store.tables import Job, ModelVersion


def plan(job: Job) -> Work | None:
    """The inputs of the payload that are still there. Predictions are no help: writers can stand anywhere."""
    version = ModelVersion.get_by_id(job.model_version_id)
    files = inputs.files(job.payload["inputs"])
    return Work(job, version, files) if files else None


def write(work: Work, owner: str) -> None:
    """Predictions, annotations and the job's end: all or nothing."""
    workflow_runs.write_chunk(work.version, work.job, owner, work.fresh, work.kept_from, work.written)
