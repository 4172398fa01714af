"""Editing a task that is under way: what is decided stays, what nobody has begun follows the change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from store import assignments, concepts, datasets, dealing, gold, models, names, rerouting, rights, users
from store.bounds import thresholds as thresholds_of
from store.consensus import quorum
from store.errors import Refused
from store.history import Recorder, step
from store.rerouting import Preview
from store.routing import Thresholds
from store.tables import Concept, Task, TaskConcept, TaskMember, User
from store.values import ReviewStrategy, Role, Side


@dataclass(frozen=True)
class Changes:
    """What shall be different; None leaves a thing as it is."""

    name: str | None = None
    instructions: str | None = None
    priority: int | None = None
    """Higher ones stand first in the list of tasks."""
    archived: bool | None = None
    own_review: bool | None = None
    concepts: Sequence[str] | None = None
    """All of them, in their order."""
    lower: float | None = None
    upper: float | None = None
    thresholds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """By concept; the others keep theirs."""
    labelers: Sequence[str] | None = None
    """All of them, in their order."""
    weights: Sequence[float] = ()
    reviewers: Sequence[str] | None = None
    gold: str | None = None
    """A dataset with inputs whose answers are known (`store.gold`); "" for none any more."""
    gold_share: float | None = None
    """Their part in each labeler's work, 0..1."""
    agree: int | None = None
    """Labelers that must agree in a task with consensus; ends a share."""
    agree_share: float | None = None
    """Instead of `agree`: the part of the labelers that must agree, 0..1."""


@dataclass(frozen=True)
class Edited:
    """What an edit brought about."""

    joined: list[str]
    """Who joined the project because of it."""
    moved: int
    """Open inputs that went over to somebody else."""
    needs_run: int
    """Inputs that the model has to look at again: too few of their scores were kept."""


def edit(actor: User, task: Task, **changes: Any) -> Edited:
    """Change what `Changes` names, as one step. Raises Refused with what to change, then nothing is."""
    rights.require(actor, Role.OWNER, Role.LEAD)
    wanted = Changes(**changes)
    before = thresholds_of(task)
    with step(actor, f"edit task '{task.name}'") as recorder:
        _change_row(recorder, task, wanted)
        _change_concepts(recorder, task, wanted)
        joined, moved = _change_people(recorder, task, wanted)
        if wanted.gold is not None or wanted.gold_share is not None:
            _change_gold(recorder, task, wanted)
        gold.deal(task)
        if _quorum(wanted):
            _settle_quorum(recorder, task)
        if thresholds_of(task) != before or (wanted.labelers is not None and task.auto_id is not None):
            rerouting.begin(recorder, task, before)
    return Edited(joined, moved, rerouting.finish(task, before))


def preview(task: Task, **changes: Any) -> Preview:
    """How many rows a change of concepts or thresholds would move, without changing anything.

    Takes `concepts`, `lower`, `upper` and `thresholds` as `edit` does.
    """
    return rerouting.preview(task, _bounds(task, Changes(**changes)))


def _change_row(recorder: Recorder, task: Task, wanted: Changes) -> None:
    changes: dict[str, Any] = {
        key: value
        for key in ("instructions", "priority", "archived", "own_review", "lower", "upper")
        if (value := getattr(wanted, key)) is not None
    }
    if wanted.name is not None:
        changes["name"] = _free(names.clean(wanted.name, "a task's name"), task)
    changes |= _quorum(wanted)
    Thresholds(changes.get("lower", task.lower), changes.get("upper", task.upper))
    recorder.update(task, **changes)


def _change_gold(recorder: Recorder, task: Task, wanted: Changes) -> None:
    chosen = task.gold if wanted.gold is None else datasets.find(wanted.gold) if wanted.gold else None
    share = task.gold_share if wanted.gold_share is None else wanted.gold_share
    recorder.update(task, gold=chosen, gold_share=share)
    if chosen is not None:
        gold.require(task, chosen, share)
    if wanted.gold is not None:
        dealing.other_gold(task)


def _quorum(wanted: Changes) -> dict[str, Any]:
    """The columns that change how many must agree."""
    if wanted.agree_share is not None:
        return {"agree_share": wanted.agree_share}
    return {} if wanted.agree is None else {"agree": wanted.agree, "agree_share": None}


def _settle_quorum(recorder: Recorder, task: Task) -> None:
    """What enough labelers agree on now is settled; what is settled stays."""
    if task.review != ReviewStrategy.CONSENSUS:
        raise Refused(f"nobody has to agree in '{task.name}': it is not reviewed by consensus")
    people = [row for row in assignments.members(task, Side.LABEL) if row.user.role != Role.MODEL]
    require_quorum(task.agree, task.agree_share, len(people))
    dealing.weigh_again(recorder, task)


def require_quorum(agree: int, share: float | None, people: int) -> None:
    """Raises Refused where so many labelers cannot agree so."""
    if share is not None and not 0 < share <= 1:
        raise Refused("the part of the labelers that must agree lies above 0 and is at most 100%")
    needed = quorum(agree, share, people)
    if people < 2 or needed > people or (needed < 2 and share is None):
        raise Refused(f"{people} labelers cannot have {needed} agree: name more, or lower it")


def _free(name: str, task: Task) -> str:
    taken = Task.select().where(Task.name == name, Task.deleted == False, Task.id != task.id)
    if taken.exists():
        raise Refused(f"there is a task '{name}' already: choose another name")
    return name


def _names(task: Task, wanted: Changes) -> list[str]:
    """The concepts that the task shall have, in order. Raises Refused where its models know them not."""
    rows = TaskConcept.select(TaskConcept, Concept).join(Concept).where(TaskConcept.task == task)
    have = [str(row.concept.name) for row in rows.order_by(TaskConcept.position)]
    if wanted.concepts is None:
        chosen = have
    else:
        chosen = list(dict.fromkeys(names.clean(name, "a concept") for name in wanted.concepts))
        for version in (task.auto, task.assist):
            if version is not None:
                models.require_concepts(version, [name for name in chosen if name not in have])
    if task.auto_id is not None and not chosen:
        raise Refused("an auto-annotated task needs a concept: name one")
    for name in wanted.thresholds:
        if name not in chosen:
            raise Refused(f"there is a threshold for '{name}', but that is no concept of the task")
    return chosen


def _bounds(task: Task, wanted: Changes) -> dict[int, Thresholds]:
    """The thresholds by concept id as they would be."""
    own = {row.concept_id: row for row in TaskConcept.select().where(TaskConcept.task == task)}
    lower = task.lower if wanted.lower is None else wanted.lower
    upper = task.upper if wanted.upper is None else wanted.upper
    found = {}
    for name in _names(task, wanted):
        row = own.get(key := concepts.find(name).id)
        kept = (None, None) if row is None else (row.lower, row.upper)
        low, high = wanted.thresholds.get(name, kept)
        found[key] = Thresholds(lower if low is None else low, upper if high is None else high)
    return found


def _change_concepts(recorder: Recorder, task: Task, wanted: Changes) -> None:
    chosen = _names(task, wanted)
    have = {
        row.concept.name: row
        for row in TaskConcept.select(TaskConcept, Concept).join(Concept).where(TaskConcept.task == task)
    }
    for name, row in have.items():
        if name not in chosen:
            recorder.delete(row)
    for position, name in enumerate(chosen):
        bounds = wanted.thresholds.get(name)
        if bounds is not None:
            Thresholds(*bounds)
        columns = {"position": position, **({} if bounds is None else dict(zip(_ENDS, bounds, strict=True)))}
        if name in have:
            recorder.update(have[name], **columns)
        else:
            concept = concepts.join_named(recorder, name)
            recorder.insert(TaskConcept, task=task, concept=concept, **columns)


_ENDS = ("lower", "upper")


def _change_people(recorder: Recorder, task: Task, wanted: Changes) -> tuple[list[str], int]:
    joined: list[str] = []
    moved = 0
    if wanted.weights and (wanted.labelers is None or len(wanted.weights) != len(wanted.labelers)):
        raise Refused("give as many weights as labelers")
    for side, people in ((Side.LABEL, wanted.labelers), (Side.REVIEW, wanted.reviewers)):
        if people is not None:
            joined += _set_members(recorder, task, side, people, wanted.weights)
        if people is not None or (side is Side.REVIEW and wanted.own_review is not None):
            moved += dealing.redistribute(recorder, task, side)
        elif side is Side.REVIEW and wanted.labelers is not None:
            # Who labels no more may review what nobody could.
            moved += dealing.hand_out(recorder, task)
    return joined, moved


def _set_members(
    recorder: Recorder, task: Task, side: Side, people: Sequence[str], weights: Sequence[float]
) -> list[str]:
    _require_enough(task, side, list(dict.fromkeys(people)))
    if side is Side.LABEL and weights:
        assignments.shares(1, weights)
    have = {
        row.user_id: row
        for row in TaskMember.select(TaskMember, User)
        .join(User)
        .where(TaskMember.task == task, TaskMember.side == side, User.role != Role.MODEL)
    }
    joined = []
    for position, name in enumerate(dict.fromkeys(people)):
        user, new = users.invite(recorder, name)
        joined += [str(user.name)] if new else []
        weight = weights[position] if weights and side is Side.LABEL else 1.0
        row = have.pop(user.id, None)
        if row is not None:
            recorder.update(row, position=position, weight=weight)
        else:
            recorder.insert(TaskMember, task=task, side=side, user=user, position=position, weight=weight)
    for row in have.values():
        recorder.delete(row)
    return joined


def _require_enough(task: Task, side: Side, people: Sequence[str]) -> None:
    if side is Side.REVIEW:
        if people and task.review == ReviewStrategy.NONE:
            raise Refused(f"nothing of '{task.name}' is reviewed: make a task with a review of its own")
        if not people and task.review != ReviewStrategy.NONE:
            raise Refused(f"'{task.name}' is reviewed: name at least one reviewer")
        return
    if not people and task.auto_id is None:
        raise Refused(f"'{task.name}' needs a labeler: name at least one")
    if task.review == ReviewStrategy.CONSENSUS and task.agree_share is None and len(people) < task.agree:
        raise Refused(f"{len(people)} labelers cannot have {task.agree} agree: name more")
