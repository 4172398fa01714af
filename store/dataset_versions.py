"""Dataset versions: frozen copies of a dataset with its annotations; compared and restored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from peewee import chunked, fn

from store import datasets, rights
from store.annotations import listing as lines_of
from store.database import now
from store.errors import NotFound
from store.history import step
from store.tables import Dataset, DatasetVersion, DatasetVersionInput, Input, Task, User
from store.times import iso
from store.values import Role, Status


@dataclass(frozen=True, slots=True)
class Frozen:
    """An input of a version as it was: what an export needs is kept, whatever becomes of the input."""

    input: int
    path: str
    media: str
    width: int
    height: int
    sha256: str
    annotations: list[dict[str, Any]]
    """With the keys of `annotations.listing`, without `input` and `path`."""


def of_task(actor: User, task: Task) -> DatasetVersion:
    """A new version of the task's dataset: its inputs with what is Success in this task, as it is now."""
    return freeze(actor, task.dataset, task)


def freeze(
    actor: User, dataset: Dataset, task: Task | None = None, statuses: Sequence[Status] = (Status.SUCCESS,)
) -> DatasetVersion:
    """A new version of a dataset: its inputs with the annotations of these statuses, of one task or of all.

    It is never taken back: undo is for decisions. For owners and leads.
    """
    rights.require(actor, Role.OWNER, Role.LEAD)
    with step(actor, f"new version of dataset '{dataset.name}'") as recorder:
        last = DatasetVersion.select(fn.MAX(DatasetVersion.number)).where(DatasetVersion.dataset == dataset)
        selection = {"task": task and task.uid, "statuses": [status.name for status in statuses]}
        made = DatasetVersion.create(
            dataset=dataset,
            number=(last.scalar() or 0) + 1,
            creator=actor,
            created_at=now(),
            selection=selection,
        )
        for some in chunked(as_it_is(dataset, selection), 500):
            rows = [{"dataset_version": made, "input": one.input, "annotations": _kept(one)} for one in some]
            DatasetVersionInput.insert_many(rows).execute()
        recorder.note(made, {"number": made.number, **selection})
    return made


def as_it_is(dataset: Dataset, selection: dict[str, Any]) -> Iterator[Frozen]:
    """A dataset's inputs by id as a version with this selection would freeze them now."""
    task = None if selection.get("task") is None else Task.get_or_none(Task.uid == selection["task"])
    statuses = [Status[name] for name in selection.get("statuses", ())]
    lines = lines_of(task=task, dataset=dataset, statuses=statuses)
    groups = groupby(lines, key=lambda line: int(line["input"]))
    ahead = next(groups, None)
    for some in chunked(datasets.inputs(dataset), 500):
        for row in Input.select().where(Input.id.in_(some)).order_by(Input.id):
            while ahead is not None and ahead[0] < row.id:
                ahead = next(groups, None)
            said = [] if ahead is None or ahead[0] != row.id else [_line(line) for line in ahead[1]]
            yield _frozen(row, said)


def _frozen(row: Input, lines: list[dict[str, Any]]) -> Frozen:
    digest = bytes(row.sha256).hex()
    return Frozen(int(row.id), str(row.path), str(row.media), int(row.width), int(row.height), digest, lines)


def _line(line: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in line.items() if key not in ("input", "path")}


def _kept(one: Frozen) -> dict[str, Any]:
    """As the store keeps it, under the input's id."""
    kept = asdict(one)
    del kept["input"]
    return kept


def frozen(version: DatasetVersion) -> Iterator[Frozen]:
    """The inputs of a version by id, page by page: no transaction stays open."""
    last = 0
    while True:
        chosen = DatasetVersionInput.select().where(
            DatasetVersionInput.dataset_version == version, DatasetVersionInput.input > last
        )
        page = list(chosen.order_by(DatasetVersionInput.input).limit(500))
        yield from map(_unpacked, page)
        if len(page) < 500:
            return
        last = page[-1].input_id


def _unpacked(row: DatasetVersionInput) -> Frozen:
    if isinstance(row.annotations, dict):
        return Frozen(input=int(row.input_id), **row.annotations)
    # The first versions kept the annotations alone.
    success = Status.SUCCESS.name
    lines = [{"status": success, "task": None, **line} for line in row.annotations]
    return _frozen(row.input, lines)


def size(version: DatasetVersion) -> int:
    """How many inputs a version has."""
    return int(DatasetVersionInput.select().where(DatasetVersionInput.dataset_version == version).count())


def find(dataset: Dataset, number: int) -> DatasetVersion:
    """The version of this number. Raises NotFound."""
    found = DatasetVersion.get_or_none(DatasetVersion.dataset == dataset, DatasetVersion.number == number)
    if found is None:
        last = DatasetVersion.select(fn.MAX(DatasetVersion.number)).where(DatasetVersion.dataset == dataset)
        newest = last.scalar()
        hint = (
            f"its newest is {newest}" if newest else f"make one with 'winnow dataset version {dataset.name}'"
        )
        raise NotFound(f"the dataset '{dataset.name}' has no version {number}: {hint}")
    return found


def listing(dataset: Dataset) -> list[dict[str, Any]]:
    """The versions of a dataset: number, inputs, statuses, task, creator, created_at."""
    chosen = DatasetVersion.select(DatasetVersion, User).join(User).where(DatasetVersion.dataset == dataset)
    return [
        {
            "number": row.number,
            "inputs": size(row),
            "statuses": row.selection.get("statuses", []),
            "task": Task.select(Task.name).where(Task.uid == row.selection.get("task")).scalar(),
            "creator": row.creator.name,
            "created_at": iso(row.created_at),
        }
        for row in chosen.order_by(DatasetVersion.number)
    ]


def compare(before: Iterator[Frozen], after: Iterator[Frozen]) -> Iterator[dict[str, Any]]:
    """What differs between two states of a dataset, both by input id: change, input, path, concept, region,
    annotator, before, after; the last five are null for a change of an input.

    An annotation is the same by concept, region, annotator and task; it has changed where its value, status
    or score differ. An input that came or went is one line, whatever stood on it.
    """
    for old, new in _side_by_side(before, after):
        about = {name: getattr(new or old, name) for name in ("input", "path")}
        if old is None or new is None:
            yield {"change": "input added" if old is None else "input removed", **about, **_NOTHING}
            continue
        if old.sha256 != new.sha256:
            yield {"change": "input changed", **about, **_NOTHING}
        for change, told in _compare_lines(old.annotations, new.annotations):
            yield {"change": f"annotation {change}", **about, **told}


def _side_by_side(
    before: Iterator[Frozen], after: Iterator[Frozen]
) -> Iterator[tuple[Frozen | None, Frozen | None]]:
    old, new = next(before, None), next(after, None)
    while old is not None or new is not None:
        if new is None or (old is not None and old.input < new.input):
            yield old, None
            old = next(before, None)
        elif old is None or new.input < old.input:
            yield None, new
            new = next(after, None)
        else:
            yield old, new
            old, new = next(before, None), next(after, None)


def _compare_lines(
    old: list[dict[str, Any]], new: list[dict[str, Any]]
) -> Iterator[tuple[str, dict[str, Any]]]:
    was, is_now = ({_identity(line): line for line in lines} for lines in (old, new))
    for key in was | is_now:
        line = is_now.get(key) or was[key]
        before, after = _state(was.get(key)), _state(is_now.get(key))
        if before != after:
            change = "added" if before is None else "removed" if after is None else "changed"
            about = {name: line[name] for name in ("concept", "region", "annotator")}
            yield change, {**about, "before": before, "after": after}


def _state(line: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if line is None else {name: line[name] for name in ("value", "status", "score")}


_NOTHING = dict.fromkeys(("concept", "region", "annotator", "before", "after"))


def _identity(line: dict[str, Any]) -> tuple[Any, ...]:
    return line["concept"], repr(line["region"]), line["annotator"], line["task"]
