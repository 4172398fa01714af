"""Queues: a reviewer's open inputs, filtered and in the order they like, page by page or frozen.

A page is found in one of two ways, both short: what a filter lets through is looked up by an index and
sorted where it is little, else the queue is walked in its order until the page is full.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from store.errors import Refused
from store.tables import Task, User, database
from store.values import Status

FEW = 2000
"""Inputs up to which what matches is sorted anew for each page."""

MANY_VALUES = 50
"""Values of a filter beyond which looking each up costs more than walking."""


class Order(StrEnum):
    """What comes first."""

    INPUT = "input"
    SCORE = "score"
    """The highest score."""
    UNCERTAINTY = "uncertainty"
    """The score nearest to the middle of its band; without a band the least lead of the best."""
    DISAGREEMENT = "disagreement"
    """What its labelers say least alike."""
    AGE = "age"
    """What has waited longest."""


@dataclass(frozen=True)
class Filter:
    """Which inputs: on each there is an annotation that matches one value of every kind that is given, or,
    with `match_any`, of one of them. A labeler matches by having handed the input in, too."""

    labelers: Sequence[int] = ()
    """Ids of people and models."""
    statuses: Sequence[Status] = ()
    concepts: Sequence[int] = ()
    low: float | None = None
    high: float | None = None
    """Scores, both ends included."""
    match_any: bool = False

    def __post_init__(self) -> None:
        if self.low is not None and self.high is not None and not self.low <= self.high:
            raise Refused(f"a range of scores goes up: change {self.low:g}:{self.high:g}")


@dataclass(frozen=True, slots=True)
class Place:
    """An input's place in an order: what it is ordered by, and the input."""

    key: float
    input: int


_WALKS = {
    # Column, index, and whether the highest comes first.
    Order.INPUT: ("input_id", "assignment_open", False),
    Order.SCORE: ("score", "assignment_by_score", True),
    Order.UNCERTAINTY: ("uncertainty", "assignment_by_uncertainty", True),
    Order.DISAGREEMENT: ("disagreement", "assignment_by_disagreement", True),
    Order.AGE: ("changed_at", "assignment_by_age", False),
}
_NOTHING = Filter()
_AWAITING = int(Status.AWAITING_REVIEW)


def page(
    task: Task,
    reviewer: User,
    wanted: Filter = _NOTHING,
    order: Order = Order.INPUT,
    *,
    after: Place | None = None,
    limit: int = 50,
) -> list[Place]:
    """The next inputs that are open for this reviewer; pass the last place to go on from there."""
    few = None if wanted == _NOTHING else _few(task, reviewer, wanted)
    if few is None:
        return list(_walk(task, reviewer, wanted, order, after, limit))
    following = few_places(task, reviewer, wanted, order, few)
    if after is not None:
        here = _rank(order, after)
        following = [place for place in following if _rank(order, place) > here]
    return following[:limit]


def frozen(task: Task, reviewer: User, wanted: Filter = _NOTHING, order: Order = Order.INPUT) -> array[int]:
    """The ids of all of them as they are now: a list that stays under the reviewer's hands.

    One walk through the queue, some 15 ms for 100,000; with a filter each input is looked at, 2 µs each.
    """
    few = None if wanted == _NOTHING else _few(task, reviewer, wanted)
    if few is not None:
        return array("q", (place.input for place in few_places(task, reviewer, wanted, order, few)))
    index = _WALKS[order][1]
    matches, values = _matches(wanted)
    # As one value: a hundred thousand rows would take Python five times as long as the walk, and its lock.
    (found,) = database.execute_sql(
        f"SELECT json_group_array(input_id) FROM (SELECT a.input_id FROM assignment a INDEXED BY {index} "
        f"WHERE a.task_id = ? AND a.side = 'review' AND a.user_id = ? AND a.open = 1{matches} "
        f"ORDER BY {_by(order)})",
        (task.id, reviewer.id, *values),
    ).fetchone()
    return array("q", json.loads(found))


def few_places(
    task: Task, reviewer: User, wanted: Filter, order: Order, inputs: Sequence[int]
) -> list[Place]:
    """The places of those of some inputs that are open and match, in order."""
    if not inputs:
        return []
    column = _WALKS[order][0]
    matches, values = _matches(wanted)
    rows = database.execute_sql(
        f"SELECT a.{column}, a.input_id FROM assignment a WHERE a.task_id = ? AND a.side = 'review' "
        f"AND a.user_id = ? AND a.open = 1 AND a.input_id IN ({', '.join(map(str, inputs))}){matches}",
        (task.id, reviewer.id, *values),
    )
    return sorted((Place(*row) for row in rows.fetchall()), key=lambda place: _rank(order, place))


def _rank(order: Order, place: Place) -> tuple[float, int]:
    return (-place.key if _WALKS[order][2] else place.key), place.input


def _by(order: Order) -> str:
    column, _, down = _WALKS[order]
    ties = "" if order is Order.INPUT else ", a.input_id"
    return f"a.{column} {'DESC' if down else ''}{ties}"


def _walk(
    task: Task, reviewer: User, wanted: Filter, order: Order, after: Place | None, limit: int
) -> Iterator[Place]:
    column, index, _ = _WALKS[order]
    matches, values = _matches(wanted)
    select = (
        f"SELECT a.{column}, a.input_id FROM assignment a INDEXED BY {index} WHERE a.task_id = ? "
        f"AND a.side = 'review' AND a.user_id = ? AND a.open = 1"
    )
    by = f"ORDER BY {_by(order)} LIMIT ?"
    leaps = bool(wanted.labelers) and not wanted.match_any
    if leaps and after is None:
        first = database.execute_sql(f"{select} {by}", (task.id, reviewer.id, 1)).fetchone()
        if first is None:
            return
        after = Place(first[0], first[1] - 1)
    for where, bounds in _after(order, after, _leap(task, wanted, after) if leaps and after else 0):
        rows = database.execute_sql(
            f"{select}{where}{matches} {by}", (task.id, reviewer.id, *bounds, *values, limit)
        ).fetchall()
        yield from (Place(*row) for row in rows)
        limit -= len(rows)
        if limit <= 0:
            return


def _after(order: Order, after: Place | None, leap: int) -> list[tuple[str, tuple[float, ...]]]:
    """The stretches of an order's index that follow a place: those with the same key from the input `leap`
    on, then the rest."""
    if after is None:
        return [("", ())]
    column, _, down = _WALKS[order]
    beyond = f" AND a.{column} {'<' if down else '>'} ?"
    if order is Order.INPUT:
        return [(beyond, (max(after.input, leap - 1),))]
    ties = (f" AND a.{column} = ? AND a.input_id > ?", (after.key, max(after.input, leap - 1)))
    return [ties, (beyond, (after.key,))]


def _leap(task: Task, wanted: Filter, after: Place) -> int:
    """The first input after a place on which one of the labelers has said something, as they are asked for.

    Shares are dealt as neighbours: who labeled the end of a queue would be walked to through all of it.
    """
    found = [1 << 62]
    said = (
        "SELECT min(input_id) FROM annotation INDEXED BY annotation_task_annotator "
        "WHERE task_id = ? AND annotator_id = ? AND status = ? AND input_id > ?"
    )
    handed_in = (
        "SELECT min(input_id) FROM assignment INDEXED BY assignment_awaiting WHERE task_id = ? "
        f"AND user_id = ? AND side = 'label' AND status = {_AWAITING} AND input_id > ?"
    )
    for labeler in wanted.labelers:
        asked = [(said, (task.id, labeler, int(status), after.input)) for status in wanted.statuses or Status]
        firsts = [database.execute_sql(*one).fetchone()[0] for one in asked]
        firsts.append(database.execute_sql(handed_in, (task.id, labeler, after.input)).fetchone()[0])
        found += [first for first in firsts if first is not None]
    return min(found)


def _matches(wanted: Filter) -> tuple[str, tuple[Any, ...]]:
    """A condition on the assignment `a`. The unary plus keeps the planner on the input's own rows."""
    parts = _parts(wanted)
    if not parts:
        return "", ()
    joined = (" OR " if wanted.match_any else " AND ").join(f"({part})" for part, _ in parts)
    values: list[Any] = [value for _, some in parts for value in some]
    said = (
        "(SELECT 1 FROM annotation n INDEXED BY annotation_once WHERE n.input_id = a.input_id "
        f"AND n.task_id = a.task_id AND n.deleted = 0 AND ({joined}) LIMIT 1) IS NOT NULL"
    )
    if wanted.labelers and (len(parts) == 1 or wanted.match_any):
        said += (
            " OR (SELECT 1 FROM assignment w INDEXED BY assignment_input WHERE w.input_id = a.input_id "
            f"AND w.task_id = a.task_id AND w.side = 'label' AND w.status = {_AWAITING} "
            f"AND w.user_id IN ({_marks(wanted.labelers)}) LIMIT 1) IS NOT NULL"
        )
        values += wanted.labelers
    return f" AND ({said})", tuple(values)


def _parts(wanted: Filter) -> list[tuple[str, Sequence[Any]]]:
    """What is asked of one annotation, kind by kind."""
    parts: list[tuple[str, Sequence[Any]]] = []
    for column, chosen in (
        ("annotator_id", wanted.labelers),
        ("status", [int(status) for status in wanted.statuses]),
        ("concept_id", wanted.concepts),
    ):
        if chosen:
            parts.append((f"+n.{column} IN ({_marks(chosen)})", chosen))
    if wanted.low is not None or wanted.high is not None:
        low = 0.0 if wanted.low is None else wanted.low
        high = 1.0 if wanted.high is None else wanted.high
        parts.append(("n.score BETWEEN ? AND ?", (low, high)))
    return parts


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))


def _few(task: Task, reviewer: User, wanted: Filter) -> list[int] | None:
    """Every input that may match, by index; None where they are many or no index tells."""
    if sum(map(len, (wanted.concepts, wanted.labelers))) > MANY_VALUES:
        return None
    if wanted.match_any and wanted.statuses:
        return None
    statuses = [Status(status) for status in wanted.statuses if not wanted.match_any] or list(Status)
    best: set[int] | None = None
    for stretches in _stretches(task, reviewer, wanted, statuses):
        found = _gather(stretches)
        if wanted.match_any:
            if found is None:
                return None
            best = (best or set()) | found
        elif found is not None and (best is None or len(found) < len(best)):
            best = found
    return None if best is None or len(best) > FEW else sorted(best)


def _gather(stretches: Sequence[tuple[str, tuple[Any, ...]]]) -> set[int] | None:
    found: set[int] = set()
    for statement, values in stretches:
        rows = database.execute_sql(f"{statement} LIMIT {FEW + 1}", values).fetchall()
        found.update(row[0] for row in rows)
        if len(rows) > FEW or len(found) > FEW:
            return None
    return found


def _stretches(
    task: Task, reviewer: User, wanted: Filter, statuses: Sequence[Status]
) -> Iterator[list[tuple[str, tuple[Any, ...]]]]:
    """For each kind of filter that an index leads, one stretch of it a value, a status and a reviewer."""
    select = "SELECT n.input_id FROM annotation n INDEXED BY"
    where = "WHERE n.task_id = ? AND n.reviewer_id IS ? AND n.status = ? AND n.{} = ? AND n.deleted = 0"
    if wanted.low is not None or wanted.high is not None:
        low = 0.0 if wanted.low is None else wanted.low
        high = 1.0 if wanted.high is None else wanted.high
        yield [
            (
                f"{select} annotation_queue_score WHERE n.task_id = ? AND n.reviewer_id IS ? "
                "AND n.status = ? AND n.score BETWEEN ? AND ? AND n.score IS NOT NULL AND n.deleted = 0",
                (task.id, of, int(status), low, high),
            )
            for status in statuses
            for of in (reviewer.id, None)
        ]
    for kind, index, column in (
        (wanted.concepts, "annotation_queue_concept", "concept_id"),
        (wanted.labelers, "annotation_queue_annotator", "annotator_id"),
    ):
        stretches: list[tuple[str, tuple[Any, ...]]] = [
            (f"{select} {index} {where.format(column)}", (task.id, of, int(status), value))
            for value in kind
            for status in statuses
            for of in (reviewer.id, None)
        ]
        if kind and column == "annotator_id":
            stretches += [
                (
                    "SELECT w.input_id FROM assignment w INDEXED BY assignment_awaiting "
                    f"WHERE w.task_id = ? AND w.user_id = ? AND w.side = 'label' AND w.status = {_AWAITING}",
                    (task.id, value),
                )
                for value in kind
            ]
        if kind:
            yield stretches
