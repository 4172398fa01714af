"""History: every change is a step of one user, written with its events in one transaction.

A step is what undo takes back. Rows carry the id of the step that wrote them last as `version`; undo,
redo and every update refuse a row whose version is not the one they know.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import peewee
from peewee import SQL, BlobField, fn

from store import sql
from store.database import now, write
from store.errors import Conflict, Refused
from store.rights import require_rows
from store.tables import TABLES, Annotation, Event, Step, Table, User

T = TypeVar("T", bound=Table)

_BY_NAME = {table._meta.table_name: table for table in TABLES}

_TURNED_BY = {
    "assignment_move": "store.moves",
    "task_routes": "store.rerouting",
    "task_said": "store.rerouting",
}
"""Changes of many rows in one event: who turns them. Each has `turn(change, *, back)`."""

_EVENT = ("step", "actor", "kind", "table", "row", "annotation", "before", "after", "created_at")

_FOLLOWS = ("task_routes", "task_said")
"""What follows from the other rows of a step: it is turned after them, in both directions."""


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
        known, becomes = _key_columns(table, _row_key(row)), dict(changes)
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
        if sql.remove(type(row), _key_columns(type(row), _row_key(row))) != 1:
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


def undo(actor: User) -> str:
    """Take back the user's last step; returns its name.

    Raises Refused when there is none, Conflict when somebody else has changed one of its rows since.
    """
    with write():
        last = undoable(actor)
        if last is None:
            raise Refused("there is nothing to undo")
        events = _events(last)
        require_rows(actor, (str(event.table) for event in events))
        for event in sorted(events, key=lambda event: (_follows(event), -event.id)):
            _turn(event, event.after, event.before, back=True)
        _deal_again(events)
        return _mark(last, actor, undone=True)


_CHANGES: Any = Event.select(SQL("1")).where(Event.step == Step.id, Event.kind == "do")


def undoable(actor: User) -> Step | None:
    """The user's last step that changed something. What is only noted stays: a new dataset version."""
    mine = Step.select().where(Step.actor == actor, Step.undone == False, fn.EXISTS(_CHANGES))
    found: Step | None = mine.order_by(Step.id.desc()).first()
    return found


def redoable(actor: User) -> Step | None:
    """The user's next undone step; none once they have made another since."""
    last = undoable(actor)
    mine = Step.select().where(
        Step.actor == actor, Step.undone == True, Step.id > (0 if last is None else last.id)
    )
    found: Step | None = mine.order_by(Step.id).first()
    return found


def redo(actor: User) -> str:
    """Do the user's last undone step again; returns its name. A new step since then ends redoing."""
    with write():
        following = redoable(actor)
        if following is None:
            raise Refused("there is nothing to redo")
        events = _events(following)
        require_rows(actor, (str(event.table) for event in events))
        for event in sorted(events, key=_follows):
            _turn(event, event.before, event.after, back=False)
        _deal_again(events)
        return _mark(following, actor, undone=False)


def _deal_again(events: list[Event]) -> None:
    """Who reviews what follows from who labels and from the task's rules, which have turned."""
    importlib.import_module("store.turned").follow(events)


def _events(of: Step) -> list[Event]:
    return sql.matching(Event, ["id"], step=of, kind="do")


def _follows(event: Event) -> bool:
    return event.table in _FOLLOWS


def _mark(turned: Step, actor: User, *, undone: bool) -> str:
    sql.change(Step, {"id": turned.id}, {"undone": undone})
    kind = "undo" if undone else "redo"
    sql.insert(Event(step=turned, actor=actor, kind=kind, table="step", row=turned.id, created_at=now()))
    return str(turned.name)


def _turn(event: Event, now_is: dict[str, Any] | None, becomes: dict[str, Any] | None, *, back: bool) -> None:
    """Bring one row, or what one event stands for, from `now_is` to `becomes` (None: no row)."""
    if event.table in _TURNED_BY:
        importlib.import_module(_TURNED_BY[event.table]).turn(event.after, back=back)
        return
    table = _BY_NAME[str(event.table)]
    known = None if now_is is None else now_is.get("version")
    here = _key_columns(table, event.row)
    hides = "deleted" in table._meta.fields
    try:
        if now_is is not None and becomes is not None:
            done = _change(table, here, known, becomes)
        elif becomes is None and hides:
            # No step ever writes a negative version: it marks the row as taken back by this undo.
            done = _change(table, here, known, {"deleted": True, "version": -event.step_id})
        elif becomes is None:
            done = sql.remove(table, here if known is None else {**here, "version": known})
        elif hides and not back:
            done = _change(table, here, -event.step_id, {"deleted": False, "version": becomes["version"]})
        else:
            sql.put(table, _restored(table, becomes))
            done = 1
    except peewee.IntegrityError:
        done = 0
    if not done:
        raise Conflict(f"somebody else has changed {event.table} {event.row} since: it stays as it is")


def _change(table: type[Table], here: dict[str, Any], version: int | None, becomes: dict[str, Any]) -> int:
    known = here if version is None else {**here, "version": version}
    return sql.change(table, known, _restored(table, becomes))


def _restored(table: type[Table], columns: dict[str, Any]) -> dict[str, Any]:
    fields = table._meta.fields
    return {
        name: bytes.fromhex(value) if isinstance(fields[name], BlobField) and value is not None else value
        for name, value in columns.items()
    }


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


def _key_columns(table: type[Table], key: Any) -> dict[str, Any]:
    """The columns that make a row's key, with its values."""
    primary: Any = table._meta.primary_key
    names = primary.field_names if isinstance(key, list) else (primary.name,)
    return dict(zip(names, key if isinstance(key, list) else (key,), strict=True))


def _title(row: Table) -> str:
    return f"this {type(row)._meta.table_name.replace('_', ' ')}"
