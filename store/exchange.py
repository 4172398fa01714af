"""Exchange: annotations out of the project into a format, and from a format into the project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from peewee import chunked

from store import adding, database, dataset_versions, datasets, formats, inputs, rights
from store.annotations import listing, windows
from store.errors import Refused
from store.foreign_inputs import ForeignInputs
from store.formats import Page, Part, Skipped, Statement, Written
from store.long_steps import LongStep
from store.standing import Standing
from store.tables import (
    Annotation,
    Assignment,
    Dataset,
    DatasetInput,
    DatasetVersion,
    Input,
    Task,
    User,
)
from store.values import Role, Side, Status

CHUNK = 200
"""Statements a transaction: others write in between."""
MOST_SENTENCES = 20
"""Of those about what could not be taken; the rest is counted."""


@dataclass
class Report:
    """What became of the statements of an imported source."""

    added: int = 0
    here: int = 0
    """Stood in the project already."""
    refused: int = 0
    """Could not be taken, such as those on an input that is not in the project."""
    sentences: list[str] = field(default_factory=list)
    """Why, for the first of them."""
    remarks: Counter[str] = field(default_factory=Counter)
    """What was taken, but not as it was."""
    inputs: adding.Report = field(default_factory=adding.Report)

    def refuse(self, sentence: str) -> None:
        """Count one that could not be taken."""
        self.refused += 1
        if len(self.sentences) < MOST_SENTENCES:
            self.sentences.append(sentence)


@dataclass(frozen=True)
class Selection:
    """What is to be written; of everything that is given an annotation must match one."""

    dataset: Dataset | None = None
    task: Task | None = None
    statuses: tuple[Status, ...] = ()
    version: DatasetVersion | None = None
    """As the dataset was then; the rest still chooses among that."""
    ordinary: bool = True
    """Without what was said on gold inputs."""
    every_input: bool = False
    """Also inputs that nobody has been through: where a format holds inputs without annotations, they stand
    there like those where nothing is to be seen."""


def export(
    name: str,
    destination: Path,
    selection: Selection = Selection(),
    *,
    pictures: bool = True,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Written:
    """Write annotations in the format `name`; the file or folder appears whole or not at all.

    Formats that take the pictures along do, if `pictures`. Where a format holds inputs without annotations,
    those are written whose labeling is done, or all.
    """
    module = formats.load(name, "write")
    lost: Counter[str] = Counter()
    chosen = _frozen_pages(selection) if selection.version else _pages(selection, Part.EMPTY in module.HOLDS)
    pages = _told(chosen, _count(selection), on_progress)
    wanted = pages if pictures else (replace(page, file=None) for page in pages)
    fitted = formats.fit(wanted, module.HOLDS, lost, any_status=bool(selection.statuses))
    written: Written = module.write(fitted, destination)
    written.lost = lost + written.lost
    return written


def _told(pages: Iterator[Page], total: int, on_progress: Callable[[int, int], None]) -> Iterator[Page]:
    for done, page in enumerate(pages, 1):
        yield page
        on_progress(min(done, total), total)


def _count(selection: Selection) -> int:
    if selection.version is not None:
        return dataset_versions.size(selection.version)
    within = _within(selection)
    return database.count(Input) if within is None else datasets.size(within)


def _within(selection: Selection) -> int | None:
    if selection.dataset is not None:
        return int(selection.dataset.id)
    return None if selection.task is None else int(selection.task.dataset_id)


def _pages(selection: Selection, with_empty: bool) -> Iterator[Page]:
    """Inputs by id with their annotations; two streams, so that memory stays flat."""
    lines = listing(
        task=selection.task,
        dataset=selection.dataset,
        statuses=selection.statuses,
        ordinary=selection.ordinary,
    )
    groups = groupby(lines, key=lambda line: int(line["input"]))
    ahead = next(groups, None)
    for first, last in windows(_within(selection)):
        rows = _rows(_within(selection), first, last)
        said: dict[int, list[dict[str, Any]]] = {}
        while ahead is not None and ahead[0] <= last:
            said[ahead[0]] = list(ahead[1])
            ahead = next(groups, None)
        bare = [int(row.id) for row in rows if row.id not in said]
        empty = set(bare) & _looked_through(selection, bare) if with_empty and bare else set()
        for row in rows:
            if row.id in said or row.id in empty:
                yield _page(row, said.get(row.id, []))


def _rows(dataset: int | None, first: int, last: int) -> list[Input]:
    chosen: Any = Input.select().where(Input.id.between(first, last), Input.deleted == False)
    if dataset is not None:
        members = DatasetInput.select(DatasetInput.input).where(
            DatasetInput.dataset == dataset, DatasetInput.input.between(first, last)
        )
        chosen = chosen.where(Input.id.in_(members))
    return list(chosen.order_by(Input.id))


def _looked_through(selection: Selection, ids: list[int]) -> set[int]:
    """Those of the inputs on which nothing stands and, unless every one is wanted, somebody's labeling is
    done."""
    standing: Any = Annotation.select(Annotation.input).where(
        Annotation.input.in_(ids), Annotation.deleted == False
    )
    done: Any = Assignment.select(Assignment.input).where(
        Assignment.input.in_(ids), Assignment.side == Side.LABEL, Assignment.status == Status.SUCCESS
    )
    if selection.task is not None:
        standing = standing.where(Annotation.task == selection.task)
        done = done.where(Assignment.task == selection.task)
    looked = set(ids) if selection.every_input else {key for (key,) in done.tuples()}
    return looked - {key for (key,) in standing.tuples()}


def _page(row: Input, lines: list[dict[str, Any]]) -> Page:
    return Page(
        int(row.id),
        str(row.path),
        str(row.media),
        int(row.width),
        int(row.height),
        bytes(row.sha256).hex(),
        lines,
        inputs.absolute(row),
    )


def _frozen_pages(selection: Selection) -> Iterator[Page]:
    assert selection.version is not None
    wanted = {status.name for status in selection.statuses}
    task = None if selection.task is None else selection.task.name
    for frozen in dataset_versions.frozen(selection.version):
        lines = [
            {**line, "input": frozen.input, "path": frozen.path}
            for line in frozen.annotations
            if (not wanted or line["status"] in wanted) and task in (None, line["task"])
        ]
        if lines or not frozen.annotations:
            about = (frozen.input, frozen.path, frozen.media, frozen.width, frozen.height, frozen.sha256)
            yield Page(*about, lines, database.root() / frozen.path)


def take_in(
    actor: User,
    name: str,
    source: Path,
    dataset: str | None = None,
    *,
    pictures: Path | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Read annotations in the format `name` into the project, as one step; the inputs that had to be
    added are another. For owners and leads.

    An input is known by its content, else by its place beside the source (or in the folder `pictures`), where
    it is added if the project does not have it, else by its path, else by its name if only one has it.
    What a person or model of this project said stays theirs, the rest is the actor's. Nothing is said twice.
    The annotations belong to no task.
    """
    rights.require(actor, Role.OWNER, Role.LEAD)
    read = formats.load(name, "read").read
    foreign = ForeignInputs(pictures or (source if source.is_dir() else source.parent))
    # Read twice instead of held in memory.
    report = Report(inputs=foreign.add(actor, read(source, foreign.sizes)))
    importing = LongStep(actor, f"import {source.name}")
    done = 0
    for some in chunked(read(source, foreign.sizes), CHUNK):
        with importing.part() as recorder:
            standing = Standing(recorder, dataset)
            for statement in some:
                _take(standing, foreign, statement, report)
        done += len(some)
        on_progress(done, 0)
    return report


def _take(standing: Standing, foreign: ForeignInputs, statement: Statement | Skipped, report: Report) -> None:
    if isinstance(statement, Skipped):
        report.refuse(f"{statement.where}: {statement.sentence}")
        return
    try:
        found = foreign.find(statement)
        if found is None:
            raise Refused(f"the input {statement.path} is not in the project")
        standing.go_to(found)
        new = standing.say(statement)
    except Refused as error:
        report.refuse(f"{statement.where}: {error}")
        return
    report.added += bool(new)
    report.here += new is False
    if statement.remark and new:
        report.remarks[statement.remark] += 1
