"""Newer: what somebody else has just done to an input, for who comes too late."""

from __future__ import annotations

from dataclasses import dataclass

from store.tables import Step, Task, User, database
from store.times import local

# The unary plus keeps the planner on the indexes that begin with the input.
_TOUCHED = (
    "SELECT abs(version) FROM annotation WHERE input_id = :input AND +task_id = :task AND version <> 0 "
    "UNION SELECT abs(version) FROM assignment WHERE input_id = :input AND +task_id = :task AND version <> 0"
)
"""The steps that wrote an input's rows last; a row that an undo took back has the step's negative id."""


@dataclass(frozen=True)
class Newer:
    """The last thing that somebody else did."""

    who: str
    did: str
    """Such as "call it tabby"."""
    undone: bool
    at: int
    """Milliseconds since 1970."""

    @property
    def sentence(self) -> str:
        """Who did what and when."""
        return f"{self.who}, {local(self.at)}: {self.did}{' (taken back)' if self.undone else ''}"


def on_input(task: Task, input_id: int, besides: User) -> Newer | None:
    """What somebody other than `besides` did last to an input in a task; None where nobody else did."""
    touched = database.connection().execute(_TOUCHED, {"input": input_id, "task": int(task.id)})
    steps = [row[0] for row in touched.fetchall()]
    last = (
        Step.select(Step, User)
        .join(User, on=(Step.actor == User.id))
        .where(Step.id.in_(steps), Step.actor != besides)
        .order_by(Step.id.desc())
        .first()
    )
    if last is None:
        return None
    return Newer(str(last.actor.name), str(last.name), bool(last.undone), int(last.created_at))
