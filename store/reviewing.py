"""Reviewing: approve, request changes, reject; each verdict is one step, for one input or many."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from store import assignments, rights, sql
from store.annotations import on_input
from store.database import now
from store.errors import Refused
from store.history import Recorder, step
from store.tables import Annotation, Assignment, Review, Task, User, database
from store.times import iso
from store.values import Role, Side, Status, Verdict

_BECOMES = {
    Verdict.APPROVE: Status.SUCCESS,
    Verdict.REQUEST_CHANGES: Status.PENDING,
    Verdict.REJECT: Status.REVIEW_DENIED,
}
PAST = {
    Verdict.APPROVE: "approve",
    Verdict.REQUEST_CHANGES: "request changes to",
    Verdict.REJECT: "reject",
}


def decide(
    actor: User,
    task: Task,
    inputs: Sequence[int],
    verdict: Verdict,
    *,
    comment: str = "",
    labeler: User | None = None,
) -> int:
    """Give one verdict on the work on these inputs, all or none, as one step; returns how many inputs.

    `labeler` narrows it to one annotator's work. Raises Refused or Conflict when one of them is not open
    for this reviewer, Refused when changes are requested of a model.
    """
    rights.require(actor, Role.OWNER, Role.LEAD, Role.LABELER)
    require_comment(verdict, comment)
    several = f"{len(inputs)} inputs" if len(inputs) != 1 else f"input {inputs[0]}"
    with step(actor, f"{PAST[verdict]} {several}") as recorder:
        for input_id in inputs:
            settle(recorder, task, input_id, verdict, comment, labeler)
    return len(inputs)


def require_comment(verdict: Verdict, comment: str) -> None:
    """Raises Refused where changes are requested without a word about which."""
    if verdict is Verdict.REQUEST_CHANGES and not comment.strip():
        raise Refused("say in a comment which changes you want")


def settle(
    recorder: Recorder, task: Task, input_id: int, verdict: Verdict, comment: str, labeler: User | None
) -> None:
    """Give a verdict on one input within a step; refuses what `decide` refuses."""
    mine = assignments.require_open(task, Side.REVIEW, recorder.actor, input_id)
    _require_others_work(recorder.actor, task, input_id)
    works = _works(task, input_id, labeler)
    if verdict is Verdict.REQUEST_CHANGES:
        _require_people(task, works)
    recorder.insert(
        Review,
        task=task,
        input=input_id,
        reviewer=recorder.actor,
        labeler=labeler,
        verdict=verdict,
        comment=comment,
        created_at=now(),
    )
    left = {work.user_id for work in _works(task, input_id, None)} - {work.user_id for work in works}
    if not left:
        _close(recorder, mine, _BECOMES[verdict])
    if task.stacked and not _final(recorder, task, input_id, verdict):
        return
    for row in on_input(task, input_id):
        if row.status == Status.AWAITING_REVIEW and (labeler is None or row.annotator_id == labeler.id):
            recorder.update(row, status=_BECOMES[verdict])
    for work in works:
        recorder.update(
            work, status=_BECOMES[verdict], open=verdict is Verdict.REQUEST_CHANGES, changed_at=now()
        )


def _works(task: Task, input_id: int, labeler: User | None) -> list[Assignment]:
    return [
        work
        for work in assignments.on_input(task, Side.LABEL, input_id)
        if work.status == Status.AWAITING_REVIEW and (labeler is None or work.user_id == labeler.id)
    ]


def _require_others_work(actor: User, task: Task, input_id: int) -> None:
    """It was dealt while the task allowed own work, perhaps; what counts is whether it does now."""
    own = assignments.get(task, Side.LABEL, actor, input_id)
    handed_in = own is not None and own.status != Status.PENDING
    if handed_in and not sql.matching(Task, id=task.id)[0].own_review:
        raise Refused(f"you labeled input {input_id} yourself: somebody else reviews it")


def require_people(task: Task, input_id: int, labeler: User | None = None) -> None:
    """Raises Refused where changes cannot be requested, because a model has done the work."""
    _require_people(task, _works(task, input_id, labeler))


def _require_people(task: Task, works: Iterable[Assignment]) -> None:
    for work in works:
        (maker,) = sql.matching(User, id=work.user_id)
        if maker.role == Role.MODEL:
            raise Refused(f"{maker.name} is a model and cannot change its labels: fix them or reject them")


def _close(recorder: Recorder, assignment: Assignment, status: Status) -> None:
    recorder.update(assignment, status=status, open=False, changed_at=now())


def _final(recorder: Recorder, task: Task, input_id: int, verdict: Verdict) -> bool:
    """Stacked review: whether this verdict settles the input. All must approve, anything else is final."""
    others = [
        other
        for other in assignments.on_input(task, Side.REVIEW, input_id)
        if other.user_id != recorder.actor.id
    ]
    if verdict is Verdict.APPROVE:
        return all(other.status == Status.SUCCESS for other in others)
    for other in others:
        if other.open:
            _close(recorder, other, _BECOMES[verdict])
    return True


def awaiting(actor: User, task: Task, labeler: User | None = None) -> list[int]:
    """The inputs that wait for this reviewer, in order; only those with work of `labeler` if given."""
    queue = list(assignments.queue(task, Side.REVIEW, actor))
    if labeler is None:
        return queue
    made = Annotation.select(Annotation.input).where(
        Annotation.task == task,
        Annotation.annotator == labeler,
        Annotation.status == Status.AWAITING_REVIEW,
        Annotation.deleted == False,
    )
    theirs = set(made.distinct().scalars())
    worked = Assignment.select(Assignment.input).where(
        Assignment.task == task,
        Assignment.side == Side.LABEL,
        Assignment.user == labeler,
        Assignment.status == Status.AWAITING_REVIEW,
    )
    theirs |= set(worked.scalars())
    return [input_id for input_id in queue if input_id in theirs]


# As text, and first: there is none on most inputs, and it is asked at every key press.
_ANY_REVIEW = "SELECT 1 FROM review WHERE task_id = ? AND input_id = ? LIMIT 1"


def comments(task: Task, input_id: int) -> list[Review]:
    """The verdicts on an input of a task so far, oldest first, with their reviewers."""
    if database.execute_sql(_ANY_REVIEW, (task.id, input_id)).fetchone() is None:
        return []
    found = Review.select(Review, User).join(User, on=(Review.reviewer == User.id))
    found = found.where(Review.task == task, Review.input == input_id, Review.deleted == False)
    return list(found.order_by(Review.id))


@dataclass(frozen=True, slots=True)
class Returned:
    """An input that came back to its labeler."""

    input: int
    reviewer: str
    comment: str
    created_at: int

    def to_json(self) -> dict[str, Any]:
        """Who asked for changes, why and when."""
        return {"reviewer": self.reviewer, "comment": self.comment, "created_at": iso(self.created_at)}


def returned(task: Task, user: User) -> list[Returned]:
    """What came back to this labeler and is still to be changed, in order: the newest request of each."""
    rows = database.execute_sql(
        "SELECT r.input_id, u.name, r.comment, r.created_at FROM review r INDEXED BY review_changes "
        "CROSS JOIN assignment a ON a.task_id = r.task_id AND a.side = 'label' AND a.user_id = ? "
        "AND a.input_id = r.input_id AND a.open = 1 JOIN user u ON u.id = r.reviewer_id "
        "WHERE r.task_id = ? AND r.verdict = 'request-changes' AND r.deleted = 0 "
        "AND (r.labeler_id IS NULL OR r.labeler_id = a.user_id) ORDER BY r.input_id, r.id",
        (user.id, task.id),
    )
    newest = {row[0]: Returned(*row) for row in rows.fetchall()}
    return list(newest.values())
