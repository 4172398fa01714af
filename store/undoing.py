"""Undoing: the last step of a user is taken back, or done again, with all that follows from it."""

from __future__ import annotations

from typing import Any

import peewee
from peewee import SQL, BlobField, fn

from store import moves, rerouting, sql, turned
from store.database import now, write
from store.errors import Conflict, Refused
from store.history import key_columns
from store.rights import require_rows
from store.tables import TABLES, Event, Step, Table, User

_BY_NAME = {table._meta.table_name: table for table in TABLES}

_TURNED_BY = {
    moves.MOVED: moves.turn,
    rerouting.ROUTES: rerouting.turn,
    rerouting.WITHDRAWN: rerouting.turn,
}
"""Changes of many rows in one event: who turns them."""

_FOLLOWS = (rerouting.ROUTES, rerouting.WITHDRAWN)
"""What follows from the other rows of a step: it is turned after them, in both directions."""

_CHANGES: Any = Event.select(SQL("1")).where(Event.step == Step.id, Event.kind == "do")


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
        turned.follow(events)
        return _mark(last, actor, undone=True)


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
        turned.follow(events)
        return _mark(following, actor, undone=False)


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


def _events(of: Step) -> list[Event]:
    return sql.matching(Event, ["id"], step=of, kind="do")


def _follows(event: Event) -> bool:
    return event.table in _FOLLOWS


def _mark(made: Step, actor: User, *, undone: bool) -> str:
    sql.change(Step, {"id": made.id}, {"undone": undone})
    kind = "undo" if undone else "redo"
    sql.insert(Event(step=made, actor=actor, kind=kind, table="step", row=made.id, created_at=now()))
    return str(made.name)


def _turn(event: Event, now_is: dict[str, Any] | None, becomes: dict[str, Any] | None, *, back: bool) -> None:
    """Bring one row, or what one event stands for, from `now_is` to `becomes` (None: no row)."""
    if event.table in _TURNED_BY:
        _TURNED_BY[event.table](event.after, back=back)
        return
    table = _BY_NAME[str(event.table)]
    known = None if now_is is None else now_is.get("version")
    here = key_columns(table, event.row)
    hidden = _hidden(table)
    try:
        if now_is is not None and becomes is not None:
            done = _change(table, here, known, becomes)
        elif becomes is None and hidden:
            # No step ever writes a negative version: it marks the row as taken back by this undo.
            done = _change(table, here, known, {**hidden, "version": -event.step_id})
        elif becomes is None:
            done = sql.remove(table, here if known is None else {**here, "version": known})
        elif hidden and not back:
            shown = {name: not value for name, value in hidden.items()}
            done = _change(table, here, -event.step_id, {**shown, "version": becomes["version"]})
        else:
            sql.put(table, _restored(table, becomes))
            done = 1
    except peewee.IntegrityError:
        done = 0
    if not done:
        raise Conflict(f"somebody else has changed {event.table} {event.row} since: it stays as it is")


def _hidden(table: type[Table]) -> dict[str, bool]:
    """What a row becomes that is taken back and stays, because others may speak of it; empty: it goes."""
    if table is User:
        return {"active": False}
    return {"deleted": True} if "deleted" in table._meta.fields else {}


def _change(table: type[Table], here: dict[str, Any], version: int | None, becomes: dict[str, Any]) -> int:
    known = here if version is None else {**here, "version": version}
    return sql.change(table, known, _restored(table, becomes))


def _restored(table: type[Table], columns: dict[str, Any]) -> dict[str, Any]:
    fields = table._meta.fields
    return {
        name: bytes.fromhex(value) if isinstance(fields[name], BlobField) and value is not None else value
        for name, value in columns.items()
    }
