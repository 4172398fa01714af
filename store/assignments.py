"""Assignments: which input of a task goes to whom, to label or to review, and what is open."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence
from typing import Any

from peewee import SQL, chunked, fn

from store import gold, sql
from store.database import now, write
from store.errors import Conflict, Refused
from store.tables import Assignment, AssignmentCount, DatasetInput, Input, Task, TaskMember, User, database
from store.values import ReviewStrategy, Side, Status, Strategy, TaskType

LEASED_AT_ONCE = 10
LEASE = 30 * 60_000
"""Dynamic tasks: inputs a labeler holds at a time, and for how many milliseconds."""

DEALT_AT_ONCE = 2000
"""Inputs that are given to somebody in one transaction: some 20 ms, as long as others wait unnoticed."""


def shares(total: int, weights: Sequence[float]) -> list[int]:
    """Split `total` by weight with largest remainders; equal weights differ by at most one.

    Raises Refused unless there is a positive weight and none is negative.
    """
    whole = sum(weights)
    if not weights or whole <= 0 or min(weights) < 0:
        raise Refused("the weights of the labelers must be positive numbers")
    exact = [total * weight / whole for weight in weights]
    given = [int(share) for share in exact]
    by_remainder = sorted(range(len(weights)), key=lambda i: (given[i] - exact[i], i))
    for i in by_remainder[: total - sum(given)]:
        given[i] += 1
    return given


def members(task: Task, side: Side) -> list[TaskMember]:
    """The labelers or reviewers of a task who are still in the project, in the order they were named."""
    found = sql.matching(TaskMember, ["position"], ["user"], task=task, side=side)
    return [member for member in found if member.user.active]


def deal_dataset(task: Task, users: Sequence[int], weights: Sequence[float]) -> int:
    """Give every input of the task's dataset that nobody has yet to one of `users`; returns how many.

    Each gets a stretch of neighbouring inputs, which keeps their reads and writes close together.
    """
    ordinary = "" if task.gold_id is None else f"AND d.input_id NOT IN ({gold.selected(task)}) "
    fresh = (
        "SELECT d.input_id FROM dataset_input d JOIN input i ON i.id = d.input_id WHERE d.dataset_id = ? "
        f"AND i.media = ? AND i.deleted = 0 {ordinary}AND NOT EXISTS (SELECT 1 FROM assignment a WHERE "
        "a.input_id = d.input_id AND a.task_id = ? AND a.side = 'label') ORDER BY d.input_id"
    )
    found = database.execute_sql(fresh, (task.dataset_id, TaskType(task.type).media, task.id)).fetchall()
    start = 0
    for user, share in zip(users, shares(len(found), weights), strict=True):
        _give(task, Side.LABEL, user, [input_id for (input_id,) in found[start : start + share]])
        start += share
    return len(found)


def deal_to_all(task: Task, users: Sequence[int]) -> int:
    """Give every input of the dataset to every one of `users` who does not have it; returns the inputs."""
    for user in users:
        have = Assignment.select(Assignment.input).where(
            Assignment.task == task, Assignment.side == Side.LABEL, Assignment.user == user
        )
        missing = fitting(task).where(DatasetInput.input.not_in(have))
        _give(task, Side.LABEL, user, list(missing.order_by(DatasetInput.input).scalars()))
    return int(fitting(task).count())


def fitting(task: Task) -> Any:
    """A query of the ids of the dataset's inputs that the task is for: pictures or texts."""
    joined = DatasetInput.select(DatasetInput.input).join(Input)
    chosen = joined.where(
        DatasetInput.dataset == task.dataset_id,
        Input.media == TaskType(task.type).media,
        Input.deleted == False,
    )
    if task.gold_id is not None:
        chosen = chosen.where(DatasetInput.input.not_in(SQL(f"({gold.selected(task)})")))
    return chosen


def _give(task: Task, side: Side, user: int, inputs: Sequence[int]) -> None:
    rows = [(task.id, side, user, input_id, Status.PENDING, 1, now()) for input_id in inputs]
    for some in chunked(rows, DEALT_AT_ONCE):
        # Of a task that nobody sees yet each is a transaction of its own: others write in between.
        with write():
            database.connection().executemany(
                "INSERT INTO assignment (task_id, side, user_id, input_id, status, open, changed_at, "
                "version) VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
                some,
            )


def lease(task: Task, user: User) -> None:
    """Dynamic tasks: give `user` up to ten inputs that nobody works on; expired leases are free again."""
    with write():
        if _held(task, user):
            return
        for assignment in _expired(task):
            Assignment.update(user=user, leased_until=now() + LEASE, version=-now()).where(
                Assignment.task == task,
                Assignment.side == Side.LABEL,
                Assignment.user == assignment.user_id,
                Assignment.input == assignment.input_id,
            ).execute()
        room = LEASED_AT_ONCE - _held(task, user)
        for input_id in _never_given(task, room):
            Assignment.create(
                task=task,
                side=Side.LABEL,
                user=user,
                input=input_id,
                status=Status.PENDING,
                leased_until=now() + LEASE,
                changed_at=now(),
            )
        gold.deal_to(task, user.id, leased_until=now() + LEASE)


def _held(task: Task, user: User) -> int:
    mine = _open(task, Side.LABEL, user).where(Assignment.leased_until > now())
    return int(mine.count())


def _expired(task: Task) -> list[Assignment]:
    late = Assignment.select().where(
        Assignment.task == task,
        Assignment.side == Side.LABEL,
        Assignment.open == True,
        Assignment.gold == False,
        Assignment.leased_until < now(),
    )
    return list(late.order_by(Assignment.input).limit(LEASED_AT_ONCE))


def _never_given(task: Task, room: int) -> list[int]:
    """The next inputs of the dataset; they are given in order, so what was given lies below the highest."""
    given = Assignment.select(fn.MAX(Assignment.input)).where(
        Assignment.task == task, Assignment.side == Side.LABEL, Assignment.gold == False
    )
    following = fitting(task).where(DatasetInput.input > (given.scalar() or 0))
    return list(following.order_by(DatasetInput.input).limit(room).scalars())


def choose_reviewers(task: Task, works: Sequence[tuple[int, set[int]]]) -> list[tuple[int, int]]:
    """Deal inputs to reviewers: (input, who labeled it) in, (input, reviewer) out.

    Each goes to the reviewer with the fewest so far, so that shares differ by at most one. Stacked:
    everybody gets it. An input that was dealt before stays with whom it was. Nobody gets their own work
    unless the task allows it and nobody else could take it: an input that all reviewers have labeled is
    left out, it waits for another reviewer.
    """
    reviewers = [member.user_id for member in members(task, Side.REVIEW)]
    if not reviewers or task.review == ReviewStrategy.NONE:
        return []
    if task.stacked:
        return [(i, one) for i, labelers in works for one in able_to_review(task, reviewers, labelers)]
    before = _dealt_before(task, [input_id for input_id, _ in works])
    load = dict.fromkeys(reviewers, 0) | loads(task, Side.REVIEW)
    dealt = []
    for input_id, labelers in works:
        if input_id not in before:
            able = able_to_review(task, reviewers, labelers)
            if not able:
                continue
            chosen = min(able, key=lambda r: (load[r], reviewers.index(r)))
            load[chosen] += 1
            before[input_id] = chosen
        dealt.append((input_id, before[input_id]))
    return dealt


def able_to_review(task: Task, reviewers: Sequence[int], labelers: set[int]) -> list[int]:
    """Those of the reviewers who may review what `labelers` made; their own work only as a last resort."""
    others = [reviewer for reviewer in reviewers if reviewer not in labelers]
    return others or (list(reviewers) if task.own_review else [])


def loads(task: Task, side: Side) -> dict[int, int]:
    """How many inputs each user was given on this side of the task, whatever became of them."""
    counted = database.execute_sql(
        "SELECT user, sum(n) FROM assignment_count WHERE task = ? AND side = ? GROUP BY user",
        (task.id, side.value),
    )
    return dict(counted.fetchall())


def _dealt_before(task: Task, inputs: Sequence[int]) -> dict[int, int]:
    dealt: dict[int, int] = {}
    for some in chunked(inputs, 500):
        known = database.execute_sql(
            "SELECT input_id, user_id FROM assignment WHERE task_id = ? AND side = 'review' "
            f"AND input_id IN ({', '.join(map(str, some))})",
            (task.id,),
        )
        dealt.update(known.fetchall())
    return dealt


def get(task: Task, side: Side, user: User | int, input_id: int) -> Assignment | None:
    """This user's assignment of an input, if they have it."""
    return sql.find(Assignment, task=task, side=side, user=user, input=input_id)


def on_input(task: Task, side: Side, input_id: int) -> list[Assignment]:
    """Everybody's assignments of one input."""
    # Left to itself SQLite walks through the whole task: it cannot know that an input has few.
    found = sql.matching(Assignment, through="assignment_input", input=input_id, task=task, side=side)
    return sorted(found, key=lambda one: int(one.user_id))


def without_reviewer(task: Task, within: Collection[int] | None = None) -> list[int]:
    """The inputs (`within`: of these) that await review and that no reviewer of the task has, in order."""
    index, few = "assignment_awaiting", ""
    if within is not None:
        index, few = "assignment_input", f"AND a.input_id IN ({', '.join(map(str, within))}) "
    rows = database.execute_sql(
        f"SELECT DISTINCT a.input_id FROM assignment a INDEXED BY {index} WHERE a.task_id = ? "
        "AND a.side = 'label' "
        f"{few}AND a.status = {int(Status.AWAITING_REVIEW)} AND (SELECT 1 FROM assignment r "
        "WHERE r.input_id = a.input_id AND +r.task_id = a.task_id AND r.side = 'review' AND r.open = 1 "
        "LIMIT 1) IS NULL ORDER BY 1",
        (task.id,),
    )
    return [row[0] for row in rows.fetchall()]


def _open(task: Task, side: Side, user: User | int) -> Any:
    return Assignment.select().where(
        Assignment.task == task,
        Assignment.side == side,
        Assignment.user == user,
        Assignment.open == True,
    )


def queue(task: Task, side: Side, user: User) -> array[int]:
    """The ids of the inputs that are open for this user, in order: a list that stays as it was.

    A dynamic task leases the next ones first when this user holds none.
    """
    if side is Side.LABEL and task.strategy == Strategy.DYNAMIC and task.auto_id is None:
        lease(task, user)
    chosen = _open(task, side, user).order_by(Assignment.input)
    return array("q", chosen.select(Assignment.input).scalars())


def is_open(task: Task, side: Side, user: User, input_id: int) -> bool:
    """Whether the input is still to be done by this user."""
    return bool(_open(task, side, user).where(Assignment.input == input_id).exists())


def waiting(task: Task, side: Side, user: User) -> int:
    """How many inputs are open for this user, from the counters."""
    still = Status.PENDING if side is Side.LABEL else Status.AWAITING_REVIEW
    counted = AssignmentCount.select(fn.SUM(AssignmentCount.n)).where(
        AssignmentCount.task == task.id,
        AssignmentCount.side == side,
        AssignmentCount.user == user.id,
        AssignmentCount.status == still,
        AssignmentCount.failed == False,
    )
    return int(counted.scalar() or 0)


def open_among(task: Task, side: Side, user: User, inputs: Sequence[int]) -> set[int]:
    """Those of these inputs that are still to be done by this user."""
    found: set[int] = set()
    for some in chunked(inputs, 500):
        found.update(
            _open(task, side, user).where(Assignment.input.in_(some)).select(Assignment.input).scalars()
        )
    return found


def require_open(task: Task, side: Side, user: User, input_id: int) -> Assignment:
    """This user's open assignment; raises Refused or Conflict with the reason when it is not open."""
    assignment = get(task, side, user, input_id)
    verb = "label" if side is Side.LABEL else "review"
    if assignment is None:
        raise Refused(f"input {input_id} of '{task.name}' is not yours to {verb}")
    if not assignment.open:
        shown = Status(assignment.status).title
        raise Conflict(f"input {input_id} of '{task.name}' is no longer open: it is {shown}")
    return assignment
