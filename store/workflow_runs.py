"""Workflow runs: a workflow over inputs, on request or as they are added, and what its writers write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from peewee import chunked, fn

from store import jobs, rights, workflows
from store.database import now, write
from store.errors import Refused
from store.predictions import Answer, Said, keep
from store.tables import (
    Concept,
    Dataset,
    DatasetInput,
    Event,
    Input,
    Job,
    ModelVersion,
    Step,
    User,
    Workflow,
    database,
)
from store.values import JobState, Role, region_columns

KIND = "workflow"
"""The kind of the jobs."""

OPEN = (JobState.QUEUED, JobState.CLAIMED)


def start(actor: User, row: Workflow, dataset: Dataset | None = None) -> int:
    """Have the engine run a workflow over the pictures of a dataset, or over all; returns how many they are.

    For owners and leads. Raises Refused when it has no writer: there would be nothing to see of it.
    """
    rights.require(actor, Role.OWNER, Role.LEAD)
    version = workflows.current(row)
    if not workflows.graph_of(version).writers:
        raise Refused(
            f"'{row.name}' has no annotation-writer, it would write nothing: --dry-run shows what it says"
        )
    chosen: Any = Input.select(Input.id).where(Input.deleted == False, Input.media == "image")
    if dataset is not None:
        members = DatasetInput.select(DatasetInput.input).where(DatasetInput.dataset == dataset)
        chosen = chosen.where(Input.id.in_(members))
    ids = list(chosen.order_by(Input.id).scalars())
    _enqueue(version, ids)
    return len(ids)


def run_on_added(ids: Sequence[int]) -> None:
    """Queue the project's default workflow, if it has one, for the pictures among inputs that were added.

    Call it in the transaction that adds them.
    """
    row = workflows.default()
    if row is None:
        return
    pictures = Input.select(Input.id).where(Input.id.in_(ids), Input.media == "image").order_by(Input.id)
    _enqueue(workflows.current(row), list(pictures.scalars()))


def _enqueue(version: ModelVersion, ids: Iterable[int]) -> None:
    with write():
        for some in chunked(ids, jobs.CHUNK):
            payload = {"inputs": list(some), "count": len(some)}
            jobs.enqueue(KIND, payload, priority=jobs.BULK, model_version=version)


def waiting(row: Workflow) -> int:
    """How many inputs a workflow still has to look at."""
    held = Job.select(fn.SUM(Job.payload["count"])).where(
        Job.kind == KIND, Job.model_version == workflows.current(row), Job.state.in_(OPEN)
    )
    return int(held.scalar() or 0)


def failures(row: Workflow) -> list[str]:
    """The sentences of a workflow's failed jobs, each once."""
    failed = Job.select(Job.error).where(
        Job.kind == KIND, Job.model_version == workflows.current(row), Job.state == JobState.FAILED
    )
    return sorted({error for error in failed.scalars() if error})


def write_chunk(
    version: ModelVersion,
    job: Job,
    owner: str,
    answers: Mapping[int, Answer],
    kept_from: Mapping[int, float],
    written: Mapping[int, Sequence[tuple[str, Said]]],
) -> None:
    """One transaction: what the workflow says, what its writers write, and the job's end.

    `written` by input: (writer's node id, what it got). What stands already, whatever became of it since,
    is not written again. Raises Conflict when the job's lease is lost; then nothing is written.
    """
    writers = {node.id: node for node in workflows.graph_of(version).writers}
    with write():
        keep(version, answers, kept_from)
        own = int(version.model.annotator_id)
        users = {name: _user(writer.user, own) for name, writer in writers.items()}
        rows = [
            (input_id, said, int(writers[name].status), users[name])
            for input_id, statements in written.items()
            for name, said in statements
        ]
        _insert(version, rows)
        _note(version, job, len(answers))
        jobs.finish(job, owner)


def _user(name: str | None, own: int) -> int:
    """Who a writer writes as; its workflow's annotator when the user is gone."""
    found = None if name is None else User.get_or_none(User.name == name)
    return own if found is None else int(found.id)


def _insert(version: ModelVersion, rows: Sequence[tuple[int, Said, int, int]]) -> None:
    concepts = {said.concept for _, said, _, _ in rows}
    Concept.update(joined=True).where(Concept.id.in_(concepts), Concept.joined == False).execute()
    values = []
    for input_id, said, status, annotator in rows:
        kind, packed, key = region_columns(said.region)
        place = (input_id, said.concept, annotator, key)
        values.append(
            (*place, status, said.score, kind, packed, version.id, said.concept, key, now(), *place)
        )
    # No unique key holds annotations without a task apart: one that was deleted by hand stays away too.
    database.connection().executemany(
        "INSERT INTO annotation (input_id, concept_id, annotator_id, region_key, status, score, region_kind, "
        "region, model_version_id, original_concept_id, original_key, created_at, value, deleted, version) "
        "SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM annotation "
        "WHERE input_id = ? AND concept_id = ? AND annotator_id = ? AND region_key = ? AND task_id IS NULL)",
        values,
    )


def _note(version: ModelVersion, job: Job, inputs: int) -> None:
    """One event a chunk, as for a task that a model annotates."""
    actor = version.model.annotator_id
    made = Step.create(actor=actor, name=f"workflow {version.model.name}", created_at=now())
    Event.create(
        step=made,
        actor=actor,
        kind="note",
        table="job",
        row=job.id,
        after={"workflow": version.model.name, "inputs": inputs},
        created_at=now(),
    )
