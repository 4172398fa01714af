"""Labeling: what a person does on an input of a task, from the first suggestion to submitting."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from store import assignments, concepts, gold, rights, sql
from store.bounds import thresholds
from store.consensus import Statement, decide, quorum
from store.database import now
from store.errors import Refused
from store.history import Recorder, step
from store.ranking import Voice, rank
from store.tables import (
    Annotation,
    Assignment,
    Concept,
    ModelVersion,
    Task,
    User,
    database,
)
from store.values import (
    Region,
    RegionKind,
    ReviewStrategy,
    Role,
    Side,
    Status,
    Strategy,
    region_columns,
)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A prediction shown to a person who has not decided on it."""

    concept: str
    """The name to use: people's where they renamed the model's."""
    original: str
    """The model's own name."""
    concept_id: int
    original_id: int
    score: float
    region: Region | None
    region_key: int
    model: str
    model_version: int


def suggestions(
    task: Task,
    input_id: int,
    actor: User,
    version: ModelVersion | None = None,
    stands: Iterable[Annotation] | None = None,
) -> list[Suggestion] | None:
    """What the model says of the input and `actor` has not decided on, highest score first.

    `version` is the task's assisting (or annotating) model unless given; `stands` what `on_input` says for
    this actor, for callers who have it. Of a task with concepts only those. None while the model has not
    looked at the input yet.
    """
    model_version = version.id if version is not None else task.assist_id or task.auto_id
    if model_version is None:
        return []
    stored = _stored(input_id, model_version)
    if not stored and not _looked(input_id, model_version):
        return None
    renamed = concepts.renames()
    wanted = {row[0] for row in database.execute_sql(_TASK_CONCEPTS, (task.id,)).fetchall()}
    if stands is None:
        stands = on_input(task, input_id, annotator=actor if task.auto_id is None else None)
    decided = _decided(stands)
    found = []
    for said, original, score, kind, packed, model in stored:
        concept = said if said in wanted else renamed.get(said, said)
        if wanted and concept not in wanted:
            continue
        region = Region.unpack(kind, packed)
        key = region_columns(region)[2]
        if (concept, key) in decided or (said, key) in decided:
            continue
        name = original if concept == said else Concept.get_by_id(concept).name
        found.append(Suggestion(name, original, concept, said, score, region, key, model, model_version))
    return found


# As text: it is read at every key press, and peewee takes longer to write it than SQLite to run it.
_TASK_CONCEPTS = "SELECT concept_id FROM task_concept WHERE task_id = ?"
_LOOKED = "SELECT 1 FROM predicted WHERE input_id = ? AND model_version_id = ?"
_STORED = (
    "SELECT p.concept_id, c.name, p.score, p.region_kind, p.region, m.name FROM prediction p "
    "JOIN concept c ON c.id = p.concept_id JOIN model_version v ON v.id = p.model_version_id "
    "JOIN model m ON m.id = v.model_id WHERE p.input_id = ? AND p.model_version_id = ? "
    "ORDER BY p.score DESC, p.rank"
)


def _stored(input_id: int, model_version: int) -> list[tuple[int, str, float, int, bytes, str]]:
    """Concept id and name, score, region kind and region, model of each prediction."""
    rows: list[tuple[int, str, float, int, bytes, str]]
    rows = database.execute_sql(_STORED, (input_id, model_version)).fetchall()
    return rows


def _looked(input_id: int, model_version: int) -> bool:
    return database.execute_sql(_LOOKED, (input_id, model_version)).fetchone() is not None


def _decided(stands: Iterable[Annotation]) -> set[tuple[int, int]]:
    """(concept, region key) of everything that stands, as it is seen now or as the model said it."""
    decided = set()
    for row in stands:
        decided.add((row.concept_id, row.region_key))
        if row.original_concept_id is not None:
            decided.add((row.original_concept_id, row.original_key or 0))
    return decided


def on_input(task: Task | None, input_id: int, annotator: User | None = None) -> list[Annotation]:
    """What stands on an input in a task, with concept and annotator, oldest first."""
    whose = {"task": task, "annotator": annotator}
    given = {name: row for name, row in whose.items() if row is not None}
    linked = ["concept", "annotator", "original_concept"]
    return sql.matching(Annotation, ["id"], linked, input=input_id, **given, deleted=False)


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


def submit(actor: User, task: Task, input_id: int) -> Status:
    """Hand in the input; returns what the assignment becomes (DESIGN §2).

    Raises Conflict when it is not open any more, for example because a lease ran out.
    """
    rights.require(actor, *rights.PEOPLE)
    with step(actor, f"submit input {input_id}") as recorder:
        mine = assignments.require_open(task, Side.LABEL, actor, input_id)
        becomes = {
            ReviewStrategy.NONE: Status.SUCCESS,
            ReviewStrategy.MANUAL: Status.AWAITING_REVIEW,
            ReviewStrategy.CONSENSUS: Status.AWAITING_CONSENSUS_REVIEW,
        }[ReviewStrategy(task.review)]
        _close(recorder, mine, becomes)
        for row in on_input(task, input_id, annotator=actor):
            recorder.update(row, status=becomes)
        if mine.gold:
            gold.note(task, actor, input_id)
        if becomes is Status.AWAITING_REVIEW:
            hand_to_reviewers(recorder, task, input_id, {int(actor.id)})
        elif becomes is Status.AWAITING_CONSENSUS_REVIEW:
            weigh(recorder, task, input_id)
        return becomes


def _close(recorder: Recorder, assignment: Assignment, status: Status) -> None:
    still_open = status is Status.PENDING
    recorder.update(assignment, status=status, open=still_open, leased_until=None, changed_at=now())


def hand_to_reviewers(recorder: Recorder, task: Task, input_id: int, labelers: set[int]) -> None:
    """Deal one input to its reviewer, or open it again for the one who had it.

    An input that all reviewers have labeled themselves stays undealt (`assignments.without_reviewer`).
    """
    rows = on_input(task, input_id)
    said = [Voice(r.annotator_id, r.concept_id, (r.concept_id, r.value, r.region_key), r.score) for r in rows]
    ranks = asdict(rank(said, labelers, thresholds(task)))
    for _, reviewer in assignments.choose_reviewers(task, [(input_id, labelers)]):
        before = assignments.get(task, Side.REVIEW, reviewer, input_id)
        if before is None:
            recorder.insert(
                Assignment,
                task=task,
                side=Side.REVIEW,
                user=reviewer,
                input=input_id,
                status=Status.AWAITING_REVIEW,
                changed_at=now(),
                **ranks,
            )
        elif not before.open:
            changes = {"status": Status.AWAITING_REVIEW, "open": True, "changed_at": now()}
            recorder.update(before, **changes, **ranks)
        if not task.stacked:
            for row in rows:
                if row.status == Status.AWAITING_REVIEW:
                    recorder.update(row, reviewer=reviewer)


def weigh(recorder: Recorder, task: Task, input_id: int) -> None:
    """Consensus: settle what the submitted answers agree on, hand on what they cannot agree on."""
    works = assignments.on_input(task, Side.LABEL, input_id)
    submitted = {work.user_id for work in works if work.status != Status.PENDING}
    undecided = {Status.AWAITING_CONSENSUS_REVIEW, Status.SUCCESS}
    rows = {
        row.id: row
        for row in on_input(task, input_id)
        if row.annotator_id in submitted and row.status in undecided
    }
    statements = [
        Statement(
            row.id, row.annotator_id, (row.concept_id, row.value), Region.unpack(row.region_kind, row.region)
        )
        for row in rows.values()
    ]
    to_come = len(works) - len(submitted)
    agree = quorum(task.agree, task.agree_share, len(works))
    fates = decide(statements, agree=agree, still_to_come=to_come, least=task.agree_iou)
    for identity, fate in fates.items():
        if rows[identity].status != fate and rows[identity].status != Status.SUCCESS:
            recorder.update(rows[identity], status=fate)
    for work in works:
        if work.status == Status.AWAITING_CONSENSUS_REVIEW:
            mine = {fates[i] for i, row in rows.items() if row.annotator_id == work.user_id}
            becomes = _whole(mine, len(submitted) >= agree or to_come == 0)
            if becomes is not Status.AWAITING_CONSENSUS_REVIEW:
                _close(recorder, work, becomes)
    if Status.AWAITING_REVIEW in fates.values():
        hand_to_reviewers(recorder, task, input_id, {work.user_id for work in works})


def _whole(fates: set[Status], enough: bool) -> Status:
    """What an assignment is when its annotations have these statuses."""
    if Status.AWAITING_REVIEW in fates:
        return Status.AWAITING_REVIEW
    if Status.AWAITING_CONSENSUS_REVIEW in fates or not enough:
        return Status.AWAITING_CONSENSUS_REVIEW
    return Status.SUCCESS


def open_inputs(actor: User, task: Task) -> list[int]:
    """What this user has to label in this task, in order."""
    return list(assignments.queue(task, Side.LABEL, actor))


def is_dynamic(task: Task) -> bool:
    """Whether inputs are leased as people come for them."""
    return bool(task.strategy == Strategy.DYNAMIC)
