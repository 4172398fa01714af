"""Decisions: what each person submitted, approved and rejected, how fast, and when.

Rows are read a page at a time by the tables' own order, so that no query lasts long enough to be noticed;
what is kept of a decision are sixteen bytes.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Any

from store.tables import AssignmentCount, Review, Task, User, database
from store.values import Role, Side, Status, Verdict

IDLE = 5 * 60_000
"""Milliseconds between two decisions of a person beyond which they were away."""

PAGE = 5000
HOUR = 3_600_000
HOURLY = 72
"""Hours up to which decisions are counted by the hour; from then on by the day."""


def _numbers() -> array[int]:
    return array("q")


@dataclass
class _Person:
    """What one person decided."""

    submitted: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    # A step's id is the version of what it wrote: one decision, however many inputs.
    steps: array[int] = field(default_factory=_numbers)
    times: array[int] = field(default_factory=_numbers)

    def add(self, step: int, at: int) -> None:
        """A row that a step wrote."""
        self.steps.append(step)
        self.times.append(at)

    def moments(self) -> list[int]:
        """When each decision was made, in order."""
        last = dict(sorted(zip(self.steps, self.times, strict=True)))
        return sorted(last.values())


class Decisions:
    """The decisions of people in a task, or in all, counted by `walk`."""

    def __init__(self, task: Task | None = None) -> None:
        self._tasks = [int(task.id)] if task is not None else list(Task.select(Task.id).scalars())
        people = User.select().where(User.role != Role.MODEL)
        self._names: dict[int, str] = {int(row.id): str(row.name) for row in people}
        self._people: dict[int, _Person] = defaultdict(_Person)
        self._done = False

    def walk(self) -> Iterator[float]:
        """Count a page of rows at a time; yields the share that is counted, 0..1."""
        shares = [
            (counted.task, counted.user, counted.n)
            for counted in AssignmentCount.select().where(
                AssignmentCount.side == Side.LABEL, AssignmentCount.n > 0
            )
            if counted.task in self._tasks and counted.user in self._names
        ]
        reviews = Review.select().where(Review.task.in_(self._tasks)).count()
        total, counted = max(1, sum(n for _, _, n in shares) + reviews), 0
        for task, user in dict.fromkeys((task, user) for task, user, _ in shares):
            for page in _works(task, user):
                self._count_works(user, page)
                counted += len(page)
                yield min(1.0, counted / total)
        for task in self._tasks:
            for reviewed in _reviews(task):
                self._count_reviews(reviewed)
                counted += len(reviewed)
                yield min(1.0, counted / total)
        self._done = True

    def _count_works(self, user: int, page: Sequence[tuple[int, int, int, int]]) -> None:
        for _, status, version, at in page:
            if status != Status.PENDING and version > 0:
                self._people[user].submitted += 1
                self._people[user].add(version, at)

    def _count_reviews(self, page: Sequence[tuple[int, int, int, str, int, int, int]]) -> None:
        for _, _, user, verdict, version, at, deleted in page:
            if not deleted and user in self._names:
                self._people[user].verdicts[verdict] += 1
                self._people[user].add(version, at)

    def people(self) -> list[dict[str, Any]]:
        """What each person decided, by name: submitted, approved, rejected, changes_requested (inputs),
        decisions (a bulk one is one), seconds_per_decision (mean) and median_seconds, both null without two
        decisions that are at most five minutes apart. Before all is counted the last three are null."""
        lines = []
        for user, person in sorted(self._people.items(), key=lambda one: self._names[one[0]]):
            lines.append(
                {
                    "name": self._names[user],
                    "submitted": person.submitted,
                    "approved": person.verdicts[Verdict.APPROVE],
                    "rejected": person.verdicts[Verdict.REJECT],
                    "changes_requested": person.verdicts[Verdict.REQUEST_CHANGES],
                    **_times(person.moments() if self._done else None),
                }
            )
        return lines

    def over_time(self) -> list[dict[str, Any]]:
        """How many decisions each person made when, in order: start (local time, ISO 8601), hours (1, or 24
        where it all took more than three days), name, decisions. Nothing before all is counted."""
        if not self._done:
            return []
        moments = {user: person.moments() for user, person in self._people.items()}
        every = [at for some in moments.values() for at in some]
        if not every:
            return []
        hours = 1 if max(every) - min(every) <= HOURLY * HOUR else 24
        counted: Counter[tuple[str, str]] = Counter()
        for user, some in moments.items():
            for hour, n in Counter(at // (HOUR // 4) for at in some).items():
                # Quarters of an hour: so much may local time be off the hour.
                counted[_start(hour * (HOUR // 4), hours), self._names[user]] += n
        return [
            {"start": start, "hours": hours, "name": name, "decisions": n}
            for (start, name), n in sorted(counted.items())
        ]


def of_task(task: Task | None = None) -> Decisions:
    """All decisions of a task, or of all tasks, counted."""
    whole = Decisions(task)
    for _ in whole.walk():
        pass
    return whole


def _works(task: int, user: int) -> Iterator[list[tuple[int, int, int, int]]]:
    """What a person was given to label: input, status, version, changed_at."""
    last = 0
    while True:
        page = database.execute_sql(
            "SELECT input_id, status, version, changed_at FROM assignment WHERE task_id = ? "
            "AND side = 'label' AND user_id = ? AND input_id > ? ORDER BY input_id LIMIT ?",
            (task, user, last, PAGE),
        ).fetchall()
        yield page
        if len(page) < PAGE:
            return
        last = page[-1][0]


def _reviews(task: int) -> Iterator[list[tuple[int, int, int, str, int, int, int]]]:
    """The reviews of a task: input, id, reviewer, verdict, version, created_at, deleted."""
    last = (0, 0)
    while True:
        page = database.execute_sql(
            "SELECT input_id, id, reviewer_id, verdict, version, created_at, deleted FROM review "
            "WHERE task_id = ? AND (input_id, id) > (?, ?) ORDER BY input_id, id LIMIT ?",
            (task, *last, PAGE),
        ).fetchall()
        yield page
        if len(page) < PAGE:
            return
        last = page[-1][0], page[-1][1]


def _times(moments: list[int] | None) -> dict[str, Any]:
    gaps = [b - a for a, b in pairwise(moments or []) if b - a <= IDLE]
    return {
        "decisions": None if moments is None else len(moments),
        "seconds_per_decision": sum(gaps) / len(gaps) / 1000 if gaps else None,
        "median_seconds": median(gaps) / 1000 if gaps else None,
    }


def _start(at: int, hours: int) -> str:
    moment = datetime.fromtimestamp(at / 1000).astimezone().replace(minute=0, second=0, microsecond=0)
    if hours == 24:
        # A day begins with the offset of its own midnight.
        moment = moment.replace(hour=0, tzinfo=None).astimezone()
    return moment.isoformat(timespec="minutes")
