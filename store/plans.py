"""Plans: what a new task shall be, and whether it can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from store import (
    models,
    names,
)
from store.editing import require_quorum
from store.errors import Refused
from store.routing import Thresholds
from store.tables import (
    ModelVersion,
    Task,
)
from store.values import ReviewStrategy, Strategy, TaskType


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
class Checked:
    """The parts of a plan that had to be looked up or completed."""

    name: str
    type: TaskType
    strategy: Strategy
    review: ReviewStrategy
    auto: ModelVersion | None
    assist: ModelVersion | None
    concepts: list[str]


def require_free(name: str) -> None:
    """Raises Refused where a task has this name."""
    if Task.select().where(Task.name == name, Task.deleted == False).exists():
        raise Refused(f"there is a task '{name}' already: choose another name")


def check(plan: Plan) -> Checked:
    """Complete a plan. Raises Refused with what to change."""
    name = names.clean(plan.name, "a task's name")
    require_free(name)
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
    return Checked(name, kind, _strategy(plan), _review(plan), auto, assist, wanted)


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
