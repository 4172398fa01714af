"""Labeling: what a person says of an input of a task: accepted, added, changed, taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from store import assignments, concepts, rights, sql
from store.database import now
from store.errors import Refused
from store.history import Recorder, step
from store.suggestions import Suggestion
from store.tables import Annotation, Concept, Task, User
from store.values import Region, RegionKind, ReviewStrategy, Role, Side, Status, region_columns


def accept(
    actor: User,
    task: Task,
    input_id: int,
    suggestion: Suggestion,
    *,
    value: int = 1,
    concept: str | None = None,
) -> Annotation:
    """Make a suggestion this user's annotation (`value` 0: it is explicitly not there).

    `concept` is the right name where the model's is wrong.
    """
    name = f"{'accept' if value else 'reject'} {suggestion.concept}"
    with step(actor, name if concept is None else f"{name} as {concept}") as recorder:
        return _accept(recorder, task, input_id, suggestion, value, concept)


def accept_all(actor: User, task: Task, input_id: int, chosen: Iterable[Suggestion]) -> int:
    """Accept exactly these suggestions as one step; returns how many."""
    with step(actor, "accept all") as recorder:
        return len([_accept(recorder, task, input_id, suggestion, 1) for suggestion in chosen])


def place(
    actor: User,
    task: Task,
    input_id: int,
    said: Annotation | Suggestion,
    region: Region | None,
    concept: str | None = None,
) -> Annotation:
    """Give what is said another region, another concept (None: its own) or both, as one step.

    A suggestion is accepted by it; undone, it is a suggestion again. Raises Refused where that is said there
    already.
    """
    if isinstance(said, Annotation):
        own = str(said.concept.name)
        what = "move" if concept in (None, own) else f"call it {concept}, move"
        with step(actor, f"{what} {own}") as recorder:
            return _change(recorder, said, region, concept)
    with step(actor, f"accept {said.concept}, {'moved' if concept is None else f'as {concept}'}") as recorder:
        return _accept(recorder, task, input_id, said, 1, concept, (region,))


def _accept(
    recorder: Recorder,
    task: Task,
    input_id: int,
    suggestion: Suggestion,
    value: int,
    renamed: str | None = None,
    placed: tuple[Region | None] | None = None,
) -> Annotation:
    if renamed is not None:
        concept = concepts.join_named(recorder, renamed)
    else:
        (known,) = sql.matching(Concept, id=suggestion.concept_id)
        concept = concepts.join(recorder, known)
    if placed is not None:
        _require_unsaid(task.id, input_id, recorder.actor.id, concept, placed[0])
    return _insert(
        recorder,
        task,
        input_id,
        concept,
        suggestion.region if placed is None else placed[0],
        value=value,
        score=suggestion.score,
        model_version=suggestion.model_version,
        original_concept=suggestion.original_id,
        original_key=suggestion.region_key,
    )


def add(
    actor: User, task: Task, input_id: int, concept: str, region: Region | None = None, *, value: int = 1
) -> Annotation:
    """Annotate an input with a concept by name; a new concept joins the project."""
    with step(actor, f"add {concept}") as recorder:
        row = concepts.join_named(recorder, concept)
        return _insert(recorder, task, input_id, row, region, value=value)


def copy(actor: User, task: Task, regions: Sequence[tuple[str, Region]], input_id: int) -> int:
    """Annotate an input with the regions (concept, region) of another, as one step; returns how many."""
    with step(actor, f"copy {len(regions)} regions" if len(regions) > 1 else "copy a region") as recorder:
        for concept, region in regions:
            _insert(recorder, task, input_id, concepts.join_named(recorder, concept), region, value=1)
    return len(regions)


def _insert(
    recorder: Recorder,
    task: Task,
    input_id: int,
    concept: Concept,
    region: Region | None,
    **columns: object,
) -> Annotation:
    status, reviewer = _standing(recorder.actor, task, input_id)
    kind, packed, key = region_columns(region)
    before = _said(task.id, input_id, recorder.actor.id, concept, key)
    if before is not None:
        # The opposite was said: it is changed, not said beside.
        return recorder.update(before, value=columns["value"], status=status)
    return recorder.insert(
        Annotation,
        input=input_id,
        concept=concept,
        status=status,
        region_kind=kind,
        region=packed,
        region_key=key,
        annotator=recorder.actor,
        task=task,
        reviewer=reviewer,
        created_at=now(),
        **columns,
    )


def _said(task: int | None, input_id: int, annotator: int, concept: Concept, key: int) -> Annotation | None:
    """What this annotator says of a concept in one place."""
    where = {"input": input_id, "task": task, "annotator": annotator, "concept": concept}
    return sql.find(Annotation, **where, region_key=key, deleted=False)


def _standing(actor: User, task: Task, input_id: int) -> tuple[Status, int | None]:
    """The status that an annotation of this user has here and who reviews it.

    Raises Denied or Refused when the input is not this user's to annotate.
    """
    rights.require(actor, Role.OWNER, Role.LEAD, Role.LABELER)
    reviews = [row for row in assignments.on_input(task, Side.REVIEW, input_id) if row.open]
    reviewer = reviews[0].user_id if len(reviews) == 1 else None
    mine = assignments.get(task, Side.LABEL, actor, input_id)
    if mine is not None:
        if mine.open:
            return Status.PENDING, reviewer
        status = Status(mine.status)
        if status in (Status.AWAITING_REVIEW, Status.AWAITING_CONSENSUS_REVIEW):
            return status, reviewer
        if status is Status.SUCCESS and task.review == ReviewStrategy.NONE:
            return status, None
    if any(row.user_id == actor.id for row in reviews):
        return Status.AWAITING_REVIEW, int(actor.id)
    if mine is not None:
        stands = Status(mine.status).title
        raise Refused(f"input {input_id} of '{task.name}' has been reviewed: it is {stands}")
    raise Refused(f"input {input_id} of '{task.name}' is not yours to label or review")


def take_back(actor: User, annotation: Annotation) -> None:
    """Un-accept: the annotation goes and, if a model suggested it, it is a suggestion again."""
    with step(actor, f"take back {annotation.concept.name}") as recorder:
        _require_change(actor, annotation)
        recorder.update(annotation, deleted=True)


def take_back_all(actor: User, annotations: Iterable[Annotation]) -> int:
    """Take back several annotations of one input as one step; returns how many."""
    rows = list(annotations)
    with step(actor, f"take back {len(rows)} annotations") as recorder:
        for row in rows:
            _require_change(actor, row)
            recorder.update(row, deleted=True)
    return len(rows)


def remove(actor: User, row: Annotation) -> None:
    """Take an annotation away: in a task as its labeler or reviewer may, outside of tasks whoever made it
    and owners and leads. Raises Refused otherwise."""
    if row.task_id is not None:
        take_back(actor, row)
        return
    if row.annotator_id != actor.id:
        rights.require(actor, Role.OWNER, Role.LEAD)
    with step(actor, f"remove {row.concept.name}") as recorder:
        recorder.delete(row)


def set_value(actor: User, annotation: Annotation, value: int) -> None:
    """Say that the concept is there (1) or explicitly not there (0)."""
    with step(actor, f"{'tick' if value else 'cross'} {annotation.concept.name}") as recorder:
        _require_change(actor, annotation)
        recorder.update(annotation, value=value)


def move(actor: User, annotation: Annotation, region: Region) -> None:
    """Give an annotation another region. Raises Refused where its concept is said there already."""
    with step(actor, f"move {annotation.concept.name}") as recorder:
        _change(recorder, annotation, region, None)


def reassign(actor: User, annotation: Annotation, concept: str) -> None:
    """Give an annotation another concept. Raises Refused where that is said there already."""
    with step(actor, f"call it {concept}") as recorder:
        region = Region.unpack(annotation.region_kind, annotation.region)
        _change(recorder, annotation, region, concept)


def _change(
    recorder: Recorder, annotation: Annotation, region: Region | None, concept: str | None
) -> Annotation:
    _require_change(recorder.actor, annotation)
    row = annotation.concept if concept is None else concepts.join_named(recorder, concept)
    kind, packed, key = region_columns(region)
    if (row.id, key) != (annotation.concept_id, annotation.region_key):
        _require_unsaid(annotation.task_id, annotation.input_id, annotation.annotator_id, row, region)
    return recorder.update(annotation, concept=row, region_kind=kind, region=packed, region_key=key)


def _require_unsaid(
    task: int | None, input_id: int, annotator: int, concept: Concept, region: Region | None
) -> None:
    """Raises Refused where the annotator has said this in this place already."""
    if _said(task, input_id, annotator, concept, region_columns(region)[2]) is not None:
        raise Refused(f"{_PLACES[RegionKind(region_columns(region)[0])]} is called {concept.name} already")


_PLACES = {
    RegionKind.WHOLE: "this input",
    RegionKind.BOX: "this region",
    RegionKind.POLYGON: "this region",
    RegionKind.SPAN: "this stretch",
}


def _require_change(actor: User, annotation: Annotation) -> None:
    """Raises Denied or Refused unless the annotation is the user's own or theirs to review."""
    own = annotation.annotator_id == actor.id
    if annotation.task is None:
        rights.require(actor, Role.OWNER, Role.LEAD, *([Role.LABELER] if own else []))
        return
    _standing(actor, annotation.task, annotation.input_id)
    if not own and assignments.get(annotation.task, Side.REVIEW, actor, annotation.input_id) is None:
        raise Refused(f"{annotation.annotator.name} made this annotation: only a reviewer may change it")
