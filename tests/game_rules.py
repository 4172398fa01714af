"""What must hold after every action of the game that `tests.game` plays, whoever did it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from store import checks, progress
from store.tables import Task, User, database
from store.values import ReviewStrategy, Status, Strategy

_HANDED_IN = {
    (Status.PENDING, Status.SUCCESS),
    (Status.PENDING, Status.AWAITING_REVIEW),
    (Status.PENDING, Status.AWAITING_CONSENSUS_REVIEW),
}
_AGREED = {
    (Status.AWAITING_CONSENSUS_REVIEW, Status.SUCCESS),
    (Status.AWAITING_CONSENSUS_REVIEW, Status.AWAITING_REVIEW),
}
_REVIEWED = {
    (Status.AWAITING_REVIEW, Status.SUCCESS),
    (Status.AWAITING_REVIEW, Status.PENDING),
    (Status.AWAITING_REVIEW, Status.REVIEW_DENIED),
}
EDGES = {
    "submit": _HANDED_IN | _AGREED,
    "review": _REVIEWED,
    "finish": _HANDED_IN,
    # Others may have waited for nobody but who left.
    "edit": _AGREED,
    "come_and_go": _AGREED,
}
"""The edges of the table that each action may take; undo may take any of them back."""

_TABLES = (
    "assignment",
    "annotation",
    "review",
    "step",
    "event",
    "task",
    "task_member",
    "task_concept",
    "user",
)
_TABLES += (
    "job",
    "predicted",
    "prediction",
    "concept",
    "assignment_count",
    "annotation_count",
    "gold_answer",
)


def everything() -> list[Any]:
    """The whole store, to see whether anything has changed."""
    return [database.execute_sql(f"SELECT * FROM {table}").fetchall() for table in _TABLES]


@dataclass
class Seen:
    """What stood before an action."""

    statuses: dict[Any, Status]
    """Of every labeling assignment and live annotation, by what it is."""
    reviews: set[int]

    @classmethod
    def now(cls) -> Seen:
        """What stands now."""
        works = database.execute_sql("SELECT user_id, input_id, status FROM assignment WHERE side = 'label'")
        found: dict[Any, Status] = {("work", u, i): Status(status) for u, i, status in works.fetchall()}
        said = database.execute_sql("SELECT id, annotator_id, status FROM annotation WHERE deleted = 0")
        found |= {("annotation", by, id): Status(status) for id, by, status in said.fetchall()}
        reviews = database.execute_sql("SELECT id FROM review").fetchall()
        return cls(found, {row[0] for row in reviews})


def hold(task: Task, owner: User, action: str, before: Seen) -> Seen:
    """Assert all of them; returns what stands now."""
    after = Seen.now()
    if action != "undo":
        only_edges_of_the_table(action, before, after)
        nobody_reviews_their_own_work(task, before)
    broken = [finding for finding in checks.run() if not finding.good]
    assert not broken, broken
    every_input_has_its_labelers(task)
    reviews_are_of_work(task)
    full_percent_only_when_nothing_is_left(owner)
    return after


def only_edges_of_the_table(action: str, before: Seen, after: Seen) -> None:
    """No status changes but as the table says, and nothing that was handed in is lost."""
    models = {row.id for row in User.select(User.id).where(User.role == "model")}
    allowed = EDGES.get(action, set())
    for key, was in before.statuses.items():
        becomes = after.statuses.get(key)
        if action in ("edit", "steer") and key[1] in models:
            continue  # What the model said follows the thresholds when they move.
        if becomes is None:
            assert key[0] == "annotation" or was is Status.PENDING, f"{key} was handed in and is gone"
        elif becomes is not was:
            assert (was, becomes) in allowed, (key, was, becomes)


def every_input_has_its_labelers(task: Task) -> None:
    """Partitioned: exactly one; dynamic: at most one; full: everybody who labels; a model has all."""
    rows = database.execute_sql(
        "SELECT a.input_id, a.user_id, u.role = 'model' FROM assignment a JOIN user u ON u.id = a.user_id "
        "WHERE a.side = 'label' AND a.gold = 0"
    ).fetchall()
    people: dict[int, list[int]] = defaultdict(list)
    by_model = [input_id for input_id, _, model in rows if model]
    for input_id, user, model in rows:
        people[input_id] += [] if model else [user]
    ordinary = "SELECT input_id FROM dataset_input WHERE dataset_id = ? ORDER BY 1"
    inputs = [row[0] for row in database.execute_sql(ordinary, (task.dataset_id,)).fetchall()]
    if task.gold_id is not None:
        known = {row[0] for row in database.execute_sql(ordinary, (task.gold_id,)).fetchall()}
        inputs = [input_id for input_id in inputs if input_id in people or input_id not in known]
    if task.auto_id is not None:
        assert sorted(by_model) == inputs
        assert all(len(people[input_id]) <= 1 for input_id in inputs)
    elif task.strategy == Strategy.FULL:
        chosen = database.execute_sql(
            "SELECT m.user_id FROM task_member m JOIN user u ON u.id = m.user_id "
            "WHERE m.side = 'label' AND u.active = 1"
        )
        members = {row[0] for row in chosen.fetchall()}
        assert all(members <= set(people[input_id]) for input_id in inputs)
    else:
        counts = [len(people[input_id]) for input_id in inputs]
        assert max(counts) <= 1
        assert task.strategy == Strategy.DYNAMIC or min(counts) == 1


def reviews_are_of_work(task: Task) -> None:
    """What is open for a reviewer has been handed in."""
    if task.review != ReviewStrategy.NONE:
        idle = database.execute_sql(
            "SELECT a.input_id FROM assignment a WHERE a.side = 'review' AND a.open = 1 AND NOT EXISTS "
            "(SELECT 1 FROM assignment w WHERE w.input_id = a.input_id AND w.side = 'label' "
            "AND w.status = ?)",
            (int(Status.AWAITING_REVIEW),),
        ).fetchall()
        assert not idle, f"{idle} are to be reviewed though nothing awaits it"


def nobody_reviews_their_own_work(task: Task, before: Seen) -> None:
    """What was reviewed while the task allowed it stays."""
    if not task.own_review:
        rows = database.execute_sql(
            "SELECT r.id FROM review r JOIN assignment w ON w.input_id = r.input_id AND w.side = 'label' "
            "AND w.user_id = r.reviewer_id AND w.status <> ? WHERE r.deleted = 0",
            (int(Status.PENDING),),
        )
        assert {row[0] for row in rows.fetchall()} <= before.reviews, "somebody reviewed their own work"


def full_percent_only_when_nothing_is_left(owner: User) -> None:
    """100% is 100%."""
    (summary,) = progress.summaries(owner)
    rows = database.execute_sql("SELECT side, count(*) FROM assignment WHERE open = 1 GROUP BY side")
    left = dict(rows.fetchall())
    assert summary.labeled_percent < 100 or not left.get("label")
    assert summary.reviewed_percent in (None, *range(100)) or not left.get("review")
