"""Long steps: one step over several transactions, so that others can write in between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from store.database import write
from store.errors import Conflict
from store.history import Recorder
from store.tables import Step, User


class LongStep:
    """What one user does in parts; each part is there whole or not at all, undo takes back all of them."""

    def __init__(self, actor: User, name: str) -> None:
        self.actor = actor
        self.name = name
        self.id: int | None = None
        """The step, once a part has changed something and stands."""

    @contextmanager
    def part(self) -> Iterator[Recorder]:
        """One transaction. Raises Conflict where its user has undone the parts before."""
        with write():
            if self.id is not None and Step.get_by_id(self.id).undone:
                raise Conflict(f"'{self.name}' was undone before it was through: the rest stays as it was")
            recorder = _Part(self.actor, self.name, self.id)
            yield recorder
            recorder.finish()
        self.id = recorder.made


class _Part(Recorder):
    def __init__(self, actor: User, name: str, made: int | None) -> None:
        super().__init__(actor, name)
        self.made = made

    @property
    def id(self) -> int:
        """The step of the first part that changed something."""
        if self.made is None:
            self.made = super().id
        return self.made
