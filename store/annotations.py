"""Annotations as scripts and exports read them: dictionaries with the words of the command line."""

from __future__ import annotations

import functools
import operator
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from peewee import SQL, NodeList, fn

from store import sql
from store.errors import NotFound
from store.tables import (
    Annotation,
    AnnotationCount,
    Assignment,
    Concept,
    Dataset,
    DatasetInput,
    Input,
    Task,
    User,
)
from store.times import iso
from store.values import Region, Side, Status

WINDOW = 500
"""Inputs a query looks at: their annotations are sorted in memory."""


def listing(
    task: Task | None = None,
    statuses: Sequence[Status] = (),
    labelers: Sequence[User] = (),
    concepts: Sequence[Concept] = (),
    match_any: bool = False,
    dataset: Dataset | None = None,
    ordinary: bool = False,
) -> Iterator[dict[str, Any]]:
    """The annotations of the inputs that are in the project, by input id, then highest score first.

    Keys: id, input, path, concept, value, status, score, region, annotator, task, created_at. Of each
    filter that is given an annotation must match one value; with `match_any` one of `statuses`,
    `labelers` and `concepts` is enough. `ordinary`: without what was said on gold inputs. Read window by
    window: memory stays flat and no transaction stays open.
    """
    condition = _condition(statuses, labelers, concepts, match_any)
    names = _Names()
    within = dataset.id if dataset is not None else None if task is None else task.dataset_id
    for first, last in windows(within):
        query = _rows().where(Annotation.input.between(first, last), Input.deleted == False)
        if condition is not None:
            query = query.where(condition)
        if ordinary:
            query = query.where(~fn.EXISTS(_GOLD))
        if task is not None:
            query = query.where(_unindexed(Annotation.task) == task.id)
        if dataset is not None:
            members = DatasetInput.select(DatasetInput.input).where(DatasetInput.dataset == dataset)
            query = query.where(Annotation.input.in_(members))
        for row in list(query.tuples()):
            yield _described(names, *row)


_GOLD: Any = Assignment.select(SQL("1")).where(
    Assignment.input == Annotation.input,
    Assignment.task == Annotation.task,
    Assignment.side == Side.LABEL,
    Assignment.user == Annotation.annotator,
    Assignment.gold == True,
)


def _rows() -> Any:
    """The live annotations with what `_described` takes, in the order of `listing`."""
    columns = (
        Annotation.id,
        Annotation.input,
        Input.path,
        Annotation.concept,
        Annotation.value,
        Annotation.status,
        Annotation.score,
        Annotation.region_kind,
        Annotation.region,
        Annotation.annotator,
        Annotation.task,
        Annotation.created_at,
    )
    live = Annotation.select(*columns).join(Input).where(Annotation.deleted == False)
    return live.order_by(Annotation.input, Annotation.score.desc(nulls="LAST"), Annotation.id)


def _condition(
    statuses: Sequence[Status], labelers: Sequence[User], concepts: Sequence[Concept], match_any: bool
) -> Any:
    parts = []
    if statuses:
        parts.append(_unindexed(Annotation.status).in_([int(status) for status in statuses]))
    if labelers:
        parts.append(_unindexed(Annotation.annotator).in_([user.id for user in labelers]))
    if concepts:
        parts.append(_unindexed(Annotation.concept).in_([concept.id for concept in concepts]))
    if not parts:
        return None
    return functools.reduce(operator.or_ if match_any else operator.and_, parts)


def _unindexed(column: Any) -> Any:
    """A column that no index is looked up for (unary plus): the window of inputs leads, or each window
    would walk through the whole task again."""
    return NodeList((SQL("+"), column))


def windows(dataset: int | None) -> Iterator[tuple[int, int]]:
    """Stretches of input ids, first and last, without gaps between them, paced by the inputs of a dataset or
    of all."""
    first = 0
    while True:
        query: Any = Input.select(Input.id).where(Input.id >= first).order_by(Input.id)
        if dataset is not None:
            query = (
                DatasetInput.select(DatasetInput.input)
                .where(DatasetInput.dataset == dataset, DatasetInput.input >= first)
                .order_by(DatasetInput.input)
            )
        following = next(iter(query.limit(1).offset(WINDOW).scalars()), None)
        if following is None:
            yield first, 1 << 62
            return
        yield first, following - 1
        first = following


class _Names:
    """Names by id, each read once."""

    def __init__(self) -> None:
        self.concepts: dict[int, str] = {}
        self.users: dict[int, str] = {}
        self.tasks: dict[int | None, str | None] = {None: None}

    def concept(self, key: int) -> str:
        if key not in self.concepts:
            self.concepts[key] = Concept.get_by_id(key).name
        return self.concepts[key]

    def user(self, key: int) -> str:
        if key not in self.users:
            self.users[key] = User.get_by_id(key).name
        return self.users[key]

    def task(self, key: int | None) -> str | None:
        if key not in self.tasks:
            self.tasks[key] = Task.get_by_id(key).name
        return self.tasks[key]


def _described(
    names: _Names,
    identity: int,
    input_id: int,
    path: str,
    concept: int,
    value: int,
    status: int,
    score: float | None,
    region_kind: int,
    region: bytes,
    annotator: int,
    task: int | None,
    created_at: int,
) -> dict[str, Any]:
    where = Region.unpack(region_kind, region)
    return {
        "id": identity,
        "input": input_id,
        "path": path,
        "concept": names.concept(concept),
        "value": value,
        "status": Status(status).name,
        "score": score,
        "region": None if where is None else where.to_json(),
        "annotator": names.user(annotator),
        "task": names.task(task),
        "created_at": iso(created_at),
    }


def of_input(row: Input, task: Task | None = None) -> list[dict[str, Any]]:
    """What stands on one input, with the keys and in the order of `listing`."""
    chosen = _rows().where(Annotation.input == row)
    if task is not None:
        chosen = chosen.where(Annotation.task == task)
    names = _Names()
    return [_described(names, *values) for values in chosen.tuples()]


def on_input(task: Task | None, input_id: int, annotator: User | None = None) -> list[Annotation]:
    """What stands on an input in a task, with concept and annotator, oldest first."""
    whose = {"task": task, "annotator": annotator}
    given: dict[str, Any] = {name: row for name, row in whose.items() if row is not None}
    linked = ["concept", "annotator", "original_concept"]
    return sql.matching(Annotation, ["id"], linked, input=input_id, **given, deleted=False)


def find(identity: int) -> Annotation:
    """The annotation of this id. Raises NotFound."""
    row = Annotation.get_or_none(Annotation.id == identity, Annotation.deleted == False)
    if row is None:
        raise NotFound(f"there is no annotation {identity}: 'winnow annotation list' shows their ids")
    return row


def counts() -> dict[int, dict[Status, int]]:
    """How many annotations each annotator (id) has, by status.

    Those of tasks come from the counters that triggers keep: counting 10 million takes seconds.
    """
    found: dict[int, dict[Status, int]] = defaultdict(lambda: defaultdict(int))
    for row in AnnotationCount.select().where(AnnotationCount.n > 0):
        found[row.annotator][Status(row.status)] += row.n
    loose: Any = Annotation.select(Annotation.annotator, Annotation.status, fn.COUNT(Annotation.id)).where(
        Annotation.task.is_null(),
        Annotation.deleted == False,
    )
    for annotator, status, n in loose.group_by(Annotation.annotator, Annotation.status).tuples():
        found[annotator][Status(status)] += n
    return found
