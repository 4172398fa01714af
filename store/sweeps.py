"""Sweeps: one verdict on very many inputs, part by part so that others can write in between, as one step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

from peewee import chunked

from store import assignments, reviewing, rights
from store.errors import Refused
from store.long_steps import LongStep
from store.tables import Task, User, database
from store.values import Role, Side, Status, Verdict

PART = 25
"""Inputs of one transaction: about as long as others wait without noticing."""

_AWAITING = int(Status.AWAITING_REVIEW)


@dataclass(frozen=True)
class Swept:
    """What a sweep has done."""

    decided: list[int]
    left: list[int]
    """What somebody else was quicker with."""


def by_labeler(task: Task, inputs: Sequence[int]) -> dict[str, list[int]]:
    """Who made what awaits review on these inputs, people and models: name → inputs, in their order."""
    found: dict[str, dict[int, None]] = defaultdict(dict)
    for some in chunked(inputs, 500):
        within = f"({', '.join(map(str, some))})"
        rows = database.execute_sql(
            f"SELECT u.name, w.input_id FROM assignment w INDEXED BY assignment_input "
            "JOIN user u ON u.id = w.user_id "
            f"WHERE w.input_id IN {within} AND w.task_id = ? AND w.side = 'label' AND w.status = {_AWAITING} "
            "UNION SELECT u.name, n.input_id FROM annotation n INDEXED BY annotation_once "
            "JOIN user u ON u.id = n.annotator_id "
            f"WHERE n.input_id IN {within} AND n.task_id = ? AND n.deleted = 0 AND n.status = {_AWAITING}",
            (task.id, task.id),
        )
        there: dict[int, list[str]] = defaultdict(list)
        for name, input_id in rows.fetchall():
            there[input_id].append(name)
        for input_id in some:
            for name in there.get(input_id, ()):
                found[name][input_id] = None
    return {name: list(theirs) for name, theirs in sorted(found.items())}


def decide(
    actor: User,
    task: Task,
    inputs: Sequence[int],
    verdict: Verdict,
    *,
    comment: str = "",
    labeler: User | None = None,
    tell: Callable[[int], None] = lambda done: None,
) -> Swept:
    """Give one verdict on the work on these inputs, of one annotator if named; what is not open any more
    is left as it is. `tell` hears after each part how many were looked at.

    What was decided stays when the process dies; undo takes back all of it. Raises Refused where
    `reviewing.decide` does.
    """
    going = parts(actor, task, inputs, verdict, comment=comment, labeler=labeler)
    while True:
        try:
            tell(next(going))
        except StopIteration as end:
            swept: Swept = end.value
            return swept


def parts(
    actor: User,
    task: Task,
    inputs: Sequence[int],
    verdict: Verdict,
    *,
    comment: str = "",
    labeler: User | None = None,
) -> Generator[int, None, Swept]:
    """What `decide` does, for who has something else to do between two parts: gives how many inputs were
    looked at so far. Raises Conflict where it was undone meanwhile; the rest stays as it was."""
    rights.require(actor, Role.OWNER, Role.LEAD, Role.LABELER)
    reviewing.require_comment(verdict, comment)
    if verdict is Verdict.REQUEST_CHANGES:
        # Before the first part: a refusal in the middle would leave half of it done.
        for input_id in inputs:
            reviewing.require_people(task, input_id, labeler)
    whose = "" if labeler is None else f" of {labeler.name}"
    long = LongStep(actor, f"{reviewing.PAST[verdict]} {len(inputs)} inputs{whose}")
    decided: list[int] = []
    left: list[int] = []
    for some in chunked(inputs, PART):
        with long.part() as recorder:
            still = assignments.open_among(task, Side.REVIEW, actor, some)
            for input_id in some:
                if input_id in still:
                    reviewing.settle(recorder, task, input_id, verdict, comment, labeler)
        decided += [input_id for input_id in some if input_id in still]
        left += [input_id for input_id in some if input_id not in still]
        yield len(decided) + len(left)
    if not decided:
        raise Refused("none of it is open for you any more: somebody else was quicker")
    return Swept(decided, left)
