"""Predictions: what models said, kept per input and model version, and routed into annotations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from store import assignments, jobs
from store.concepts import renames
from store.database import now, write
from store.ranking import Voice, rank
from store.routing import Thresholds, route
from store.tables import (
    Assignment,
    Event,
    Job,
    Model,
    ModelVersion,
    Predicted,
    Prediction,
    Step,
    Task,
    database,
)
from store.values import Region, Side, Status, region_columns


@dataclass(frozen=True, slots=True)
class Said:
    """One thing a model says of an input: a concept's id, the score as the model gave it, where."""

    concept: int
    score: float
    region: Region | None = None


Answer = Sequence[Said] | str
"""What a model says of an input, highest score first; or the sentence why it could not look."""


def keep(
    version: ModelVersion, answers: Mapping[int, Answer], kept_from: float | Mapping[int, float]
) -> None:
    """Replace what is known of these inputs. `kept_from`: every score from it up is among the answers,
    of all inputs or by input."""
    marks, rows = [], []
    for input_id, answer in answers.items():
        failed = isinstance(answer, str)
        lowest = kept_from if isinstance(kept_from, float) else kept_from.get(input_id, 1.0)
        marks.append((input_id, version.id, lowest, answer if failed else None, now()))
        for place, said in enumerate(() if isinstance(answer, str) else answer):
            kind, packed, _ = region_columns(said.region)
            rows.append((input_id, version.id, place, said.concept, said.score, kind, packed))
    with write():
        connection = database.connection()
        connection.executemany(
            "DELETE FROM prediction WHERE input_id = ? AND model_version_id = ?", [mark[:2] for mark in marks]
        )
        connection.executemany(
            "INSERT INTO predicted (input_id, model_version_id, kept_from, error, created_at) "
            "VALUES (?, ?, ?, ?, ?) ON CONFLICT (input_id, model_version_id) DO UPDATE SET "
            "kept_from = excluded.kept_from, error = excluded.error, created_at = excluded.created_at",
            marks,
        )
        connection.executemany(
            "INSERT INTO prediction "
            "(input_id, model_version_id, rank, concept_id, score, region_kind, region) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            rows,
        )


def known(version: ModelVersion, inputs: Sequence[int], kept_from: float) -> dict[int, list[Said]]:
    """What is stored of those inputs of which every score from `kept_from` up was kept."""
    looked = Predicted.select(Predicted.input).where(
        Predicted.input.in_(inputs),
        Predicted.model_version == version,
        Predicted.kept_from <= kept_from,
        Predicted.error.is_null(),
    )
    answers: dict[int, list[Said]] = {input_id: [] for input_id in looked.scalars()}
    stored = Prediction.select().where(
        Prediction.input.in_(list(answers)), Prediction.model_version == version
    )
    for row in stored.order_by(Prediction.input, Prediction.rank):
        region = Region.unpack(row.region_kind, row.region)
        answers[row.input_id].append(Said(row.concept_id, row.score, region))
    return answers


def waiting_inputs(task: Task, annotator: int, first: int, last: int) -> list[int]:
    """The inputs of a chunk that the task's model has not been through yet."""
    chosen = Assignment.select(Assignment.input).where(
        Assignment.task == task,
        Assignment.side == Side.LABEL,
        Assignment.user == annotator,
        Assignment.input.between(first, last),
        Assignment.status == Status.PENDING,
    )
    return list(chosen.order_by(Assignment.input).scalars())


@dataclass(frozen=True)
class Router:
    """All that routing a task's predictions needs, read once a task."""

    task: Task
    annotator: int
    thresholds: Mapping[int, Thresholds]
    """By concept id; only the task's concepts are written."""
    renamed: Mapping[int, int]
    """The concept that people use for what the model says."""

    @classmethod
    def of(cls, task: Task, thresholds: Mapping[int, Thresholds]) -> Router:
        """The router of an auto-annotated task."""
        model = Model.select(Model.annotator).join(ModelVersion).where(ModelVersion.id == task.auto_id).get()
        return cls(task, int(model.annotator_id), thresholds, renames())

    def route(self, said: Said) -> tuple[int, Status] | None:
        """The concept and status that a prediction earns; None when it is dropped."""
        concept = said.concept
        if concept not in self.thresholds:
            concept = self.renamed.get(concept, concept)
        bounds = self.thresholds.get(concept)
        status = None if bounds is None else route(said.score, bounds)
        return None if status is None else (concept, status)


def write_chunk(router: Router, job: Job, owner: str, answers: Mapping[int, Answer]) -> None:
    """One transaction: annotations, what the assignments become, whom the doubtful go to, the job's end.

    `answers` holds the chunk's inputs. Raises Conflict when the job's lease is lost; then nothing is
    written.
    """
    task = router.task
    routed: dict[int, list[tuple[int, Status, Said]]] = defaultdict(list)
    for input_id, answer in answers.items():
        for said in () if isinstance(answer, str) else answer:
            earned = router.route(said)
            if earned is not None:
                routed[input_id].append((*earned, said))
    doubtful = [
        input_id
        for input_id in answers
        if any(status is Status.AWAITING_REVIEW for _, status, _ in routed[input_id])
    ]
    with write():
        dealt = assignments.choose_reviewers(task, [(i, {router.annotator}) for i in doubtful])
        reviewer = None if task.stacked else dict(dealt)
        insert_annotations(router, routed, reviewer or {})
        _insert_reviews(router, dealt, routed)
        _settle(router, answers, set(doubtful))
        pass_on(router, [i for i, answer in answers.items() if not isinstance(answer, str) and not routed[i]])
        _note(router, job, sum(map(len, routed.values())), len(answers))
        jobs.finish(job, owner)


def insert_annotations(
    router: Router, routed: Mapping[int, Sequence[tuple[int, Status, Said]]], reviewer: Mapping[int, int]
) -> None:
    """Write what the model says, by input; `reviewer` gets the doubtful. What is there already stays."""
    rows = []
    for input_id, statements in routed.items():
        for concept, status, said in statements:
            kind, packed, key = region_columns(said.region)
            rows.append(
                (
                    input_id,
                    concept,
                    status,
                    said.score,
                    kind,
                    packed,
                    key,
                    router.annotator,
                    router.task.auto_id,
                    said.concept,
                    key,
                    router.task.id,
                    reviewer.get(input_id) if status is Status.AWAITING_REVIEW else None,
                    now(),
                )
            )
    database.connection().executemany(
        "INSERT INTO annotation (input_id, concept_id, status, score, region_kind, region, region_key, "
        "annotator_id, model_version_id, original_concept_id, original_key, task_id, reviewer_id, "
        "created_at, value, deleted, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 0, 0) "
        "ON CONFLICT DO NOTHING",
        rows,
    )


def _insert_reviews(
    router: Router,
    dealt: Sequence[tuple[int, int]],
    routed: Mapping[int, Sequence[tuple[int, Status, Said]]],
) -> None:
    waiting = Status.AWAITING_REVIEW
    rows = []
    for input_id, user in dealt:
        said = [Voice(router.annotator, concept, None, one.score) for concept, _, one in routed[input_id]]
        ranks = rank(said, (), router.thresholds)
        rows.append(
            (router.task.id, Side.REVIEW, user, input_id, waiting, now(), ranks.score, ranks.uncertainty)
        )
    database.connection().executemany(
        "INSERT INTO assignment (task_id, side, user_id, input_id, status, open, changed_at, version, "
        "score, uncertainty) VALUES (?, ?, ?, ?, ?, 1, ?, 0, ?, ?) ON CONFLICT DO NOTHING",
        rows,
    )


def _settle(router: Router, answers: Mapping[int, Answer], doubtful: set[int]) -> None:
    rows = []
    for input_id, answer in answers.items():
        failed = answer if isinstance(answer, str) else None
        status = Status.AWAITING_REVIEW if input_id in doubtful else Status.SUCCESS
        if failed is not None:
            status = Status.PENDING
        rows.append((status, failed is not None, failed, now(), router.task.id, router.annotator, input_id))
    database.connection().executemany(
        "UPDATE assignment SET status = ?, open = ?, error = ?, changed_at = ? "
        "WHERE task_id = ? AND side = 'label' AND user_id = ? AND input_id = ?",
        rows,
    )


def pass_on(router: Router, empty: Sequence[int]) -> None:
    """Inputs on which the model found nothing go to the task's labelers, dealt out evenly."""
    people = [
        member.user_id
        for member in assignments.members(router.task, Side.LABEL)
        if member.user_id != router.annotator
    ]
    if not people:
        return
    load = dict.fromkeys(people, 0) | assignments.loads(router.task, Side.LABEL)
    rows = []
    for input_id in empty:
        chosen = min(people, key=lambda user: (load[user], people.index(user)))
        load[chosen] += 1
        rows.append((router.task.id, Side.LABEL, chosen, input_id, Status.PENDING, now()))
    database.connection().executemany(
        "INSERT INTO assignment (task_id, side, user_id, input_id, status, open, changed_at, version) "
        "VALUES (?, ?, ?, ?, ?, 1, ?, 0) ON CONFLICT DO NOTHING",
        rows,
    )


def _note(router: Router, job: Job, annotations: int, inputs: int) -> None:
    """One event a chunk: each of its annotations carries its own annotator, model version and time."""
    made = Step.create(actor=router.annotator, name="annotate", created_at=now())
    Event.create(
        step=made,
        actor=router.annotator,
        kind="note",
        table="job",
        row=job.id,
        after={"task": router.task.id, "inputs": inputs, "annotations": annotations, **job.payload},
        created_at=now(),
    )
