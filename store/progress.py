"""Progress: what is done and left of each task, from the counters that triggers keep."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from store import assignments, gold
from store.tables import (
    Dataset,
    Model,
    ModelVersion,
    Task,
    User,
    database,
)
from store.values import ReviewStrategy, Role, Side, Status, Strategy


@dataclass(frozen=True)
class Summary:
    """One line of the task list."""

    id: str
    name: str
    dataset: str
    type: str
    concepts: list[str]
    labelers: list[str]
    reviewers: list[str]
    inputs: int
    labeling_status: str
    """PENDING (nothing done), IN_PROGRESS, SUCCESS (all done) or FAILED (all done but inputs with errors)."""
    labeled_percent: int
    reviewed_percent: int | None
    """Null when the task has no review."""
    failed: int
    """Inputs that the model could not look at."""
    to_label: int
    """Open for the person who asks."""
    sent_back: int
    """Those of them that a reviewer has sent back for changes."""
    to_review: int
    auto: str | None = None
    """The model that annotates it."""
    paused: bool = False
    archived: bool = False

    def to_json(self) -> dict[str, Any]:
        """The summary with the keys of the command line."""
        return asdict(self)


@dataclass
class _Counts:
    """Assignments of one side of a task by what became of them."""

    open: int = 0
    done: int = 0
    failed: int = 0
    awaiting: int = 0
    """Those of the done that await review."""

    @property
    def total(self) -> int:
        return self.open + self.done + self.failed

    def percent(self) -> int:
        """Rounded down: 100 only when nothing is left."""
        return 100 * self.done // self.total if self.total else 0


def summaries(actor: User, only: Task | None = None) -> list[Summary]:
    """Every task that is not deleted, the most urgent and newest first."""
    chosen = Task.select(Task, Dataset).join(Dataset).where(Task.deleted == False)
    if only is not None:
        chosen = chosen.where(Task.id == only.id)
    tasks = list(chosen.order_by(Task.priority.desc(), Task.id.desc()))
    named = _names(
        "SELECT t.task_id, c.name FROM task_concept t JOIN concept c ON c.id = t.concept_id "
        "ORDER BY t.task_id, t.position"
    )
    people = {side: _members(side) for side in Side}
    counts, sent_back = _counts(), _sent_back(actor)
    models = _models()
    return [
        _summary(task, actor, named, people, counts.get(task.id, {}), sent_back.get(task.id, 0), models)
        for task in tasks
    ]


def _models() -> dict[int, str]:
    """The name of each model version's model."""
    rows: Any = ModelVersion.select(ModelVersion.id, Model.name).join(Model)
    return dict(rows.tuples())


def _names(statement: str, *values: str) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for task, name in database.execute_sql(statement, values).fetchall():
        found[task].append(name)
    return found


def _members(side: Side) -> dict[int, list[str]]:
    return _names(
        "SELECT m.task_id, u.name FROM task_member m JOIN user u ON u.id = m.user_id WHERE m.side = ? "
        "ORDER BY m.task_id, m.position",
        side.value,
    )


_Counted = dict[tuple[str, int], _Counts]
"""Of one task, by side and user."""


def _counts() -> dict[int, _Counted]:
    """By task."""
    found: dict[int, _Counted] = defaultdict(lambda: defaultdict(_Counts))
    # As text: a large project has thousands, and peewee makes a row of each.
    counted = "SELECT task, side, user, status, failed, n FROM assignment_count WHERE n > 0"
    pending, awaiting = int(Status.PENDING), int(Status.AWAITING_REVIEW)
    for task, side, user, status, failed, n in database.execute_sql(counted).fetchall():
        count = found[task][side, user]
        if failed:
            count.failed += n
        elif status == (pending if side == "label" else awaiting):
            count.open += n
        else:
            count.done += n
            count.awaiting += n if status == awaiting else 0
    return found


def _sent_back(user: User) -> dict[int, int]:
    """By task, how many open inputs came back to this labeler: few requests are looked through."""
    rows = database.execute_sql(
        "SELECT r.task_id, COUNT(DISTINCT r.input_id) FROM review r INDEXED BY review_changes "
        "CROSS JOIN assignment a "
        "ON a.task_id = r.task_id AND a.side = 'label' AND a.user_id = ? AND a.input_id = r.input_id "
        "AND a.open = 1 WHERE r.verdict = 'request-changes' AND r.deleted = 0 "
        "AND (r.labeler_id IS NULL OR r.labeler_id = a.user_id) GROUP BY r.task_id",
        (user.id,),
    )
    return dict(rows.fetchall())


def _inputs(task: Task, counts: _Counted) -> int:
    """How many inputs the task has, from the counters: a count of a large dataset takes too long."""
    if task.strategy == Strategy.DYNAMIC:
        return int(assignments.fitting(task).count())
    extra = {} if task.gold_id is None else gold.counts(task)
    theirs = [
        count.total - extra.get(user, 0) for (side, user), count in counts.items() if side == Side.LABEL
    ]
    # A model has all of them; of people each has their part, or with the strategy full each has all.
    shared = task.auto_id is None and task.strategy == Strategy.PARTITIONED
    return sum(theirs) if shared else max(theirs, default=0)


def _add(counts: Iterable[_Counts]) -> _Counts:
    whole = _Counts()
    for count in counts:
        whole.open += count.open
        whole.done += count.done
        whole.failed += count.failed
    return whole


def _summary(
    task: Task,
    actor: User,
    concepts: dict[int, list[str]],
    people: dict[Side, dict[int, list[str]]],
    counts: _Counted,
    sent_back: int,
    models: dict[int, str],
) -> Summary:
    labeled = _add(count for (side, _), count in counts.items() if side == Side.LABEL)
    reviewed = _add(count for (side, _), count in counts.items() if side == Side.REVIEW)
    mine = counts.get((Side.LABEL.value, actor.id), _Counts())
    inputs = _inputs(task, counts)
    to_label = mine.open
    if task.strategy == Strategy.DYNAMIC:
        extra = 0 if task.gold_id is None else sum(gold.counts(task).values())
        free = max(0, inputs - labeled.total + extra)
        labeled.open += free
        if actor.name in people[Side.LABEL].get(task.id, []):
            to_label += free
    waiting = sum(count.awaiting for (side, _), count in counts.items() if side == Side.LABEL)
    if not reviewed.open:
        # Nobody may review them: all reviewers have labeled them themselves.
        reviewed.open = waiting
    status = _status(labeled)
    has_review = task.review != ReviewStrategy.NONE
    return Summary(
        id=task.uid,
        name=task.name,
        dataset=task.dataset.name,
        type=task.type,
        concepts=concepts.get(task.id, []),
        labelers=people[Side.LABEL].get(task.id, []),
        reviewers=people[Side.REVIEW].get(task.id, []),
        inputs=inputs,
        labeling_status=status,
        labeled_percent=labeled.percent(),
        reviewed_percent=_reviewed_percent(reviewed, status) if has_review else None,
        failed=labeled.failed,
        to_label=to_label if actor.role != Role.VIEWER else 0,
        sent_back=sent_back if actor.role != Role.VIEWER else 0,
        to_review=counts.get((Side.REVIEW.value, actor.id), _Counts()).open,
        auto=None if task.auto_id is None else models[task.auto_id],
        paused=bool(task.paused),
        archived=bool(task.archived),
    )


def _status(labeled: _Counts) -> str:
    if labeled.total and labeled.done == labeled.total:
        return "SUCCESS"
    if labeled.failed and not labeled.open:
        return "FAILED"
    return "IN_PROGRESS" if labeled.done or labeled.failed else "PENDING"


def _reviewed_percent(reviewed: _Counts, labeling: str) -> int:
    if reviewed.total == 0:
        return 100 if labeling == "SUCCESS" else 0
    return reviewed.percent()
