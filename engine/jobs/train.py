"""Train: a model that learns again, since the decisions that it waited for are in."""

from __future__ import annotations

from engine import training
from engine.embedding import embed_many
from engine.work import Bench
from store import embeddings, inputs, jobs
from store import training as trainings
from store.database import write
from store.errors import Refused
from store.tables import Job, Training

TOGETHER = 64
"""Inputs whose embeddings are kept in one transaction."""


def run(job: Job, bench: Bench) -> None:
    """Embed what is missing, learn, and let the tasks that the model assists use the new version."""
    row = Training.get_or_none(Training.id == job.payload["training"])
    if row is None:
        jobs.finish(job, bench.owner)
        return
    event = trainings.last_event()
    try:
        known = trainings.examples(row)
        # By itself it learns what it can; a person who asks is told what is missing.
        known = trainings.ready(known) or known
        trainings.require_enough(known)
        if not _embed(row, trainings.inputs_of(known), bench):
            return  # The engine ends, and gives the job back.
        made = training.train(row, known, event)
        bench.log(f"{row.name} learned from {made.inputs} inputs: version {made.version.number}")
    except Refused as error:
        trainings.note(row, event, {"refused": str(error)})
        jobs.finish(job, bench.owner, error=str(error))
        return
    jobs.finish(job, bench.owner)


def _embed(row: Training, ids: list[int], bench: Bench) -> bool:
    """Whether all of them were looked at before the engine was asked to end."""
    version = embeddings.find_embedder(row.embedder)
    missing = embeddings.missing(version, ids)
    for first in range(0, len(missing), TOGETHER):
        files = inputs.files(missing[first : first + TOGETHER])
        embedder = bench.models.embedder(version)
        answers = dict(embed_many(files, embedder, threads=bench.threads, stop=bench.stop))
        with write():
            embeddings.keep(version, answers)
        if bench.stop.is_set():
            return False
    return True
