"""Embed: inputs whose embeddings are to be kept, for training and for search."""

from __future__ import annotations

from engine.embedding import embed_many
from engine.work import Bench
from store import embeddings, inputs, jobs
from store.database import write
from store.tables import Job, ModelVersion


def run(job: Job, bench: Bench) -> None:
    """Embed what is missing of the payload's inputs, and finish the job in the transaction that keeps it."""
    version = ModelVersion.get_by_id(job.model_version_id)
    files = inputs.files(embeddings.missing(version, job.payload["inputs"]))
    if job.attempts > 1 and len(files) > 1:
        # It may be one of them that killed the engine: let that one stand alone.
        jobs.split(job, bench.owner, [{"inputs": [input_id], "count": 1} for input_id, _ in files])
        return
    answers: dict[int, bytes | str] = {}
    if files:
        embedder = bench.models.embedder(version)
        answers.update(embed_many(files, embedder, threads=bench.threads, stop=bench.stop))
    if len(answers) < len(files):
        return  # The engine ends, and gives the job back.
    with write():
        embeddings.keep(version, answers)
        jobs.finish(job, bench.owner)
