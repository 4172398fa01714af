"""The form for a new task: what it makes, what it refuses, and how many inputs its bands would hold."""

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.widgets import Input as TextField

from store import datasets, history, jobs, models, plans, predictions, tasks
from store.bands import bands
from store.bounds import thresholds as thresholds_of
from store.predictions import Said
from store.routing import Thresholds, route
from store.tables import Assignment, Predicted, Prediction, Task, User
from store.values import Region, Status
from tests.conftest import Project
from tests.frame_scene import opened, shows, until
from tui.screens.new_task import NewTaskScreen
from tui.screens.tasks import TasksScreen
from tui.widgets.choice import Choice
from tui.widgets.concept_picker import ConceptPicker
from tui.widgets.task_rows import TaskRows
from tui.widgets.threshold_bar import ThresholdBar

CLASSIFIER, DETECTOR = "efficientnet-lite0", "efficientdet-lite0"


def with_dataset(project: Project, count: int) -> list[int]:
    ids = project.add_inputs(count)
    with history.step(project.owner, "make a dataset") as recorder:
        datasets.add_all(datasets.create(recorder, "photos"))
    return ids


async def form(app: Any, pilot: Any) -> NewTaskScreen:
    """Opens the form, waits until it knows what there is, and has it at the detector."""
    await pilot.press("n")
    await until(pilot, lambda: isinstance(app.screen, NewTaskScreen))
    await until(pilot, lambda: app.screen._offers.models)
    screen: NewTaskScreen = app.screen
    screen.query_one("#model", Choice).choose(DETECTOR)
    await until(pilot, lambda: len(screen.query_one(ConceptPicker)._offered) == 80)
    return screen


async def on_field(app: Any, pilot: Any, name: str) -> None:
    """Walks with tab, as a person does, until the field has the focus."""
    for _ in range(30):
        focused = app.focused
        if focused is not None and (focused.id == name or any(a.id == name for a in focused.ancestors)):
            return
        await pilot.press("tab")
    raise AssertionError(f"tab does not come to {name}")


async def test_a_task_with_a_model_is_made_and_its_jobs_wait(project: Project) -> None:
    with_dataset(project, 40)
    async with opened(project.owner) as (app, pilot):
        screen = await form(app, pilot)
        await on_field(app, pilot, "model")
        await pilot.press("l")
        await until(pilot, lambda: len(screen.query_one(ConceptPicker)._offered) > 900)
        await on_field(app, pilot, "concepts")
        await pilot.press(*"jay", "enter", *"magpie", "enter")
        await on_field(app, pilot, "bar")
        await pilot.press("h", "h", "L", "space", "h")
        await on_field(app, pilot, "reviewers")
        await pilot.press(*"rosa, olga")
        await on_field(app, pilot, "instructions")
        await pilot.press(*"look twice")
        await on_field(app, pilot, "name")
        await pilot.press(*"birds", "enter")
        await until(pilot, lambda: isinstance(app.screen, TasksScreen))
        task = tasks.find("birds")
        rows = app.screen.query_one(TaskRows)
        await until(pilot, lambda: rows.current is not None and rows.current.id == task.uid)
    assert task.auto.model.name == CLASSIFIER
    assert tasks.concept_names(task) == ["jay", "magpie"]
    assert (task.lower, task.upper) == (0.41, 0.85)
    assert task.instructions == "look twice"
    assert task.review == "manual"
    assert {user.name for user in User.select() if user.role == "labeler"} == {"rosa"}
    assert jobs.queued_inputs(task) == 40
    assert datasets.size(task.dataset_id) == 40


async def test_thresholds_of_each_concept(project: Project) -> None:
    with_dataset(project, 2)
    async with opened(project.owner) as (app, pilot):
        screen = await form(app, pilot)
        await on_field(app, pilot, "concepts")
        await pilot.press(*"cat", "enter", *"dog", "enter")
        await on_field(app, pilot, "each")
        await pilot.press("space")
        own = screen.query_one("#own-bars")
        await until(pilot, lambda: len(own.query(ThresholdBar)) == 2)
        await on_field(app, pilot, "own-bars")
        await pilot.press("h", "tab", "space", "l")
        await on_field(app, pilot, "name")
        await pilot.press(*"pets", "ctrl+s")
        await until(pilot, lambda: Task.select().where(Task.name == "pets").exists())
    task = tasks.find("pets")
    known = models.concepts(task.auto)
    bounds = thresholds_of(task)
    assert bounds[known["cat"].id] == Thresholds(0.45, 0.9)
    assert bounds[known["dog"].id] == Thresholds(0.5, 0.95)


async def test_a_task_for_people_with_new_concepts_and_consensus(project: Project) -> None:
    with_dataset(project, 3)
    async with opened(project.owner, size=(80, 24)) as (app, pilot):
        screen = await form(app, pilot)
        await on_field(app, pilot, "first-pass")
        await pilot.press("h")
        assert screen.query_one("#first-pass", Choice).value == "people"
        assert not screen.query_one("#model-row").display
        await on_field(app, pilot, "concepts")
        await pilot.press(*"a brand new thing", "enter")
        await on_field(app, pilot, "labelers")
        await pilot.press(*"anna, berta, carla")
        await on_field(app, pilot, "strategy")
        await pilot.press("h")
        await on_field(app, pilot, "review")
        await pilot.press("l", "l")
        await on_field(app, pilot, "agree")
        await pilot.press("backspace", "x")
        await on_field(app, pilot, "name")
        await pilot.press(*"voices", "enter")
        await shows(pilot, "like 60%, not 'x'")
        await on_field(app, pilot, "agree")
        await pilot.press("backspace", "3")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: Task.select().where(Task.name == "voices").exists())
    task = tasks.find("voices")
    assert (task.strategy, task.review, task.agree, task.auto_id) == ("full", "consensus", 3, None)
    assert tasks.concept_names(task) == ["a brand new thing"]


async def test_shares_and_own_work(project: Project) -> None:
    with_dataset(project, 9)
    async with opened(project.owner) as (app, pilot):
        screen = await form(app, pilot)
        await on_field(app, pilot, "first-pass")
        await pilot.press("h")
        assert not screen.query_one("#shares-row").display
        await on_field(app, pilot, "labelers")
        await pilot.press(*"anna, berta")
        await on_field(app, pilot, "shares")
        await pilot.press(*"two")
        await on_field(app, pilot, "own-work")
        await pilot.press("h")
        await on_field(app, pilot, "name")
        await pilot.press(*"shared", "enter")
        await shows(pilot, "shares are numbers like '2, 1', not 'two'")
        screen.query_one("#shares", TextField).value = "2, 1"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: Task.select().where(Task.name == "shared").exists())
    task = tasks.find("shared")
    dealt = Assignment.select().where(Assignment.task == task, Assignment.side == "label")
    assert Counter(row.user.name for row in dealt) == {"anna": 6, "berta": 3}
    assert task.own_review is False


async def test_consensus_gives_every_input_to_everybody_and_takes_a_part(project: Project) -> None:
    with_dataset(project, 3)
    async with opened(project.owner) as (app, pilot):
        screen = await form(app, pilot)
        await on_field(app, pilot, "first-pass")
        await pilot.press("h")
        await on_field(app, pilot, "labelers")
        await pilot.press(*"anna, berta, carla")
        await on_field(app, pilot, "review")
        await pilot.press("l", "l")
        await until(pilot, lambda: screen.query_one("#strategy", Choice).value == "full")
        await on_field(app, pilot, "agree")
        await pilot.press("backspace", *"60%")
        await on_field(app, pilot, "name")
        await pilot.press(*"voices", "enter")
        await until(pilot, lambda: Task.select().where(Task.name == "voices").exists())
    task = tasks.find("voices")
    assert (task.review, task.strategy, task.agree_share) == ("consensus", "full", 0.6)


async def test_each_concept_its_own_without_a_concept_says_what_to_do(project: Project) -> None:
    with_dataset(project, 2)
    async with opened(project.owner) as (app, pilot):
        screen = await form(app, pilot)
        await on_field(app, pilot, "each")
        await pilot.press("space")
        await shows(pilot, "Take concepts above: each gets a bar of its own")
        assert screen.query_one("#bar").display
        await on_field(app, pilot, "concepts")
        await pilot.press(*"cat", "enter")
        await until(pilot, lambda: not screen.query_one("#bar").display)
        assert not screen.query_one("#threshold-hint").display


async def test_a_refusal_is_shown_and_nothing_that_was_typed_is_lost(project: Project) -> None:
    with_dataset(project, 1)
    tasks.create(project.owner, plans.Plan(name="taken", type="classification"))
    async with opened(project.owner) as (app, pilot):
        screen = await form(app, pilot)
        await on_field(app, pilot, "concepts")
        await pilot.press(*"cat", "enter")
        await pilot.press("ctrl+s")
        await shows(pilot, "a task's name cannot be empty")
        assert screen.query_one("#name").has_focus
        await pilot.press(*"taken", "enter")
        await shows(pilot, "there is a task 'taken' already")
        assert screen.query_one(ConceptPicker).chosen == ["cat"]
        assert screen.query_one("#name", TextField).value == "taken"
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, TasksScreen))
    assert Task.select().count() == 1


async def test_the_picker_finds_among_a_thousand_concepts_and_takes_several(project: Project) -> None:
    with_dataset(project, 1)
    async with opened(project.owner) as (app, pilot):
        screen = await form(app, pilot)
        await on_field(app, pilot, "model")
        await pilot.press("l")
        picker = screen.query_one(ConceptPicker)
        await until(pilot, lambda: len(picker._offered) > 900)
        await on_field(app, pilot, "concepts")
        await pilot.press(*"leopard", "ctrl+t")
        assert picker.chosen == ["leopard", "snow leopard"]
        await pilot.press("down", "enter")
        assert picker.chosen == ["leopard"]
        await pilot.press(*"no such animal", "enter")
        assert picker.chosen == ["leopard"]
        await pilot.press("ctrl+x")
        assert picker.chosen == []


async def test_the_bar_says_how_many_inputs_each_band_would_hold(project: Project) -> None:
    ids = with_dataset(project, 4)
    version = models.find(DETECTOR)
    cat = models.concepts(version)["cat"].id
    scores = {ids[0]: 0.95, ids[1]: 0.7, ids[2]: 0.2}
    predictions.keep(version, {i: [Said(cat, score)] for i, score in scores.items()}, 0.01)
    async with opened(project.owner) as (app, pilot):
        await form(app, pilot)
        await on_field(app, pilot, "concepts")
        await pilot.press(*"cat", "enter")
        await shows(pilot, "1 out · 1 review · 1 sure")
        await on_field(app, pilot, "bar")
        await pilot.press("space", *"hhhh")
        await shows(pilot, "1 out · 0 review · 2 sure")


def test_a_handle_pushes_the_other_one_and_stays_within_0_and_1() -> None:
    bar = ThresholdBar("all")
    bar.post_message = lambda _: True  # type: ignore[method-assign]
    chosen = random.Random(7)
    for _ in range(500):
        if chosen.random() < 0.2:
            bar.action_switch()
        bar.action_shift(chosen.choice((-5, -1, 1, 5)))
        assert 0 <= bar.lower <= bar.upper <= 100
        assert bar.thresholds.lower == bar.lower / 100


@given(data=st.data())
def test_bands_are_what_routing_would_do(project: Project, data: st.DataObject) -> None:
    version = models.find(DETECTOR)
    concepts = [row.id for row in list(models.concepts(version).values())[:3]]
    ids = _inputs(project)
    levels = st.sampled_from([0.0, 0.25, 0.5, 0.75, 0.75000001, 1.0])
    said = {
        input_id: [
            Said(concept, score, Region.from_box(0, 0, 0.1 + 0.1 * n, 1))
            for n, (concept, score) in enumerate(
                data.draw(st.lists(st.tuples(st.sampled_from(concepts), levels), max_size=4))
            )
        ]
        for input_id in ids
    }
    Prediction.delete().execute()
    Predicted.delete().execute()
    predictions.keep(version, said, 0.0)
    bounds = {
        concept: Thresholds(*sorted((data.draw(levels), data.draw(levels)))) for concept in concepts[:2]
    }
    review = success = 0
    for statements in said.values():
        statuses = {route(one.score, bounds[one.concept]) for one in statements if one.concept in bounds}
        review += Status.AWAITING_REVIEW in statuses
        success += Status.SUCCESS in statuses and Status.AWAITING_REVIEW not in statuses
    counted = bands(version, bounds)
    assert (counted.looked_at, counted.review, counted.success) == (len(ids), review, success)
    assert counted.dropped == len(ids) - review - success


def _inputs(project: Project) -> list[int]:
    from store.tables import Input

    known = [row.id for row in Input.select().order_by(Input.id)]
    return known or project.add_inputs(5)


@pytest.mark.parametrize("width", [80, 160])
async def test_it_can_be_read_at_every_width(project: Project, width: int) -> None:
    with_dataset(project, 1)
    async with opened(project.owner, size=(width, 24)) as (app, pilot):
        await form(app, pilot)
        for words in ("photos, 1 inputs", "a model annotates", "the same for all concepts", "0.50–0.90"):
            await shows(pilot, words)
