"""Workflows: graphs of models and operators, kept as YAML, each of which predicts as a model does."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from store import models, rights
from store.concepts import INVERSE, get_or_make
from store.database import now, write
from store.errors import Refused
from store.graphs.drawing import draw
from store.graphs.graph import Graph
from store.graphs.nodes import ConceptThresholder
from store.history import step
from store.names import clean, did_you_mean, not_found
from store.tables import Concept, ConceptRelation, Model, ModelConcept, ModelVersion, User, Workflow
from store.times import iso
from store.values import Role

FAMILY = "workflow"
"""What a model row that stands for a workflow has as its family."""

Pins = Mapping[str, int]
"""Node id → the id of the model version that it means now."""


def add(actor: User, text: str) -> Workflow:
    """Keep the workflow that this YAML describes; one of the same id is replaced. For owners and leads.

    Raises Refused, with the line of the fault, for a graph that cannot be run, a model or user that is not
    in the project, and a concept that no model before its node can say.
    """
    rights.require(actor, Role.OWNER, Role.LEAD)
    graph = _read(text)
    name = clean(graph.id, "a workflow's id")
    model = Model.get_or_none(Model.name == name)
    if model is not None and model.family != FAMILY:
        raise Refused(f"there is a model '{name}' already: give the workflow another id")
    pins = _pins(graph)
    _check(graph, pins)
    with step(actor, f"add workflow {name}") as recorder:
        there = Workflow.get_or_none(Workflow.name == name)
        if there is None:
            made = recorder.insert(Workflow, name=name, graph=text, created_at=now())
        else:
            made = recorder.update(there, graph=text, deleted=False)
        _register(made, graph, pins)
        return made


def find(name: str) -> Workflow:
    """The workflow of this name. Raises NotFound with the close ones."""
    live = Workflow.deleted == False
    row = Workflow.get_or_none((Workflow.name == clean(name, "a workflow's name")) & live)
    if row is None:
        known = list(Workflow.select(Workflow.name).where(live).scalars())
        raise not_found("workflow", name, known, "see 'winnow workflow list'")
    return row


def remove(actor: User, row: Workflow) -> None:
    """Take a workflow away; undo brings it back. What it said and wrote stays. For owners and leads."""
    rights.require(actor, Role.OWNER, Role.LEAD)
    with step(actor, f"remove workflow {row.name}") as recorder:
        recorder.update(row, is_default=False)
        recorder.delete(row)


def make_default(actor: User, row: Workflow | None) -> None:
    """Let this workflow, or none, run by itself on every input that is added. For owners and leads."""
    rights.require(actor, Role.OWNER, Role.LEAD)
    with step(actor, f"default workflow {row.name if row else 'none'}") as recorder:
        for other in Workflow.select().where(Workflow.is_default == True):
            if row is None or other.id != row.id:
                recorder.update(other, is_default=False)
        if row is not None:
            recorder.update(row, is_default=True)


def default() -> Workflow | None:
    """The workflow that runs by itself on what is added, if there is one."""
    row: Workflow | None = Workflow.get_or_none(Workflow.is_default == True, Workflow.deleted == False)
    return row


def current(row: Workflow) -> ModelVersion:
    """The model version that stands for the workflow as it is now.

    It is another one when the graph, a model that it names without a version, or a relation that it
    follows has changed: predictions are kept by it.
    """
    graph = _read(row.graph)
    return _register(row, graph, _pins(graph))


def graph_of(version: ModelVersion) -> Graph:
    """The graph of a model version that stands for a workflow."""
    return _read(version.card["graph"])


def pins_of(version: ModelVersion) -> Pins:
    """The model versions that the nodes of such a version mean."""
    return {str(node): int(pinned) for node, pinned in version.card["models"].items()}


def related() -> dict[str, dict[str, str]]:
    """Relation → (a concept's name → the name of what is its synonym, hypernym or hyponym).

    Of a synonym that was made by renaming, and of `A synonym B`, the second is what people say for the
    first. Where a concept has several hypernyms or hyponyms, the one that was recorded first counts.
    """
    rows: Any = ConceptRelation.select().where(ConceptRelation.deleted == False).order_by(ConceptRelation.id)
    ends = {row.id: (row.source_id, row.kind, row.target_id) for row in rows}
    ids = {key for source, _, target in ends.values() for key in (source, target)}
    names = {row.id: row.name for row in Concept.select().where(Concept.id.in_(ids))}
    found: dict[str, dict[str, str]] = {"synonym": {}, "hypernym": {}, "hyponym": {}}
    for source, kind, target in ends.values():
        if kind == "synonym":
            found[kind].setdefault(names[source], names[target])
            continue
        # "source is a hypernym of target": target's hypernym is source, and source's hyponym is target.
        found[kind].setdefault(names[target], names[source])
        found[INVERSE[kind]].setdefault(names[source], names[target])
    return found


def listing() -> list[dict[str, Any]]:
    """The workflows by name: id, name, default, nodes (how many), models, created_at."""
    rows = Workflow.select().where(Workflow.deleted == False).order_by(Workflow.name)
    return [_row(row, _read(row.graph)) for row in rows]


def show(row: Workflow) -> dict[str, Any]:
    """All about a workflow: also the concepts it can say, a drawing, and the YAML."""
    graph = _read(row.graph)
    concepts = list(models.concepts(current(row)))
    return {**_row(row, graph), "concepts": concepts, "drawing": draw(graph), "graph": row.graph}


def _row(row: Workflow, graph: Graph) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "default": bool(row.is_default),
        "nodes": len(graph.nodes),
        "models": [node.model for node in graph.models],
        "created_at": iso(row.created_at),
    }


def _pins(graph: Graph) -> dict[str, int]:
    pins = {}
    for node in graph.models:
        try:
            found = models.find(node.model)
            if node.version is not None:
                found = models.numbered(found, node.version)
        except Refused as error:
            raise type(error)(f"line {node.line}: {error}") from None
        if found.model.family == FAMILY:
            raise Refused(f"line {node.line}: '{node.model}' is a workflow: name the models themselves")
        pins[node.id] = int(found.id)
    return pins


def _check(graph: Graph, pins: Pins) -> None:
    known = _known(pins)
    arriving = graph.arriving(known, related())
    for node in graph:
        if isinstance(node, ConceptThresholder):
            for concept in node.values:
                if concept not in arriving[node.id]:
                    hint = did_you_mean(concept, arriving[node.id])
                    raise Refused(f"line {node.line}: no model before '{node.id}' says '{concept}'{hint}")
    for writer in graph.writers:
        if writer.user is not None and User.get_or_none(User.name == writer.user) is None:
            people = list(User.select(User.name).where(User.role != Role.MODEL).scalars())
            hint = did_you_mean(writer.user, people, "see 'winnow user list'")
            raise Refused(f"line {writer.line}: there is no user '{writer.user}'{hint}")


def _known(pins: Pins) -> dict[str, list[str]]:
    return {node: list(models.concepts(ModelVersion.get_by_id(pinned))) for node, pinned in pins.items()}


def _register(row: Workflow, graph: Graph, pins: Pins) -> ModelVersion:
    """The version of this graph with these models; made when there is none yet."""
    model = Model.get_or_none(Model.name == row.name) or _model(row)
    concepts = graph.concepts(_known(pins), related())
    card = _card(row, graph, pins, concepts)
    newest: ModelVersion | None = (
        ModelVersion.select(ModelVersion, Model)
        .join(Model)
        .where(ModelVersion.model == model)
        .order_by(ModelVersion.number.desc())
        .first()
    )
    if newest is not None and newest.card == card:
        return newest
    if not concepts:
        raise Refused(f"the workflow '{row.name}' lets nothing through to its end: check its thresholders")
    with write():
        if model.task != card["task"] or model.deleted:
            Model.update(task=card["task"], deleted=False).where(Model.id == model.id).execute()
        version = ModelVersion.create(
            model=model,
            number=1 if newest is None else newest.number + 1,
            sha256=card["sha256"],
            card=card,
            created_at=now(),
        )
        _name_concepts(version, concepts)
        return version


def _model(row: Workflow) -> Model:
    with write():
        annotator = models.annotator(row.name)
        return Model.create(name=row.name, family=FAMILY, task="", annotator=annotator, created_at=now())


def _name_concepts(version: ModelVersion, names: Sequence[str]) -> None:
    known = get_or_make(names)
    rows = [
        {"model_version": version.id, "position": position, "concept": known[name].id}
        for position, name in enumerate(names)
    ]
    for start in range(0, len(rows), 500):
        ModelConcept.insert_many(rows[start : start + 500]).execute()


def _card(row: Workflow, graph: Graph, pins: Pins, concepts: Sequence[str]) -> dict[str, Any]:
    """What a model version keeps of its card, for a workflow; and its graph and the models it means."""
    versions = [ModelVersion.get_by_id(pinned) for pinned in pins.values()]
    told = row.graph + "".join(version.sha256 for version in versions)
    tasks = {version.model.task for version in versions}
    return {
        "family": FAMILY,
        "task": next((task for task in ("segmentation", "detection") if task in tasks), tasks.pop()),
        "title": row.name,
        "description": " → ".join(node.id for node in graph),
        "licence": ", ".join(sorted({version.card["licence"] for version in versions})),
        "source": "a workflow of this project",
        "notes": "",
        "size": sum(version.card["size"] for version in versions),
        "sha256": hashlib.sha256(told.encode()).hexdigest(),
        "floor": min(version.card["floor"] for version in versions),
        "keep": max(version.card["keep"] for version in versions),
        "multi_label": True,
        "concepts": list(concepts),
        "graph": row.graph,
        "models": dict(pins),
    }


def _read(text: str) -> Graph:
    # Imported when there is one to read: the start of the app waits 20 ms for YAML otherwise.
    from store.graphs.reading import read

    return read(text)
