"""Training: what people decided that a model can learn from, and which models learn again by themselves."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from peewee import fn

from store import datasets, embeddings, jobs, models, rights
from store.database import now, write
from store.errors import Refused
from store.names import clean, not_found
from store.tables import (
    Concept,
    Event,
    Job,
    Model,
    ModelVersion,
    Task,
    Training,
    User,
    database,
)
from store.values import JobState, Role, Status

KIND = "train"
"""The kind of the jobs."""

FAMILY = "head"

LEAST = 3
"""Inputs that must show a concept, and as many that must not: fewer leave nothing to check with."""


@dataclass(frozen=True)
class Plan:
    """What to train: a model of this name that says these concepts."""

    name: str
    concepts: Sequence[str]
    dataset: str | None = None
    """Learn only from this dataset's inputs; else from the whole project's."""
    embedder: str = "efficientnet-lite0"
    single_label: bool = False
    """Each input shows exactly one of the concepts: what is one of them is none of the others."""
    seed: int = 0
    every: int | None = None
    """Train again by itself when so many new decisions are in; 0 or None: never."""


Known = Mapping[str, Mapping[int, bool]]
"""Concept → input's id → whether the input shows the concept."""


def remember(actor: User, plan: Plan) -> Training:
    """Keep how a model is trained, in place of what was kept. For owners and leads.

    Raises Refused for a name that is another model's, NotFound for a dataset, concept or embedder that is
    not there.
    """
    rights.require(actor, Role.OWNER, Role.LEAD)
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", plan.name):
        raise Refused("a model's name has lower case letters, digits, '.', '_' and '-', at most 64")
    models.sync()
    there = Model.get_or_none(Model.name == plan.name)
    if there is not None and there.family != FAMILY:
        raise Refused(f"there is a model '{plan.name}' already that was not trained here: take another name")
    if plan.every is not None and plan.every < 0:
        raise Refused("every needs a whole number of decisions, or 0 for never")
    names = [clean(name, "a concept") for name in dict.fromkeys(plan.concepts)]
    if not names:
        raise Refused("name at least one concept to learn: --concept NAME")
    if plan.single_label and len(names) < 2:
        raise Refused("with one label for each input there must be two concepts at least")
    _rows(names)
    embeddings.find_embedder(plan.embedder)
    columns = {
        "dataset": None if plan.dataset is None else datasets.find(plan.dataset),
        "concepts": names,
        "embedder": plan.embedder,
        "single_label": plan.single_label,
        "seed": plan.seed,
        "every": plan.every or None,
        "creator": actor,
        "changed_at": now(),
    }
    with write():
        known = Training.get_or_none(Training.name == plan.name)
        if known is None:
            return Training.create(name=plan.name, event=last_event(), **columns)
        Training.update(**columns).where(Training.id == known.id).execute()
        return find(plan.name)


def again(actor: User, name: str, every: int | None) -> Training:
    """How the model of this name was trained the last time, from now on by itself after `every` decisions
    where that is given (0: not any more). For owners and leads; raises NotFound."""
    rights.require(actor, Role.OWNER, Role.LEAD)
    row = find(name)
    if every is not None:
        with write():
            Training.update(every=every or None, changed_at=now()).where(Training.id == row.id).execute()
        row.every = every or None
    return row


def find(name: str) -> Training:
    """How the model of this name is trained. Raises NotFound."""
    row = Training.get_or_none(Training.name == name)
    if row is None:
        raise not_found("trained model", name, list(Training.select(Training.name).scalars()))
    return row


def examples(row: Training) -> Known:
    """What a model can learn from, for each of its concepts in their order.

    An input *shows* a concept by a SUCCESS annotation that says so, whole or of a region of it, and does not
    by one that says that. Of a model's annotations those count that a person approved. Where people
    contradict each other the most count, and a draw says nothing.

    What nobody said anything of is not known, but where the input was decided: a person's work on it is
    SUCCESS in a task that asks for the concept, or for any, and nothing says that it shows it. With one label
    for each input, what shows another of the concepts does not show this one.
    """
    rows = _rows(row.concepts)
    said = _said(row, rows)
    known: dict[str, dict[int, bool]] = {}
    for concept in rows:
        mine = {input_id: votes > 0 for input_id, votes in said[concept.id].items() if votes}
        for input_id in _decided(row, concept):
            mine.setdefault(input_id, False)
        known[str(concept.name)] = mine
    if row.single_label:
        shown = [(key, input_id) for key, mine in known.items() for input_id, yes in mine.items() if yes]
        for key, input_id in shown:
            for other, mine in known.items():
                if other != key:
                    mine.setdefault(input_id, False)
    return known


def ready(known: Known) -> Known:
    """Of these concepts those of which enough is known to learn them."""
    counted = {name: Counter(mine.values()) for name, mine in known.items()}
    return {name: known[name] for name, count in counted.items() if min(count[True], count[False]) >= LEAST}


def require_enough(known: Known) -> None:
    """Raises Refused, saying what is missing, where a concept has too few inputs of either kind."""
    short = []
    for name, mine in known.items():
        count = Counter(mine.values())
        for value, what in ((True, "show"), (False, "do not show")):
            if count[value] < LEAST:
                short.append(f"{count[value]} that {what} '{name}'")
    if short:
        more = f" and {len(short) - 3} more" if len(short) > 3 else ""
        raise Refused(
            f"too little to learn from: there must be {LEAST} decided inputs of either kind, and there are "
            f"{', '.join(short[:3])}{more}"
        )


def inputs_of(known: Known) -> list[int]:
    """The ids of all inputs that something is known of, in order."""
    return sorted({input_id for mine in known.values() for input_id in mine})


def _rows(names: Iterable[str]) -> list[Concept]:
    found = []
    for name in names:
        concept = Concept.get_or_none(Concept.name == name)
        if concept is None:
            joined = Concept.select(Concept.name).where(Concept.joined == True).scalars()
            raise not_found("concept", name, list(joined))
        found.append(concept)
    return found


_SAID = (
    "SELECT DISTINCT a.input_id, a.annotator_id, a.value FROM annotation a "
    "JOIN user u ON u.id = a.annotator_id JOIN input i ON i.id = a.input_id "
    "WHERE a.concept_id = :concept AND a.status = :success "
    "AND a.deleted = 0 AND (a.value = 1 OR a.region_kind = 0) AND i.deleted = 0 AND i.media = 'image' "
    "AND (u.role <> 'model' OR EXISTS (SELECT 1 FROM review r WHERE r.task_id = a.task_id "
    "AND r.input_id = a.input_id AND r.verdict = 'approve' AND r.deleted = 0))"
)
_DECIDED = (
    "SELECT DISTINCT s.input_id FROM assignment s JOIN user u ON u.id = s.user_id "
    "JOIN task t ON t.id = s.task_id JOIN input i ON i.id = s.input_id "
    "WHERE s.side = 'label' AND s.status = :success AND u.role <> 'model' AND t.deleted = 0 "
    "AND i.deleted = 0 AND i.media = 'image' "
    "AND (NOT EXISTS (SELECT 1 FROM task_concept c WHERE c.task_id = t.id) OR "
    "EXISTS (SELECT 1 FROM task_concept c WHERE c.task_id = t.id AND c.concept_id = :concept)) "
    "AND NOT EXISTS (SELECT 1 FROM annotation a WHERE a.input_id = s.input_id "
    "AND a.concept_id = :concept AND a.value = 1 AND a.deleted = 0)"
)
_WITHIN = " AND i.id IN (SELECT input_id FROM dataset_input WHERE dataset_id = :dataset)"


def _said(row: Training, rows: Sequence[Concept]) -> dict[int, dict[int, int]]:
    """Concept → input → how many more say that it shows it than that it does not."""
    votes: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for concept in rows:
        # A person counts once, however many regions of it they drew.
        for input_id, _, value in _asked(_SAID, row, concept):
            votes[concept.id][input_id] += 1 if value else -1
    return votes


def _decided(row: Training, concept: Concept) -> list[int]:
    return [input_id for (input_id,) in _asked(_DECIDED, row, concept)]


def _asked(query: str, row: Training, concept: Concept) -> list[tuple[Any, ...]]:
    values: dict[str, Any] = {"concept": concept.id, "success": int(Status.SUCCESS)}
    if row.dataset_id is not None:
        query, values["dataset"] = query + _WITHIN, row.dataset_id
    found: list[tuple[Any, ...]] = database.connection().execute(query, values).fetchall()
    return found


# Again, by itself


def last_event() -> int:
    """The last event's id."""
    return int(Event.select(fn.MAX(Event.id)).scalar() or 0)


def new_decisions(row: Training) -> int:
    """How many annotations of its concepts people have decided since it learned last."""
    wanted = Concept.select(Concept.id).where(Concept.name.in_(row.concepts))
    keys = ", ".join(str(key) for key in wanted.scalars()) or "NULL"
    query = (
        "SELECT count(DISTINCT e.annotation) FROM event e JOIN user u ON u.id = e.actor_id "
        "JOIN annotation a ON a.id = e.annotation WHERE e.id > :event AND u.role <> 'model' "
        f"AND a.concept_id IN ({keys}) AND a.status = :success AND a.deleted = 0"
    )
    values = {"event": row.event, "success": int(Status.SUCCESS), "dataset": row.dataset_id}
    if row.dataset_id is not None:
        query += " AND a.input_id IN (SELECT input_id FROM dataset_input WHERE dataset_id = :dataset)"
    return int(database.connection().execute(query, values).fetchone()[0])


def ask_due() -> int:
    """Queue a job for every model whose new decisions are in; returns how many were due.

    The engine asks this every second. Without such models it is one read of a small table. One that was
    removed stays away.
    """
    removed = Model.select(Model.name).where(Model.deleted == True)
    by_themselves = Training.select().where(Training.every.is_null(False), Training.name.not_in(removed))
    due = [row for row in by_themselves if _is_due(row)]
    for row in due:
        try:
            version = embeddings.find_embedder(row.embedder)
        except Refused as error:
            # Its embedder was removed: the engine goes on, and looks again when as many are in.
            note(row, last_event(), {"refused": str(error)})
            continue
        jobs.enqueue(KIND, {"training": row.id}, priority=jobs.BULK, model_version=version)
    return len(due)


def _is_due(row: Training) -> bool:
    if row.every is None or last_event() - row.event < row.every or new_decisions(row) < row.every:
        return False
    states = (JobState.QUEUED, JobState.CLAIMED)
    queued = Job.select().where(Job.kind == KIND, Job.state.in_(states))
    return all(job.payload["training"] != row.id for job in queued)


def note(row: Training, event: int, outcome: dict[str, Any]) -> None:
    """Keep what came of a training that looked at the decisions up to this event."""
    with write():
        Training.update(event=event, outcome=outcome, changed_at=now()).where(Training.id == row.id).execute()


def assist_with(version: ModelVersion) -> int:
    """Let every task that older versions of this model assist be assisted by this one; returns how many.

    A task asks for a model by name. It is no step: undo is for decisions. What a model annotates by itself
    goes on with the version that it began with.
    """
    older = ModelVersion.select(ModelVersion.id).where(
        ModelVersion.model == version.model_id, ModelVersion.id != version.id
    )
    with write():
        return int(Task.update(assist=version).where(Task.assist.in_(older)).execute())
