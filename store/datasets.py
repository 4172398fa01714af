"""Datasets: named sets of inputs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any

from peewee import JOIN, chunked, fn

from store import rights
from store.database import now, write
from store.errors import Refused
from store.history import Recorder, step
from store.names import clean, not_found
from store.tables import Dataset, DatasetInput, Input, User, database
from store.times import iso
from store.values import Role

ADDED_AT_ONCE = 10_000
"""Inputs that go into a dataset in one transaction."""


def add(actor: User, name: str, inputs: Iterable[int] = (), *, everything: bool = False) -> Dataset:
    """A new dataset of these inputs (ids), or of all. For owners and leads; raises Refused when the name
    is taken."""
    rights.require(actor, Role.OWNER, Role.LEAD)
    with step(actor, f"create dataset {name}") as recorder:
        made = create(recorder, name)
        if everything:
            add_all(made)
        add_inputs(recorder, made, inputs)
        return made


def create(recorder: Recorder, name: str) -> Dataset:
    """A new, empty dataset within a step. Raises Refused when the name is taken."""
    name = clean(name, "a dataset's name")
    there = Dataset.get_or_none(Dataset.name == name)
    if there is not None and not there.deleted:
        raise Refused(f"there is a dataset '{name}' already: take another name")
    if there is not None:
        # A deleted one keeps its inputs for undo, and gives up its name.
        recorder.update(there, name=f"{name} (deleted {there.id})")
    return recorder.insert(Dataset, name=name, created_at=now())


def find_or_create(recorder: Recorder, name: str) -> Dataset:
    """The dataset of this name, made within a step where there is none."""
    name = clean(name, "a dataset's name")
    return Dataset.get_or_none(Dataset.name == name, Dataset.deleted == False) or create(recorder, name)


def free_name(name: str) -> str:
    """`name`, or the first of `name 2`, `name 3`… that no dataset has."""
    live = Dataset.deleted == False
    taken = set(Dataset.select(Dataset.name).where(live, Dataset.name.startswith(name)).scalars())
    candidates = (name if number == 1 else f"{name} {number}" for number in count(1))
    return next(candidate for candidate in candidates if candidate not in taken)


def add_all(dataset: Dataset) -> int:
    """Put every input of the project into a dataset that is new; returns how many it has.

    No event for each input: undoing the step that made it takes the dataset away as a whole. Outside a step
    it is done in parts, so that others can write in between.
    """
    last = int(Input.select(fn.MAX(Input.id)).scalar() or 0)
    for first in range(1, last + 1, ADDED_AT_ONCE):
        with write():
            database.execute_sql(
                "INSERT INTO dataset_input (dataset_id, input_id) SELECT ?, id FROM input WHERE id BETWEEN ? "
                "AND ? AND deleted = 0 ON CONFLICT DO NOTHING",
                (dataset.id, first, first + ADDED_AT_ONCE - 1),
            )
    return size(dataset.id)


def size(dataset_id: int) -> int:
    """How many inputs a dataset has."""
    return int(DatasetInput.select().where(DatasetInput.dataset == dataset_id).count())


def add_inputs(recorder: Recorder, dataset: Dataset, inputs: Iterable[int]) -> int:
    """Put inputs (ids) into a dataset; returns how many were not in it."""
    added = 0
    for some in chunked(dict.fromkeys(inputs), 500):
        members = DatasetInput.select(DatasetInput.input).where(
            DatasetInput.dataset == dataset, DatasetInput.input.in_(some)
        )
        there = set(members.scalars())
        for input_id in some:
            if input_id not in there:
                recorder.insert(DatasetInput, dataset=dataset, input=input_id)
                added += 1
    return added


def find(name: str) -> Dataset:
    """The dataset of this name. Raises NotFound with the close ones."""
    live = Dataset.deleted == False
    dataset = Dataset.get_or_none((Dataset.name == clean(name, "a dataset's name")) & live)
    if dataset is None:
        known = list(Dataset.select(Dataset.name).where(live).scalars())
        raise not_found("dataset", name, known, "see 'winnow dataset list'")
    return dataset


def inputs(dataset: Dataset) -> Iterator[int]:
    """The ids of a dataset's inputs that are still in the project, in order."""
    chosen = (
        DatasetInput.select(DatasetInput.input)
        .join(Input)
        .where(DatasetInput.dataset == dataset, Input.deleted == False)
        .order_by(DatasetInput.input)
    )
    for (input_id,) in chosen.tuples().iterator():
        yield input_id


def listing() -> list[dict[str, Any]]:
    """The datasets by name: id, name, inputs (how many), created_at."""
    counted = fn.COUNT(DatasetInput.input)
    chosen = (
        Dataset.select(Dataset, counted.alias("inputs"))
        .join(DatasetInput, JOIN.LEFT_OUTER, on=(DatasetInput.dataset == Dataset.id))
        .where(Dataset.deleted == False)
        .group_by(Dataset.id)
        .order_by(Dataset.name)
    )
    return [
        {"id": row.id, "name": row.name, "inputs": row.inputs, "created_at": iso(row.created_at)}
        for row in chosen
    ]
