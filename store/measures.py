"""Measures of people's work: how alike they label, how fast they decide, what they confuse.

Inputs are read in order, window by window over the indexes that begin with the input: memory follows
people and concepts, not inputs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from statistics import median
from typing import Any

from store.agreement import alpha_of_units, fleiss_of_rows, kappa_of_table, mean_box_agreement
from store.annotations import windows
from store.tables import Assignment, Concept, Review, Task, TaskConcept, User, database
from store.values import Box, Region, Side, Status, Verdict

IDLE = 5 * 60_000
"""Milliseconds between two decisions of a person beyond which they were away."""

NOTHING = None
"""What stands in a confusion table where one of the two named nothing that the other named."""


@dataclass
class _Item:
    """What people said on one input of a task."""

    looked: list[int]
    """Who handed it in (ids), also with nothing to say."""
    there: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    """Who says which concepts are there."""
    boxes: dict[int, dict[int, list[Box]]] = field(default_factory=lambda: defaultdict(dict))
    """By concept and person."""


def _items(task: Task) -> Iterator[_Item]:
    """The inputs that at least two people have handed in."""
    for first, last in windows(task.dataset_id):
        works = database.execute_sql(
            "SELECT a.input_id, a.user_id FROM assignment a INDEXED BY assignment_input JOIN user u "
            "ON u.id = a.user_id WHERE a.input_id BETWEEN ? AND ? AND a.task_id = ? AND a.side = 'label' "
            "AND a.status <> ? AND u.role <> 'model' ORDER BY a.input_id, a.user_id",
            (first, last, task.id, int(Status.PENDING)),
        )
        found: dict[int, _Item] = {}
        for input_id, user in works.fetchall():
            found.setdefault(input_id, _Item([])).looked.append(user)
        several = {key: item for key, item in found.items() if len(item.looked) > 1}
        if several:
            _add_statements(task, first, last, several)
        yield from several.values()


def _add_statements(task: Task, first: int, last: int, items: dict[int, _Item]) -> None:
    rows = database.execute_sql(
        "SELECT input_id, annotator_id, concept_id, region_kind, region FROM annotation "
        "INDEXED BY annotation_once WHERE input_id BETWEEN ? AND ? AND +task_id = ? AND deleted = 0 "
        "AND value = 1",
        (first, last, task.id),
    )
    for input_id, user, concept, kind, packed in rows.fetchall():
        item = items.get(input_id)
        if item is None or user not in item.looked:
            continue
        item.there[user].add(concept)
        region = Region.unpack(kind, packed)
        if region is not None and region.bounds is not None:
            item.boxes[concept].setdefault(user, []).append(region.bounds)


def agreement(task: Task) -> dict[str, Any]:
    """How alike people label: inputs (with several answers), cohen (for every two people: people, inputs,
    kappa), fleiss (over the inputs with the most usual number of raters), krippendorff, iou (of boxes).

    A rating is whether a concept of the task is there. Null where it is undefined.
    """
    concepts = _concepts(task)
    patterns: Counter[tuple[int, int]] = Counter()
    pairs: dict[tuple[int, int], Counter[tuple[bool, bool]]] = defaultdict(Counter)
    together: Counter[tuple[int, int]] = Counter()
    fits: list[float] = []
    inputs = 0
    for item in _items(task):
        inputs += 1
        _rate(item, concepts, patterns)
        for a, b in combinations(item.looked, 2):
            together[a, b] += 1
            _compare(item.there[a] & concepts, item.there[b] & concepts, len(concepts), pairs[a, b])
        for drawn in item.boxes.values():
            fit = mean_box_agreement([drawn.get(user, []) for user in item.looked])
            fits += [] if fit is None else [fit]
    names = _names()
    return {
        "inputs": inputs,
        "cohen": [
            {"people": [names[a], names[b]], "inputs": together[a, b], "kappa": kappa_of_table(table)}
            for (a, b), table in sorted(pairs.items())
        ],
        "fleiss": fleiss_of_rows(_most_usual(patterns)),
        "krippendorff": alpha_of_units(({True: a, False: b}, n) for (a, b), n in patterns.items()),
        "iou": sum(fits) / len(fits) if fits else None,
    }


def _rate(item: _Item, concepts: set[int], patterns: Counter[tuple[int, int]]) -> None:
    """Count (how many say it is there, how many that it is not) of each concept of one input."""
    raters = len(item.looked)
    said = Counter(concept for user in item.looked for concept in item.there[user] & concepts)
    for n in said.values():
        patterns[n, raters - n] += 1
    patterns[0, raters] += len(concepts) - len(said)


def _compare(a: set[int], b: set[int], concepts: int, table: Counter[tuple[bool, bool]]) -> None:
    table[True, True] += len(a & b)
    table[True, False] += len(a - b)
    table[False, True] += len(b - a)
    table[False, False] += concepts - len(a | b)


def _most_usual(patterns: Counter[tuple[int, int]]) -> dict[tuple[int, ...], int]:
    raters: Counter[int] = Counter()
    for row, times in patterns.items():
        raters[sum(row)] += times
    if not raters:
        return {}
    usual = max(raters, key=lambda n: (raters[n], n))
    return {row: times for row, times in patterns.items() if sum(row) == usual and times}


def _concepts(task: Task) -> set[int]:
    """The task's concepts; those that were used in it where it names none."""
    named = set(TaskConcept.select(TaskConcept.concept).where(TaskConcept.task == task).scalars())
    if named:
        return named
    rows = database.execute_sql(
        "SELECT DISTINCT concept_id FROM annotation WHERE task_id = ? AND deleted = 0", (task.id,)
    )
    return {row[0] for row in rows.fetchall()}


def _names() -> dict[int, str]:
    return {row.id: row.name for row in User.select()}


def pace(task: Task | None = None) -> list[dict[str, Any]]:
    """What each person decided, by name: submitted, approved, rejected, changes_requested (inputs), decisions
    (a bulk one is one), seconds_per_decision (mean) and median_seconds, both null without two decisions
    that are at most five minutes apart."""
    lines: dict[int, dict[str, Any]] = defaultdict(
        lambda: {"submitted": 0, "approved": 0, "rejected": 0, "changes_requested": 0}
    )
    # A step's id is the version of what it wrote: one decision, however many inputs.
    moments: dict[int, dict[int, int]] = defaultdict(dict)
    past = {Verdict.APPROVE: "approved", Verdict.REJECT: "rejected"}
    reviews: Any = Review.select(Review.reviewer, Review.verdict, Review.version, Review.created_at)
    works: Any = Assignment.select(Assignment.user, Assignment.version, Assignment.changed_at).where(
        Assignment.side == Side.LABEL, Assignment.status != Status.PENDING, Assignment.version > 0
    )
    if task is not None:
        reviews, works = reviews.where(Review.task == task), works.where(Assignment.task == task)
    for user, verdict, version, at in reviews.where(Review.deleted == False).tuples().iterator():
        lines[user][past.get(Verdict(verdict), "changes_requested")] += 1
        moments[user][version] = at
    for user, version, at in works.tuples().iterator():
        lines[user]["submitted"] += 1
        moments[user].setdefault(version, at)
    people = User.select().where(User.role != "model").order_by(User.name)
    return [
        {"name": row.name, **lines[row.id], **_times(sorted(moments[row.id].values()))}
        for row in people
        if row.id in lines
    ]


def _times(moments: list[int]) -> dict[str, Any]:
    gaps = [b - a for a, b in pairwise(moments) if b - a <= IDLE]
    return {
        "decisions": len(moments),
        "seconds_per_decision": sum(gaps) / len(gaps) / 1000 if gaps else None,
        "median_seconds": median(gaps) / 1000 if gaps else None,
    }


def confusion(task: Task) -> list[dict[str, Any]]:
    """Who says what where the other says something else, most frequent first: between (people or model),
    one, other (concepts; null: nothing of the kind), count. Agreement is listed too, as one = other.

    Between people: `one` is what the person earlier in the alphabet says, of every two on each input. Between
    model and people: `one` is what the model said, `other` what stands now.
    """
    concepts = {row.id: row.name for row in Concept.select()}
    people: Counter[tuple[int | None, int | None]] = Counter()
    names = _names()
    for item in _items(task):
        for a, b in combinations(sorted(item.looked, key=lambda user: names[user]), 2):
            people.update(_confused(item.there[a], item.there[b]))
    tables = (("people", people), ("model", _model_confusion(task)))
    return [
        {"between": between, "one": _named(concepts, one), "other": _named(concepts, other), "count": n}
        for between, table in tables
        for (one, other), n in sorted(table.items(), key=lambda cell: (-cell[1], str(cell[0])))
    ]


def _confused(a: set[int], b: set[int]) -> Iterator[tuple[int | None, int | None]]:
    """What both say with itself; what only one says with all that only the other says."""
    yield from ((one, one) for one in a & b)
    ones: list[int | None] = [*sorted(a - b)] or [NOTHING]
    others: list[int | None] = [*sorted(b - a)] or [NOTHING]
    for one in ones:
        for other in others:
            if one is not None or other is not None:
                yield one, other


def _model_confusion(task: Task) -> Counter[tuple[int | None, int | None]]:
    """What the model said and what people made of it; only where somebody decided."""
    found: Counter[tuple[int | None, int | None]] = Counter()
    for first, last in windows(task.dataset_id):
        rows = database.execute_sql(
            "SELECT n.original_concept_id, CASE WHEN n.value = 1 AND n.status <> ? THEN n.concept_id END, "
            "count(*) FROM annotation n INDEXED BY annotation_once WHERE n.input_id BETWEEN ? AND ? "
            "AND +n.task_id = ? AND n.deleted = 0 AND n.version > 0 AND n.status <> ? "
            "AND (n.value = 1 OR n.original_concept_id IS NOT NULL) GROUP BY 1, 2",
            (int(Status.REVIEW_DENIED), first, last, task.id, int(Status.PENDING)),
        )
        for said, stands, n in rows.fetchall():
            if said is not None or stands is not None:
                found[said, stands] += n
    return found


def _named(concepts: dict[int, str], concept: int | None) -> str | None:
    return None if concept is None else concepts[concept]
