"""Embeddings: what a model makes of an input before it names anything, kept for training and search.

They stand in one file for each model version beside the store, float16, a place for each input; the store
knows the places. They can be made again: a file that is lost or cut off costs the engine's time only.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from peewee import chunked, fn

from store import jobs, models, supervise
from store.database import path, write
from store.errors import Refused
from store.tables import Embedded, Input, Job, ModelVersion, database
from store.values import JobState

KIND = "embed"
"""The kind of the jobs."""

CHUNK = 128
"""Inputs a job holds; they write one row each."""

HEAD = 16
"""Bytes before the first place: a mark and how many numbers an embedding has."""

_MARK = b"WNEMBED1"
_OPEN = (JobState.QUEUED, JobState.CLAIMED)


def find_embedder(name: str) -> ModelVersion:
    """The newest version of a model that gives embeddings. Raises NotFound, and Refused for another model."""
    version = models.find(name)
    if "embedding" not in version.card.get("outputs", {}):
        raise Refused(f"'{name}' gives no embeddings: its card names no output 'embedding'")
    return version


def file(version: ModelVersion) -> Path:
    """Where the embeddings of a model version stand."""
    folder = path().with_name(f"{path().name}-embeddings")
    return folder / f"{version.model.name}-{version.number}.f16"


def size(version: ModelVersion) -> int:
    """How many numbers an embedding of this model version has; 0 while there is none."""
    try:
        with file(version).open("rb") as stream:
            head = stream.read(HEAD)
    except FileNotFoundError:
        return 0
    return int.from_bytes(head[8:12], "little") if head.startswith(_MARK) and len(head) == HEAD else 0


def places(version: ModelVersion, inputs: Iterable[int] | None = None) -> dict[int, int]:
    """Input's id → its place in the file, of those that have an embedding: these inputs, or all."""
    chosen: Any = Embedded.select(Embedded.input, Embedded.place).where(
        Embedded.model_version == version, Embedded.place.is_null(False)
    )
    found: dict[int, int] = {}
    if inputs is None:
        found.update(list(chosen.tuples()))
    else:
        for some in chunked(inputs, 500):
            found.update(list(chosen.where(Embedded.input.in_(some)).tuples()))
    there = _there(version)
    return {input_id: place for input_id, place in sorted(found.items()) if place < there}


def missing(version: ModelVersion, inputs: Iterable[int]) -> list[int]:
    """Those of these inputs that the model has not looked at, or whose embedding is lost, in order."""
    ids = sorted(set(inputs))
    known = set(places(version, ids))
    for some in chunked(ids, 500):
        failed = Embedded.select(Embedded.input).where(
            Embedded.model_version == version, Embedded.input.in_(some), Embedded.error.is_null(False)
        )
        known.update(failed.scalars())
    return [input_id for input_id in ids if input_id not in known]


def ask(version: ModelVersion, inputs: Iterable[int]) -> int:
    """Have the engine embed the pictures among these inputs that need it; returns how many are queued."""
    with write():
        open_jobs = Job.select(Job.payload).where(
            Job.kind == KIND, Job.model_version == version, Job.state.in_(_OPEN)
        )
        queued = {input_id for job in open_jobs for input_id in job.payload["inputs"]}
        wanted = [input_id for input_id in missing(version, inputs) if input_id not in queued]
        for some in chunked(wanted, CHUNK):
            pictures = Input.select(Input.id).where(
                Input.id.in_(some), Input.deleted == False, Input.media == "image"
            )
            ids = list(pictures.order_by(Input.id).scalars())
            if ids:
                payload = {"inputs": ids, "count": len(ids)}
                jobs.enqueue(KIND, payload, priority=jobs.BULK, model_version=version)
    return waiting(version)


def make(
    version: ModelVersion, inputs: Sequence[int], *, device: str, again: str
) -> Iterator[supervise.Progress]:
    """Have an engine embed what is missing of these inputs; see `supervise.run`."""
    for _ in range(2):
        # What killed earlier engines was given up; it is asked for once more, in the company of others.
        yield from supervise.run(lambda: waiting(version), ask(version, inputs), device=device, again=again)


def waiting(version: ModelVersion) -> int:
    """How many inputs the engine still has to embed."""
    held = Job.select(fn.SUM(Job.payload["count"])).where(
        Job.kind == KIND, Job.model_version == version, Job.state.in_(_OPEN)
    )
    return int(held.scalar() or 0)


def failures(version: ModelVersion, inputs: Sequence[int]) -> list[str]:
    """The sentences why some of these inputs have no embedding, each once."""
    said: set[str] = set()
    for some in chunked(inputs, 500):
        rows = Embedded.select(Embedded.error).where(
            Embedded.model_version == version, Embedded.input.in_(some), Embedded.error.is_null(False)
        )
        said.update(rows.scalars())
    return sorted(said)


def keep(version: ModelVersion, answers: Mapping[int, bytes | str]) -> None:
    """Keep the embeddings (float16, little-endian) or errors of inputs, in place of what was kept.

    The numbers are on disk before the rows that name their places: a kill between leaves an unused place.
    """
    vectors = {input_id: answer for input_id, answer in answers.items() if isinstance(answer, bytes)}
    rows: list[tuple[int, int, int | None, str | None]] = [
        (input_id, version.id, None, answer)
        for input_id, answer in answers.items()
        if isinstance(answer, str)
    ]
    with write():
        if vectors:
            first = _append(version, list(vectors.values()))
            rows += [(input_id, version.id, first + n, None) for n, input_id in enumerate(vectors)]
        database.connection().executemany(
            "INSERT INTO embedded (input_id, model_version_id, place, error) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (model_version_id, input_id) DO UPDATE SET place = excluded.place, "
            "error = excluded.error",
            rows,
        )


def _append(version: ModelVersion, vectors: Sequence[bytes]) -> int:
    """Write vectors behind those that are named; returns the first one's place. Call it in a transaction:
    two writers would take the same place."""
    target, width = file(version), len(vectors[0])
    target.parent.mkdir(exist_ok=True)
    there = _there(version)
    # A file that was lost, cut off or is another model's: what stood beyond its end is made again.
    Embedded.delete().where(Embedded.model_version == version, Embedded.place >= there).execute()
    last = Embedded.select(fn.MAX(Embedded.place)).where(Embedded.model_version == version).scalar()
    first = 0 if last is None else int(last) + 1
    with target.open("r+b" if target.exists() else "w+b") as stream:
        stream.write((_MARK + (width // 2).to_bytes(4, "little")).ljust(HEAD, b"\0"))
        stream.seek(HEAD + first * width)
        stream.write(b"".join(vectors))
        stream.flush()
        os.fsync(stream.fileno())
    return first


def _there(version: ModelVersion) -> int:
    """How many whole embeddings the file holds."""
    numbers = size(version)
    return (file(version).stat().st_size - HEAD) // (2 * numbers) if numbers else 0
