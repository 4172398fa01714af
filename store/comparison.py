"""Comparison: what people, and the model, say of the same inputs of a task; how alike, and what instead.

Inputs are read in order, window by window over the indexes that begin with the input: memory follows
people and concepts, not inputs, and whoever walks may show what is known so far.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import store.annotations
from store import datasets
from store.agreement import alpha_of_units, fleiss_of_rows, kappa_of_table, mean_box_agreement
from store.tables import Concept, Task, TaskConcept, User, database
from store.values import Box, Region, Role, Status

Cell = tuple[int | None, int | None]
"""One concept and the other that is said instead (ids); None where nothing of the kind is said."""


@dataclass
class _Item:
    """What people said on one input."""

    looked: list[int]
    """Who handed it in (ids), also with nothing to say."""
    there: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    """Who says which concepts are there."""
    boxes: dict[int, dict[int, list[Box]]] = field(default_factory=lambda: defaultdict(dict))
    """By concept and person."""


@dataclass
class _Pair:
    """What two people said on the inputs that both handed in."""

    inputs: int = 0
    both: int = 0
    """Ratings of which both say that the concept is there."""
    only_first: int = 0
    only_second: int = 0
    confused: Counter[Cell] = field(default_factory=Counter)

    def kappa(self, concepts: int) -> float | None:
        """Cohen's kappa, when `concepts` could be there on each input."""
        neither = self.inputs * concepts - self.both - self.only_first - self.only_second
        return kappa_of_table(
            {
                (True, True): self.both,
                (True, False): self.only_first,
                (False, True): self.only_second,
                (False, False): neither,
            }
        )


class Comparison:
    """The answers of one task, counted by `walk`. What it says before the end is true of what it has seen."""

    def __init__(self, task: Task) -> None:
        self._task = task
        users = list(User.select())
        self._names = {int(row.id): str(row.name) for row in users}
        self._models = {int(row.id) for row in users if row.role == Role.MODEL}
        named = TaskConcept.select(TaskConcept.concept).where(TaskConcept.task == task)
        self._named: set[int] = set(named.scalars())
        self._said: dict[int, Counter[tuple[int, int]]] = defaultdict(Counter)
        """By concept, how often whom (id) says that it is there (1) or that it is not (0)."""
        self._raters: Counter[int] = Counter()
        """How many inputs so many people handed in."""
        self._patterns: Counter[tuple[int, int]] = Counter()
        """How often (so many say it is there, so many of the raters do not)."""
        self._pairs: dict[tuple[int, int], _Pair] = defaultdict(_Pair)
        self._fits: list[float] = []
        self._decided: dict[int | None, Counter[Cell]] = defaultdict(Counter)
        """By who decided: what the model said and what stands now."""

    def walk(self) -> Iterator[float]:
        """Count a window of inputs at a time; yields the share of the task that is counted, 0..1."""
        total = max(1, datasets.size(self._task.dataset_id))
        for number, (first, last) in enumerate(store.annotations.windows(self._task.dataset_id), 1):
            self._count_concepts(first, last)
            self._count_model(first, last)
            for item in self._items(first, last):
                self._count(item)
            yield min(1.0, number * store.annotations.WINDOW / total)

    def _items(self, first: int, last: int) -> Iterable[_Item]:
        """The inputs that at least two people have handed in."""
        works = database.execute_sql(
            "SELECT a.input_id, a.user_id FROM assignment a INDEXED BY assignment_input JOIN user u "
            "ON u.id = a.user_id WHERE a.input_id BETWEEN ? AND ? AND a.task_id = ? AND a.side = 'label' "
            "AND a.status <> ? AND u.role <> 'model' ORDER BY a.input_id, a.user_id",
            (first, last, self._task.id, int(Status.PENDING)),
        )
        found: dict[int, _Item] = {}
        for input_id, user in works.fetchall():
            found.setdefault(input_id, _Item([])).looked.append(user)
        several = {key: item for key, item in found.items() if len(item.looked) > 1}
        if several:
            self._add_statements(first, last, several)
        return several.values()

    def _add_statements(self, first: int, last: int, items: dict[int, _Item]) -> None:
        rows = database.execute_sql(
            "SELECT input_id, annotator_id, concept_id, region_kind, region FROM annotation "
            "INDEXED BY annotation_once WHERE input_id BETWEEN ? AND ? AND +task_id = ? AND deleted = 0 "
            "AND value = 1",
            (first, last, self._task.id),
        )
        for input_id, user, concept, kind, packed in rows.fetchall():
            item = items.get(input_id)
            if item is None or user not in item.looked:
                continue
            item.there[user].add(concept)
            region = Region.unpack(kind, packed)
            if region is not None and region.bounds is not None:
                item.boxes[concept].setdefault(user, []).append(region.bounds)

    def _count_concepts(self, first: int, last: int) -> None:
        rows = database.execute_sql(
            "SELECT concept_id, annotator_id, value, count(*) FROM annotation INDEXED BY annotation_once "
            "WHERE input_id BETWEEN ? AND ? AND +task_id = ? AND deleted = 0 GROUP BY 1, 2, 3",
            (first, last, self._task.id),
        )
        for concept, annotator, value, n in rows.fetchall():
            self._said[concept][annotator, value] += n

    def _count_model(self, first: int, last: int) -> None:
        """What the model said and what people made of it; only where somebody decided."""
        rows = database.execute_sql(
            "SELECT n.annotator_id, n.reviewer_id, n.original_concept_id, "
            "CASE WHEN n.value = 1 AND n.status <> ? THEN n.concept_id END, count(*) "
            "FROM annotation n INDEXED BY annotation_once WHERE n.input_id BETWEEN ? AND ? "
            "AND +n.task_id = ? AND n.deleted = 0 AND n.version > 0 AND n.status <> ? "
            "AND (n.value = 1 OR n.original_concept_id IS NOT NULL) GROUP BY 1, 2, 3, 4",
            (int(Status.REVIEW_DENIED), first, last, self._task.id, int(Status.PENDING)),
        )
        for annotator, reviewer, said, stands, n in rows.fetchall():
            if said is not None or stands is not None:
                self._decided[reviewer if annotator in self._models else annotator][said, stands] += n

    def _count(self, item: _Item) -> None:
        raters = len(item.looked)
        self._raters[raters] += 1
        rated = {user: self._rated(item.there[user]) for user in item.looked}
        for n in Counter(concept for user in item.looked for concept in rated[user]).values():
            self._patterns[n, raters - n] += 1
        for a, b in combinations(item.looked, 2):
            pair = self._pairs[a, b]
            pair.inputs += 1
            pair.both += len(rated[a] & rated[b])
            pair.only_first += len(rated[a] - rated[b])
            pair.only_second += len(rated[b] - rated[a])
            pair.confused.update(_confused(item.there[a], item.there[b]))
        for drawn in item.boxes.values():
            fit = mean_box_agreement([drawn.get(user, []) for user in item.looked])
            self._fits += [] if fit is None else [fit]

    def _rated(self, said: set[int]) -> set[int]:
        return said & self._named if self._named else said

    def agreement(self) -> dict[str, Any]:
        """How alike people label: inputs (with several answers), cohen (for every two people: people, inputs,
        kappa), fleiss (over the inputs with the most usual number of raters), krippendorff, iou (of boxes).

        A rating is whether a concept of the task is there, or one that was used where the task names none.
        Null where it is undefined.
        """
        concepts = len(self._named or self._said)
        patterns = Counter(self._patterns)
        for raters, inputs in self._raters.items():
            said = sum(times for row, times in self._patterns.items() if sum(row) == raters)
            patterns[0, raters] += inputs * concepts - said
        return {
            "inputs": sum(self._raters.values()),
            "cohen": [
                {
                    "people": [self._names[a], self._names[b]],
                    "inputs": pair.inputs,
                    "kappa": pair.kappa(concepts),
                }
                for (a, b), pair in sorted(self._pairs.items())
            ],
            "fleiss": fleiss_of_rows(_most_usual(patterns)),
            "krippendorff": alpha_of_units(({True: a, False: b}, n) for (a, b), n in patterns.items()),
            "iou": sum(self._fits) / len(self._fits) if self._fits else None,
        }

    def confusion(self, person: User | None = None) -> list[dict[str, Any]]:
        """Who says what where the other says something else, most frequent first: between (people or model),
        one, other (concepts; null: nothing of the kind), count. Agreement is listed too, as one = other.

        Between people: `one` is what `person` says, or else the person earlier in the alphabet, of every two
        on each input. Between model and people: `one` is what the model said, `other` what stands now, by
        decision of `person` or of anybody.
        """
        whose = None if person is None else int(person.id)
        people: Counter[Cell] = Counter()
        for (a, b), pair in self._pairs.items():
            if whose is not None and whose not in (a, b):
                continue
            turned = b == whose if whose is not None else self._names[b] < self._names[a]
            for (one, other), n in pair.confused.items():
                people[(other, one) if turned else (one, other)] += n
        model: Counter[Cell] = Counter()
        for decider, table in self._decided.items():
            if whose is None or decider == whose:
                model.update(table)
        name = _concept_names({concept for table in (people, model) for cell in table for concept in cell})
        return [
            {"between": between, "one": name(one), "other": name(other), "count": n}
            for between, table in (("people", people), ("model", model))
            for (one, other), n in sorted(table.items(), key=lambda cell: (-cell[1], str(cell[0])))
        ]

    def concepts(self, person: User | None = None) -> list[dict[str, Any]]:
        """What is said in the task, by anybody or by one person, most frequent first: name, there and
        not_there (annotations)."""
        counted: dict[int, Counter[int]] = defaultdict(Counter)
        for concept, counts in self._said.items():
            for (annotator, value), n in counts.items():
                if person is None or annotator == person.id:
                    counted[concept][value] += n
        name = _concept_names(set(counted))
        lines = [
            {"name": name(concept), "there": counts[1], "not_there": counts[0]}
            for concept, counts in counted.items()
        ]
        return sorted(lines, key=lambda line: (-int(line["there"] or 0), str(line["name"])))


def of_task(task: Task) -> Comparison:
    """All answers of a task, compared."""
    whole = Comparison(task)
    for _ in whole.walk():
        pass
    return whole


def _most_usual(patterns: Counter[tuple[int, int]]) -> dict[tuple[int, ...], int]:
    raters: Counter[int] = Counter()
    for row, times in patterns.items():
        raters[sum(row)] += times
    if not raters:
        return {}
    usual = max(raters, key=lambda n: (raters[n], n))
    return {row: times for row, times in patterns.items() if sum(row) == usual and times}


def _confused(a: set[int], b: set[int]) -> Iterator[Cell]:
    """What both say with itself; what only one says with all that only the other says."""
    yield from ((one, one) for one in a & b)
    ones: list[int | None] = [*sorted(a - b)] or [None]
    others: list[int | None] = [*sorted(b - a)] or [None]
    for one in ones:
        for other in others:
            if one is not None or other is not None:
                yield one, other


def _concept_names(ids: set[int | None] | set[int]) -> Callable[[int | None], str | None]:
    """Gives a concept's name; read for the ids that are asked for only, of maybe thousands."""
    wanted = [key for key in ids if key is not None]
    found: dict[int, str] = {}
    for start in range(0, len(wanted), 500):
        some = Concept.select().where(Concept.id.in_(wanted[start : start + 500]))
        found.update({row.id: row.name for row in some})
    return lambda key: None if key is None else found[key]
