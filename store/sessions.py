"""Sessions: what the app keeps about a user from one time to the next. No history: nothing to undo."""

from __future__ import annotations

from typing import Any

from store.database import write
from store.tables import User, UserState


def remember(user: User, key: str, value: Any) -> None:
    """Keep `value`, anything JSON can hold, in place of what was kept under `key`."""
    with write():
        UserState.insert(user=user, key=key, value=value).on_conflict(
            conflict_target=[UserState.user, UserState.key], update={UserState.value: value}
        ).execute()


def recall(user: User, key: str, otherwise: Any = None) -> Any:
    """What was kept under `key`, or `otherwise`."""
    kept = UserState.get_or_none(UserState.user == user, UserState.key == key)
    return otherwise if kept is None else kept.value
