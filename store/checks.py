"""Checks: that the store keeps the rules of the game. Counters are mended, labels never touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from store import rerouting
from store.checkup import Finding
from store.database import write
from store.tables import Task, database
from store.untouched import UNTOUCHED
from store.values import Side, Status


@dataclass(frozen=True)
class Rule:
    """One thing that must hold: a query for what breaks it, and what can be done about that."""

    what: str
    good: str
    bad: str
    """A sentence; {n} is how many, {example} the first of them."""
    broken: str
    """Selects one text for each row that breaks the rule."""
    mend: Callable[[], None] | None = None


_ALL = ", ".join(str(int(status)) for status in Status)
_PENDING, _AWAITING = int(Status.PENDING), int(Status.AWAITING_REVIEW)

_ANNOTATIONS = """SELECT task_id AS task, annotator_id AS annotator, status, count(*) AS n FROM annotation
    WHERE deleted = 0 AND task_id IS NOT NULL GROUP BY 1, 2, 3"""
_ASSIGNMENTS = """SELECT task_id AS task, side, user_id AS user, status, error IS NOT NULL AS failed,
    count(*) AS n FROM assignment GROUP BY 1, 2, 3, 4, 5"""


def _apart(table: str, counted: str, keys: str) -> str:
    """Counters that are not what a full count gives, in either direction."""
    both = f"SELECT {keys}, n FROM {table} WHERE n <> 0"
    full = f"SELECT {keys}, n FROM ({counted})"
    shown = "'task ' || task"
    return f"SELECT {shown} FROM ({both} EXCEPT {full}) UNION ALL SELECT {shown} FROM ({full} EXCEPT {both})"


def _recount(table: str, counted: str, keys: str) -> Callable[[], None]:
    def mend() -> None:
        database.execute_sql(f"DELETE FROM {table}")
        database.execute_sql(f"INSERT INTO {table} ({keys}, n) SELECT {keys}, n FROM ({counted})")

    return mend


def _reviewers() -> None:
    database.execute_sql(
        "UPDATE annotation SET reviewer_id = (SELECT a.user_id FROM assignment a "
        "WHERE a.input_id = annotation.input_id AND a.task_id = annotation.task_id AND a.side = 'review' "
        f"AND a.open = 1) WHERE id IN (SELECT n.id {_MISPLACED})"
    )


# By the input, whatever the planner thinks: by the task it is every annotation against every assignment.
_MISPLACED = f"""FROM task t CROSS JOIN annotation n ON n.task_id = t.id CROSS JOIN assignment a INDEXED BY
    assignment_input ON a.input_id = n.input_id AND a.task_id = n.task_id AND a.side = 'review'
    AND a.open = 1 WHERE t.stacked = 0 AND n.deleted = 0 AND n.status = {_AWAITING}
    AND n.reviewer_id IS NOT a.user_id"""


def _reroute() -> None:
    for task in Task.select().where(Task.unrouted == True):
        rerouting.finish(task)


_WHERE = "'input ' || {0}.input_id || ' of ' || (SELECT name FROM task WHERE id = {0}.task_id)"
_A, _N = _WHERE.format("a"), _WHERE.format("n")
_PERSON = "JOIN user u ON u.id = a.user_id AND u.role <> 'model'"

_UNTOUCHED = UNTOUCHED.replace(":task", "a.task_id").replace(":model", "a.user_id")

RULES = (
    Rule(
        "annotation counters",
        "equal a full count",
        "{n} are wrong, such as those of {example}",
        _apart("annotation_count", _ANNOTATIONS, "task, annotator, status"),
        _recount("annotation_count", _ANNOTATIONS, "task, annotator, status"),
    ),
    Rule(
        "assignment counters",
        "equal a full count",
        "{n} are wrong, such as those of {example}",
        _apart("assignment_count", _ASSIGNMENTS, "task, side, user, status, failed"),
        _recount("assignment_count", _ASSIGNMENTS, "task, side, user, status, failed"),
    ),
    Rule(
        "statuses",
        "are those of the table",
        "{n} rows have a status that there is not, such as {example}",
        f"SELECT {_A} FROM assignment a WHERE a.status NOT IN ({_ALL}) UNION ALL "
        f"SELECT 'annotation ' || n.id FROM annotation n WHERE n.status NOT IN ({_ALL})",
    ),
    Rule(
        "open assignments",
        "are those that wait",
        "{n} are open or closed against their status, such as {example}",
        f"SELECT {_A} FROM assignment a WHERE a.error IS NULL AND a.open <> (a.status = "
        f"CASE a.side WHEN '{Side.LABEL}' THEN {_PENDING} ELSE {_AWAITING} END)",
    ),
    Rule(
        "partition",
        "nobody shares an input that is one person's",
        "{n} inputs were dealt to several people, such as {example}",
        f"SELECT {_A} FROM assignment a JOIN task t ON t.id = a.task_id AND t.strategy <> 'full' {_PERSON} "
        "WHERE a.side = 'label' AND a.gold = 0 GROUP BY a.task_id, a.input_id HAVING count(*) > 1 UNION ALL "
        f"SELECT {_A} FROM assignment a JOIN task t ON t.id = a.task_id AND t.stacked = 0 "
        "WHERE a.side = 'review' GROUP BY a.task_id, a.input_id HAVING count(*) > 1",
    ),
    Rule(
        "review",
        "what awaits it has a reviewer, where anybody may",
        "{n} inputs await a review that nobody was given, such as {example}: "
        "name its reviewers again with 'winnow task edit'",
        f"SELECT {_A} FROM assignment a WHERE a.side = 'label' AND a.status = {_AWAITING} "
        "AND (SELECT 1 FROM assignment r INDEXED BY assignment_input "
        "WHERE r.input_id = a.input_id AND r.task_id = a.task_id AND r.side = 'review' AND r.open = 1 "
        "LIMIT 1) IS NULL AND (SELECT 1 FROM task_member m "
        "JOIN user u ON u.id = m.user_id AND u.active = 1 WHERE m.task_id = a.task_id "
        "AND m.side = 'review' AND ((SELECT own_review FROM task WHERE id = a.task_id) OR (SELECT 1 "
        "FROM assignment w INDEXED BY assignment_input "
        "WHERE w.input_id = a.input_id AND w.task_id = a.task_id AND w.side = 'label' "
        "AND w.user_id = m.user_id LIMIT 1) IS NULL) LIMIT 1) IS NOT NULL",
    ),
    Rule(
        "queues",
        "what awaits review stands in its reviewer's queue",
        "{n} annotations stand in another reviewer's queue, such as on {example}",
        f"SELECT {_N} {_MISPLACED}",
        _reviewers,
    ),
    Rule(
        "submitted work",
        "none of it is pending",
        "{n} annotations are pending though their input was handed in, such as on {example}",
        f"SELECT {_N} FROM annotation n JOIN assignment a ON a.input_id = n.input_id "
        "AND a.task_id = n.task_id AND a.side = 'label' AND a.user_id = n.annotator_id AND a.open = 0 "
        f"WHERE n.deleted = 0 AND n.status = {_PENDING}",
    ),
    Rule(
        "thresholds",
        "lie between 0 and 1, the lower below the upper",
        "{n} do not, such as those of {example}",
        "SELECT 'task ' || name FROM task WHERE NOT (0 <= lower AND lower <= upper AND upper <= 1) UNION ALL "
        "SELECT 'task ' || t.name FROM task_concept c JOIN task t ON t.id = c.task_id WHERE NOT (0 <= "
        "coalesce(c.lower, t.lower) AND coalesce(c.lower, t.lower) <= coalesce(c.upper, t.upper) "
        "AND coalesce(c.upper, t.upper) <= 1)",
    ),
    Rule(
        "routing",
        "follows the thresholds of each task",
        "{n} tasks are to be routed again, such as {example}",
        "SELECT 'task ' || name FROM task WHERE unrouted = 1 AND deleted = 0",
        _reroute,
    ),
    Rule(
        "model annotations",
        "have the status that their score earns",
        "{n} that nobody touched do not, such as on {example}: change the thresholds and change them back",
        f"SELECT {_N} FROM annotation n JOIN task t ON t.id = n.task_id AND t.auto_id = n.model_version_id "
        "AND t.unrouted = 0 JOIN user u ON u.id = n.annotator_id AND u.role = 'model' JOIN task_concept c "
        "ON c.task_id = n.task_id AND c.concept_id = n.concept_id JOIN assignment a ON a.task_id = n.task_id "
        "AND a.side = 'label' AND a.user_id = n.annotator_id AND a.input_id = n.input_id "
        f"WHERE n.deleted = 0 AND {_UNTOUCHED} AND n.status <> CASE "
        f"WHEN n.score >= coalesce(c.upper, t.upper) THEN {int(Status.SUCCESS)} "
        f"WHEN n.score >= coalesce(c.lower, t.lower) THEN {_AWAITING} ELSE 0 END",
    ),
)


def run(mend: bool = False) -> list[Finding]:
    """Look whether every rule holds; with `mend` put right what follows from other rows: counters, queues,
    routing. What people said is never changed. Reads the whole store, a minute for ten million rows."""
    return list(_findings(mend))


def _findings(mend: bool) -> Iterator[Finding]:
    for rule in RULES:
        count, example = _broken(rule)
        if not count:
            yield Finding(True, rule.what, rule.good)
            continue
        said = rule.bad.format(n=count, example=example)
        if not mend or rule.mend is None:
            yield Finding(False, rule.what, said)
            continue
        with write():
            rule.mend()
        left, _ = _broken(rule)
        yield Finding(not left, rule.what, f"{said}; {'mended' if not left else 'could not be mended'}")


def _broken(rule: Rule) -> tuple[int, Any]:
    row = database.execute_sql(f"WITH broken(said) AS ({rule.broken}) SELECT count(*), min(said) FROM broken")
    found: tuple[int, Any] = row.fetchone()
    return found
