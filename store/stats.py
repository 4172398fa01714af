"""Stats: how much there is, and who said it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from store import comparison, decisions, scores
from store.annotations import counts
from store.tables import AnnotationCount, Concept, Dataset, Task, TaskMember, User, database
from store.values import Role, Status


def summary() -> dict[str, Any]:
    """Counts of the project: inputs, datasets, concepts, tasks, annotations, statuses (by name), people
    and models (name, annotations, statuses)."""
    by_user = counts()
    users = {row.id: row for row in User.select()}
    statuses: dict[str, int] = defaultdict(int)
    for counted in by_user.values():
        for status, n in counted.items():
            statuses[status.name] += n
    lines: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
    for key, counted in by_user.items():
        lines[users[key].role == Role.MODEL].append(_line(users[key].name, counted))
    return {
        "inputs": _inputs(),
        "datasets": Dataset.select().where(Dataset.deleted == False).count(),
        "concepts": Concept.select().where(Concept.joined == True).count(),
        "tasks": Task.select().where(Task.deleted == False).count(),
        "annotations": sum(statuses.values()),
        "statuses": dict(statuses),
        "people": sorted(lines[False], key=_most_first),
        "models": sorted(lines[True], key=_most_first),
    }


def statuses(task: Task, person: User | None = None) -> dict[str, int]:
    """How many annotations of a task, or of one person in it, have each status, by its name; from counters,
    so at once."""
    found: dict[str, int] = defaultdict(int)
    rows = AnnotationCount.select().where(AnnotationCount.task == task.id, AnnotationCount.n > 0)
    if person is not None:
        rows = rows.where(AnnotationCount.annotator == person.id)
    for row in rows:
        found[Status(row.status).name] += row.n
    return dict(sorted(found.items()))


def of_task(task: Task, person: User | None = None) -> dict[str, Any]:
    """All numbers of one task, as the Stats screen shows them: task, statuses, concepts, agreement, people,
    over_time, confusion and scores; of one person only where it is about persons."""
    answers, decided = comparison.of_task(task), decisions.of_task(task)
    agreement, name = answers.agreement(), None if person is None else person.name
    if name is not None:
        agreement["cohen"] = [line for line in agreement["cohen"] if name in line["people"]]
    return {
        "task": task.name,
        "statuses": statuses(task, person),
        "concepts": answers.concepts(person),
        "agreement": agreement,
        "people": [line for line in decided.people() if name in (None, line["name"])],
        "over_time": [line for line in decided.over_time() if name in (None, line["name"])],
        "confusion": answers.confusion(person),
        "scores": scores.of_task(task).histogram(),
    }


def tasks() -> list[Task]:
    """The tasks that there is something to count of, the newest first."""
    return list(Task.select().where(Task.deleted == False).order_by(Task.id.desc()))


def people(task: Task | None = None) -> list[User]:
    """The persons of a task, or of the project, by name."""
    found = User.select().where(User.role != Role.MODEL).order_by(User.name)
    if task is not None:
        members = TaskMember.select(TaskMember.user).where(TaskMember.task == task)
        found = found.where(User.id.in_(members))
    return list(found)


def _inputs() -> int:
    """A count of all rows asks only the pages of an index, one with a condition each row: 20 ms a million."""
    every, deleted = database.execute_sql(
        "SELECT (SELECT count(*) FROM input), (SELECT count(*) FROM input WHERE deleted = 1)"
    ).fetchone()
    return int(every) - int(deleted)


def _line(name: str, counted: dict[Status, int]) -> dict[str, Any]:
    return {
        "name": name,
        "annotations": sum(counted.values()),
        "statuses": {status.name: n for status, n in sorted(counted.items()) if n},
    }


def _most_first(line: dict[str, Any]) -> tuple[int, str]:
    return -line["annotations"], line["name"]
