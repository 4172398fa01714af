"""Users, datasets and models: who may act, names that are free, cards that become rows."""

from __future__ import annotations

import dataclasses

import pytest

from store import cards, datasets, models, plans, tasks, undoing, users
from store.errors import Denied, NotFound, Refused
from store.tables import Assignment, Dataset, ModelConcept, ModelVersion, Task, User
from store.values import Role
from tests.conftest import Project


def test_the_acting_user_is_named_set_or_logged_in(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    users.add(project.owner, "anna")
    monkeypatch.setenv("LOGNAME", "olga")
    assert users.current().name == "olga"
    monkeypatch.setenv("WINNOW_USER", "anna")
    assert users.current().name == "anna"
    assert users.current("olga").name == "olga"
    with pytest.raises(NotFound, match="winnow user add zoe"):
        users.current("zoe")


def test_removed_people_and_models_cannot_act(project: Project) -> None:
    users.remove(project.owner, users.add(project.owner, "anna"))
    with pytest.raises(Denied, match="removed"):
        users.current("anna")
    models.sync()
    with pytest.raises(Denied, match="model"):
        users.current("efficientnet-lite0")
    with pytest.raises(Refused, match="model"):
        users.add(project.owner, "efficientnet-lite0")


def test_a_project_keeps_an_owner(project: Project) -> None:
    with pytest.raises(Refused, match="only owner"):
        users.remove(project.owner, project.owner)
    with pytest.raises(Refused, match="only owner"):
        users.add(project.owner, "olga", Role.VIEWER)
    second = users.add(project.owner, "anna", Role.OWNER)
    users.remove(second, users.find("olga"))
    assert [row["name"] for row in users.listing() if row["active"]] == ["anna"]


def test_only_owners_decide_who_is_in(project: Project) -> None:
    lead = users.add(project.owner, "lea", Role.LEAD)
    with pytest.raises(Denied, match="only owners"):
        users.add(lead, "anna")
    assert datasets.add(lead, "hers").name == "hers"
    viewer = users.add(project.owner, "vic", Role.VIEWER)
    with pytest.raises(Denied):
        datasets.add(viewer, "his")


def test_a_dataset_name_is_free_again_after_undo(project: Project) -> None:
    ids = project.add_inputs(3)
    datasets.add(project.owner, "birds", ids[:2])
    with pytest.raises(Refused, match="already"):
        datasets.add(project.owner, "birds")
    assert datasets.free_name("birds") == "birds 2"
    undoing.undo(project.owner)
    assert datasets.free_name("birds") == "birds"
    made = datasets.add(project.owner, "birds", everything=True)
    assert list(datasets.inputs(made)) == ids
    assert [row["inputs"] for row in datasets.listing()] == [3]
    assert Dataset.select().count() == 2


def test_cards_become_versions_once(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    version = models.find("efficientdet-lite0")
    models.sync()
    assert (version.number, ModelVersion.select().count()) == (1, len(cards.find_cards()))
    assert next(iter(models.concepts(version))) == "person"
    assert models.file(version).is_file()
    newer = [
        dataclasses.replace(card, floor=0.3) if card.name == "efficientdet-lite0" else card
        for card in cards.find_cards()
    ]
    monkeypatch.setattr(models, "_found", lambda: (tuple(newer), ()))
    models.sync()
    models.sync()
    assert models.find("efficientdet-lite0").number == 2
    with pytest.raises(NotFound, match="not installed"):
        models.card(version)
    assert User.select().where(User.name == "efficientdet-lite0").count() == 1
    listed = {row["name"]: row["version"] for row in models.listing()}
    assert listed["efficientdet-lite0"] == 2 and listed["efficientnet-lite0"] == 1


def test_a_person_of_a_models_name_stays_a_person(project: Project) -> None:
    users.add(project.owner, "mobilenet-v2")
    assert models.find("mobilenet-v2").model.annotator.name == "mobilenet-v2 (model)"
    assert users.current("mobilenet-v2").role == Role.LABELER


def test_unknown_models_and_concepts_come_with_close_ones(project: Project) -> None:
    with pytest.raises(NotFound, match="'efficientnet-lite0'"):
        models.find("efficientnet")
    version = models.find("efficientnet-lite0")
    assert ModelConcept.select().where(ModelConcept.model_version == version).count() == 1000
    with pytest.raises(Refused, match="does not know the concept 'gold fish': it has 'goldfish'"):
        models.require_concepts(version, ["tabby", "gold fish"])


def test_adding_somebody_who_is_here_keeps_their_role(project: Project) -> None:
    users.add(project.owner, "vic", Role.VIEWER)
    assert users.add(project.owner, "vic").role == Role.VIEWER
    assert users.add(project.owner, "vic", Role.LEAD).role == Role.LEAD
    assert users.add(project.owner, "new").role == Role.LABELER


def test_who_lost_a_right_cannot_undo_with_it(project: Project) -> None:
    lead = users.add(project.owner, "lea", Role.LEAD)
    datasets.add(lead, "hers")
    users.add(project.owner, "lea", Role.LABELER)
    with pytest.raises(Denied):
        undoing.undo(users.find("lea"))
    assert datasets.find("hers").name == "hers"
    users.add(project.owner, "lea", Role.LEAD)
    undoing.undo(users.find("lea"))
    with pytest.raises(NotFound):
        datasets.find("hers")


def test_a_task_that_invited_people_is_undone_and_redone(project: Project) -> None:
    project.add_inputs(4)
    plan = plans.Plan("t", "classification", concepts=["cat"], labelers=["anna", "bob"])
    tasks.create(project.owner, plan)
    undoing.undo(project.owner)
    assert [task.name for task in Task.select().where(Task.deleted == False)] == []
    assert {row["name"]: row["active"] for row in users.listing()} == {
        "olga": True,
        "anna": False,
        "bob": False,
    }
    undoing.redo(project.owner)
    assert users.current("anna").active
    assert Assignment.select().where(Assignment.user == users.find("anna")).count() == 2
