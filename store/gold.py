"""Gold: inputs whose right answer is known, mixed unseen into the work of a task's labelers.

The answers are the SUCCESS annotations that stand outside the task on inputs of its gold dataset. Those of
them that lie in the task's own dataset as well are nobody's ordinary work: each labeler is given as many of
them as the task's share asks for, the same ones whenever it is asked, and what they say of them is handed
in and reviewed like everything else. No event tells which they are.
"""

from __future__ import annotations

import hashlib
import math
from typing import Any

from store import rights
from store.consensus import same_place
from store.database import now
from store.errors import Refused
from store.tables import Dataset, Task, User, database
from store.values import Region, Status, Strategy, TaskType

_UNTOUCHED = (
    f"assignment.side = 'label' AND status = {int(Status.PENDING)} AND NOT EXISTS "
    "(SELECT 1 FROM annotation n WHERE n.input_id = assignment.input_id AND n.task_id = assignment.task_id "
    "AND n.annotator_id = assignment.user_id AND n.deleted = 0) AND NOT EXISTS (SELECT 1 FROM review r "
    "WHERE r.input_id = assignment.input_id AND r.task_id = assignment.task_id AND r.deleted = 0)"
)


def require(task: Task, gold: Dataset, share: float) -> None:
    """Raises Refused where a task cannot have these gold inputs at this share (0..1) of the work."""
    if not 0 < share < 1:
        raise Refused(f"the share of gold inputs lies between 0 and 1, not at {share:g}")
    if task.auto_id is not None:
        raise Refused(f"a model labels '{task.name}' first: gold inputs are for tasks that people label")
    if not _inputs(task):
        raise Refused(
            f"nothing in '{gold.name}' is gold for '{task.name}': gold inputs have Success annotations from "
            "outside the task and lie in its dataset, so that nothing tells them apart"
        )


def sort_out(task: Task) -> None:
    """What is gold now is nobody's ordinary work, unless they have begun it; what was gold is somebody's."""
    known = ", ".join(map(str, _inputs(task)))
    database.execute_sql(
        f"DELETE FROM assignment WHERE task_id = ? AND gold = 0 AND input_id IN ({known}) AND {_UNTOUCHED}",
        (task.id,),
    )
    _drop(task, f"input_id NOT IN ({known})")
    one = "" if task.strategy == Strategy.FULL else _ONE
    database.execute_sql(
        "UPDATE assignment SET gold = 0 WHERE task_id = ? AND side = 'label' AND gold = 1 "
        f"AND input_id NOT IN ({known}) {one}",
        (task.id,),
    )


_ONE = (
    "AND user_id = (SELECT min(a.user_id) FROM assignment a WHERE a.input_id = assignment.input_id "
    "AND a.task_id = assignment.task_id AND a.side = 'label') AND NOT EXISTS (SELECT 1 FROM assignment a "
    "WHERE a.input_id = assignment.input_id AND a.task_id = assignment.task_id AND a.side = 'label' "
    "AND a.gold = 0)"
)


def deal(task: Task) -> None:
    """Give every labeler their share and take away what nobody has begun and is too much.

    Call it whenever the people, the share or what they have may have changed; it changes nothing twice.
    """
    people = [] if task.gold_id is None else _people(task)
    known = _inputs(task)
    _drop(task, f"user_id NOT IN ({', '.join(map(str, people))})" if people else "1")
    for user in people:
        deal_to(task, user, known)


def deal_to(task: Task, user: int, known: list[int] | None = None, leased_until: int | None = None) -> None:
    """Give one labeler their share of gold inputs, in an order that is theirs alone.

    `known`: the task's gold inputs, for callers who have them. `leased_until` as in dynamic tasks.
    """
    if task.gold_id is None:
        return
    (ordinary,) = database.execute_sql(_ORDINARY, (task.id, user)).fetchone()
    wanted = math.ceil(ordinary * task.gold_share / (1 - task.gold_share))
    known = _inputs(task) if known is None else known
    chosen = sorted(known, key=lambda input_id: _draw(task, user, input_id))[:wanted]
    _drop(task, f"user_id = {user} AND input_id NOT IN ({', '.join(map(str, chosen))})")
    database.connection().executemany(
        "INSERT INTO assignment (task_id, side, user_id, input_id, status, open, changed_at, version, gold, "
        "leased_until) VALUES (?, 'label', ?, ?, ?, 1, ?, 0, 1, ?) ON CONFLICT DO NOTHING",
        [(task.id, user, input_id, int(Status.PENDING), now(), leased_until) for input_id in chosen],
    )


_ORDINARY = (
    "SELECT count(*) FROM assignment WHERE task_id = ? AND side = 'label' AND user_id = ? AND gold = 0"
)


def _draw(task: Task, user: int, input_id: int) -> bytes:
    return hashlib.sha256(f"{task.uid} {user} {input_id}".encode()).digest()


def _drop(task: Task, which: str) -> None:
    database.execute_sql(
        "DELETE FROM assignment INDEXED BY assignment_gold WHERE task_id = ? AND gold = 1 "
        f"AND {which} AND {_UNTOUCHED}",
        (task.id,),
    )


def _people(task: Task) -> list[int]:
    rows = database.execute_sql(
        "SELECT m.user_id FROM task_member m JOIN user u ON u.id = m.user_id AND u.active = 1 "
        "AND u.role <> 'model' WHERE m.task_id = ? AND m.side = 'label' ORDER BY m.position",
        (task.id,),
    )
    return [row[0] for row in rows.fetchall()]


def selected(task: Task) -> str:
    """A query of the ids of the task's gold inputs; what somebody has begun as ordinary work is none."""
    known = f"n.deleted = 0 AND n.status = {int(Status.SUCCESS)} AND n.task_id IS NOT {int(task.id)}"
    return (
        "SELECT g.input_id FROM dataset_input g JOIN dataset_input d ON d.input_id = g.input_id "
        f"AND d.dataset_id = {int(task.dataset_id)} JOIN input i ON i.id = g.input_id AND i.deleted = 0 "
        f"AND i.media = '{TaskType(task.type).media}' WHERE g.dataset_id = {int(task.gold_id)} "
        f"AND EXISTS (SELECT 1 FROM annotation n WHERE n.input_id = g.input_id AND {known}) "
        "AND NOT EXISTS (SELECT 1 FROM assignment WHERE input_id = g.input_id "
        f"AND task_id = {int(task.id)} AND side = 'label' AND gold = 0 AND NOT ({_UNTOUCHED}))"
    )


def _inputs(task: Task) -> list[int]:
    if task.gold_id is None:
        return []
    return [row[0] for row in database.execute_sql(f"{selected(task)} ORDER BY 1").fetchall()]


def note(task: Task, user: User, input_id: int) -> None:
    """Keep whether what a labeler hands in on a gold input is right; what they said before a reviewer told
    them more is what counts.

    Whole inputs: the concepts that are said to be there are exactly those of the answer. Regions: each is
    paired with one of the answer of the same concept, boxes overlapping by the task's agreement (IoU), spans
    equal, and none is left on either side. Of a task with concepts only those are compared.
    """
    told = "SELECT 1 FROM review WHERE task_id = ? AND input_id = ? AND verdict = 'request-changes'"
    if database.execute_sql(f"{told} LIMIT 1", (task.id, input_id)).fetchone() is None:
        said = _statements(task, input_id, f"task_id = {int(task.id)} AND annotator_id = {int(user.id)}")
        success = int(Status.SUCCESS)
        answer = _statements(task, input_id, f"task_id IS NOT {int(task.id)} AND status = {success}")
        right = _alike(said, _distinct(answer, task.agree_iou), task.agree_iou)
        database.execute_sql(
            "INSERT INTO gold_answer (task_id, user_id, input_id, is_right, answered_at) "
            "VALUES (?, ?, ?, ?, ?) ON CONFLICT (task_id, user_id, input_id) "
            "DO UPDATE SET is_right = excluded.is_right, answered_at = excluded.answered_at",
            (task.id, user.id, input_id, right, now()),
        )


_Statement = tuple[int, int, Region | None]
"""Concept, annotator, where."""


def _statements(task: Task, input_id: int, whose: str) -> list[_Statement]:
    rows = database.execute_sql(
        "SELECT concept_id, annotator_id, region_kind, region FROM annotation "
        f"WHERE input_id = ? AND {whose} AND deleted = 0 AND value = 1 AND (concept_id IN "
        "(SELECT concept_id FROM task_concept WHERE task_id = ?) "
        "OR NOT EXISTS (SELECT 1 FROM task_concept WHERE task_id = ?)) ORDER BY id",
        (input_id, task.id, task.id),
    )
    return [(concept, by, Region.unpack(kind, packed)) for concept, by, kind, packed in rows.fetchall()]


def _distinct(answer: list[_Statement], least: float) -> list[_Statement]:
    """The answer with what several people agreed on said once."""
    kept: list[_Statement] = []
    for concept, by, region in answer:
        if not any(c == concept and b != by and same_place(r, region, least) for c, b, r in kept):
            kept.append((concept, by, region))
    return kept


def _alike(said: list[_Statement], answer: list[_Statement], least: float) -> bool:
    left = list(answer)
    for concept, _, region in said:
        twin = next((one for one in left if one[0] == concept and same_place(one[2], region, least)), None)
        if twin is None:
            return False
        left.remove(twin)
    return not left


def accuracy(actor: User, task: Task) -> list[dict[str, Any]]:
    """How each labeler of a task does on its gold inputs, by name: name, answered, right, accuracy (0..1).

    For owners and leads. What was taken back since does not count.
    """
    rights.require(actor, *rights.LEADS)
    rows = database.execute_sql(
        "SELECT u.name, count(*), sum(g.is_right) FROM gold_answer g JOIN user u ON u.id = g.user_id "
        "JOIN assignment a ON a.task_id = g.task_id AND a.side = 'label' AND a.user_id = g.user_id "
        f"AND a.input_id = g.input_id AND a.status <> {int(Status.PENDING)} "
        "WHERE g.task_id = ? GROUP BY u.name ORDER BY u.name",
        (task.id,),
    )
    return [
        {"name": name, "answered": n, "right": right, "accuracy": right / n}
        for name, n, right in rows.fetchall()
    ]


def counts(task: Task) -> dict[int, int]:
    """How many gold inputs each labeler was given."""
    rows = database.execute_sql(
        "SELECT user_id, count(*) FROM assignment WHERE task_id = ? AND gold = 1 GROUP BY user_id", (task.id,)
    )
    return dict(rows.fetchall())
