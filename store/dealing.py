"""Dealing anew: when people change, what nobody has begun goes over, evenly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from store import assignments, gold, submitting
from store.database import write
from store.history import Recorder
from store.moves import NOTHING_SAID, Moves, hand_over, hand_over_unsaid
from store.tables import Assignment, DatasetInput, Task, TaskMember, User, database
from store.values import ReviewStrategy, Role, Side, Status, Strategy

# What was submitted once and came back is begun, too.
_NOT_BEGUN = {
    Side.LABEL: f"{NOTHING_SAID[Side.LABEL]} AND (SELECT 1 FROM review r WHERE r.task_id = a.task_id "
    "AND r.input_id = a.input_id AND r.verdict = 'request-changes' AND r.deleted = 0 LIMIT 1) IS NULL",
    Side.REVIEW: NOTHING_SAID[Side.REVIEW],
}


def level(pool: int, weights: Sequence[float], have: Sequence[int]) -> list[int]:
    """How many of `pool` each gets so that what they have then is as near to their weights as can be.

    Nobody gives any of `have` away. Each piece goes to whoever has the least for their weight.
    """
    whole = assignments.shares(pool + sum(have), weights)
    given = [0] * len(weights)
    able = [i for i, weight in enumerate(weights) if weight > 0]
    while True:
        over = [i for i in able if have[i] > whole[i]]
        if not over:
            break
        able = [i for i in able if i not in over]
        rest = assignments.shares(pool + sum(have[i] for i in able), [weights[i] for i in able])
        whole = [0] * len(weights)
        for i, share in zip(able, rest, strict=True):
            whole[i] = share
    for i in able:
        given[i] = whole[i] - have[i]
    return given


def begin(task: Task) -> None:
    """Deal the inputs of the dataset that nobody has, and mix in what is gold. No event: it is what follows
    from the task and its dataset. Within a transaction as a whole, otherwise in parts.
    """
    if task.gold_id is not None:
        with write():
            gold.sort_out(task)
    labelers = assignments.members(task, Side.LABEL)
    people = [member.user_id for member in labelers if member.user.role != Role.MODEL]
    if task.auto_id is not None:
        models = [member.user_id for member in labelers if member.user.role == Role.MODEL]
        assignments.deal_dataset(task, models, [1.0])
    elif task.strategy == Strategy.FULL:
        assignments.deal_to_all(task, people)
    elif task.strategy == Strategy.PARTITIONED and people:
        weights = [member.weight for member in labelers]
        assignments.deal_dataset(task, people, weights)
    with write():
        gold.deal(task)


def other_gold(task: Task) -> None:
    """The task has other gold inputs, or none any more."""
    gold.sort_out(task)
    begin(task)


def redistribute(recorder: Recorder, task: Task, side: Side, *, all_of: int | None = None) -> int:
    """Deal what nobody has begun among those who are in the task now; returns how many went over.

    `all_of`: whatever this user has open goes, begun or not. What nobody can take stays where it is.
    """
    people = {
        member.user_id: member.weight
        for member in assignments.members(task, side)
        if member.user.role != Role.MODEL
    }
    if not people:
        return 0
    if side is Side.REVIEW:
        return _reviews(recorder, task, list(people), all_of)
    if task.strategy == Strategy.FULL:
        return _everybody(recorder, task, list(people), all_of)
    if task.strategy == Strategy.DYNAMIC:
        return _free_leases(task, people)
    return _evenly(recorder, task, people, all_of)


def _loose(task: Task, side: Side, all_of: int | None) -> dict[int, list[int]]:
    """The open inputs of each user that may go to somebody else, in order. Models keep theirs."""
    rows = database.execute_sql(
        f"SELECT a.user_id, a.input_id FROM assignment a JOIN user u ON u.id = a.user_id "
        f"WHERE a.task_id = ? AND a.side = ? AND a.open = 1 AND a.gold = 0 AND u.role <> 'model' "
        f"AND (a.user_id = ? OR ({_NOT_BEGUN[side]})) ORDER BY a.user_id, a.input_id",
        (task.id, side, all_of or 0),
    )
    found: dict[int, list[int]] = defaultdict(list)
    for user, input_id in rows.fetchall():
        found[user].append(input_id)
    return found


def _evenly(recorder: Recorder, task: Task, people: Mapping[int, float], all_of: int | None) -> int:
    loose = _loose(task, Side.LABEL, all_of)
    order = list(people)
    loads, extra = assignments.loads(task, Side.LABEL), gold.counts(task)
    fixed = [loads.get(user, 0) - extra.get(user, 0) - len(loose.get(user, [])) for user in order]
    target = dict(zip(order, level(sum(map(len, loose.values())), list(people.values()), fixed), strict=True))
    surplus = [
        (input_id, user) for user, inputs in loose.items() for input_id in inputs[target.get(user, 0) :]
    ]
    moves: dict[tuple[int | None, int | None], list[int]] = defaultdict(list)
    waiting = iter(surplus)
    for user in order:
        for _ in range(target[user] - len(loose.get(user, []))):
            input_id, holder = next(waiting)
            moves[holder, user].append(input_id)
    return hand_over(recorder, task, Side.LABEL, moves)


def _everybody(recorder: Recorder, task: Task, people: Sequence[int], all_of: int | None) -> int:
    """Full: who came gets every input; what who left has not begun goes."""
    moves: dict[tuple[int | None, int | None], list[int]] = {}
    for user, inputs in _loose(task, Side.LABEL, all_of).items():
        if user not in people:
            moves[user, None] = inputs
    for user in people:
        have = Assignment.select(Assignment.input).where(
            Assignment.task == task, Assignment.side == Side.LABEL, Assignment.user == user
        )
        missing = assignments.fitting(task).where(DatasetInput.input.not_in(have))
        moves[None, user] = list(missing.order_by(DatasetInput.input).scalars())
    moved = hand_over(recorder, task, Side.LABEL, moves)
    if task.review == ReviewStrategy.CONSENSUS:
        weigh_again(recorder, task)
    return moved


def weigh_again(recorder: Recorder, task: Task) -> None:
    """Who left may have been the last one that others waited for, or fewer have to agree now."""
    waiting: Any = Assignment.select(Assignment.input).where(
        Assignment.task == task,
        Assignment.side == Side.LABEL,
        Assignment.status == Status.AWAITING_CONSENSUS_REVIEW,
    )
    for input_id in list(waiting.distinct().scalars()):
        submitting.weigh(recorder, task, input_id)


def _free_leases(task: Task, people: Mapping[int, float]) -> int:
    """Dynamic: who left holds no lease any more; the inputs go to whoever comes next."""
    marks = ", ".join("?" * len(people))
    return int(
        database.execute_sql(
            f"UPDATE assignment SET leased_until = 0 WHERE task_id = ? AND side = 'label' AND open = 1 "
            f"AND user_id NOT IN ({marks}) AND leased_until > 0",
            (task.id, *people),
        ).rowcount
    )


def _reviews(recorder: Recorder, task: Task, reviewers: Sequence[int], all_of: int | None) -> int:
    loose = _loose(task, Side.REVIEW, all_of)
    moves: dict[tuple[int | None, int | None], list[int]] = defaultdict(list)
    if task.stacked:
        return hand_over(recorder, task, Side.REVIEW, _stacked_moves(task, reviewers, loose))
    load = dict.fromkeys(reviewers, 0) | assignments.loads(task, Side.REVIEW)
    pool: list[tuple[int, int | None]] = [(i, user) for user, inputs in loose.items() for i in inputs]
    pool += [(input_id, None) for input_id in assignments.without_reviewer(task)]
    for _, user in pool:
        if user is not None:
            load[user] -= 1
    labelers = _labelers(task)
    for input_id, holder in sorted(pool, key=lambda one: one[0]):
        able = assignments.able_to_review(task, reviewers, labelers.get(input_id, set()))
        chosen = min(able, key=lambda r: (load[r], r != holder, reviewers.index(r)), default=holder)
        if chosen is not None:
            load[chosen] += 1
            if chosen != holder:
                moves[holder, chosen].append(input_id)
    return hand_over(recorder, task, Side.REVIEW, moves)


def _stacked_moves(task: Task, reviewers: Sequence[int], loose: Mapping[int, Sequence[int]]) -> Moves:
    """Who came gets all that is under review; what who left holds goes where somebody else still looks."""
    rows = database.execute_sql(
        "SELECT user_id, input_id FROM assignment WHERE task_id = ? AND side = 'review' AND open = 1",
        (task.id,),
    ).fetchall()
    looks: dict[int, set[int]] = defaultdict(set)
    for user, input_id in rows:
        looks[input_id].add(user)
    for input_id in assignments.without_reviewer(task):
        looks[input_id] = set()
    labelers, had = _labelers(task), _had(task)
    moves: dict[tuple[int | None, int | None], list[int]] = defaultdict(list)
    for input_id in sorted(looks):
        for reviewer in assignments.able_to_review(task, reviewers, labelers.get(input_id, set())):
            if (reviewer, input_id) not in had:
                moves[None, reviewer].append(input_id)
                looks[input_id].add(reviewer)
    for user, inputs in loose.items():
        if user not in reviewers:
            moves[user, None] = [input_id for input_id in inputs if looks[input_id] & set(reviewers)]
    return moves


def _had(task: Task) -> set[tuple[int, int]]:
    rows = database.execute_sql(
        "SELECT user_id, input_id FROM assignment WHERE task_id = ? AND side = 'review'", (task.id,)
    )
    return {(user, input_id) for user, input_id in rows.fetchall()}


def _labelers(task: Task) -> dict[int, set[int]]:
    """Who labels each input, also who has not handed it in yet."""
    rows = database.execute_sql(
        "SELECT input_id, user_id FROM assignment WHERE task_id = ? AND side = 'label'", (task.id,)
    )
    found: dict[int, set[int]] = defaultdict(set)
    for input_id, user in rows.fetchall():
        found[input_id].add(user)
    return found


def hand_out(recorder: Recorder, task: Task) -> int:
    """Deal what awaits review and nobody was given; returns how many went to somebody."""
    return hand_over(recorder, task, Side.REVIEW, _left(task, assignments.without_reviewer(task)))


def give_left(task: Task, inputs: Sequence[int]) -> None:
    """Give each of these inputs that no reviewer has to whoever may take it; no line in the history tells."""
    hand_over_unsaid(task, Side.REVIEW, _left(task, inputs))


def _left(task: Task, inputs: Sequence[int]) -> Moves:
    """Who may take each of these inputs that no reviewer has, as moves."""
    labelers = _labelers(task) if inputs else {}
    moves: dict[tuple[int | None, int | None], list[int]] = defaultdict(list)
    works = [(input_id, labelers.get(input_id, set())) for input_id in inputs]
    for input_id, reviewer in assignments.choose_reviewers(task, works):
        moves[None, reviewer].append(input_id)
    return moves


def come_back(recorder: Recorder, user: User) -> int:
    """Who is back in the project has their part of their tasks again; returns how many inputs went over."""
    moved = 0
    for task, side in _memberships(user):
        moved += redistribute(recorder, task, side)
        gold.deal(task)
    return moved


def leave(recorder: Recorder, user: User) -> int:
    """Return everything that a user has open to the other people of its tasks; returns how many inputs.

    Raises nothing where nobody else is there: it stays until somebody joins the task.
    """
    moved = 0
    for task, side in _memberships(user):
        moved += redistribute(recorder, task, side, all_of=int(user.id))
        gold.deal(task)
    return moved


def _memberships(user: User) -> list[tuple[Task, Side]]:
    chosen: Any = TaskMember.select(TaskMember.task, TaskMember.side).join(Task)
    chosen = chosen.where(TaskMember.user == user, Task.deleted == False)
    return [(Task.get_by_id(task), Side(side)) for task, side in list(chosen.tuples())]
