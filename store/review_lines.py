"""Review lines: what the table of a review queue shows of each input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from store.tables import Concept, Input, Task, TaskConcept, User, database
from store.values import Side, Status


@dataclass(slots=True)
class ReviewLine:
    """One input of a queue."""

    path: str
    labelers: list[str] = field(default_factory=list)
    concepts: list[tuple[str, float | None, int]] = field(default_factory=list)
    """Name, score (None: a person's), value (0: explicitly not there); the highest score first."""
    state: Status | None = None
    """What the reviewer's assignment has become; None while it is open."""


def read(task: Task, reviewer: User, inputs: Sequence[int]) -> dict[int, ReviewLine]:
    """The lines of a page of inputs, by input id."""
    within = f"({', '.join(map(str, inputs))})"
    rows = database.execute_sql(f"SELECT id, path FROM input WHERE id IN {within}").fetchall()
    # A path may hold bytes that are no text: the field knows how they are kept.
    lines = {key: ReviewLine(str(Input.path.python_value(path))) for key, path in rows}
    _add_concepts(task, within, lines)
    # By the inputs: the planner would look through all of the task's assignments.
    works = database.execute_sql(
        "SELECT a.input_id, a.side, a.status, a.open, u.name FROM assignment a "
        f"INDEXED BY assignment_input JOIN user u ON u.id = a.user_id WHERE a.input_id IN {within} "
        f"AND a.task_id = ? AND (a.side = 'review' AND a.user_id = ? OR a.side = 'label' AND a.status = "
        f"{int(Status.AWAITING_REVIEW)})",
        (task.id, reviewer.id),
    )
    for input_id, side, status, still_open, name in works.fetchall():
        if side == Side.LABEL:
            _note(lines[input_id].labelers, name)
        else:
            lines[input_id].state = None if still_open else Status(status)
    return lines


def _add_concepts(task: Task, within: str, lines: dict[int, ReviewLine]) -> None:
    said = database.execute_sql(
        "SELECT n.input_id, c.name, n.score, n.value, u.name FROM annotation n INDEXED BY annotation_once "
        "JOIN concept c ON c.id = n.concept_id JOIN user u ON u.id = n.annotator_id "
        f"WHERE n.input_id IN {within} AND n.task_id = ? AND n.deleted = 0 ORDER BY n.score DESC, n.id",
        (task.id,),
    )
    for input_id, concept, score, value, annotator in said.fetchall():
        lines[input_id].concepts.append((concept, score, value))
        _note(lines[input_id].labelers, annotator)


def _note(names: list[str], name: str) -> None:
    if name not in names:
        names.append(name)


def matching(task: Task, reviewer: User, words: Sequence[str]) -> set[int]:
    """The inputs given to this reviewer, open or not, on which each word is in the path, a concept or an
    annotator's name. Walks the whole queue: about 4 µs an input."""
    found: set[int] | None = None
    for word in words:
        like = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        rows = database.execute_sql(
            "SELECT a.input_id FROM assignment a JOIN input i ON i.id = a.input_id "
            "WHERE a.task_id = ? AND a.side = 'review' AND a.user_id = ? AND (i.path LIKE ? ESCAPE '\\' "
            "OR EXISTS (SELECT 1 FROM annotation n JOIN concept c ON c.id = n.concept_id "
            "JOIN user u ON u.id = n.annotator_id WHERE n.input_id = a.input_id AND n.task_id = a.task_id "
            "AND n.deleted = 0 AND (c.name LIKE ? ESCAPE '\\' OR u.name LIKE ? ESCAPE '\\')))",
            (task.id, reviewer.id, like, like, like),
        )
        matched = {row[0] for row in rows.fetchall()}
        found = matched if found is None else found & matched
    return found or set()


def labelers(task: Task) -> list[str]:
    """Everybody whose work may be in a task's review queue, models first, then people."""
    rows = database.execute_sql(
        "SELECT u.name FROM user u WHERE u.id IN (SELECT user_id FROM task_member WHERE task_id = ? "
        "AND side = 'label' UNION SELECT annotator FROM annotation_count WHERE task = ? AND n > 0) "
        "ORDER BY u.role <> 'model', u.name",
        (task.id, task.id),
    )
    return [row[0] for row in rows.fetchall()]


def concept_names(task: Task) -> list[str]:
    """What a task's inputs may be labeled as: its concepts, then the project's others."""
    own: Any = Concept.select(Concept.name).join(TaskConcept, on=(TaskConcept.concept == Concept.id))
    chosen = own.where(TaskConcept.task == task).order_by(TaskConcept.position).tuples()
    joined: Any = Concept.select(Concept.name).where(Concept.joined == True).order_by(Concept.name).tuples()
    return list(dict.fromkeys(name for rows in (chosen, joined) for (name,) in rows))
