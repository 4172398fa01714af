"""The Stats screen: its numbers are the store's, its keys choose what is counted, its plots are exact."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import themes
from store import labeling, models, plans, predictions, reviewing, sessions, submitting, tasks, users
from store.tables import Assignment, Task, User
from store.values import Verdict
from tests.conftest import Project
from tests.frame_scene import opened, screen, shows, until
from tests.test_store_gold import make
from tests.test_store_measures import several
from tui.places import Place
from tui.screens.stats import StatsScreen
from tui.screens.tasks import TasksScreen
from tui.stats import counting, plots, sections

LOOK = plots.Look(60, 12, ((1, 2, 3),) * 7)


def labeled(project: Project) -> Task:
    task = several(project, {"ann": ["cat", "dog", "cow"], "bob": ["cat", "cow", "cow"]})
    rob = User.get(User.name == "rob")
    reviewing.decide(rob, task, [1], Verdict.APPROVE)
    reviewing.decide(rob, task, [2], Verdict.REJECT)
    return task


def stands(pilot: Any, words: str) -> bool:
    """Whether a row of the screen begins with these words, with any space between."""
    wanted = words.split()
    return any(row.split()[: len(wanted)] == wanted for row in screen(pilot))


async def test_every_section_is_reached_by_its_number_and_by_tab(project: Project) -> None:
    labeled(project)
    async with opened(project.owner) as (app, pilot):
        await pilot.press("s")
        await shows(pilot, "6 annotations: ")
        await pilot.press("2")
        await shows(pilot, "3 inputs with several answers · Fleiss 0.50")
        await pilot.press("tab")
        await shows(pilot, "Median s")
        await until(pilot, lambda: stands(pilot, "rob 0 1 0 1"))
        await pilot.press("l")
        await shows(pilot, "Decisions in each hour")
        await pilot.press("5")
        await until(pilot, lambda: stands(pilot, "people dog cow 1"))
        await pilot.press("6")
        await shows(pilot, "This task has no model")
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, TasksScreen))


async def test_gold_is_shown_to_leads_and_is_not_there_for_others(project: Project) -> None:
    task = make(project, 12, 4)
    ann, told = users.find("ann"), 0
    for row in Assignment.select().where(Assignment.user == ann, Assignment.gold == True):
        labeling.add(ann, task, row.input_id, "dog" if told else "cat")
        submitting.submit(ann, task, row.input_id)
        told += 1
    assert told == 1
    async with opened(project.owner) as (_, pilot):
        await pilot.press("s", "7")
        await shows(pilot, "1 of 1 answers on inputs whose answer is known are right")
        await until(pilot, lambda: stands(pilot, "ann 1 1 100%"))
    async with opened(ann) as (_, pilot):
        await pilot.press("s", "7", "6")
        await shows(pilot, "[6 Scores]")
        assert not any("Gold" in line for line in screen(pilot))


async def test_one_person_alone_and_everybody_again(project: Project) -> None:
    labeled(project)
    async with opened(project.owner, (160, 50)) as (_, pilot):
        await pilot.press("s", "3")
        await shows(pilot, "rob")
        await pilot.press("j", "enter")
        await shows(pilot, "Stats · t · bob")
        await until(pilot, lambda: not any(row.lstrip().startswith("ann ") for row in screen(pilot)))
        await pilot.press("escape")
        await shows(pilot, "Stats · t · everybody")
        await pilot.press("p")
        await shows(pilot, "Stats · t · ann")
        await pilot.press("P", "P")
        await shows(pilot, "Stats · t · rob")


async def test_the_next_task_and_all_tasks_as_one(project: Project) -> None:
    labeled(project)
    tasks.create(project.owner, plans.Plan(name="u", type="classification"))
    async with opened(project.owner) as (_, pilot):
        await pilot.press("s")
        await shows(pilot, "Stats · u · ")
        await pilot.press("right_square_bracket")
        await shows(pilot, "Stats · t · ")
        await pilot.press("right_square_bracket")
        await shows(pilot, "Stats · all tasks · ")
        await shows(pilot, "3 inputs · 2 datasets")
        await pilot.press("2")
        await shows(pilot, sections.NEEDS_TASK)


async def test_what_others_decide_is_counted_while_one_looks(project: Project) -> None:
    task = labeled(project)
    async with opened(project.owner) as (app, pilot):
        await pilot.press("s", "3")
        await until(pilot, lambda: stands(pilot, "rob 0 1 0 1"))
        rob = User.get(User.name == "rob")
        app.writer.submit(lambda: reviewing.decide(rob, task, [3], Verdict.APPROVE))
        await until(pilot, lambda: stands(pilot, "rob 0 2 0 1"))


async def test_it_says_how_far_it_is_while_it_counts(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    labeled(project)
    monkeypatch.setattr("store.annotations.WINDOW", 1)
    monkeypatch.setattr(counting, "PIECE", 0.0)
    said = []
    monkeypatch.setattr(
        StatsScreen,
        "_tell_sections",
        lambda self, told=StatsScreen._tell_sections: (told(self), said.append(self._view)),
    )
    async with opened(project.owner) as (_, pilot):
        await pilot.press("s")
        await until(pilot, lambda: said and said[-1] is not None and said[-1].share == 1)
    assert [0 < view.share < 1 for view in said if view is not None].count(True) >= 2


async def test_the_app_reopens_at_the_stats(project: Project) -> None:
    task = labeled(project)
    place = Place("stats", str(task.uid))
    sessions.remember(project.owner, "place", place.to_json())
    async with opened(project.owner, first=None) as (app, pilot):
        await shows(pilot, "Stats · t · everybody")
        assert isinstance(app.screen, StatsScreen) and app.screen.place() == place


@pytest.mark.parametrize("theme", sorted(themes.palettes()))
async def test_scores_and_thresholds_are_drawn_in_every_theme(project: Project, theme: str) -> None:
    project.add_inputs(3)
    plan = plans.Plan(name="t", type="classification", auto="efficientnet-lite0", concepts=("tabby",))
    task = tasks.create(project.owner, plan).task
    tabby = models.concepts(task.auto)["tabby"].id
    for n, score in enumerate((0.1, 0.7, 0.95), 1):
        predictions.keep(task.auto, {n: [predictions.Said(tabby, score)]}, 0.0)
    async with opened(project.owner) as (app, pilot):
        app.theme = theme
        await pilot.press("s", "6")
        await shows(pilot, "1 below 0.5 (dropped) · 1 to review · 1 from 0.9 on (success)")
        await until(pilot, lambda: any("█" in row for row in screen(pilot)))


@given(
    st.lists(st.tuples(st.sampled_from(["ann", "bob", "an 狗", "x" * 40]), st.integers(0, 500)), max_size=30),
    st.integers(7, 60),
)
def test_each_bar_stands_on_its_own_row_as_long_as_its_number(
    values: list[tuple[str, int]], height: int
) -> None:
    drawn = plots.bars(values)(plots.Look(90, height, LOOK.colours))
    if not values:
        assert drawn is None
        return
    assert drawn is not None
    rows = drawn.plain.rstrip("\n").split("\n")
    assert len(rows) <= height
    bars = [row.count("█") for row in rows if "┤" in row]
    assert len(bars) >= min(len(values), height - plots.FRAME)
    assert not any("█" in row for row in rows if "┤" not in row)
    longest, room = max(value for _, value in values[: len(bars)]), max(bars)
    for (_, value), cells in zip(values, bars, strict=False):
        assert abs(cells - value / max(1, longest) * room) <= 2


def test_there_is_no_plot_without_room_or_numbers() -> None:
    small = plots.Look(20, 4, LOOK.colours)
    assert plots.bars([("a", 1)])(small) is None
    assert plots.histogram([0, 0], 0.1, 0.9)(LOOK) is None
    assert plots.over_time([], {})(LOOK) is None
    assert plots.stacked([("a", [0, 0])], ("x", "y"))(LOOK) is None
