"""Inputs: where they lie, found by what people call them, listed, and deleted."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from peewee import chunked

from store import database, rights
from store.errors import NotFound, Refused
from store.history import step
from store.tables import Annotation, Assignment, Dataset, DatasetInput, Input, User
from store.times import iso
from store.values import Role

AT_ONCE = 500
"""Inputs in one query."""


def stored(path: Path) -> str:
    """An absolute path as the store keeps it: relative where it lies in the project's folder."""
    root = database.root()
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def absolute(row: Input) -> Path:
    """Where an input lies on this machine."""
    return database.root() / str(row.path)


def find(token: str) -> Input:
    """An input by its id, its path from here or from the project's folder, or a file name that only one
    input has. Raises NotFound for none, Refused for several."""
    live = Input.deleted == False
    if token.isascii() and token.isdigit():
        row = Input.get_or_none(Input.id == int(token[:18]), live)
        if row is not None:
            return row
    for path in (stored(Path(os.path.realpath(token))), token):
        row = Input.get_or_none(Input.path == path, live)
        if row is not None:
            return row
    ending = Input.path.db_value(f"/{token}")
    named = list(Input.select().where(live, Input.path.endswith(ending)).order_by(Input.id).limit(3))
    named = [row for row in named if row.path.endswith(f"/{token}")]
    if len(named) > 1:
        some = ", ".join(str(row.path) for row in named)
        raise Refused(f"several inputs are called '{token}' ({some}): give the path or the id")
    if not named:
        raise NotFound(f"there is no input '{token}': give its id, its path or its file name")
    return named[0]


def listing(dataset: Dataset | None = None) -> Iterator[dict[str, Any]]:
    """The inputs by id, of a dataset or of the project, page by page: no transaction stays open."""
    last = 0
    while True:
        chosen = Input.select().where(Input.id > last, Input.deleted == False)
        if dataset is not None:
            chosen = chosen.join(DatasetInput).where(DatasetInput.dataset == dataset)
        page = list(chosen.order_by(Input.id).limit(1000))
        yield from (show(row) for row in page)
        if len(page) < 1000:
            return
        last = page[-1].id


def show(row: Input) -> dict[str, Any]:
    """One input: id, path (as stored), media, width, height (upright), size, sha256, added_at, error."""
    return {
        "id": row.id,
        "path": row.path,
        "media": row.media,
        "width": row.width,
        "height": row.height,
        "size": row.size,
        "sha256": bytes(row.sha256).hex(),
        "added_at": iso(row.added_at),
        "error": row.error,
    }


def delete(actor: User, rows: Sequence[Input]) -> None:
    """Take inputs out of the project, its datasets and tasks, with their annotations; the files stay.

    For owners and leads.
    """
    rights.require(actor, Role.OWNER, Role.LEAD)
    several = f"{len(rows)} inputs" if len(rows) != 1 else f"input {rows[0].id}"
    with step(actor, f"delete {several}") as recorder:
        for row in rows:
            for table in (Annotation, Assignment, DatasetInput):
                linked = table.select().where(table.input == row)
                if table is Annotation:
                    linked = linked.where(Annotation.deleted == False)
                for part in list(linked):
                    recorder.delete(part)
            recorder.delete(row)


def files(ids: Sequence[int]) -> list[tuple[int, Path]]:
    """(id, file) of these inputs, in the order of their ids; those that were deleted are left out."""
    found: list[tuple[int, Path]] = []
    for some in chunked(ids, AT_ONCE):
        live = Input.select().where(Input.id.in_(some), Input.deleted == False)
        found += [(row.id, absolute(row)) for row in live]
    return sorted(found)
