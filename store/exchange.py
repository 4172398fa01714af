"""Exchange: annotations out of the project into a format, and from a format into the project."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from peewee import chunked

from store import adding, database, formats, inputs, rights, sql
from store.annotations import listing
from store.concepts import join_named
from store.errors import Refused
from store.formats import Statement
from store.history import Recorder
from store.long_steps import LongStep
from store.tables import Annotation, Concept, Dataset, Input, Task, User
from store.tables import database as opened
from store.values import Role, Status, region_columns

CHUNK = 200
"""Statements a transaction: others write in between."""


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
    ordinary: bool = True,
) -> int:
    """Write annotations in the format `name`, those on gold inputs only if not `ordinary`; returns how many.

    The file appears whole or not at all.
    """
    module = formats.load(name, "write")
    lines = listing(task=task, dataset=dataset, statuses=statuses, ordinary=ordinary)
    return int(module.write(_with_inputs(lines), destination))


def _with_inputs(lines: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for some in chunked(lines, 500):
        wanted = {line["input"] for line in some}
        rows = {row.id: row for row in Input.select().where(Input.id.in_(list(wanted)))}
        for line in some:
            row = rows[line["input"]]
            yield {**line, "width": row.width, "height": row.height, "sha256": bytes(row.sha256).hex()}


def take_in(actor: User, name: str, source: Path, dataset: str | None = None) -> Report:
    """Read annotations in the format `name` into the project, as one step; the inputs that had to be
    added are another. For owners and leads.

    An input is known by its content, else by its path; one that is not in the project is added when its
    file lies in or below the source's folder. What a person or model of this project said stays
    theirs, the rest is the actor's. Nothing is said twice. The annotations belong to no task.
    """
    rights.require(actor, Role.OWNER, Role.LEAD)
    read = formats.load(name, "read").read
    report = Report()
    # Read twice instead of held in memory.
    _add_inputs(actor, source, read(source), dataset)
    importing = LongStep(actor, f"import {source.name}")
    for some in chunked(read(source), CHUNK):
        with importing.part() as recorder:
            known = _Known(recorder)
            for statement in some:
                try:
                    new = known.insert(statement)
                except Refused as error:
                    report.refused.append(f"{statement.where}: {error}")
                    continue
                report.added += new
                report.here += not new
    return report


def _add_inputs(actor: User, source: Path, statements: Iterable[Statement], dataset: str | None) -> None:
    folder = Path(os.path.realpath(source.parent))
    wanted: dict[Path, None] = {}
    before: tuple[str | None, str] | None = None
    for statement in statements:
        if before == (before := (statement.sha256, statement.path)):
            continue
        row = _known(statement)
        if row is None:
            path = Path(os.path.realpath(folder / statement.path))
            # Neither `..` nor a link may lead an import to files outside of what is imported.
            if statement.path and path.is_relative_to(folder) and path.is_file():
                wanted[path] = None
        elif dataset is not None:
            wanted[inputs.absolute(row)] = None
    if wanted:
        adding.add(actor, list(wanted), dataset)


def _known(statement: Statement) -> Input | None:
    row = None
    if statement.sha256 is not None:
        try:
            row = sql.find(Input, sha256=bytes.fromhex(statement.sha256), deleted=False)
        except ValueError:
            raise Refused(f"{statement.where}: sha256 must be 64 hex digits") from None
    return row or sql.find(Input, path=statement.path, deleted=False)


class _Known:
    """What the project knows, remembered while statements come: those on one input come together."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.concepts: dict[str, Concept] = {}
        self.users: dict[str, User] = {}
        self.named: tuple[str | None, str] | None = None
        self.input_id = 0
        self.standing: set[tuple[int, int, int]] = set()
        """(concept, annotator, region key) of all that stands on that input."""

    def insert(self, statement: Statement) -> bool:
        """Add what is stated; returns whether it was new. Raises Refused for an unknown input."""
        self._go_to(statement)
        concept, annotator = self._concept(statement.concept), self._annotator(statement.annotator)
        kind, packed, key = region_columns(statement.region)
        identity = (int(concept.id), int(annotator.id), key)
        if identity in self.standing:
            return False
        self.recorder.insert(
            Annotation,
            input=self.input_id,
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
        self.standing.add(identity)
        return True

    def _go_to(self, statement: Statement) -> None:
        named = (statement.sha256, statement.path)
        if named == self.named:
            return
        row = _known(statement)
        if row is None:
            raise Refused(f"the input {statement.path} is not in the project")
        self.named, self.input_id = named, int(row.id)
        said = opened.execute_sql(
            "SELECT concept_id, annotator_id, region_key FROM annotation WHERE input_id = ? AND deleted = 0",
            (row.id,),
        )
        self.standing = set(said.fetchall())

    def _concept(self, name: str) -> Concept:
        if name not in self.concepts:
            self.concepts[name] = join_named(self.recorder, name)
        return self.concepts[name]

    def _annotator(self, name: str | None) -> User:
        name = name or str(self.recorder.actor.name)
        if name not in self.users:
            self.users[name] = User.get_or_none(User.name == name) or self.recorder.actor
        return self.users[name]
