"""Models: the found cards as rows, their versions, concepts and annotators."""

from __future__ import annotations

import dataclasses
import functools
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from peewee import fn

from store import cards, model_folders, rights
from store.cards import Card
from store.concepts import get_or_make, renames
from store.database import now, write
from store.errors import NotFound, Refused
from store.fields import CardError
from store.history import step
from store.names import clean, close, not_found
from store.tables import Concept, Model, ModelConcept, ModelVersion, User, Workflow
from store.values import Role


def _found() -> tuple[tuple[Card, ...], tuple[CardError, ...]]:
    """The cards of this installation and those of the models that joined the project."""
    shipped, faults = _shipped()
    problems = list(faults)
    return (*shipped, *model_folders.cards(problems)), tuple(problems)


@functools.cache
def _shipped() -> tuple[tuple[Card, ...], tuple[CardError, ...]]:
    """The cards of this installation, read once a process."""
    problems: list[CardError] = []
    return tuple(cards.find_cards(problems)), tuple(problems)


def problems() -> list[str]:
    """One sentence for each card that cannot be used."""
    return [str(problem) for problem in _found()[1]]


def sync() -> None:
    """Register every found card that is not yet known as a model version, with concepts and annotator."""
    versions = ModelVersion.select(ModelVersion, Model).join(Model).where(Model.family != "workflow")
    stored = {(version.model.name, version.sha256, _fingerprint(version.card)) for version in versions}
    missing = [
        card for card in _found()[0] if (card.name, card.sha256, _fingerprint(_described(card))) not in stored
    ]
    if not missing:
        return
    with write():
        for card in missing:
            _register(card)


def _fingerprint(described: Mapping[str, Any]) -> str:
    """What a model's predictions depend on: another fingerprint is another version.

    Fields at their defaults are left out, so that a field that later cards have changes nothing.
    """
    preprocessing = _told(described["preprocessing"], cards.Preprocessing)
    telling = {key: described[key] for key in _TELLING if key in described}
    return json.dumps({**_told(telling, Card), "preprocessing": preprocessing}, sort_keys=True)


_TELLING = (
    "family",
    "task",
    "concepts",
    "outputs",
    "parameters",
    "multi_label",
    "floor",
    "keep",
    "gpu_sha256",
)


def _told(values: Mapping[str, Any], of: Any) -> dict[str, Any]:
    defaults = {field.name: field.default for field in dataclasses.fields(of)}
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in defaults.items()}
    return {key: value for key, value in values.items() if key not in plain or plain[key] != value}


def _described(card: Card) -> dict[str, Any]:
    """A card as the database keeps it: without its folder, which differs between installations."""
    described = {
        field.name: getattr(card, field.name) for field in dataclasses.fields(card) if field.name != "folder"
    }
    described["preprocessing"] = dataclasses.asdict(card.preprocessing)
    described["outputs"] = dict(card.outputs)
    described["parameters"] = dict(card.parameters)
    plain: dict[str, Any] = {
        key: list(value) if isinstance(value, tuple) else value for key, value in described.items()
    }
    for key in ("mean", "std"):
        plain["preprocessing"][key] = list(plain["preprocessing"][key])
    return plain


def _register(card: Card) -> None:
    described = _described(card)
    model = Model.get_or_none(Model.name == card.name)
    if model is None:
        model = Model.create(
            name=card.name,
            family=card.family,
            task=card.task,
            annotator=annotator(card.name),
            created_at=now(),
        )
    versions = ModelVersion.select().where(ModelVersion.model == model)
    fingerprint = _fingerprint(described)
    if any(_fingerprint(v.card) == fingerprint and v.sha256 == card.sha256 for v in versions):
        return
    highest = ModelVersion.select(fn.MAX(ModelVersion.number)).where(ModelVersion.model == model).scalar()
    version = ModelVersion.create(
        model=model, number=(highest or 0) + 1, sha256=card.sha256, card=described, created_at=now()
    )
    known = get_or_make(card.concepts)
    rows = [
        {"model_version": version.id, "position": position, "concept": known[clean(name, "a concept")].id}
        for position, name in enumerate(card.concepts)
    ]
    for start in range(0, len(rows), 500):
        ModelConcept.insert_many(rows[start : start + 500]).execute()


def annotator(name: str) -> User:
    """The user that a model's annotations carry: of its name, unless a person has that one. Made if need be,
    within the caller's transaction."""
    taken = User.get_or_none(User.name == name)
    if taken is not None and taken.role != Role.MODEL:
        name = f"{name} (model)"
    there = User.get_or_none(User.name == name)
    return there or User.create(name=name, role=Role.MODEL.value, created_at=now())


def find(name: str) -> ModelVersion:
    """The newest version of the model of this name, registered if need be. Raises NotFound with the
    close names."""
    sync()
    live = Model.deleted == False
    chosen = (
        ModelVersion.select(ModelVersion, Model)
        .join(Model)
        .where((Model.name == name) & live)
        .order_by(ModelVersion.number.desc())
    )
    version: ModelVersion | None = chosen.first()
    if version is None:
        known = list(Model.select(Model.name).where(live).scalars())
        raise not_found("model", name, known, "see 'winnow model list'")
    if version.model.family == "workflow":
        from store import workflows  # which stands on this module

        return workflows.current(workflows.find(name))
    return version


def numbered(version: ModelVersion, number: int) -> ModelVersion:
    """The version of this number of the same model. Raises NotFound."""
    found = ModelVersion.get_or_none(ModelVersion.model == version.model_id, ModelVersion.number == number)
    if found is None:
        raise NotFound(f"'{version.model.name}' has no version {number}: its newest is {version.number}")
    return found


def concepts(version: ModelVersion) -> dict[str, Concept]:
    """What a model version can say, by name, in the order of its outputs."""
    chosen = (
        ModelConcept.select(ModelConcept, Concept)
        .join(Concept)
        .where(ModelConcept.model_version == version)
        .order_by(ModelConcept.position)
    )
    return {row.concept.name: row.concept for row in chosen}


def require_concepts(version: ModelVersion, wanted: Iterable[str]) -> dict[str, Concept]:
    """The concepts of these names, each one that the model says or that people renamed so.

    Raises Refused for the first that the model does not know, with the close ones that it does.
    """
    said = concepts(version)
    renamed = {target: source for source, target in renames().items()}
    ids = {concept.id for concept in said.values()}
    found = {}
    for name in wanted:
        name = clean(name, "a concept")
        concept = said.get(name) or Concept.get_or_none(Concept.name == name)
        if concept is None or (concept.id not in ids and renamed.get(concept.id) not in ids):
            raise Refused(_unknown(version, name, close(name, said)))
        found[name] = concept
    return found


def _unknown(version: ModelVersion, name: str, near: list[str]) -> str:
    model = version.model.name
    if near:
        return f"'{model}' does not know the concept '{name}': it has {', '.join(map(repr, near))}"
    return f"'{model}' does not know the concept '{name}': 'winnow model show {model}' lists what it knows"


def card(version: ModelVersion) -> Card:
    """The card of a model version as it lies on this machine. Raises NotFound when it is not there."""
    name = version.model.name
    wanted = (name, version.sha256, _fingerprint(version.card))
    for found in _found()[0]:
        if (found.name, found.sha256, _fingerprint(_described(found))) == wanted:
            return found
    raise NotFound(f"version {version.number} of '{name}' is not installed on this machine")


def file(version: ModelVersion, gpu: bool = False) -> Path:
    """The ONNX file of a model version. Raises NotFound when its card is not on this machine."""
    return card(version).path(gpu)


def listing() -> list[dict[str, Any]]:
    """The newest version of every model and workflow: id, name, version, family, type, concepts, …"""
    sync()
    kept = Workflow.select(Workflow.name).where(Workflow.deleted == False)
    chosen = (
        ModelVersion.select(ModelVersion, Model, User)
        .join(Model)
        .join(User)
        .where(Model.deleted == False, (Model.family != "workflow") | Model.name.in_(kept))
        .order_by(Model.name, ModelVersion.number)
    )
    # Of several versions the last, and so the newest, stays.
    newest = {version.model_id: version for version in chosen}
    return [_row(version) for version in newest.values()]


def _row(version: ModelVersion) -> dict[str, Any]:
    described = version.card
    return {
        "id": version.model_id,
        "name": version.model.name,
        "version": version.number,
        "type": version.model.task,
        "family": version.model.family,
        "concepts": len(set(described["concepts"])),
        "title": described["title"],
        "description": described["description"],
        "licence": described["licence"],
        "annotator": version.model.annotator.name,
    }


def show(version: ModelVersion) -> dict[str, Any]:
    """All about one model version; `concepts` is the list of their names."""
    described = version.card
    extra = ("source", "notes", "size", "sha256", "floor", "keep", "multi_label")
    return {
        **_row(version),
        **{key: described[key] for key in extra},
        "concepts": list(concepts(version)),
    }


def matching(words: Iterable[str]) -> list[dict[str, Any]]:
    """The models of which name, title, description, type or a concept hold every word: name, type, size,
    licence, downloads (None)."""
    found = []
    for row in listing():
        version = find(row["name"])
        said = " ".join(
            (row["name"], row["title"], row["description"], row["type"], *version.card["concepts"])
        )
        if all(word.lower() in said.lower() for word in words):
            found.append(
                {
                    "name": row["name"],
                    "type": row["type"],
                    "size": version.card["size"],
                    "licence": row["licence"],
                    "downloads": None,
                }
            )
    return found


def require_adding(actor: User) -> None:
    """Raises Denied unless the user may add and remove models: owners and leads may."""
    rights.require(actor, Role.OWNER, Role.LEAD)


def require_free(name: str) -> None:
    """Raises Refused for a name under which no model can be added."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", name):
        raise Refused("a model's name has lower case letters, digits, '.', '_' and '-', at most 64")
    if any(card.name == name for card in _shipped()[0]):
        raise Refused(f"a model '{name}' ships with Winnow: give this one another with --name")
    there = Model.get_or_none(Model.name == name)
    if there is not None and there.family in ("workflow", "head"):
        kind = "workflow" if there.family == "workflow" else "model that was trained here"
        raise Refused(f"there is a {kind} '{name}': give this model another name with --name")


def next_number(name: str) -> int:
    """The number of a model's next version, for which there is no folder yet."""
    highest = ModelVersion.select(fn.MAX(ModelVersion.number)).join(Model).where(Model.name == name).scalar()
    number = (highest or 0) + 1
    while model_folders.folder(name, number).exists():
        number += 1
    return number


def add(actor: User, card: Card) -> ModelVersion:
    """Register a card whose folder joined the project; undo hides a model that was not there before.

    For owners and leads. Raises Refused when a version of it is the same already.
    """
    require_adding(actor)
    with step(actor, f"add model {card.name}") as recorder:
        _require_new(card)
        new = not Model.select().where(Model.name == card.name).exists()
        _register(card)
        model = Model.get(Model.name == card.name)
        if new:
            Model.update(deleted=True).where(Model.id == model.id).execute()
            model.deleted = True
        if model.deleted:
            recorder.update(model, deleted=False)
    return find(card.name)


def _require_new(card: Card) -> None:
    same = (
        version
        for version in ModelVersion.select(ModelVersion, Model).join(Model).where(Model.name == card.name)
        if (version.sha256, _fingerprint(version.card)) == (card.sha256, _fingerprint(_described(card)))
    )
    there = next(same, None)
    if there is not None and there.model.deleted:
        raise Refused(f"'{card.name}' was added and removed: 'winnow undo', or another name with --name")
    if there is not None:
        raise Refused(f"this is version {there.number} of '{card.name}' already")


def remove(actor: User, name: str) -> None:
    """Take a model away from those that can be chosen; undo brings it back. What it said and wrote stays, and
    tasks that it annotates go on. For owners and leads. Raises NotFound."""
    require_adding(actor)
    model = find(name).model
    if model.family == "workflow":
        raise Refused(f"'{name}' is a workflow: 'winnow workflow remove {name}'")
    with step(actor, f"remove model {name}") as recorder:
        recorder.delete(model)
