"""Concepts: joining, renaming in the project and of a model's names, relations."""

from __future__ import annotations

from typing import Any

import pytest

from store import concepts, labeling, models, plans, tasks, undoing, users
from store.errors import Denied, NotFound, Refused
from store.tables import Annotation, Concept, User
from store.values import Role
from tests.conftest import Project


def joined() -> dict[str, list[tuple[str, str]]]:
    return {
        row["name"]: [(relation["kind"], relation["concept"]) for relation in row["relations"]]
        for row in concepts.listing()
    }


def label(owner: User, name: str) -> Annotation:
    """A task with one annotation of this concept."""
    task = tasks.create(owner, plans.Plan(f"task of {name}", "classification", concepts=[name])).task
    return labeling.add(owner, task, 1, name)


def said() -> list[str]:
    rows = Annotation.select(Annotation, Concept).join(Concept, on=Annotation.concept)
    return [row.concept.name for row in rows.where(Annotation.deleted == False)]


def test_adding_twice_is_one_concept(project: Project) -> None:
    assert concepts.add(project.owner, "  cafe\u0301 ")[1] is True
    assert concepts.add(project.owner, "caf\u00e9")[1] is False
    assert list(joined()) == ["caf\u00e9"]
    undoing.undo(project.owner)
    assert joined() == {}


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "\x1b[31m", "\u202eabc", "x" * 201, "caf\udce9"])
def test_bad_names_are_refused(project: Project, name: str) -> None:
    with pytest.raises(Refused):
        concepts.add(project.owner, name)
    assert joined() == {}


def test_names_that_only_models_know_have_not_joined(project: Project) -> None:
    models.sync()
    assert joined() == {}
    assert len(list(concepts.listing(everything=True))) > 900
    assert concepts.add(project.owner, "goldfish")[1] is True


def test_renaming_keeps_everything_in_place(project: Project) -> None:
    project.add_inputs(1)
    made = label(project.owner, "hund")
    renamed = concepts.rename(project.owner, concepts.find("hund"), "dog")
    assert (renamed.id, said(), list(joined())) == (made.concept_id, ["dog"], ["dog"])
    undoing.undo(project.owner)
    assert said() == ["hund"]


def test_renaming_what_a_model_says_is_remembered_until_renamed_back(project: Project) -> None:
    project.add_inputs(1)
    version = models.find("efficientnet-lite0")
    label(project.owner, "tabby")
    renamed = concepts.rename(project.owner, concepts.find("tabby"), "striped cat")
    original = concepts.find("tabby")
    assert concepts.renames() == {original.id: renamed.id}
    assert said() == ["striped cat"]
    assert tasks.concept_names(tasks.find("task of tabby")) == ["striped cat"]
    assert list(models.require_concepts(version, ["striped cat"])) == ["striped cat"]
    concepts.rename(project.owner, renamed, "tabby")
    assert (concepts.renames(), said(), list(joined())) == ({}, ["tabby"], ["tabby"])
    undoing.undo(project.owner)
    undoing.undo(project.owner)
    assert (concepts.renames(), said(), list(joined())) == ({}, ["tabby"], ["tabby"])
    undoing.redo(project.owner)
    assert (concepts.renames(), said()) == ({original.id: renamed.id}, ["striped cat"])


def test_renaming_to_a_name_in_use_is_refused(project: Project) -> None:
    for name in ("hund", "dog"):
        concepts.add(project.owner, name)
    with pytest.raises(Refused, match="relate"):
        concepts.rename(project.owner, concepts.find("hund"), "dog")
    labeler = users.add(project.owner, "lena", Role.LABELER)
    with pytest.raises(Denied):
        concepts.rename(labeler, concepts.find("hund"), "cat")


def test_relations_imply_their_inverse(project: Project) -> None:
    for name in ("tabby", "cat", "kitty"):
        concepts.add(project.owner, name)
    relate(project, "tabby", "hyponym", "cat")
    relate(project, "kitty", "synonym", "cat")
    assert joined() == {
        "cat": [("hypernym", "tabby"), ("synonym", "kitty")],
        "kitty": [("synonym", "cat")],
        "tabby": [("hyponym", "cat")],
    }
    for source, kind, target in (
        ("tabby", "hyponym", "cat"),
        ("cat", "hypernym", "tabby"),
        ("cat", "synonym", "tabby"),
        ("cat", "synonym", "cat"),
        ("cat", "friend", "kitty"),
    ):
        with pytest.raises(Refused):
            relate(project, source, kind, target)
    undoing.undo(project.owner)
    assert "kitty" in joined() and joined()["kitty"] == []
    relate(project, "kitty", "synonym", "cat")


def relate(project: Project, source: str, kind: str, target: str) -> Any:
    return concepts.relate(project.owner, concepts.find(source), kind, concepts.find(target))


def test_relations_follow_a_renamed_concept(project: Project) -> None:
    models.sync()
    concepts.add(project.owner, "cat")
    relate(project, "tabby", "hyponym", "cat")
    concepts.rename(project.owner, concepts.find("tabby"), "striped cat")
    assert ("hyponym", "cat") in joined()["striped cat"]
    undoing.undo(project.owner)
    assert joined() == {"cat": [("hypernym", "tabby")], "tabby": [("hyponym", "cat")]}


def test_unknown_names_come_with_close_ones(project: Project) -> None:
    concepts.add(project.owner, "goldfish")
    with pytest.raises(NotFound, match="did you mean 'goldfish'"):
        concepts.find("Goldfisch")
