"""Tasks: made of a plan, found, shown, and deleted."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from peewee import fn

from store import assignments, concepts, datasets, dealing, gold, names, rights, troubles, users
from store.bounds import thresholds as thresholds_of
from store.database import now
from store.errors import NotFound, Refused
from store.history import Recorder, step
from store.long_steps import LongStep
from store.plans import Checked, Plan, check, require_free
from store.progress import summaries
from store.routing import Thresholds
from store.tables import (
    AnnotationCount,
    AssignmentCount,
    Concept,
    Dataset,
    DatasetInput,
    Input,
    Model,
    Task,
    TaskConcept,
    TaskMember,
    User,
)
from store.values import ReviewStrategy, Role, Side, Status, TaskType


@dataclass(frozen=True)
class Made:
    """A new task and who joined the project as a labeler because of it."""

    task: Task
    joined: list[str]


def create(actor: User, plan: Plan) -> Made:
    """Make a task and deal out its inputs, as one step. Raises Refused with what to change.

    It is seen once all is dealt: a million inputs take a while, in which others write.
    """
    rights.require(actor, Role.OWNER, Role.LEAD)
    checked = check(plan)
    long = LongStep(actor, f"create task '{checked.name}'")
    with long.part() as recorder:
        task = _insert(recorder, plan, checked)
        joined = _insert_members(recorder, task, plan, checked)
        _require_inputs(plan, task)
        if task.gold is not None:
            if plan.dataset is None:
                datasets.add_all(task.dataset)
            gold.require(task, task.gold, task.gold_share)
        unseen: list[Task | Dataset] = [task] if plan.dataset is not None else [task, task.dataset]
        for row in unseen:
            recorder.delete(row)
    if plan.dataset is None:
        datasets.add_all(task.dataset)
    dealing.begin(task)
    with long.part() as recorder:
        require_free(checked.name)
        for row in unseen:
            recorder.update(row, deleted=False)
    return Made(task, joined)


def _require_inputs(plan: Plan, task: Task) -> None:
    """An empty dataset may be filled later; one that holds only the other media is a mistake."""
    if plan.dataset is None:
        every = Input.select().where(Input.deleted == False)
        there, fitting = every.exists(), every.where(Input.media == TaskType(task.type).media).exists()
    else:
        there = DatasetInput.select().where(DatasetInput.dataset == task.dataset_id).exists()
        fitting = assignments.fitting(task).limit(1).exists()
    if there and not fitting:
        held = "pictures" if TaskType(task.type) is TaskType.TEXT else "texts"
        raise Refused(f"the dataset '{task.dataset.name}' holds only {held}: choose another type of task")


def _insert(recorder: Recorder, plan: Plan, checked: Checked) -> Task:
    task = recorder.insert(
        Task,
        uid=uuid.uuid4().hex,
        name=checked.name,
        dataset=_dataset(recorder, plan, checked.name),
        type=checked.type,
        auto=checked.auto,
        assist=checked.assist,
        lower=plan.lower,
        upper=plan.upper,
        strategy=checked.strategy,
        review=checked.review,
        stacked=plan.stacked,
        agree=plan.agree,
        agree_share=plan.agree_share,
        own_review=_own_review(recorder, plan),
        instructions=plan.instructions,
        gold=None if plan.gold is None else datasets.find(plan.gold),
        gold_share=plan.gold_share,
        creator=recorder.actor,
        created_at=now(),
    )
    for position, name in enumerate(checked.concepts):
        bounds = plan.thresholds.get(name)
        if bounds is not None:
            Thresholds(*bounds)
        lower, upper = bounds or (None, None)
        concept = concepts.join_named(recorder, name)
        recorder.insert(TaskConcept, task=task, concept=concept, position=position, lower=lower, upper=upper)
    return task


def _own_review(recorder: Recorder, plan: Plan) -> bool:
    if plan.own_review is not None:
        return plan.own_review
    me = [str(recorder.actor.name)]
    labelers = set(plan.labelers or (me if plan.auto is None else ()))
    return len(labelers) == 1 and set(plan.reviewers or me) == labelers


def _dataset(recorder: Recorder, plan: Plan, name: str) -> Dataset:
    if plan.dataset is not None:
        return datasets.find(plan.dataset)
    return datasets.create(recorder, datasets.free_name(name))


def _insert_members(recorder: Recorder, task: Task, plan: Plan, checked: Checked) -> list[str]:
    """The people of the task, invited where they are new, and the model as a labeler of its own."""
    labelers, reviewers = list(plan.labelers), list(plan.reviewers)
    if not labelers and checked.auto is None:
        labelers = [str(recorder.actor.name)]
    if not reviewers and checked.review is not ReviewStrategy.NONE:
        reviewers = [str(recorder.actor.name)]
    joined = []
    if checked.auto is not None:
        annotator = Model.get_by_id(checked.auto.model_id).annotator
        recorder.insert(TaskMember, task=task, side=Side.LABEL, user=annotator, position=-1)
    for side, people in ((Side.LABEL, labelers), (Side.REVIEW, reviewers)):
        for position, name in enumerate(dict.fromkeys(people)):
            user, new = users.invite(recorder, name)
            if new:
                joined.append(str(user.name))
            weight = plan.weights[position] if plan.weights and side is Side.LABEL else 1.0
            recorder.insert(TaskMember, task=task, side=side, user=user, position=position, weight=weight)
    return joined


def find(token: str) -> Task:
    """A task by its name or id. Raises NotFound with names that are close."""
    named = Task.get_or_none(Task.name == token, Task.deleted == False)
    task = named or Task.get_or_none(Task.uid == token, Task.deleted == False)
    if task is None:
        known = [row.name for row in Task.select(Task.name).where(Task.deleted == False)]
        raise NotFound(f"there is no task '{token}'{names.did_you_mean(token, known)}")
    return task


def concept_names(task: Task) -> list[str]:
    """The task's concepts in the order they were given."""
    rows = TaskConcept.select(TaskConcept, Concept).join(Concept).where(TaskConcept.task == task)
    return [row.concept.name for row in rows.order_by(TaskConcept.position)]


def show(actor: User, task: Task) -> dict[str, Any]:
    """One task: what it asks for, how far it is and which inputs failed, by the words of the command line."""
    (summary,) = summaries(actor, task)
    bounds = thresholds_of(task)
    keys = {row.name: row.id for row in Concept.select().where(Concept.name.in_(summary.concepts))}
    return {
        **summary.to_json(),
        "auto": None if task.auto is None else task.auto.model.name,
        "assist": None if task.assist is None else task.assist.model.name,
        "strategy": task.strategy,
        "review": task.review,
        "stacked": bool(task.stacked),
        "agree": task.agree if task.agree_share is None else f"{task.agree_share:.0%}",
        "own_review": bool(task.own_review),
        "without_reviewer": len(assignments.without_reviewer(task)),
        "priority": task.priority,
        "archived": bool(task.archived),
        "paused": bool(task.paused),
        "thresholds": {
            name: [bounds[keys[name]].lower, bounds[keys[name]].upper] for name in summary.concepts
        },
        "instructions": task.instructions,
        **_gold(actor, task),
        "failures": [{"path": one.path, "error": one.sentence} for one in troubles.listing(task)],
    }


def _gold(actor: User, task: Task) -> dict[str, Any]:
    """What nobody who labels is to see."""
    if actor.role not in rights.LEADS or task.gold is None:
        return {}
    return {"gold": task.gold.name, "gold_share": task.gold_share}


def holds(task: Task) -> str:
    """What is in a task, in words, from the counters."""
    annotations = AnnotationCount.select(fn.SUM(AnnotationCount.n)).where(AnnotationCount.task == task.id)
    waits = [int(Status.PENDING), int(Status.AWAITING_REVIEW)]
    still = AssignmentCount.select(fn.SUM(AssignmentCount.n)).where(
        AssignmentCount.task == task.id, AssignmentCount.status.in_(waits), AssignmentCount.failed == False
    )
    return f"{annotations.scalar() or 0} annotations and {still.scalar() or 0} inputs still to be done"


def delete(actor: User, task: Task) -> None:
    """Hide a task; its rows stay and undo brings it back."""
    rights.require(actor, Role.OWNER, Role.LEAD)
    with step(actor, f"delete task '{task.name}'") as recorder:
        recorder.delete(task)
