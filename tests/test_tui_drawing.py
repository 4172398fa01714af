"""Drawing and changing regions on the label and review screens: by keys, by mouse, exact to the pixel."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from textual.events import MouseDown, MouseMove, MouseScrollUp, MouseUp

from store import adding, database, labeling, models, submitting
from store.tables import Annotation, Input, Task
from store.values import Region
from tests.conftest import Project
from tests.labeling_scene import DETECTOR, Stage, opened, predicted, rows, task
from tui.categories import said
from tui.places import Place

SIZE = (640, 480)
Rect = tuple[int, int, int, int]


@pytest.fixture(autouse=True)
def own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


class Scene:
    """Two photos, the second turned by EXIF, and a detection task with two suggestions on the first."""

    def __init__(self, project: Project, **plan: Any) -> None:
        self.olga = project.owner
        Image.new("RGB", SIZE, (60, 120, 90)).save(project.folder / "00.png")
        turned = Image.Exif()
        turned[0x0112] = 6
        Image.new("RGB", SIZE, (90, 60, 120)).save(project.folder / "01.jpg", exif=turned)
        adding.add(self.olga, [project.folder])
        self.inputs = [row.id for row in Input.select().order_by(Input.path)]
        self.task: Task = task(self.olga, **{"type": "detection", "assist": DETECTOR, **plan})
        said = [("sheep", 0.9, (0.25, 0.25, 0.5, 0.5)), ("dog", 0.6, (0.125, 0.125, 0.75, 0.75))]
        predicted(models.find(DETECTOR), {self.inputs[0]: said})

    @asynccontextmanager
    async def open(self, at: int = 0) -> AsyncIterator[Stage]:
        async with opened(self.olga, Place("label", str(self.task.uid), self.inputs[at])) as stage:
            await picture(stage)
            yield stage


async def picture(stage: Stage) -> None:
    canvas = stage.screen.view.canvas
    await stage.until(lambda: canvas.projection is not None, "the picture")
    await stage.settle()


async def at_zoom(stage: Stage, zoom: float) -> None:
    canvas = stage.screen.view.canvas
    await stage.until(lambda: abs(canvas.projection.view.zoom - zoom) < 0.01, f"zoom {zoom}")
    await stage.settle()


@pytest.fixture
def scene(project: Project) -> Scene:
    return Scene(project)


def stored(size: tuple[int, int], **where: Any) -> list[tuple[str, Rect]]:
    """Concept and box in pixels of the live annotations; fails for a box that is not exactly on pixels."""
    found = []
    for row in Annotation.select().where(Annotation.deleted == False).order_by(Annotation.id):
        if all(getattr(row, name) == value for name, value in where.items()):
            region = Region.unpack(row.region_kind, row.region)
            assert region is not None and region.box is not None
            exact = [value * side for value, side in zip(region.box, size * 2, strict=True)]
            assert all(abs(value - round(value)) < 1e-9 for value in exact), exact
            found.append((row.concept.name, tuple(round(value) for value in exact)))
    return found


async def go(stage: Stage, x: int, y: int) -> None:
    """Bring the crosshair of a draft to a pixel, by steps and single pixels."""
    draft = stage.screen.view.canvas.draft
    step = draft.step
    keys: list[str] = []
    for wanted, now, low, high, far_low, far_high in (
        (x, draft.at[0], "h", "l", "H", "L"),
        (y, draft.at[1], "up", "down", "shift+up", "shift+down"),
    ):
        steps, single = divmod(abs(wanted - now), step)
        keys += [far_high if wanted > now else far_low] * steps
        keys += [high if wanted > now else low] * single
    await stage.press(*keys)
    assert draft.at == (x, y)


@pytest.mark.parametrize("zooms", [0, 3])
async def test_a_box_drawn_by_keys_is_exact_at_any_zoom(scene: Scene, zooms: int) -> None:
    async with scene.open() as stage:
        await stage.press("b", *["plus"] * zooms)
        await at_zoom(stage, 1.5**zooms)
        await go(stage, 333, 217)
        await stage.press("space")
        await go(stage, 351, 301)
        await stage.press("enter")
        assert stage.screen.field.is_open
        await stage.press(*"goat", "up", "enter")
        assert stored(SIZE) == [("goat", (333, 217, 351, 301))]
        assert stage.screen.rows.current.name == "goat.1"
        assert stage.screen.view.canvas.draft is None
        await stage.press("u")
        assert rows() == []


async def test_a_box_on_a_turned_photo_is_in_upright_pixels(scene: Scene) -> None:
    async with scene.open(at=1) as stage:
        await stage.press("b")
        await go(stage, 7, 601)
        await stage.press("space")
        await go(stage, 480, 640)
        await stage.press("space", "enter", *"goat", "up", "enter")
        assert stored((480, 640)) == [("goat", (7, 601, 480, 640))]


async def test_keys_typed_at_once_lose_nothing(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.pilot.press("1", "b", "space", "L", "J", "enter", *"goat", "up", "enter")
        await stage.settle()
        assert [name for name, _, _ in rows()] == ["sheep", "goat"]
        assert stored(SIZE, score=None) == [("goat", (320, 240, 330, 250))]


async def test_a_picture_that_is_slow_to_come_is_waited_for(scene: Scene) -> None:
    place = Place("label", str(scene.task.uid), scene.inputs[0])
    async with opened(scene.olga, place) as stage:
        await picture(stage)
        stage.screen.pictures.forget(scene.inputs[1])
        await stage.pilot.press("l", "b", "space", "L", "J", "enter")
        await stage.until(lambda: stage.screen.field.is_open, "the field")
        await stage.press(*"goat", "up", "enter")
        assert stored((480, 640)) == [("goat", (240, 320, 250, 330))]


async def test_a_broken_picture_is_not_drawn_on(scene: Scene) -> None:
    path = Input.get_by_id(scene.inputs[0]).path
    (database.root() / path).unlink()
    async with opened(scene.olga, Place("label", str(scene.task.uid), scene.inputs[0])) as stage:
        await stage.until(lambda: "not there any more" in stage.text(), "the sentence")
        await stage.press("b", "p")
        assert not stage.screen.view.canvas.is_busy
        assert "there is no picture to draw on" in stage.said()


async def test_numbers_are_shown_and_steps_change(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("b")
        assert "box: first corner  320,240 px  0.5000,0.5000  step 10" in stage.text()
        await stage.press("right_square_bracket", "space", "L", "J")
        assert "box: other corner  340,260 px  20×20 px  0.5000,0.5000–0.5312,0.5417  step 20" in stage.text()
        await stage.press("escape")
        assert "animals" in stage.text() and stage.screen.view.canvas.draft is None
        assert rows() == []


async def test_escape_from_the_concept_leads_back_to_the_draft(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("b", "space", "L", "J", "enter", "escape")
        assert stage.screen.view.canvas.is_editing and not stage.screen.field.is_open
        await stage.press("l", "enter", *"goat", "up", "enter")
        assert stored(SIZE) == [("goat", (320, 240, 331, 250))]


async def test_the_last_concept_is_proposed(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("b", "space", "L", "J", "enter", *"goat", "up", "enter")
        await stage.press("b", "H", "space", "L", "J", "enter", "enter")
        assert [name for name, _ in stored(SIZE)] == ["goat", "goat"]
        assert "goat.1" in stage.names() and "goat.2" in stage.names()


async def test_moving_a_suggestion_accepts_it_in_one_step(scene: Scene) -> None:
    async with scene.open() as stage:
        assert stage.names() == ["dog.1", "sheep.1"] or stage.names() == ["sheep.1", "dog.1"]
        await stage.press("E", "l", "j", "tab", "tab", "K", "enter")
        (annotation,) = Annotation.select()
        assert (annotation.score, annotation.original_concept.name) == (0.9, "sheep")
        assert stored(SIZE) == [("sheep", (160, 120, 321, 231))]
        assert sorted(stage.names()) == ["dog.1", "sheep.1"]
        assert not any(entry.suggestion for entry in stage.screen.rows.items if entry.concept == "sheep")
        await stage.press("u")
        assert rows() == []
        assert all(entry.suggestion for entry in said(stage.screen.rows.items))
        await stage.press("ctrl+r")
        assert stored(SIZE) == [("sheep", (160, 120, 321, 231))]


async def test_an_annotation_is_moved_and_an_untouched_one_is_not_written(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("1", "E", "enter")
        version = Annotation.get().version
        assert not stage.screen.view.canvas.is_editing
        await stage.press("E", "shift+tab", "h", "enter")
        assert stored(SIZE) == [("sheep", (159, 120, 319, 240))]
        assert Annotation.get().version > version
        await stage.press("u")
        assert stored(SIZE) == [("sheep", (160, 120, 320, 240))]


async def test_what_was_drawn_keeps_its_hotkey_and_its_lines_when_it_is_changed(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("b", "space", "L", "J", "enter", *"goat", "up", "enter")
        drawn = stage.screen.rows.current
        key = stage.screen.hotkeys.of(drawn)
        line = stage.screen.swatches.of("goat")
        await stage.press("E", "L", "enter")
        moved = stage.screen.rows.current
        assert moved.region != drawn.region
        assert (moved.identity, stage.screen.hotkeys.of(moved)) == (drawn.identity, key)
        headers = [stage.screen.rows.entry_line(row, 40) for row in stage.screen.rows.items if row.members]
        assert (line.sample, f"swatch--{line.number}") in headers[-1]
        drawn_lines = {(outline.colour, outline.pattern) for outline in stage.screen.view.canvas.outlines}
        assert (line.colour, line.pattern) in drawn_lines


async def test_c_turns_to_the_regions_under_the_crosshair(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("b")
        await go(stage, 200, 200)
        await stage.press("c")
        assert stage.screen.rows.current.name == "sheep.1"
        await go(stage, 320, 240)
        await stage.press("shift+tab")
        await stage.press("c")
        assert stage.screen.rows.current.name == "dog.1"
        await stage.press("escape")
        assert rows() == []


async def test_a_polygon_is_drawn_changed_and_stored(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("p")
        for x, y in ((300, 200), (400, 200), (400, 320), (250, 300)):
            await go(stage, x, y)
            await stage.press("space")
        await stage.press("backspace")
        await go(stage, 310, 290)
        await stage.press("space", "enter", *"goat", "up", "enter")
        (annotation,) = Annotation.select()
        region = Region.unpack(annotation.region_kind, annotation.region)
        assert region is not None
        ring = ((300, 200), (400, 200), (400, 320), (310, 290))
        assert region.rings == (tuple((x / 640, y / 480) for x, y in ring),)
        await stage.press("E", "tab", "i", "J", "enter")
        moved = Region.unpack(*Annotation.select(Annotation.region_kind, Annotation.region).tuples().get())
        assert moved is not None
        assert moved.rings[0][2] == (400 / 640, 270 / 480) and len(moved.rings[0]) == 5
        await stage.press("E", "tab", "tab", "d", "enter")
        again = Region.unpack(*Annotation.select(Annotation.region_kind, Annotation.region).tuples().get())
        assert again == region


async def test_where_regions_are_asked_for_none_of_them_is_no_classification(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("T", "l", "l")
        assert stage.names() == [] and "Objects (0)" in stage.text()


async def test_a_polygon_needs_three_points(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("p", "space", "L", "space", "enter")
        assert not stage.screen.field.is_open and stage.screen.view.canvas.is_editing
        await stage.press("escape")
        assert rows() == []


async def test_regions_are_copied_to_the_next_input_in_one_step(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("1", "2", "Y")
        assert stage.screen.input_id == scene.inputs[1]
        copies = [row for row in Annotation.select() if row.input_id == scene.inputs[1]]
        assert {row.concept.name for row in copies} == {"sheep", "dog"}
        assert stored((480, 640), input_id=scene.inputs[1])[0][1][0] in (120, 60)
        await stage.press("u")
        assert rows(input=scene.inputs[1]) == []
        await stage.press("h", "y")
        assert [name for name, _, _ in rows(input=scene.inputs[1])] == ["sheep"]


async def test_no_box_is_drawn_where_a_task_takes_none(project: Project) -> None:
    scene = Scene(project, type="classification", assist=None, concepts=["sheep"])
    async with scene.open() as stage:
        await stage.press("b", "p", "E", "y", "space", "enter")
        assert not stage.screen.view.canvas.is_editing
        assert rows() == []


class Mouse:
    """Moves as a terminal reports them, in cells of the canvas."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.canvas = stage, stage.screen.view.canvas

    def at(self, x: float, y: float) -> tuple[int, int]:
        """The cell of the screen that shows a pixel of the picture."""
        column, row = self.canvas.projection.to_cell(x / SIZE[0], y / SIZE[1])
        return column + self.canvas.region.x, row + self.canvas.region.y

    def pixels(self, cell: tuple[int, int]) -> tuple[float, float]:
        """The pixel at the left top corner of a cell of the screen."""
        x, y = self.canvas.projection.from_cell(
            cell[0] - self.canvas.region.x, cell[1] - self.canvas.region.y
        )
        return x * SIZE[0], y * SIZE[1]

    def send(self, kind: type[Any], cell: tuple[int, int], button: int = 1) -> None:
        x, y = cell
        event = kind(None, x, y, 0, 0, button, False, False, False, screen_x=x, screen_y=y)
        self.stage.app.screen._forward_event(event)

    async def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        self.send(MouseDown, start)
        await self.stage.pilot.pause()
        self.send(MouseMove, ((start[0] + end[0]) // 2, (start[1] + end[1]) // 2))
        self.send(MouseMove, end)
        await self.stage.pilot.pause()
        self.send(MouseUp, end)
        await self.stage.settle()


async def test_a_box_is_dragged_in_whole_cells(scene: Scene) -> None:
    async with scene.open() as stage:
        mouse = Mouse(stage)
        start, end = mouse.at(420, 60), mouse.at(600, 300)
        left, top = mouse.pixels(start)
        right, bottom = mouse.pixels((end[0] + 1, end[1] + 1))
        await mouse.drag(start, end)
        assert stage.screen.field.is_open
        await stage.press(*"goat", "up", "enter")
        assert stored(SIZE) == [("goat", (round(left), round(top), round(right), round(bottom)))]


async def test_a_corner_of_the_highlighted_region_is_dragged(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("1")
        mouse = Mouse(stage)
        corner = mouse.at(319, 239)
        await mouse.drag(corner, (corner[0] + 4, corner[1] + 2))
        ((name, (left, top, right, bottom)),) = stored(SIZE)
        cell = [b - a for a, b in zip(mouse.pixels((0, 0)), mouse.pixels((1, 1)), strict=True)]
        assert (name, left, top) == ("sheep", 160, 120)
        assert abs(right - 320 - 4 * cell[0]) <= 1 and abs(bottom - 240 - 2 * cell[1]) <= 1
        assert not stage.screen.view.canvas.is_editing


async def test_a_click_picks_the_smallest_region_and_then_the_next(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("j")
        first = stage.screen.rows.current.name
        mouse = Mouse(stage)
        x, y = mouse.at(240, 180)
        await stage.pilot.click(offset=(x, y))
        await stage.settle()
        second = stage.screen.rows.current.name
        assert {first, second} == {"sheep.1", "dog.1"}
        x, y = mouse.at(100, 340)
        await stage.pilot.click(offset=(x, y))
        await stage.settle()
        assert stage.screen.rows.current.name == "dog.1"
        assert rows() == []


async def test_points_of_a_polygon_are_clicked(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("p")
        mouse = Mouse(stage)
        for x, y in ((400, 50), (560, 50), (560, 250), (400, 50)):
            cell = mouse.at(x, y)
            mouse.send(MouseDown, cell)
            mouse.send(MouseUp, cell)
            await stage.settle()
        assert stage.screen.view.canvas.draft.shape.is_shaped
        await stage.press("enter", *"goat", "up", "enter")
        (annotation,) = Annotation.select()
        region = Region.unpack(annotation.region_kind, annotation.region)
        assert region is not None and len(region.rings[0]) == 3


async def test_the_wheel_zooms_around_the_pointer(scene: Scene) -> None:
    async with scene.open() as stage:
        mouse = Mouse(stage)
        cell = mouse.at(160, 120)
        before = mouse.pixels(cell)
        for _ in range(3):
            mouse.send(MouseScrollUp, cell, 0)
            await stage.settle()
        await at_zoom(stage, 1.25**3)
        after = mouse.pixels(cell)
        canvas = stage.screen.view.canvas
        pixel = SIZE[0] / canvas.projection.full_width
        assert abs(after[0] - before[0]) <= 2 * pixel and abs(after[1] - before[1]) <= 4 * pixel


async def test_zoom_pan_fit_and_look_change_nothing_that_is_stored(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("1")
        was = stored(SIZE)
        await stage.press("plus", "plus", "shift+right", "shift+down")
        await at_zoom(stage, 2.25)
        canvas = stage.screen.view.canvas
        x, y = canvas.view.x, canvas.view.y
        assert x > 0.5 and y > 0.5
        await stage.press("equals_sign")
        await stage.until(lambda: canvas.projection.full_width == SIZE[0], "1:1")
        await stage.press("underscore")
        await at_zoom(stage, 1.0)
        await stage.press("B", "l", "l", "tab", "h", "i", "enter")
        await stage.until(lambda: canvas.prepared.look.inverted, "the look")
        assert (canvas.look.brightness, canvas.look.contrast) == (2, -1)
        await stage.press("l")
        await picture(stage)
        assert stage.screen.view.canvas.prepared.look == canvas.look
        await stage.press("h", "B", "r", "escape")
        assert canvas.look.title == "as it is"
        assert stored(SIZE) == was


async def test_the_view_follows_the_crosshair(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("b", "plus", "plus", "plus", "plus")
        await at_zoom(stage, 1.5**4)
        await go(stage, 5, 5)
        canvas = stage.screen.view.canvas
        await stage.until(lambda: canvas.projection.crop[0] == 0 and canvas.projection.crop[1] == 0, "panned")
        x, y = canvas.projection.to_screen(5 / 640, 5 / 480)
        assert 0 <= x <= canvas.projection.width and 0 <= y <= canvas.projection.height
        await stage.press("escape")


async def test_a_reviewer_moves_what_a_labeler_drew(project: Project) -> None:
    scene = Scene(project, review="manual", reviewers=["olga"], labelers=["anna"])
    from store import users

    anna = users.find("anna")
    region = Region.from_box(0.25, 0.25, 0.5, 0.5)
    labeling.add(anna, scene.task, scene.inputs[0], "goat", region)
    submitting.submit(anna, scene.task, scene.inputs[0])
    async with opened(scene.olga, Place("review", str(scene.task.uid), scene.inputs[0])) as stage:
        await stage.until(lambda: hasattr(stage.screen, "view"), "the reviewing viewer")
        await picture(stage)
        await stage.press("E", "l", "enter")
        assert stored(SIZE) == [("goat", (160, 120, 321, 240))]
        assert rows() == [("goat", 1, "anna")]
