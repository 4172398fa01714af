"""Submitting: an input is handed in; it goes to reviewers, is weighed against other answers, or is done."""

from __future__ import annotations

from dataclasses import asdict

from store import assignments, gold, rights
from store.annotations import on_input
from store.bounds import thresholds
from store.consensus import Statement, decide, quorum
from store.database import now
from store.history import Recorder, step
from store.ranking import Voice, rank
from store.tables import Assignment, Task, User
from store.values import Region, ReviewStrategy, Side, Status


def submit(actor: User, task: Task, input_id: int) -> Status:
    """Hand in the input; returns what the assignment becomes (DESIGN §2).

    Raises Conflict when it is not open any more, for example because a lease ran out.
    """
    rights.require(actor, *rights.PEOPLE)
    with step(actor, f"submit input {input_id}") as recorder:
        mine = assignments.require_open(task, Side.LABEL, actor, input_id)
        becomes = {
            ReviewStrategy.NONE: Status.SUCCESS,
            ReviewStrategy.MANUAL: Status.AWAITING_REVIEW,
            ReviewStrategy.CONSENSUS: Status.AWAITING_CONSENSUS_REVIEW,
        }[ReviewStrategy(task.review)]
        _close(recorder, mine, becomes)
        for row in on_input(task, input_id, annotator=actor):
            recorder.update(row, status=becomes)
        if mine.gold:
            gold.note(task, actor, input_id)
        if becomes is Status.AWAITING_REVIEW:
            hand_to_reviewers(recorder, task, input_id, {int(actor.id)})
        elif becomes is Status.AWAITING_CONSENSUS_REVIEW:
            weigh(recorder, task, input_id)
        return becomes


def _close(recorder: Recorder, assignment: Assignment, status: Status) -> None:
    still_open = status is Status.PENDING
    recorder.update(assignment, status=status, open=still_open, leased_until=None, changed_at=now())


def hand_to_reviewers(recorder: Recorder, task: Task, input_id: int, labelers: set[int]) -> None:
    """Deal one input to its reviewer, or open it again for the one who had it.

    An input that all reviewers have labeled themselves stays undealt (`assignments.without_reviewer`).
    """
    rows = on_input(task, input_id)
    said = [Voice(r.annotator_id, r.concept_id, (r.concept_id, r.value, r.region_key), r.score) for r in rows]
    ranks = asdict(rank(said, labelers, thresholds(task)))
    for _, reviewer in assignments.choose_reviewers(task, [(input_id, labelers)]):
        before = assignments.get(task, Side.REVIEW, reviewer, input_id)
        if before is None:
            recorder.insert(
                Assignment,
                task=task,
                side=Side.REVIEW,
                user=reviewer,
                input=input_id,
                status=Status.AWAITING_REVIEW,
                changed_at=now(),
                **ranks,
            )
        elif not before.open:
            changes = {"status": Status.AWAITING_REVIEW, "open": True, "changed_at": now()}
            recorder.update(before, **changes, **ranks)
        if not task.stacked:
            for row in rows:
                if row.status == Status.AWAITING_REVIEW:
                    recorder.update(row, reviewer=reviewer)


def weigh(recorder: Recorder, task: Task, input_id: int) -> None:
    """Consensus: settle what the submitted answers agree on, hand on what they cannot agree on."""
    works = assignments.on_input(task, Side.LABEL, input_id)
    submitted = {work.user_id for work in works if work.status != Status.PENDING}
    undecided = {Status.AWAITING_CONSENSUS_REVIEW, Status.SUCCESS}
    rows = {
        row.id: row
        for row in on_input(task, input_id)
        if row.annotator_id in submitted and row.status in undecided
    }
    statements = [
        Statement(
            row.id, row.annotator_id, (row.concept_id, row.value), Region.unpack(row.region_kind, row.region)
        )
        for row in rows.values()
    ]
    to_come = len(works) - len(submitted)
    agree = quorum(task.agree, task.agree_share, len(works))
    fates = decide(statements, agree=agree, still_to_come=to_come, least=task.agree_iou)
    for identity, fate in fates.items():
        if rows[identity].status != fate and rows[identity].status != Status.SUCCESS:
            recorder.update(rows[identity], status=fate)
    for work in works:
        if work.status == Status.AWAITING_CONSENSUS_REVIEW:
            mine = {fates[i] for i, row in rows.items() if row.annotator_id == work.user_id}
            becomes = _whole(mine, len(submitted) >= agree or to_come == 0)
            if becomes is not Status.AWAITING_CONSENSUS_REVIEW:
                _close(recorder, work, becomes)
    if Status.AWAITING_REVIEW in fates.values():
        hand_to_reviewers(recorder, task, input_id, {work.user_id for work in works})


def _whole(fates: set[Status], enough: bool) -> Status:
    """What an assignment is when its annotations have these statuses."""
    if Status.AWAITING_REVIEW in fates:
        return Status.AWAITING_REVIEW
    if Status.AWAITING_CONSENSUS_REVIEW in fates or not enough:
        return Status.AWAITING_CONSENSUS_REVIEW
    return Status.SUCCESS
