"""Models in the store: registered once, another version only when predictions would differ."""

from __future__ import annotations

import dataclasses

import pytest

from store import models
from store.cards import Card, find_cards
from store.errors import NotFound, Refused
from store.tables import Model, ModelVersion, User
from tests.conftest import Project


def with_cards(monkeypatch: pytest.MonkeyPatch, *cards: Card) -> None:
    monkeypatch.setattr(models, "_found", lambda: (cards, ()))


def test_the_shipped_models_are_registered_once(project: Project) -> None:
    models.sync()
    models.sync()
    names = {"deeplabv3", "efficientnet-lite0", "efficientdet-lite0", "mobilenet-v2"}
    assert {model.name for model in Model.select()} == names
    assert ModelVersion.select().count() == 4
    assert {user.name for user in User.select().where(User.role == "model")} == names


def test_a_card_that_predicts_the_same_is_the_same_version(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    models.sync()
    card = next(card for card in find_cards() if card.name == "mobilenet-v2")
    with_cards(monkeypatch, dataclasses.replace(card, notes="other words", title="Another title"))
    assert models.find("mobilenet-v2").number == 1


@pytest.mark.parametrize("change", [{"floor": 0.2}, {"keep": 3}, {"family": "detect"}])
def test_a_card_that_predicts_otherwise_is_another_version(
    project: Project, monkeypatch: pytest.MonkeyPatch, change: dict[str, object]
) -> None:
    models.sync()
    card = next(card for card in find_cards() if card.name == "mobilenet-v2")
    with_cards(monkeypatch, dataclasses.replace(card, **change))
    assert models.find("mobilenet-v2").number == 2
    assert Model.select().where(Model.name == "mobilenet-v2").count() == 1


def test_a_card_without_a_field_that_came_later_is_the_same_version(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    models.sync()
    for version in ModelVersion.select():
        plain = {key: value for key, value in version.card.items() if key != "multi_label"}
        plain["preprocessing"] = {k: v for k, v in plain["preprocessing"].items() if k != "mean"}
        version.card = plain
        version.save()
    assert models.find("mobilenet-v2").number == 1


def test_unknown_models_and_concepts_are_named_with_close_ones(project: Project) -> None:
    with pytest.raises(NotFound, match="mobilenet-v2"):
        models.find("mobilnet")
    with pytest.raises(Refused, match="goldfish"):
        models.require_concepts(models.find("mobilenet-v2"), ["goldfisch"])
