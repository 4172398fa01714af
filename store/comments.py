"""Comments: threads on an input or a region of it, between labelers, reviewers and leads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from store import rights
from store.database import now
from store.errors import NotFound, Refused
from store.history import step
from store.tables import Comment, Task, User, database
from store.times import iso
from store.values import Region, Role, region_columns

LONGEST = 10_000
"""Characters in one comment."""


@dataclass
class Thread:
    """A comment and what was replied, oldest first."""

    first: Comment
    replies: list[Comment] = field(default_factory=list)

    @property
    def region(self) -> Region | None:
        """What it is about; None for the whole input."""
        return Region.unpack(self.first.region_kind, self.first.region)

    def to_json(self) -> dict[str, Any]:
        """The thread with the keys of the command line."""
        region = self.region
        return {
            **_line(self.first),
            "input": self.first.input_id,
            "region": None if region is None else region.to_json(),
            "resolved": bool(self.first.resolved),
            "replies": [_line(reply) for reply in self.replies],
        }


def _line(comment: Comment) -> dict[str, Any]:
    return {
        "id": comment.id,
        "author": comment.author.name,
        "text": comment.text,
        "created_at": iso(comment.created_at),
    }


def add(actor: User, task: Task | None, input_id: int, text: str, *, region: Region | None = None) -> Comment:
    """Begin a thread on an input, or on a region of it. Not for viewers."""
    kind, packed, _ = region_columns(region)
    return _insert(actor, text, task=task, input=input_id, region_kind=kind, region=packed)


def reply(actor: User, thread: Comment, text: str) -> Comment:
    """Add to a thread, which is open again then. Not for viewers."""
    first = thread if thread.thread_id is None else Comment.get_by_id(thread.thread_id)
    return _insert(actor, text, task=first.task_id, input=first.input_id, thread=first)


def _insert(actor: User, text: str, thread: Comment | None = None, **columns: Any) -> Comment:
    rights.require(actor, Role.OWNER, Role.LEAD, Role.LABELER)
    said = text.strip()
    if not said:
        raise Refused("a comment cannot be empty")
    if len(said) > LONGEST:
        raise Refused(f"a comment has at most {LONGEST} characters, not {len(said)}")
    with step(actor, "comment") as recorder:
        if thread is not None:
            recorder.update(thread, resolved=False)
        return recorder.insert(Comment, author=actor, text=said, thread=thread, created_at=now(), **columns)


def resolve(actor: User, comment: Comment, resolved: bool = True) -> None:
    """Close the thread that a comment is in, or open it again. Not for viewers."""
    rights.require(actor, Role.OWNER, Role.LEAD, Role.LABELER)
    first = comment if comment.thread_id is None else Comment.get_by_id(comment.thread_id)
    with step(actor, "resolve a comment" if resolved else "open a comment again") as recorder:
        recorder.update(first, resolved=resolved)


def find(identity: int) -> Comment:
    """The comment of this id. Raises NotFound."""
    found = Comment.get_or_none(Comment.id == identity, Comment.deleted == False)
    if found is None:
        raise NotFound(f"there is no comment {identity}: 'winnow comment list' shows their ids")
    return found


def threads(task: Task | None, input_id: int) -> list[Thread]:
    """What was said of an input, in a task or (None) anywhere, oldest thread first."""
    chosen = Comment.select(Comment, User).join(User)
    chosen = chosen.where(Comment.input == input_id, Comment.deleted == False)
    if task is not None:
        chosen = chosen.where(Comment.task == task)
    found: dict[int, Thread] = {}
    for row in chosen.order_by(Comment.id):
        if row.thread_id is None:
            found[row.id] = Thread(row)
        elif row.thread_id in found:
            found[row.thread_id].replies.append(row)
    return list(found.values())


def open_count(task: Task, input_id: int) -> int:
    """How many threads on an input of a task are not resolved."""
    return int(database.execute_sql(_OPEN, (task.id, input_id)).fetchone()[0])


# As text: it is read at every key press.
_OPEN = (
    "SELECT count(*) FROM comment WHERE task_id = ? AND input_id = ? AND thread_id IS NULL "
    "AND resolved = 0 AND deleted = 0"
)


def unresolved(task: Task) -> list[int]:
    """The inputs of a task with an open thread, in order."""
    chosen = Comment.select(Comment.input).where(
        Comment.task == task,
        Comment.thread.is_null(),
        Comment.resolved == False,
        Comment.deleted == False,
    )
    return list(chosen.distinct().order_by(Comment.input).scalars())
