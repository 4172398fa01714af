"""The panes beside the picture: categories, who said it, renaming, and what is out of sight."""

from pathlib import Path
from typing import Any

import pytest

from store import concepts, labeling, models
from store.tables import Annotation, Concept
from store.values import Region
from tests.conftest import Project
from tests.labeling_scene import CLASSIFIER, DETECTOR, add_pictures, opened, predicted, rows, task
from tui.places import Place

LEFT, RIGHT, LOW = (0.1, 0.1, 0.4, 0.9), (0.5, 0.2, 0.9, 0.8), (0.2, 0.6, 0.8, 0.95)


@pytest.fixture(autouse=True)
def own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


class Herd:
    """A detection task with two sheep and a dog on the first picture, and a sheep on the second."""

    def __init__(self, project: Project) -> None:
        self.olga = project.owner
        self.inputs = add_pictures(project.folder, self.olga)
        first, second, *_ = self.inputs
        self.task = task(self.olga, type="detection", assist=DETECTOR)
        said: dict[int, list[tuple[Any, ...]]] = {
            first: [("sheep", 0.9, LEFT), ("dog", 0.7, LOW), ("sheep", 0.6, RIGHT)],
            second: [("sheep", 0.5, LEFT)],
        }
        predicted(models.find(DETECTOR), said)

    def open(self, **options: Any) -> Any:
        return opened(self.olga, Place("label", str(self.task.uid)), **options)


@pytest.fixture
def herd(project: Project) -> Herd:
    return Herd(project)


@pytest.fixture
def cats(project: Project) -> Any:
    """A classification task with one picture that two models have looked at."""
    first, *_ = add_pictures(project.folder, project.owner, 2)
    predicted(models.find(CLASSIFIER), {first: [("tabby", 0.8), ("goldfish", 0.1)]})
    predicted(models.find("mobilenet-v2"), {first: [("tabby", 0.6)]})
    return task(project.owner, assist=CLASSIFIER)


def outlined(stage: Any) -> int:
    return len(stage.screen.view.canvas.outlines)


async def test_regions_stand_under_their_category_with_counts(herd: Herd) -> None:
    async with herd.open() as stage:
        text = stage.text()
        assert "Objects (3)" in text and "sheep (2)" in text and "dog (1)" in text
        assert stage.names() == ["sheep.1", "sheep.2", "dog.1"]
        assert stage.screen.rows.current.name == "sheep.1"
        await stage.press("j", "j")
        assert stage.screen.rows.current.name == "dog.1"
        await stage.press("j")
        assert stage.screen.rows.current.name == "sheep.1"
        await stage.press("k")
        assert stage.screen.rows.current.name == "dog.1"


async def test_a_category_out_of_sight_stays_so_and_is_not_accepted(herd: Herd) -> None:
    async with herd.open() as stage:
        await stage.until(lambda: outlined(stage) == 3, "outlines")
        await stage.press("V")
        assert stage.names() == ["dog.1"]
        assert "sheep (2) hidden" in stage.text()
        assert outlined(stage) == 1
        await stage.press("a", "d", "x")
        assert rows() == []
        await stage.press("A")
        assert rows() == [("dog", 1, "olga")]
        await stage.press("l")
        assert stage.names() == []
        await stage.press("V")
        assert stage.names() == ["sheep.1"]


async def test_one_region_out_of_sight_comes_back(herd: Herd) -> None:
    async with herd.open() as stage:
        await stage.until(lambda: outlined(stage) == 3, "outlines")
        await stage.press("v")
        assert outlined(stage) == 2 and stage.names() == ["sheep.1", "sheep.2", "dog.1"]
        assert "◌ sheep.1" in stage.text()
        await stage.press("v")
        assert outlined(stage) == 3
        await stage.press("v", "l", "h")
        await stage.until(lambda: outlined(stage) == 3, "all in sight on another visit")


async def test_deleting_leaves_the_suggestion(herd: Herd) -> None:
    async with herd.open() as stage:
        await stage.press("a", "k", "d")
        assert rows() == []
        assert stage.names() == ["sheep.1", "sheep.2", "dog.1"]
        await stage.press("d")
        assert "nobody has accepted it" in stage.said()[-1]


async def test_a_category_is_deleted_as_one_step(herd: Herd) -> None:
    async with herd.open() as stage:
        await stage.press("A")
        assert len(rows()) == 3
        await stage.press("D")
        assert rows() == [("dog", 1, "olga")]
        assert "deleted 2 annotations" in stage.said()[-1]
        await stage.press("D")
        assert "you have annotated nothing as sheep" in stage.said()[-1]
        await stage.press("u")
        assert len(rows()) == 3


async def test_renaming_is_kept_for_what_the_model_says_and_renaming_back_ends_it(herd: Herd) -> None:
    async with herd.open() as stage:
        await stage.press("1", "r", *"lamb", "enter")
        assert rows() == [("lamb", 1, "olga")]
        assert stage.names() == ["lamb.1", "lamb.2", "dog.1"]
        assert "lamb.1 (sheep)" in stage.text()
        await stage.press("l")
        assert stage.names() == ["lamb.1"]
        await stage.press("r", *"sheep", "enter")
        assert stage.names() == ["sheep.1"]
        assert concepts.renames() == {}
        await stage.press("u", "u")
        assert stage.names() == ["sheep.1", "sheep.2", "dog.1"]
        assert rows() == [("sheep", 1, "olga")]


async def test_the_annotators_are_counted_and_listed(cats: Any) -> None:
    async with opened(cats.creator, Place("label", str(cats.uid)), size=(120, 30)) as stage:
        assert stage.names() == ["tabby", "goldfish"]
        shown = next(line for line in stage.text().splitlines() if "tabby" in line)
        assert "×2" in shown
        await stage.press("1", "w")
        text = stage.text()
        assert "Annotators (3): tabby" in text
        assert "✓ olga (person) 0.8000 · Pending" in text
        assert "✓ mobilenet-v2 (model) 0.6000 · predicted" in text
        await stage.press("j")
        assert "Annotators (1): goldfish" in stage.text()
        await stage.press("w")
        assert "Annotators" not in stage.text()


async def test_what_others_say_is_not_shown_to_a_labeler(project: Project) -> None:
    olga = project.owner
    first, *_ = add_pictures(project.folder, olga, 1)
    made = task(olga, strategy="full", labelers=["olga", "anna"], concepts=["cat"])
    from store import users

    labeling.add(users.find("anna"), made, first, "cat")
    async with opened(olga, Place("label", str(made.uid)), size=(120, 30)) as stage:
        await stage.press("w")
        assert "Annotators (0): cat" in stage.text() and "anna" not in stage.text()


async def test_all_about_the_input_and_the_instructions(project: Project) -> None:
    add_pictures(project.folder, project.owner, 1)
    made = task(project.owner, concepts=["cat"], instructions="Only cats.\nNo dogs.")
    async with opened(project.owner, Place("label", str(made.uid)), size=(120, 30)) as stage:
        await stage.press("o")
        assert "path: 00.png" in stage.text() and "64 × 48 px" in stage.text()
        await stage.press("i")
        assert "Only cats." in stage.text() and "No dogs." in stage.text() and "sha256" not in stage.text()


async def test_a_region_accepted_is_the_concept_s(herd: Herd) -> None:
    async with herd.open() as stage:
        await stage.press("a")
        (annotation,) = Annotation.select()
        assert Region.unpack(annotation.region_kind, annotation.region) == Region.from_box(*LEFT)
        assert annotation.concept == Concept.get(Concept.name == "sheep")


async def test_a_concept_is_found_by_its_synonym(project: Project) -> None:
    olga = project.owner
    first, *_ = add_pictures(project.folder, olga, 1)
    made = task(olga, concepts=["feline"])
    kitty, _ = concepts.add(olga, "kitty")
    concepts.relate(olga, concepts.find("feline"), "synonym", kitty)
    async with opened(olga, Place("label", str(made.uid))) as stage:
        await stage.press("slash", *"kitt")
        assert "feline (synonym of kitty)" in stage.text()
        await stage.press("down", "enter")
        assert rows(input=first) == [("feline", 1, "olga")]
