"""Concepts: the names that inputs and regions are labeled with, and how they relate.

A name that only a model knows is a row too, but has not joined the project until somebody uses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from peewee import JOIN, chunked

from store import rights, sql
from store.database import write
from store.errors import Refused
from store.history import Recorder, step
from store.names import clean, not_found
from store.tables import (
    Annotation,
    Concept,
    ConceptRelation,
    ModelConcept,
    TaskConcept,
    User,
    database,
)
from store.values import Role

KINDS = ("synonym", "hypernym", "hyponym")
INVERSE = {"synonym": "synonym", "hypernym": "hyponym", "hyponym": "hypernym"}
"""What the target is of the source: it is implied and never a row of its own."""


def get_or_make(names: Iterable[str], joined: bool = False) -> dict[str, Concept]:
    """The concepts of these names, by cleaned name; new ones are made, `joined` or just known.

    Knowing a name is no step of anybody: it stays when a step is undone. Raises Refused for a bad name.
    """
    wanted = list(dict.fromkeys(clean(name, "a concept") for name in names))
    found: dict[str, Concept] = {}
    with write():
        for some in chunked(wanted, 500):
            rows = {row.name: row for row in Concept.select().where(Concept.name.in_(some))}
            missing = [{"name": name, "joined": joined, "version": 0} for name in some if name not in rows]
            if missing:
                Concept.insert_many(missing).execute()
                rows = {row.name: row for row in Concept.select().where(Concept.name.in_(some))}
            found.update(rows)
    return found


def join(recorder: Recorder, concept: Concept) -> Concept:
    """Make a known concept one of the project's, if it is not yet."""
    return concept if concept.joined else recorder.update(concept, joined=True)


def join_named(recorder: Recorder, name: str) -> Concept:
    """The concept of this name, which joins the project; made when nobody knew it."""
    cleaned = clean(name, "a concept")
    return join(recorder, sql.find(Concept, name=cleaned) or get_or_make([cleaned])[cleaned])


def add(actor: User, name: str) -> tuple[Concept, bool]:
    """The concept of this name and whether it has just joined the project."""
    rights.require(actor, Role.OWNER, Role.LEAD, Role.LABELER)
    cleaned = clean(name, "a concept")
    with step(actor, f"add concept {cleaned}") as recorder:
        concept = get_or_make([cleaned])[cleaned]
        new = not concept.joined
        return join(recorder, concept), new


def find(name: str) -> Concept:
    """The concept of this name, joined or known to a model. Raises NotFound with the close ones."""
    concept = Concept.get_or_none(Concept.name == clean(name, "a concept"))
    if concept is None:
        raise not_found("concept", name, list(Concept.select(Concept.name).scalars()))
    return concept


def rename(actor: User, concept: Concept, new_name: str) -> Concept:
    """Give a concept another name; returns the concept that carries it. For owners and leads.

    Where a model says the old name, that name stays the model's: a relation records the renaming, and
    every annotation and task goes over to the new one. Renaming back removes the relation.
    Raises Refused when the project has a concept of that name already.
    """
    rights.require(actor, Role.OWNER, Role.LEAD)
    new_name = clean(new_name, "a concept")
    if new_name == concept.name:
        raise Refused(f"the concept is called '{new_name}' already")
    with step(actor, f"rename concept {concept.name} to {new_name}") as recorder:
        there = Concept.get_or_none(Concept.name == new_name)
        from_model = ModelConcept.select().where(ModelConcept.concept == concept).exists()
        if there is None and not from_model:
            return recorder.update(concept, name=new_name)
        back = None if there is None else _renaming(there, concept)
        if there is not None and there.joined and back is None:
            raise Refused(
                f"there is a concept '{new_name}' already: relate the two "
                f"(winnow concept relate '{concept.name}' synonym '{new_name}')"
            )
        target = join_named(recorder, new_name)
        if back is not None:
            recorder.delete(back)
        elif from_model:
            _record_renaming(recorder, concept, target)
        _move(recorder, concept, target)
        return target


def _renaming(original: Concept, renamed: Concept) -> ConceptRelation | None:
    return ConceptRelation.get_or_none(
        ConceptRelation.source == original,
        ConceptRelation.target == renamed,
        ConceptRelation.renames == True,
        ConceptRelation.deleted == False,
    )


def _record_renaming(recorder: Recorder, original: Concept, target: Concept) -> None:
    for earlier in ConceptRelation.select().where(
        ConceptRelation.source == original,
        ConceptRelation.renames == True,
        ConceptRelation.deleted == False,
    ):
        recorder.delete(earlier)
    _put(recorder, original, "synonym", target, renames=True)


def _put(
    recorder: Recorder, source: Concept, kind: str, target: Concept, *, renames: bool = False
) -> ConceptRelation:
    there = ConceptRelation.get_or_none(
        ConceptRelation.source == source, ConceptRelation.target == target, ConceptRelation.kind == kind
    )
    if there is None:
        return recorder.insert(ConceptRelation, source=source, target=target, kind=kind, renames=renames)
    return recorder.update(there, renames=renames or (there.renames and not there.deleted), deleted=False)


def _move(recorder: Recorder, source: Concept, target: Concept) -> None:
    """Annotations, tasks and relations go from one concept to the other; what would stand twice goes."""
    taken = {
        (row.input_id, row.task_id, row.annotator_id, row.region_key)
        for row in Annotation.select().where(Annotation.concept == target, Annotation.deleted == False)
    }
    moving = Annotation.select().where(Annotation.concept == source, Annotation.deleted == False)
    for row in list(moving):
        if (row.input_id, row.task_id, row.annotator_id, row.region_key) in taken:
            recorder.delete(row)
        else:
            recorder.update(row, concept=target, original_concept=row.original_concept_id or source.id)
    for part in list(TaskConcept.select().where(TaskConcept.concept == source)):
        recorder.delete(part)
        here = (TaskConcept.task == part.task_id) & (TaskConcept.concept == target)
        if not TaskConcept.select().where(here).exists():
            recorder.insert(
                TaskConcept,
                task=part.task_id,
                concept=target,
                position=part.position,
                lower=part.lower,
                upper=part.upper,
            )
    for relation in _of(source):
        if not relation.renames and target.id not in (relation.source_id, relation.target_id):
            recorder.delete(relation)
            ends = [
                target if key == source.id else Concept.get_by_id(key)
                for key in (relation.source_id, relation.target_id)
            ]
            _put(recorder, ends[0], relation.kind, ends[1])
    recorder.update(source, joined=False)


def _of(concept: Concept) -> list[ConceptRelation]:
    live = ConceptRelation.deleted == False
    ends = (ConceptRelation.source == concept) | (ConceptRelation.target == concept)
    return list(ConceptRelation.select().where(live & ends))


def renames() -> dict[int, int]:
    """Concept id that a model says → concept id that people use for it."""
    return dict(database.execute_sql(_RENAMES).fetchall())


# As text: it is read at every key press.
_RENAMES = "SELECT source_id, target_id FROM concept_relation WHERE renames AND NOT deleted"


def relate(actor: User, source: Concept, kind: str, target: Concept) -> ConceptRelation:
    """Record that `source` is a synonym, hypernym or hyponym of `target`; the inverse is implied.

    For owners, leads and labelers. Raises Refused for a concept with itself, what is known already, and
    what contradicts it.
    """
    rights.require(actor, Role.OWNER, Role.LEAD, Role.LABELER)
    if kind not in KINDS:
        raise Refused(f"a relation is one of {', '.join(KINDS)}, not '{kind}'")
    if source.id == target.id:
        raise Refused(f"'{source.name}' cannot be related to itself")
    with step(actor, f"relate {source.name} to {target.name}") as recorder:
        for known in _between(source, target):
            said = known.kind if known.source_id == source.id else INVERSE[known.kind]
            if said == kind:
                raise Refused(f"'{source.name}' is known as a {kind} of '{target.name}' already")
            raise Refused(f"'{source.name}' is a {said} of '{target.name}': it cannot be a {kind} too")
        join(recorder, source)
        join(recorder, target)
        return _put(recorder, source, kind, target)


def _between(one: Concept, other: Concept) -> list[ConceptRelation]:
    forth = (ConceptRelation.source == one) & (ConceptRelation.target == other)
    back = (ConceptRelation.source == other) & (ConceptRelation.target == one)
    live = ConceptRelation.deleted == False
    return list(ConceptRelation.select().where(live & (forth | back)))


def listing(*, everything: bool = False) -> Iterator[dict[str, Any]]:
    """The project's concepts by name: id, name, joined, relations (kind, concept, renames).

    `everything` adds the names that only models know.
    """
    relations = _relations()
    chosen = Concept.select() if everything else Concept.select().where(Concept.joined == True)
    for row in chosen.order_by(Concept.name).iterator():
        yield {
            "id": row.id,
            "name": row.name,
            "joined": bool(row.joined),
            "relations": relations.get(row.id, []),
        }


def _relations() -> dict[int, list[dict[str, Any]]]:
    source, target = Concept.alias(), Concept.alias()
    chosen = (
        ConceptRelation.select(ConceptRelation, source, target)
        .join(source, JOIN.INNER, on=(ConceptRelation.source == source.id))
        .switch(ConceptRelation)
        .join(target, JOIN.INNER, on=(ConceptRelation.target == target.id))
        .where(ConceptRelation.deleted == False)
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for row in chosen:
        forth = {"kind": row.kind, "concept": row.target.name, "renames": bool(row.renames)}
        back = {"kind": INVERSE[row.kind], "concept": row.source.name, "renames": False}
        found.setdefault(row.source_id, []).append(forth)
        found.setdefault(row.target_id, []).append(back)
    return found
