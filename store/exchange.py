"""Exchange: annotations out of the project into a format, and from a format into the project."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from peewee import chunked

from store import database, formats, inputs, users
from store.annotations import listing
from store.concepts import join_named
from store.errors import Refused
from store.formats import Statement
from store.history import Recorder, step
from store.tables import Annotation, Concept, Dataset, Input, Task, User
from store.values import Role, Status, region_columns


@dataclass
class Report:
    """What became of the statements of an imported source."""

    added: int = 0
    here: int = 0
    """Stood in the project already."""
    refused: list[str] = field(default_factory=list)
    """One sentence for each that could not be taken, such as an input that is not in the project."""


def export(
    name: str,
    destination: Path,
    *,
    dataset: Dataset | None = None,
    task: Task | None = None,
    statuses: tuple[Status, ...] = (),
) -> int:
    """Write annotations in the format `name`; returns how many. The file appears whole or not at all."""
    module = formats.load(name, "write")
    lines = listing(task=task, dataset=dataset, statuses=statuses)
    return int(module.write(_with_inputs(lines), destination))


def _with_inputs(lines: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for some in chunked(lines, 500):
        wanted = {line["input"] for line in some}
        rows = {row.id: row for row in Input.select().where(Input.id.in_(list(wanted)))}
        for line in some:
            row = rows[line["input"]]
            yield {**line, "width": row.width, "height": row.height, "sha256": bytes(row.sha256).hex()}


def take_in(actor: User, name: str, source: Path, dataset: str | None = None) -> Report:
    """Read annotations in the format `name` into the project, as one step. For owners and leads.

    An input is known by its content, else by its path; one that is not in the project is added when its
    file lies in or below the source's folder. What a person or model of this project said stays
    theirs, the rest is the actor's. Nothing is said twice. The annotations belong to no task.
    """
    users.require(actor, Role.OWNER, Role.LEAD)
    read = formats.load(name, "read").read
    report = Report()
    # Read twice instead of held in memory.
    _add_inputs(actor, source, read(source), dataset)
    with step(actor, f"import {source.name}") as recorder:
        for statement in read(source):
            try:
                new = _insert(recorder, statement, _input(statement))
            except Refused as error:
                report.refused.append(f"{statement.where}: {error}")
                continue
            report.added += new
            report.here += not new
    return report


def _add_inputs(actor: User, source: Path, statements: Iterable[Statement], dataset: str | None) -> None:
    folder = Path(os.path.realpath(source.parent))
    wanted: dict[Path, None] = {}
    for statement in statements:
        row = _known(statement)
        if row is None:
            path = Path(os.path.realpath(folder / statement.path))
            # Neither `..` nor a link may lead an import to files outside of what is imported.
            if statement.path and path.is_relative_to(folder) and path.is_file():
                wanted[path] = None
        elif dataset is not None:
            wanted[inputs.absolute(row)] = None
    if wanted:
        inputs.add(actor, list(wanted), dataset)


def _known(statement: Statement) -> Input | None:
    live = Input.deleted == False
    row = None
    if statement.sha256 is not None:
        try:
            row = Input.get_or_none(Input.sha256 == bytes.fromhex(statement.sha256), live)
        except ValueError:
            raise Refused(f"{statement.where}: sha256 must be 64 hex digits") from None
    return row or Input.get_or_none(Input.path == statement.path, live)


def _input(statement: Statement) -> Input:
    row = _known(statement)
    if row is None:
        raise Refused(f"the input {statement.path} is not in the project")
    return row


def _insert(recorder: Recorder, statement: Statement, row: Input) -> bool:
    """Whether the statement was new."""
    concept = join_named(recorder, statement.concept)
    annotator = recorder.actor
    if statement.annotator is not None:
        annotator = User.get_or_none(User.name == statement.annotator) or recorder.actor
    kind, packed, key = region_columns(statement.region)
    if _stands(row, concept, annotator, key):
        return False
    recorder.insert(
        Annotation,
        input=row,
        concept=concept,
        value=statement.value,
        status=statement.status,
        score=statement.score,
        region_kind=kind,
        region=packed,
        region_key=key,
        annotator=annotator,
        created_at=database.now(),
    )
    return True


def _stands(row: Input, concept: Concept, annotator: User, region_key: int) -> bool:
    return bool(
        Annotation.select()
        .where(
            Annotation.input == row,
            Annotation.concept == concept,
            Annotation.annotator == annotator,
            Annotation.region_key == region_key,
            Annotation.deleted == False,
        )
        .exists()
    )
