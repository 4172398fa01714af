"""History: every change is a step of one user, written with its events in one transaction.

A step is what undo takes back. Rows carry the id of the step that wrote them last as `version`; undo,
redo and every update refuse a row whose version is not the one they know.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from peewee import BlobField

from store import sql
from store.database import now, write
from store.errors import Conflict
from store.tables import Annotation, Event, Step, Table, User

T = TypeVar("T", bound=Table)


_EVENT = ("step", "actor", "kind", "table", "row", "annotation", "before", "after", "created_at")


class Recorder:
    """Writes rows within one step and remembers what they were before."""

    def __init__(self, actor: User, name: str) -> None:
        self.actor = actor
        self.name = name
        self._step: Step | None = None
        self._events: list[tuple[Any, ...]] = []

    @property
    def id(self) -> int:
        """The step's id; the step's row is made by its first change, so that empty steps leave no trace."""
        if self._step is None:
            self._step = sql.insert(Step(actor=self.actor, name=self.name, created_at=now()))
        return int(self._step.id)

    def insert(self, table: type[T], **columns: Any) -> T:
        """Insert a row; returns it."""
        if "version" in table._meta.fields:
            columns["version"] = self.id
        row = sql.insert(table(**columns))
        self._log(row, None, _columns(row))
        return row

    def update(self, row: T, **changes: Any) -> T:
        """Change columns of `row`, which is updated in place.

        Raises Conflict when the row is no longer as it was when `row` was read.
        """
        table = type(row)
        before = {name: _plain(table, name, row.__data__[name]) for name in changes}
        after = {name: _plain(table, name, _key(value)) for name, value in changes.items()}
        if before == after:
            return row
        known, becomes = key_columns(table, _row_key(row)), dict(changes)
        if "version" in table._meta.fields:
            known["version"], becomes["version"] = row.version, self.id
            before["version"], after["version"] = row.version, self.id
        if sql.change(table, known, becomes) != 1:
            raise Conflict(f"{_title(row)} was changed by somebody else in the meantime: look again")
        for name, value in changes.items():
            setattr(row, name, value)
        if "version" in table._meta.fields:
            row.version = self.id
        self._log(row, before, after)
        return row

    def delete(self, row: Table) -> None:
        """Take a row away: hide it where it can come back, remove it where it is only a link."""
        if "deleted" in type(row)._meta.fields:
            self.update(row, deleted=True)
            return
        before = _columns(row)
        if sql.remove(type(row), key_columns(type(row), _row_key(row))) != 1:
            raise Conflict(f"{_title(row)} is gone already")
        self._log(row, before, None)

    def note(self, row: Table, after: dict[str, Any]) -> None:
        """Record that something happened to `row` that is no change of its columns."""
        self._log(row, {}, after, kind="note")

    def log(self, table: str, row: int, change: dict[str, Any]) -> None:
        """Record one change of many rows, which the module that `table` stands for turns back and forth."""
        self._events.append((self.id, self.actor, "do", table, row, None, None, change, now()))

    def _log(
        self, row: Table, before: dict[str, Any] | None, after: dict[str, Any] | None, kind: str = "do"
    ) -> None:
        annotation = row.id if isinstance(row, Annotation) else None
        table = type(row)._meta.table_name
        said = (self.id, self.actor, kind, table, _row_key(row), annotation, before, after, now())
        self._events.append(said)

    def finish(self) -> None:
        """Write the events; called by `step` before the transaction commits."""
        sql.insert_many(Event, _EVENT, self._events)


@contextmanager
def step(actor: User, name: str) -> Iterator[Recorder]:
    """One transaction whose changes undo takes back together. `name` completes "undone: …"."""
    with write():
        recorder = Recorder(actor, name)
        yield recorder
        recorder.finish()


def _columns(row: Table) -> dict[str, Any]:
    return {name: _plain(type(row), name, value) for name, value in row.__data__.items()}


def _plain(table: type[Table], name: str, value: Any) -> Any:
    """A column as JSON keeps it: bytes as hexadecimal digits, enumerations as their value."""
    if isinstance(table._meta.fields[name], BlobField) and value is not None:
        return bytes(value).hex()
    return value


def _key(value: Any) -> Any:
    return value._pk if isinstance(value, Table) else value


def _row_key(row: Table) -> Any:
    key = row._pk
    return [_key(part) for part in key] if isinstance(key, tuple | list) else key


def key_columns(table: type[Table], key: Any) -> dict[str, Any]:
    """The columns that make a row's key, with its values."""
    primary: Any = table._meta.primary_key
    names = primary.field_names if isinstance(key, list) else (primary.name,)
    return dict(zip(names, key if isinstance(key, list) else (key,), strict=True))


def _title(row: Table) -> str:
    return f"this {type(row)._meta.table_name.replace('_', ' ')}"
