"""Annotators: who says that an input shows a concept, people and models alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from store import concepts
from store.annotations import on_input
from store.tables import (
    Annotation,
    Concept,
    Model,
    ModelVersion,
    Predicted,
    Prediction,
    Task,
    User,
    database,
)
from store.values import Region, Role, Status, region_columns


@dataclass(frozen=True, slots=True)
class Annotator:
    """One who says it, or says that it is not so."""

    name: str
    is_model: bool
    value: int
    score: float | None
    """What the model gave it; of a person's annotation, of the suggestion that it was."""
    at: int
    """When, in milliseconds since 1970."""
    status: Status | None
    """None of a prediction, which is no annotation."""


def of(
    task: Task, input_id: int, concept: str, region: Region | None, only: User | None = None
) -> list[Annotator]:
    """Everybody who says something of this concept and region on an input, people first.

    `only`: of the people's and models' annotations this user's alone, for whom the others' are none of
    their business; what models predict is never left out.
    """
    key = region_columns(region)[2]
    names = _names(concept)
    people = [
        _annotator(row)
        for row in on_input(task, input_id, annotator=only)
        if row.concept.name in names and key in (row.region_key, row.original_key or 0)
    ]
    annotating = {annotator.name for annotator in people}
    models = [
        Annotator(
            row.model_version.model.name,
            True,
            1,
            row.score,
            _looked_at(input_id, row.model_version),
            None,
        )
        for row in _predictions(input_id, region_kind=region_columns(region)[0])
        if row.concept.name in names
        and region_columns(Region.unpack(row.region_kind, row.region))[2] == key
        and row.model_version.model.name not in annotating
    ]
    return [*people, *models]


def models_that_say(input_id: int, least: float = 0.0, most: float = 1.0) -> dict[str, set[str]]:
    """Concept, by the name that people use → the models that say it of the whole input.

    Only scores from `least` to `most` count.
    """
    said: dict[str, set[str]] = defaultdict(set)
    rows = database.execute_sql(_MODELS_THAT_SAY, (input_id, least, most)).fetchall()
    used: dict[int, int] = concepts.renames() if rows else {}
    for concept, name, model in rows:
        here = used.get(concept)
        said[name if here is None else Concept.get_by_id(here).name].add(model)
    return said


# As text: it is read at every key press.
_MODELS_THAT_SAY = (
    "SELECT p.concept_id, c.name, m.name FROM prediction p JOIN concept c ON c.id = p.concept_id "
    "JOIN model_version v ON v.id = p.model_version_id JOIN model m ON m.id = v.model_id "
    "WHERE p.input_id = ? AND p.region_kind = 0 AND p.score BETWEEN ? AND ?"
)


def _predictions(input_id: int, region_kind: int) -> Sequence[Prediction]:
    joined = Prediction.select(Prediction, Concept, ModelVersion, Model).join(Concept)
    joined = joined.switch(Prediction).join(ModelVersion).join(Model)
    chosen = joined.where(Prediction.input == input_id, Prediction.region_kind == region_kind)
    return list(chosen.order_by(Prediction.score.desc()))


def _names(concept: str) -> set[str]:
    """The concept and what models call it where people renamed it."""
    row = Concept.get_or_none(Concept.name == concept)
    sources: Iterable[int] = () if row is None else (s for s, t in concepts.renames().items() if t == row.id)
    known: Any = Concept.select(Concept.name).where(Concept.id.in_(list(sources)))
    return {concept, *(name for (name,) in known.tuples())}


def _annotator(row: Annotation) -> Annotator:
    is_model = row.annotator.role == Role.MODEL.value
    return Annotator(row.annotator.name, is_model, row.value, row.score, row.created_at, Status(row.status))


def _looked_at(input_id: int, version: ModelVersion) -> int:
    looked = Predicted.get_or_none(Predicted.input == input_id, Predicted.model_version == version)
    return 0 if looked is None else int(looked.created_at)
