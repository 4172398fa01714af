"""Texts: spans are marked by keys and mouse, moved, re-labeled, deleted; offsets are in characters."""

from pathlib import Path
from typing import Any

import pytest

from store import adding
from store.tables import Annotation, Input
from store.values import Region, Status
from tests.conftest import Project
from tests.labeling_scene import Stage, opened, task
from tui.places import Place

STORY = "Marie Curie 👩\u200d🔬 was born in 華沙 (Warsaw).\r\nShe won a Nobel Prize.\n"
MARIE = (0, 11)
WARSAW = (STORY.index("Warsaw"), STORY.index("Warsaw") + 6)


@pytest.fixture(autouse=True)
def own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


class Scene:
    """Two texts and a task of olga's, with two concepts."""

    def __init__(self, project: Project, *texts: str, **plan: Any) -> None:
        self.olga = project.owner
        for number, text in enumerate(texts or (STORY, "The second text.")):
            (project.folder / f"{number}.txt").write_bytes(text.encode())
        adding.add(self.olga, [project.folder])
        self.inputs = [row.id for row in Input.select().order_by(Input.id)]
        self.task = task(self.olga, **{"type": "text", "concepts": ("person", "place"), **plan})

    def open(self, side: str = "label", **options: Any) -> Any:
        return opened(self.olga, Place(side, str(self.task.uid)), **options)


@pytest.fixture
def scene(project: Project) -> Scene:
    return Scene(project)


def spans() -> list[tuple[str, Any]]:
    """(concept, span) of the live annotations, as they were made; None for the whole text."""
    found = []
    for row in Annotation.select().where(Annotation.deleted == False).order_by(Annotation.id):
        region = Region.unpack(row.region_kind, row.region)
        found.append((row.concept.name, region and region.span))
    return found


def line_with(stage: Stage, text: str) -> str:
    return next(line for line in stage.text().splitlines() if text in line)


async def test_a_concept_of_the_whole_text_as_on_pictures(scene: Scene) -> None:
    async with scene.open() as stage:
        assert stage.names() == ["person", "place"]
        assert "Marie Curie" in stage.text()
        await stage.press("1")
        assert spans() == [("person", None)]


async def test_a_span_is_marked_by_keys_and_named_by_a_hotkey(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("t", "space", "w", "e", "1")
        assert spans() == [("person", MARIE)]
        assert stage.screen.rows.current.name == "person.1"
        assert stage.screen.pane.selected.name == "person.1"
        assert "pe¹Marie Curie" in stage.text()
        assert "Classifications (" in stage.text() and "Objects" not in stage.text()
        assert "person.1 0–11 · Marie Curie" in stage.text()
        await stage.press("escape", "enter")
        assert Annotation.get().status == Status.SUCCESS


async def test_hotkeys_stay_with_the_concepts_when_the_text_is_opened_again(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("t", "enter", "2")
    async with scene.open() as stage:
        await stage.press("t", "w", "enter", "1")
        assert spans() == [("place", (0, 5)), ("person", (6, 11))]


async def test_a_span_that_moves_onto_its_like_is_refused_in_a_sentence(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("t", "enter", "1", "w", "enter", "1")
        await stage.press("enter", "o", "b", "o", "b", "b", "e", "enter")
        assert spans() == [("person", (0, 5)), ("person", (6, 11))]
        assert "this stretch is called person already" in stage.said()


async def test_offsets_are_characters_of_the_file(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("t", "f", *"warsaw", "enter")
        await stage.press("enter", "2")
        assert spans() == [("place", WARSAW)]
        await stage.press("escape", "t", "f", *"nobel", "enter", "space", "dollar_sign", "h", "2")
        start = STORY.index("Nobel")
        assert spans()[1] == ("place", (start, start + len("Nobel Prize.")))


async def test_enter_asks_for_the_concept_and_the_last_one_is_proposed(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("t", "enter", "enter", *"scientist", "enter")
        assert spans() == [("scientist", (0, 5))]
        assert stage.screen.pane.has_focus
        await stage.press("w", "enter", "enter", "enter")
        assert spans()[1] == ("scientist", (6, 11))
        await stage.press("w", "w", "enter", "enter", "escape", "escape")
        assert len(spans()) == 2


async def test_a_span_s_ends_are_moved_and_so_is_all_of_it(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("t", "enter", "1", "enter", "w", "e", "enter")
        assert spans() == [("person", MARIE)]
        await stage.press("enter", "o", "w", "enter")
        assert spans() == [("person", (6, 11))]
        await stage.press("enter", "less_than_sign", "enter")
        assert spans() == [("person", (5, 10))]
        await stage.press("u", "u", "u")
        assert spans() == [("person", (0, 5))]
        await stage.press("ctrl+r")
        assert spans() == [("person", MARIE)]


async def test_a_span_gets_another_concept_and_is_deleted(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("t", "enter", "1", "r", *"place", "enter")
        assert spans() == [("place", (0, 5))]
        assert stage.screen.rows.current.name == "place.1"
        await stage.press("d")
        assert spans() == []
        await stage.press("u")
        assert spans() == [("place", (0, 5))]


async def test_overlapping_spans_are_told_apart_and_reached_by_tab(scene: Scene) -> None:
    async with scene.open(size=(160, 50)) as stage:
        await stage.press("t", "space", "w", "e", "1", "b", "space", "e", "2", "escape")
        assert spans() == [("person", MARIE), ("place", (6, 11))]
        assert "[pe¹Marie [pl¹Curie]pl¹]pe¹" in stage.text()
        assert stage.screen.pane.selected.name == stage.screen.rows.current.name == "place.1"
        await stage.press("shift+tab")
        assert stage.screen.pane.selected.name == stage.screen.rows.current.name == "person.1"


async def test_the_mouse_marks_moves_ends_and_points(scene: Scene) -> None:
    async with scene.open() as stage:
        pane = stage.screen.pane
        await drag(stage, (1, 0), (5, 0))
        assert pane.cursor.marked == (0, 5)
        await stage.press("1")
        assert spans() == [("person", (0, 5))]
        # The tag's three cells are before the name now.
        await drag(stage, (8, 0), (14, 0))
        assert spans() == [("person", MARIE)]
        await stage.press("escape", "j", "j")
        assert pane.selected is None
        await stage.pilot.click(pane, offset=(9, 0))
        await stage.settle()
        assert stage.screen.rows.current.name == "person.1"


async def drag(stage: Stage, begin: tuple[int, int], end: tuple[int, int]) -> None:
    pane = stage.screen.pane
    await stage.pilot.mouse_down(pane, offset=begin)
    await stage.pilot.hover(pane, offset=end)
    await stage.pilot.mouse_up(pane, offset=end)
    await stage.settle()


async def test_a_reviewer_fixes_spans(project: Project) -> None:
    scene = Scene(project, review="manual", reviewers=("olga",))
    async with scene.open() as stage:
        await stage.press("t", "enter", "1", "escape", "enter")
    async with scene.open("review") as stage:
        await stage.press("enter")
        assert "p¹Marie" in stage.text()
        await stage.press("t", "enter", "w", "e", "enter", "w", "w", "enter", "slash")
        await stage.press("escape", "escape", "a")
        assert spans() == [("person", MARIE)]
        assert Annotation.get().status == Status.SUCCESS


async def test_hostile_characters_are_shown_as_escapes_and_count_as_one(project: Project) -> None:
    text = "a\x1b[31mb\x9b5n\u202ec\x07 end"
    scene = Scene(project, text)
    async with scene.open() as stage:
        assert r"a\x1b[31mb\x9b5n\u202ec\x07 end" in stage.text()
        await stage.press("t", "f", *"end", "enter", "enter", "1")
        assert spans() == [("person", (text.index("end"), len(text)))]


async def test_a_span_beyond_the_text_breaks_nothing(scene: Scene) -> None:
    from store import labeling

    first = scene.inputs[0]
    labeling.add(scene.olga, scene.task, first, "person", Region.from_span(5, 10**9))
    labeling.add(scene.olga, scene.task, first, "person", Region.from_span(10**9, 10**9 + 1))
    async with scene.open() as stage:
        assert stage.names().count("person.1") == 1
        await stage.press("t", "G", "d")
        assert len(spans()) == 1


async def test_an_empty_line_a_long_text_and_its_end(project: Project) -> None:
    scene = Scene(project, "first\n\n" + "x" * 300_000 + "\nlast", "\n")
    async with scene.open() as stage:
        await stage.press("t", "G")
        assert "last" in stage.text()
        await stage.press("enter", "1", "g", "j", "space", "1")
        assert spans() == [("person", (300_008, 300_012)), ("person", (6, 7))]
        await stage.press("escape", "enter")
        await stage.press("t", "j", "k", "enter", "escape", "escape")
        assert stage.screen.input_id == scene.inputs[1]


async def test_what_is_found_can_be_gone_through(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("f", *"A", "enter")
        pane = stage.screen.pane
        found = [at for at, _ in pane.found]
        assert found == [at for at, char in enumerate(STORY) if char in "aA"]
        assert pane.cursor.at == found[0]
        await stage.press("n", "n")
        assert pane.cursor.at == found[2]
        assert f"3 of {len(found)}" in stage.text()
        await stage.press("N", "N", "N")
        assert pane.cursor.at == found[-1]
        await stage.press("f", *"zzz", "enter")
        assert "not found" in stage.text()
