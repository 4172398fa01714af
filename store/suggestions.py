"""Suggestions: what a model says of an input and a person has not decided on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from store import concepts
from store.annotations import on_input
from store.tables import Annotation, Concept, ModelVersion, Task, User, database
from store.values import Region, region_columns


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A prediction shown to a person who has not decided on it."""

    concept: str
    """The name to use: people's where they renamed the model's."""
    original: str
    """The model's own name."""
    concept_id: int
    original_id: int
    score: float
    region: Region | None
    region_key: int
    model: str
    model_version: int


def of(
    task: Task,
    input_id: int,
    actor: User,
    version: ModelVersion | None = None,
    stands: Iterable[Annotation] | None = None,
) -> list[Suggestion] | None:
    """What the model says of the input and `actor` has not decided on, highest score first.

    `version` is the task's assisting (or annotating) model unless given; `stands` what `on_input` says for
    this actor, for callers who have it. Of a task with concepts only those. None while the model has not
    looked at the input yet.
    """
    model_version = version.id if version is not None else task.assist_id or task.auto_id
    if model_version is None:
        return []
    stored = _stored(input_id, model_version)
    if not stored and not _looked(input_id, model_version):
        return None
    renamed = concepts.renames()
    wanted = {row[0] for row in database.execute_sql(_TASK_CONCEPTS, (task.id,)).fetchall()}
    if stands is None:
        stands = on_input(task, input_id, annotator=actor if task.auto_id is None else None)
    decided = _decided(stands)
    found = []
    for said, original, score, kind, packed, model in stored:
        concept = said if said in wanted else renamed.get(said, said)
        if wanted and concept not in wanted:
            continue
        region = Region.unpack(kind, packed)
        key = region_columns(region)[2]
        if (concept, key) in decided or (said, key) in decided:
            continue
        name = original if concept == said else Concept.get_by_id(concept).name
        found.append(Suggestion(name, original, concept, said, score, region, key, model, model_version))
    return found


# As text: it is read at every key press, and peewee takes longer to write it than SQLite to run it.
_TASK_CONCEPTS = "SELECT concept_id FROM task_concept WHERE task_id = ?"
_LOOKED = "SELECT 1 FROM predicted WHERE input_id = ? AND model_version_id = ?"
_STORED = (
    "SELECT p.concept_id, c.name, p.score, p.region_kind, p.region, m.name FROM prediction p "
    "JOIN concept c ON c.id = p.concept_id JOIN model_version v ON v.id = p.model_version_id "
    "JOIN model m ON m.id = v.model_id WHERE p.input_id = ? AND p.model_version_id = ? "
    "ORDER BY p.score DESC, p.rank"
)


def _stored(input_id: int, model_version: int) -> list[tuple[int, str, float, int, bytes, str]]:
    """Concept id and name, score, region kind and region, model of each prediction."""
    rows: list[tuple[int, str, float, int, bytes, str]]
    rows = database.execute_sql(_STORED, (input_id, model_version)).fetchall()
    return rows


def _looked(input_id: int, model_version: int) -> bool:
    return database.execute_sql(_LOOKED, (input_id, model_version)).fetchone() is not None


def _decided(stands: Iterable[Annotation]) -> set[tuple[int, int]]:
    """(concept, region key) of everything that stands, as it is seen now or as the model said it."""
    decided = set()
    for row in stands:
        decided.add((row.concept_id, row.region_key))
        if row.original_concept_id is not None:
            decided.add((row.original_concept_id, row.original_key or 0))
    return decided
