"""Viewing: what the screens read of an input beside its suggestions and annotations."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from store import jobs, tasks
from store.tables import (
    Concept,
    ConceptRelation,
    Input,
    Model,
    ModelVersion,
    Predicted,
    Task,
    TaskConcept,
    User,
    Workflow,
    database,
)
from store.values import Side, Status


def look(inputs: Sequence[int]) -> dict[int, Input]:
    """A few inputs by their ids, without those that are no longer in the project."""
    if not inputs:
        return {}
    # As text, like those below.
    marks = ", ".join("?" * len(inputs))
    chosen = Input.raw(f"SELECT * FROM input WHERE id IN ({marks}) AND NOT deleted", *inputs)
    return {row.id: row for row in chosen}


def standing(task: Task, side: Side, user: User, input_id: int) -> Status | None:
    """What this user's assignment of an input has become; None while it is open or where there is none."""
    mine = database.execute_sql(_STANDING, (task.id, side, user.id, input_id)).fetchone()
    return None if mine is None or mine[0] else Status(mine[1])


# As text: these are read at every key press, and peewee takes longer to write them than SQLite to run them.
_NAMES = (
    "SELECT json_group_array(name) FROM (SELECT name FROM concept INDEXED BY concept_joined "
    "WHERE joined = ? ORDER BY name)"
)
_STANDING = (
    "SELECT open, status FROM assignment WHERE task_id = ? AND side = ? AND user_id = ? AND input_id = ?"
)
# Only the last few jobs: what was asked long ago says nothing of now.
_LAST_ASKED = (
    "SELECT state, error FROM (SELECT * FROM job ORDER BY id DESC LIMIT 50) AS last "
    "WHERE kind = 'predict' AND model_version_id = ? AND state IN ('done', 'failed') ORDER BY id DESC LIMIT 1"
)
_ERROR = "SELECT error FROM predicted WHERE input_id = ? AND model_version_id = ?"


def offered(task: Task) -> list[Concept]:
    """The task's concepts, in the order they were given."""
    chosen = Concept.select().join(TaskConcept, on=(TaskConcept.concept == Concept.id))
    return list(chosen.where(TaskConcept.task == task).order_by(TaskConcept.position))


def known_names(task: Task) -> list[str]:
    """Every concept's name: the task's first, then the project's, then those that only models know."""
    # Each as one value, in the order of the index: 20,000 names are there within a key's time.
    joined, others = (
        json.loads(database.execute_sql(_NAMES, (here,)).fetchone()[0]) for here in (True, False)
    )
    return list(dict.fromkeys([*tasks.concept_names(task), *joined, *others]))


def synonyms() -> dict[str, list[str]]:
    """Concept → its synonyms by the relations people made, either way."""
    source, target = Concept.alias(), Concept.alias()
    rows: Any = (
        ConceptRelation.select(source.name, target.name)
        .join(source, on=(ConceptRelation.source == source.id))
        .switch(ConceptRelation)
        .join(target, on=(ConceptRelation.target == target.id))
        .where(ConceptRelation.kind == "synonym", ConceptRelation.deleted == False)
    )
    found: dict[str, list[str]] = {}
    for one, other in rows.tuples():
        found.setdefault(one, []).append(other)
        found.setdefault(other, []).append(one)
    return found


def models_for(kind: str) -> list[str]:
    """The names of the registered models and workflows for this type of task."""
    kept = Workflow.select(Workflow.name).where(Workflow.deleted == False)
    fits = (
        (Model.task == kind)
        & (Model.deleted == False)
        & ((Model.family != "workflow") | Model.name.in_(kept))
    )
    rows: Any = Model.select(Model.name).where(fits).order_by(Model.name)
    return [name for (name,) in rows.tuples()]


def model_name(version: int | None) -> str:
    """The name of a model version's model; "" for none."""
    if version is None:
        return ""
    rows: Any = Model.select(Model.name).join(ModelVersion).where(ModelVersion.id == version)
    return str(rows.scalar() or "")


def prediction_error(version: int, input_id: int) -> str | None:
    """The sentence why a model version could not look at an input."""
    looked = database.execute_sql(_ERROR, (input_id, version)).fetchone()
    return None if looked is None else looked[0]


def asking_failed(version: int | ModelVersion) -> str | None:
    """The sentence why the engine could not do what was asked of a model version last; None where it can."""
    identity = version if isinstance(version, int) else version.id
    asked = database.execute_sql(_LAST_ASKED, (identity,)).fetchone()
    return asked[1] if asked is not None and asked[0] == "failed" else None


def unpredicted(version: int | ModelVersion, inputs: Sequence[int]) -> list[int]:
    """Those of a few inputs that a model version has not looked at, in their order."""
    chosen: Any = Predicted.select(Predicted.input).where(
        Predicted.input.in_(inputs), Predicted.model_version == version
    )
    there = {row[0] for row in chosen.tuples()}
    return [input_id for input_id in inputs if input_id not in there]


def ask(version: int | ModelVersion, inputs: Sequence[int], *, ahead: bool) -> list[int]:
    """Have the engine look at what it has not looked at yet; returns those inputs.

    `ahead`: nobody waits for them yet.
    """
    missing = unpredicted(version, inputs)
    if missing:
        priority = jobs.AHEAD if ahead else jobs.INTERACTIVE
        jobs.enqueue("predict", {"inputs": missing}, priority=priority, model_version=version)
    return missing
