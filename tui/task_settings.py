"""Task settings: what a task is set to, as the form for editing it shows and reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from store import assignments, datasets, models, tasks, viewing
from store.errors import Refused
from store.tables import Concept, Task, TaskConcept
from store.values import Role, Side

Ends = tuple[int, int]
"""Lower and upper threshold in hundredths."""


@dataclass(frozen=True)
class TaskSettings:
    """A task as it was when the form was opened."""

    name: str
    instructions: str
    priority: int
    concepts: list[str]
    annotated: bool
    """A model annotates it: only then thresholds mean something."""
    common: Ends
    own: dict[str, Ends]
    """By concept, where it has thresholds of its own."""
    labelers: str
    reviewers: str
    own_review: bool
    agree: str
    """How many labelers must agree: "2" or "60%"."""
    gold: str | None
    """The dataset that its gold inputs come from."""
    gold_share: float


def of(task: Task) -> TaskSettings:
    """What it is set to now."""
    rows = TaskConcept.select(TaskConcept, Concept).join(Concept).where(TaskConcept.task == task)
    common = _ends(task.lower, task.upper)
    own = {
        str(row.concept.name): _ends(
            task.lower if row.lower is None else row.lower, task.upper if row.upper is None else row.upper
        )
        for row in rows
        if row.lower is not None or row.upper is not None
    }
    return TaskSettings(
        str(task.name),
        str(task.instructions),
        int(task.priority),
        tasks.concept_names(task),
        task.auto_id is not None,
        common,
        own,
        _people(task, Side.LABEL),
        _people(task, Side.REVIEW),
        bool(task.own_review),
        str(task.agree) if task.agree_share is None else f"{100 * task.agree_share:.4g}%",
        None if task.gold is None else str(task.gold.name),
        float(task.gold_share),
    )


def _ends(lower: float, upper: float) -> Ends:
    return round(lower * 100), round(upper * 100)


def _people(task: Task, side: Side) -> str:
    """ "ann=2, bob": a weight stands where it is not 1."""
    members = [one for one in assignments.members(task, side) if one.user.role != Role.MODEL]
    return ", ".join(
        one.user.name if one.weight == 1 else f"{one.user.name}={one.weight:g}" for one in members
    )


def datasets_offered() -> list[str]:
    """The names of the datasets."""
    return [row["name"] for row in datasets.listing()]


def known(task: Task) -> tuple[list[str], bool]:
    """The concepts that can be chosen, and whether only these: an annotating model knows no others."""
    if task.auto is not None:
        return sorted({*models.concepts(task.auto), *tasks.concept_names(task)}, key=str.casefold), True
    return viewing.known_names(task), False


def weighted(typed: str) -> tuple[list[str], list[float]]:
    """The names and weights in "ann=2, bob"; no weights where none is typed. Raises Refused."""
    names: list[str] = []
    weights: list[float] = []
    for part in filter(None, (part.strip() for part in typed.split(","))):
        name, equals, weight = part.rpartition("=")
        names.append(name.strip() if equals else part)
        try:
            weights.append(float(weight) if equals else 1.0)
        except ValueError:
            raise Refused(f"a weight is a number, such as {name.strip()}=2, not '{weight}'") from None
    return names, weights if any(weight != 1 for weight in weights) else []


def agreed(typed: str) -> dict[str, Any]:
    """How many must agree, of "2" or "60%". Raises Refused for what is neither."""
    part = typed.removesuffix("%").strip()
    try:
        return {"agree_share": float(part) / 100} if typed.endswith("%") else {"agree": int(part)}
    except ValueError:
        raise Refused(f"how many labelers must agree is a number or a part like 60%, not '{typed}'") from None


def number(typed: str) -> int:
    """A priority. Raises Refused for what is no whole number."""
    try:
        return int(typed)
    except ValueError:
        raise Refused(f"a priority is a whole number, not '{typed}'") from None
