"""Answers: what several labelers said of one input, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from store import assignments, labeling
from store.annotations import on_input
from store.consensus import overlap
from store.tables import Annotation, Task, User
from store.values import Region, Side, Status


@dataclass
class Line:
    """One statement, and who made it."""

    concept: str
    value: int
    region: Region | None
    by: dict[str, Annotation] = field(default_factory=dict)
    """Labeler → their annotation. Regions are one where they overlap as the task's consensus asks."""


@dataclass(frozen=True)
class Answers:
    """Who answered, and what; who said nothing is among the labelers, too."""

    labelers: list[str]
    lines: list[Line]

    def agreed(self, line: Line) -> bool:
        """Whether everybody says it."""
        return len(line.by) == len(self.labelers)


def of(task: Task, input_id: int) -> Answers:
    """What stands on an input, what most say first."""
    works = assignments.on_input(task, Side.LABEL, input_id)
    handed_in = [work.user_id for work in works if work.status != Status.PENDING]
    labelers = [str(User.get_by_id(user).name) for user in handed_in]
    lines: list[Line] = []
    for row in on_input(task, input_id):
        name, region = str(row.annotator.name), Region.unpack(row.region_kind, row.region)
        if name not in labelers:
            labelers.append(name)
        line = next((one for one in lines if _fits(one, row, name, region, task.agree_iou)), None)
        if line is None:
            line = Line(str(row.concept.name), int(row.value), region)
            lines.append(line)
        line.by[name] = row
    lines.sort(key=lambda line: -len(line.by))
    return Answers(labelers, lines)


def _fits(line: Line, row: Annotation, name: str, region: Region | None, least: float) -> bool:
    if (line.concept, line.value) != (row.concept.name, row.value) or name in line.by:
        return False
    if line.region == region:
        return True
    if line.region is None or region is None:
        return False
    bounds = line.region.bounds, region.bounds
    return bounds[0] is not None and bounds[1] is not None and overlap(bounds[0], bounds[1]) >= least


def take(actor: User, answers: Answers, labeler: str) -> int:
    """Keep what this labeler said, whoever else says it, and delete the rest, as one step of a reviewer.

    Returns how many annotations went. What is settled already stays.
    """
    others = [line for line in answers.lines if labeler not in line.by]
    return drop(actor, others)


def drop(actor: User, lines: Sequence[Line]) -> int:
    """Delete what is said on these lines and not settled yet, as one step; returns how many annotations."""
    settled = (Status.SUCCESS, Status.REVIEW_DENIED)
    rows = [row for line in lines for row in line.by.values() if row.status not in settled]
    return labeling.take_back_all(actor, rows) if rows else 0
