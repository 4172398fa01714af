"""Tasks: planned, made, started, changed, and summed up."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from peewee import fn

from store import (
    assignments,
    concepts,
    datasets,
    dealing,
    gold,
    jobs,
    models,
    names,
    rerouting,
    rights,
    users,
)
from store.bounds import thresholds as thresholds
from store.database import now, write
from store.editing import edit as edit
from store.editing import preview as preview
from store.editing import require_quorum
from store.errors import NotFound, Refused
from store.history import Recorder, step
from store.routing import Thresholds
from store.tables import (
    AnnotationCount,
    AssignmentCount,
    Concept,
    Dataset,
    Model,
    ModelVersion,
    Task,
    TaskConcept,
    TaskMember,
    User,
    database,
)
from store.values import ReviewStrategy, Role, Side, Status, Strategy, TaskType


@dataclass(frozen=True)
class Plan:
    """What a new task shall be, by names, as people type it."""

    name: str
    type: str
    dataset: str | None = None
    """None: a new dataset, named like the task, with all inputs."""
    auto: str | None = None
    """The model that annotates everything first."""
    assist: str | None = None
    """The model whose predictions labelers see as suggestions."""
    concepts: Sequence[str] = ()
    lower: float = 0.5
    upper: float = 0.9
    thresholds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """By concept, where they differ from `lower` and `upper`."""
    labelers: Sequence[str] = ()
    """With `auto`: who gets the inputs on which the model found nothing."""
    weights: Sequence[float] = ()
    """How many inputs each labeler gets in relation to the others; empty: all the same."""
    strategy: str = Strategy.PARTITIONED
    review: str | None = None
    """None: manual when there are reviewers or a model annotates, else none."""
    reviewers: Sequence[str] = ()
    stacked: bool = False
    agree: int = 2
    agree_share: float | None = None
    """Instead of `agree`: the part of the labelers that must agree, 0..1, rounded up to whole people."""
    own_review: bool | None = None
    """Whether reviewers may review their own work where nobody else can. None: only when the one labeler is
    the one reviewer."""
    instructions: str = ""
    gold: str | None = None
    """A dataset with inputs whose answers are known: they are mixed into labelers' work (`store.gold`)."""
    gold_share: float = 0.05
    """Their part in each labeler's work, 0..1."""


@dataclass(frozen=True)
class Made:
    """A new task and who joined the project as a labeler because of it."""

    task: Task
    joined: list[str]


def create(actor: User, plan: Plan) -> Made:
    """Make a task and deal out its inputs, as one step. Raises Refused with what to change."""
    rights.require(actor, Role.OWNER, Role.LEAD)
    checked = _check(plan)
    with step(actor, f"create task '{checked.name}'") as recorder:
        task = _insert(recorder, plan, checked)
        joined = _insert_members(recorder, task, plan, checked)
        if task.gold is not None:
            gold.require(task, task.gold, task.gold_share)
        dealing.begin(task)
        _require_inputs(task)
        return Made(task, joined)


def _require_inputs(task: Task) -> None:
    """An empty dataset may be filled later; one that holds only the other media is a mistake."""
    if datasets.size(task.dataset_id) and not assignments.fitting(task).limit(1).exists():
        held = "pictures" if TaskType(task.type) is TaskType.TEXT else "texts"
        raise Refused(f"the dataset '{task.dataset.name}' holds only {held}: choose another type of task")


@dataclass(frozen=True)
class _Checked:
    """The parts of a plan that had to be looked up or completed."""

    name: str
    type: TaskType
    strategy: Strategy
    review: ReviewStrategy
    auto: ModelVersion | None
    assist: ModelVersion | None
    concepts: list[str]


def _check(plan: Plan) -> _Checked:
    name = names.clean(plan.name, "a task's name")
    if Task.select().where(Task.name == name, Task.deleted == False).exists():
        raise Refused(f"there is a task '{name}' already: choose another name")
    Thresholds(plan.lower, plan.upper)
    kind = _choice(TaskType, plan.type, "type")
    auto = _model(plan.auto, kind)
    assist = _model(plan.assist, kind)
    wanted = list(dict.fromkeys(names.clean(concept, "a concept") for concept in plan.concepts))
    if auto is not None:
        # Of an assisting model it is no mistake: people label by hand what it does not know.
        models.require_concepts(auto, wanted)
    if auto is not None and not wanted:
        wanted = list(models.concepts(auto))
    for concept in plan.thresholds:
        if concept not in wanted:
            raise Refused(f"there is a threshold for '{concept}', but that is no concept of the task")
    return _Checked(name, kind, _strategy(plan), _review(plan), auto, assist, wanted)


def _choice(kind: type[TaskType], given: str, what: str) -> TaskType:
    try:
        return kind(given)
    except ValueError:
        raise Refused(f"'{given}' is no {what} of task: choose {', '.join(kind)}") from None


def _model(name: str | None, kind: TaskType) -> ModelVersion | None:
    if name is None:
        return None
    version = models.find(name)
    if version.model.task != kind:
        raise Refused(
            f"the model '{name}' is for {version.model.task}, the task is {kind}: choose another model"
        )
    return version


def _strategy(plan: Plan) -> Strategy:
    try:
        strategy = Strategy(plan.strategy)
    except ValueError:
        raise Refused(f"'{plan.strategy}' is no strategy: choose {', '.join(Strategy)}") from None
    if plan.auto is not None and strategy is not Strategy.PARTITIONED:
        raise Refused("an auto-annotated task deals out what is left over: its strategy is partitioned")
    if plan.weights and len(plan.weights) != len(plan.labelers):
        raise Refused("give as many weights as labelers")
    return strategy


def _review(plan: Plan) -> ReviewStrategy:
    default = ReviewStrategy.MANUAL if plan.reviewers or plan.auto else ReviewStrategy.NONE
    try:
        review = ReviewStrategy(plan.review) if plan.review else default
    except ValueError:
        raise Refused(f"'{plan.review}' is no review: choose {', '.join(ReviewStrategy)}") from None
    if review is ReviewStrategy.NONE and plan.reviewers:
        raise Refused("a task with reviewers needs a review: choose manual or consensus, or leave them out")
    if plan.auto is not None and review is not ReviewStrategy.MANUAL:
        bounds = [(plan.lower, plan.upper), *plan.thresholds.values()]
        if review is ReviewStrategy.CONSENSUS or any(lower < upper for lower, upper in bounds):
            raise Refused("a model leaves doubtful annotations: choose manual review, or equal thresholds")
    if review is ReviewStrategy.CONSENSUS:
        _require_quorum(plan)
    if plan.stacked and review is ReviewStrategy.NONE:
        raise Refused("stacked is a way to review: choose manual or consensus review")
    return review


def _require_quorum(plan: Plan) -> None:
    if Strategy(plan.strategy) is not Strategy.FULL:
        raise Refused("consensus needs several labelers on each input: choose the strategy full")
    require_quorum(plan.agree, plan.agree_share, len(set(plan.labelers)))


def _insert(recorder: Recorder, plan: Plan, checked: _Checked) -> Task:
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
    made = datasets.create(recorder, datasets.free_name(name))
    datasets.add_all(made)
    return made


def _insert_members(recorder: Recorder, task: Task, plan: Plan, checked: _Checked) -> list[str]:
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


def start(actor: User, task: Task) -> int:
    """Queue what the task's model has not been through, inputs added since included; ends a pause.

    Returns how many inputs wait for the engine; calling it again queues nothing twice.
    """
    rights.require(actor, Role.OWNER, Role.LEAD)
    if task.auto_id is None:
        raise Refused(f"the task '{task.name}' has no model that annotates it: nothing to run")
    rerouting.finish(task)
    with write():
        jobs.set_paused(task, False)
        dealing.begin(task)
        already = jobs.queued_inputs(task)
        if already:
            return already
        jobs.forget_failures(task)
        rows = database.execute_sql(
            "SELECT min(input_id), max(input_id), count(*) FROM (SELECT input_id, "
            "(row_number() OVER (ORDER BY input_id) - 1) / ? AS chunk FROM assignment a "
            "JOIN task t ON t.id = a.task_id JOIN model_version v ON v.id = t.auto_id "
            "JOIN model m ON m.id = v.model_id WHERE a.task_id = ? AND a.side = 'label' "
            "AND a.user_id = m.annotator_id AND a.status = ?) GROUP BY chunk ORDER BY chunk",
            (jobs.CHUNK, task.id, int(Status.PENDING)),
        ).fetchall()
        for first, last, count in rows:
            payload = {"first": first, "last": last, "count": count}
            jobs.enqueue("annotate", payload, priority=jobs.BULK, task=task, model_version=task.auto_id)
        return sum(count for _, _, count in rows)


def pause(actor: User, task: Task) -> None:
    """Let no more of the task's jobs begin; the chunk that the engine has in hand is finished."""
    _require_run(actor, task)
    jobs.set_paused(task, True)


def resume(actor: User, task: Task) -> None:
    """Let the engine go on with the task's jobs."""
    _require_run(actor, task)
    jobs.set_paused(task, False)


def cancel(actor: User, task: Task) -> int:
    """Give up the task's waiting jobs; returns the inputs they held. What is annotated stays, and `start`
    queues the rest again."""
    _require_run(actor, task)
    return jobs.cancel(task)


def _require_run(actor: User, task: Task) -> None:
    rights.require(actor, Role.OWNER, Role.LEAD)
    if task.auto_id is None:
        raise Refused(f"the task '{task.name}' has no model that annotates it")


def previous(actor: User, task: Task) -> int:
    """How many annotations `forget_previous` would take away: the model's that no person has touched."""
    _require_run(actor, task)
    return rerouting.withdrawable(task)


def forget_previous(actor: User, task: Task) -> int:
    """Take away what the model said in this task and nobody touched, so that `start` annotates it anew.

    Returns how many annotations. Undo routes the stored predictions again, which brings them back.
    """
    _require_run(actor, task)
    if jobs.open_count(task):
        raise Refused(f"the model is at work on '{task.name}': cancel that first")
    with step(actor, f"delete what the model said in '{task.name}'") as recorder:
        recorder.log(rerouting.WITHDRAWN, int(task.id), {"task": int(task.id)})
    return rerouting.withdraw(task)


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
