"""Predict: what a model says of the inputs that a person is looking at, or will be next."""

from __future__ import annotations

from engine.work import Work
from store import inputs, predictions
from store.database import write as transaction
from store.jobs import finish
from store.tables import Job, ModelVersion


def plan(job: Job) -> Work | None:
    """The inputs among the payload's `inputs` that this model has not looked at yet."""
    version = ModelVersion.get_by_id(job.model_version_id)
    asked = job.payload["inputs"]
    known = predictions.known(version, asked, version.card["floor"])
    missing = [input_id for input_id in asked if input_id not in known]
    return Work(job, version, inputs.files(missing)) if missing else None


def write(work: Work, owner: str) -> None:
    """Predictions and the job's end."""
    with transaction():
        predictions.keep(work.version, work.fresh, work.kept_from)
        finish(work.job, owner)
