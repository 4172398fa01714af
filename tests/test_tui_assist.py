"""Suggestions as a person wants them: the range, the model, on and off, hotkeys of concepts, all kept."""

from pathlib import Path
from typing import Any

import pytest

from store import jobs, models, sessions, viewing, workflows
from store.errors import Refused
from store.tables import Annotation, Job
from tests.conftest import Project
from tests.labeling_scene import CLASSIFIER, DETECTOR, add_pictures, opened, predicted, rows, task
from tui.entries import Entry
from tui.hotkeys import Hotkeys
from tui.label_settings import LabelSettings
from tui.places import Place
from tui.score_range import score_range

SECOND = "mobilenet-v2"


@pytest.fixture(autouse=True)
def own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


class Scene:
    """Four pictures; one model has looked at two of them, another at the first."""

    def __init__(self, project: Project) -> None:
        self.olga = project.owner
        self.inputs = add_pictures(project.folder, self.olga)
        self.task = task(self.olga, assist=CLASSIFIER)
        first, second, *_ = self.inputs
        said: dict[int, list[tuple[Any, ...]]] = {
            first: [("tiger cat", 0.7), ("tabby", 0.25), ("goldfish", 0.03)],
            second: [("goldfish", 0.9)],
        }
        predicted(models.find(CLASSIFIER), said)
        predicted(models.find(SECOND), {first: [("lynx", 0.6)]})

    def open(self, **options: Any) -> Any:
        return opened(self.olga, Place("label", str(self.task.uid)), **options)


@pytest.fixture
def scene(project: Project) -> Scene:
    return Scene(project)


async def test_accept_all_takes_exactly_what_the_range_shows(scene: Scene) -> None:
    async with scene.open() as stage:
        assert "0.00–1.00 3/3" in stage.text()
        await stage.press("greater_than_sign", *["left_curly_bracket"] * 7)
        assert stage.names() == ["tabby"]
        assert "0.05–0.65 1/3" in stage.text() and "Classifications (1 of 3)" in stage.text()
        await stage.press("A")
        assert rows() == [("tabby", 1, "olga")]
        await stage.press("u")
        assert rows() == []


async def test_the_range_is_typed_with_its_ends_and_kept(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("percent_sign", *["backspace"] * 9, *"0.25..70%", "enter")
        assert stage.names() == ["tiger cat", "tabby"]
        await stage.press("percent_sign", *["backspace"] * 9, *"high", "enter")
        assert "is no range of scores" in stage.said()[-1]
        assert stage.names() == ["tiger cat", "tabby"]
    async with scene.open() as stage:
        assert stage.names() == ["tiger cat", "tabby"]


async def test_a_handle_does_not_pass_the_other_one(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press(*["left_curly_bracket"] * 25, "greater_than_sign")
        assert (stage.screen.settings.low, stage.screen.settings.high) == (0.0, 0.0)
        await stage.press(*["right_curly_bracket"] * 2, *["greater_than_sign"] * 5)
        assert (stage.screen.settings.low, stage.screen.settings.high) == (0.1, 0.1)


async def test_suggestions_go_off_and_on_and_annotations_stay(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("1", "T")
        assert stage.names() == ["tiger cat"]
        assert "AI: off" in stage.text()
        await stage.press("l", "l")
        assert "predicting" not in stage.text()
        jobs_before = Job.select().count()
        await stage.press("l")
        assert Job.select().count() == jobs_before
    async with scene.open() as stage:
        assert stage.names() == ["tiger cat"]
        await stage.press("T")
        assert stage.names() == ["tiger cat", "tabby", "goldfish"]


async def test_another_model_is_searched_chosen_and_kept(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("m")
        text = stage.text()
        assert SECOND in text and CLASSIFIER in text and DETECTOR not in text
        await stage.press(*"mobil", "enter")
        assert stage.names() == ["lynx"]
        await stage.press("1")
        assert rows() == [("lynx", 1, "olga")]
        version = models.find(SECOND)
        await stage.press("l")
        assert "predicting…" in stage.text()
        asked = Job.select().where(Job.model_version == version, Job.priority == jobs.INTERACTIVE)
        assert [job.payload["inputs"] for job in asked] == [[scene.inputs[1]]]
    async with scene.open() as stage:
        assert stage.names() == ["lynx"]
        assert SECOND in stage.text()


SURE = f"""\
workflow:
  id: surely
  nodes:
    - {{id: look, model: {{model_id: {SECOND}}}}}
    - id: high
      model:
        model_type_id: concept-thresholder
        output_info:
          data: {{concepts: [{{id: lynx, value: 0.5}}]}}
          params: {{concept_threshold_type: GREATER_THAN}}
      node_inputs: [{{node_id: look}}]
"""


async def test_a_workflow_is_chosen_like_a_model_while_it_is_there(scene: Scene) -> None:
    workflows.add(scene.olga, SURE)
    async with scene.open() as stage:
        await stage.press("m")
        assert "surely" in stage.text()
        await stage.press(*"sure", "enter")
        assert "predicting…" in stage.text()
        assert scene.inputs[0] in [
            input_id
            for job in Job.select().where(Job.model_version == models.find("surely"))
            for input_id in job.payload["inputs"]
        ]
    assert "surely" in viewing.models_for("classification")
    workflows.remove(scene.olga, workflows.find("surely"))
    assert "surely" not in viewing.models_for("classification")


async def test_a_name_that_is_no_model_cannot_be_chosen(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("m", *"zzz", "enter")
        assert stage.screen.field.is_open
        await stage.press("escape")
        assert stage.names() == ["tiger cat", "tabby", "goldfish"]


async def test_a_hotkey_of_one_s_own_adds_its_concept_everywhere(scene: Scene) -> None:
    async with scene.open() as stage:
        await stage.press("j", "K", "7")
        assert "7 is tabby in this task from now on" in stage.said()[-1]
        await stage.press("7")
        assert rows() == [("tabby", 1, "olga")]
        await stage.press("l")
        assert "tabby" in stage.names()
        await stage.press("i")
        assert "  7 tabby" in stage.text()
        await stage.press("7")
        assert rows(input=scene.inputs[1]) == [("tabby", 1, "olga")]
    async with scene.open() as stage:
        await stage.press("l", "l", "7")
        assert rows(input=scene.inputs[2]) == [("tabby", 1, "olga")]
        stage.screen.rows.go_to(stage.screen.rows.items[0].identity)
        await stage.press("K", "7")
        assert "no longer tabby" in stage.said()[-1]
        assert stage.screen.settings.hotkeys == {}


async def test_a_hotkey_of_the_second_bank_draws_a_box_of_its_concept(project: Project) -> None:
    olga = project.owner
    first, *_ = add_pictures(project.folder, olga, 1)
    made = task(olga, type="detection", assist=DETECTOR)
    predicted(
        models.find(DETECTOR),
        {first: [("sheep", 0.9, (0.1, 0.1, 0.4, 0.9)), ("dog", 0.6, (0.5, 0.2, 0.9, 0.8))]},
    )
    async with opened(olga, Place("label", str(made.uid))) as stage:
        canvas = stage.screen.view.canvas
        await stage.until(lambda: canvas.projection is not None, "the picture")
        await stage.press("j", "K", "apostrophe", "3")
        assert stage.screen.settings.hotkeys == {"'3": "dog"}
        await stage.press("apostrophe", "3")
        await stage.press("space", "L", "J", "enter")
        assert rows() == [("dog", 1, "olga")]
        assert Annotation.get().original_concept is None
        assert canvas.draft is None and not stage.screen.field.is_open
        await stage.press("apostrophe", "3", "escape", "b", "space", "L", "enter")
        assert stage.screen.field.is_open


async def test_hidden_categories_stay_hidden_the_next_time(project: Project) -> None:
    olga = project.owner
    first, *_ = add_pictures(project.folder, olga, 1)
    made = task(olga, type="detection", assist=DETECTOR)
    predicted(models.find(DETECTOR), {first: [("sheep", 0.9, (0.1, 0.1, 0.4, 0.9))]})
    place = Place("label", str(made.uid))
    async with opened(olga, place) as stage:
        await stage.press("V")
    async with opened(olga, place) as stage:
        assert stage.names() == [] and "sheep (1) hidden" in stage.text()


async def test_kept_settings_of_another_shape_do_no_harm(scene: Scene) -> None:
    sessions.remember(
        scene.olga, f"label:{scene.task.uid}", {"low": "x", "model": "gone", "hotkeys": {"q": "a"}}
    )
    async with scene.open() as stage:
        assert stage.names() == ["tiger cat", "tabby", "goldfish"]


def test_settings_survive_being_kept() -> None:
    kept = LabelSettings(False, "m", 0.2, 0.8, ("dog",), {"'3": "cat"})
    assert LabelSettings.from_json(kept.to_json(), LabelSettings()) == kept
    assert LabelSettings.from_json(None, kept) is kept
    assert LabelSettings().within(-1, 3) == LabelSettings()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("0.2..0.9", (0.2, 0.9)),
        ("20%-90%", (0.2, 0.9)),
        (".5", (0.5, 1.0)),
        ("0,25 to 0,5", (0.25, 0.5)),
        ("..0.3", (0.0, 0.3)),
        ("0.4..", (0.4, 1.0)),
        ("1", (1.0, 1.0)),
    ],
)
def test_a_range_as_people_type_it(typed: str, meant: tuple[float, float]) -> None:
    assert score_range(typed) == meant


@pytest.mark.parametrize("typed", ["", "..", "0.9..0.2", "2", "a", "0.1..0.2..0.3"])
def test_what_is_no_range_is_refused(typed: str) -> None:
    with pytest.raises(Refused, match="is no range"):
        score_range(typed)


def test_an_assigned_key_is_given_to_nothing_else() -> None:
    hotkeys = Hotkeys()
    hotkeys.assign({"2": "c5"})
    entries = [Entry((n, 0, 0), f"c{n}") for n in range(6)]
    hotkeys.give(entries)
    assert [hotkeys.of(entry) for entry in entries] == ["1", "3", "4", "5", "6", "2"]
