"""Events: the history as people and scripts read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from store.tables import Event, Step, User
from store.times import iso


def listing(limit: int | None = None, user: User | None = None) -> Iterator[dict[str, Any]]:
    """The newest events first: id, step, name (of the step), kind (do, undo, redo, note), user, table,
    row (its key), before, after (changed columns), created_at, undone. Read page by page."""
    last, left = 1 << 62, limit if limit is not None else 1 << 62
    while left > 0:
        chosen = Event.select(Event, Step, User).join(Step).switch(Event).join(User)
        chosen = chosen.where(Event.id < last).order_by(Event.id.desc()).limit(min(500, left))
        if user is not None:
            chosen = chosen.where(Event.actor == user)
        page = list(chosen)
        yield from map(_described, page)
        if len(page) < min(500, left):
            return
        last, left = page[-1].id, left - len(page)


def _described(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "step": event.step_id,
        "name": event.step.name,
        "kind": event.kind,
        "user": event.actor.name,
        "table": event.table,
        "row": event.row,
        "before": _shown(event.before),
        "after": _shown(event.after),
        "created_at": iso(event.created_at),
        "undone": bool(event.step.undone),
    }


def _shown(columns: dict[str, Any] | None) -> dict[str, Any] | None:
    """Without what would tell labelers which of their inputs are gold."""
    return columns and {name: value for name, value in columns.items() if not name.startswith("gold")}
