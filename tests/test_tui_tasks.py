"""The task list: what it shows and offers, and what its keys change in the store."""

import asyncio
from typing import Any

import pytest

from store import database, datasets, jobs, labeling, models, plans, predictions, running, submitting, tasks
from store.bounds import thresholds as thresholds_of
from store.predictions import Said
from store.tables import Annotation, Assignment, DatasetVersion, DatasetVersionInput, Job, Step, Task, User
from tests.conftest import Project
from tests.frame_scene import opened, screen, shows, until
from tui.screens.confirm import ConfirmScreen
from tui.screens.tasks import TasksScreen
from tui.widgets.choice import Choice
from tui.widgets.task_rows import TaskRows, columns, heading

CLASSIFIER = "efficientnet-lite0"


def make(project: Project, name: str, **plan: Any) -> Task:
    return tasks.create(project.owner, plans.Plan(**{"name": name, "type": "classification", **plan})).task


def offered(app: Any) -> set[str]:
    return {active.binding.id for active in app.screen.active_bindings.values() if active.binding.id}


async def test_label_and_review_are_offered_only_while_there_is_something(project: Project) -> None:
    project.add_inputs(1)
    task = make(project, "one", review="manual", concepts=["cat"])
    only = Assignment.get(Assignment.task == task)
    async with opened(project.owner) as (app, pilot):
        await shows(pilot, "Label 1")
        assert "tasks.label" in offered(app)
        assert "tasks.review" not in offered(app)
        app.writer.submit(lambda: labeling.add(project.owner, task, only.input_id, "cat"))
        app.writer.submit(lambda: submitting.submit(project.owner, task, only.input_id))
        await shows(pilot, "Review 1")
        await until(pilot, lambda: "tasks.review" in offered(app))
        assert "tasks.label" not in offered(app)
        await pilot.press("l")
        assert isinstance(app.screen, TasksScreen)


async def test_strangers_names_are_shown_as_they_are_and_harmless(project: Project) -> None:
    project.add_inputs(1)
    make(project, "[red]bold[/] name")
    async with opened(project.owner) as (_, pilot):
        await shows(pilot, "[red]bold")


async def test_the_cursor_stays_on_its_task_when_others_come(project: Project) -> None:
    project.add_inputs(1)
    first = make(project, "first")
    make(project, "second")
    async with opened(project.owner) as (app, pilot):
        await pilot.press("j")
        rows = app.screen.query_one(TaskRows)
        assert rows.current is not None
        assert rows.current.name == "first"
        app.writer.submit(lambda: make(project, "third"))
        await shows(pilot, "third")
        assert rows.current is not None
        assert rows.current.id == first.uid
        await pilot.press("g", "g")
        assert rows.cursor == 0
        await pilot.press("G")
        assert rows.cursor == 2


async def test_delete_asks_first_and_undo_brings_it_back(project: Project) -> None:
    project.add_inputs(1)
    task = make(project, "animals")
    async with opened(project.owner) as (app, pilot):
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("enter", "n")
        await until(pilot, lambda: isinstance(app.screen, TasksScreen))
        assert not Task.get_by_id(task.id).deleted
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: Task.get_by_id(task.id).deleted)
        await shows(pilot, "no task yet")
        await pilot.press("u")
        await until(pilot, lambda: not Task.get_by_id(task.id).deleted)
        await shows(pilot, "Label 1")


async def test_edit_changes_name_and_instructions_and_keeps_what_is_refused(project: Project) -> None:
    project.add_inputs(1)
    make(project, "taken")
    task = make(project, "animals")
    async with opened(project.owner) as (_, pilot):
        await pilot.press("e")
        await shows(pilot, "Edit animals")
        await pilot.press(
            "ctrl+u", *"taken", "enter", *"look twice", "tab", "end", "backspace", "7", "ctrl+s"
        )
        await shows(pilot, "there is a task 'taken' already")
        await shows(pilot, "look twice")
        await pilot.press("shift+tab", "shift+tab", "end", *"-2", "ctrl+s")
        await until(pilot, lambda: Task.get_by_id(task.id).name == "taken-2")
        changed = Task.get_by_id(task.id)
        assert (changed.instructions, changed.priority) == ("look twice", 7)
        await shows(pilot, "taken-2")


async def test_people_are_changed_and_it_is_said_before_what_goes_over(project: Project) -> None:
    project.add_inputs(6)
    task = make(project, "animals", labelers=["olga"], concepts=["cat"])
    async with opened(project.owner) as (_, pilot):
        await pilot.press("e", "tab", "tab", "tab", "end", *", ann=2", "tab")
        await shows(pilot, "4 open inputs that nobody has begun go over")
        await shows(pilot, "labelers: ann.")
        assert User.get_or_none(User.name == "ann") is None
        await pilot.press("ctrl+s")
        await shows(pilot, "Label 2")
        counts = {row.user.name for row in Assignment.select().where(Assignment.task == task)}
        assert counts == {"olga", "ann"}
        await pilot.press("u")
        await shows(pilot, "Label 6")


async def test_own_work_quorum_and_gold_are_changed_on_the_form(project: Project) -> None:
    known = project.add_inputs(8)[:4]
    first = make(project, "first", concepts=["cat"])
    datasets.add(project.owner, "known", known)
    for input_id in known:
        labeling.add(project.owner, first, input_id, "cat")
        submitting.submit(project.owner, first, input_id)
    people = {"labelers": ["ann", "bob", "cid"], "reviewers": ["olga", "ann"]}
    task = make(
        project, "animals", **people, concepts=["cat"], strategy="full", review="consensus", own_review=False
    )
    async with opened(project.owner) as (app, pilot):
        await pilot.press("e")
        await shows(pilot, "Must agree")
        app.screen.query_one("#own-work", Choice).focus()
        await pilot.press("l", "tab", "ctrl+u", *"many", "ctrl+s")
        await shows(pilot, "a number or a part like 60%, not 'many'")
        await pilot.press("ctrl+u", *"60%", "tab")
        await until(pilot, lambda: len(app.screen.query_one("#gold", Choice)._options) > 2)
        app.screen.query_one("#gold", Choice).choose("known")
        await shows(pilot, "Gold share")
        await pilot.press("tab", "ctrl+u", *"25%", "ctrl+s")
        await until(pilot, lambda: Task.get_by_id(task.id).gold_id is not None)
        changed = Task.get_by_id(task.id)
        assert (changed.own_review, changed.agree_share, changed.gold_share) == (True, 0.6, 0.25)
        await until(pilot, lambda: isinstance(app.screen, TasksScreen))
        await pilot.press("e")
        await shows(pilot, "60%")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, TasksScreen))
        before = Step.select().count()
        await pilot.press("u")
        await until(pilot, lambda: Task.get_by_id(task.id).gold_id is None)
        assert Step.select().count() == before


async def test_what_would_take_too_long_to_count_is_not_waited_for(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.add_inputs(6)
    task = make(project, "animals", labelers=["olga"], concepts=["cat"])
    monkeypatch.setattr("store.rehearsal.AT_MOST", 0.0)
    monkeypatch.setattr("store.rehearsal.STEPS", 1)
    async with opened(project.owner) as (_, pilot):
        await pilot.press("e", "tab", "tab", "tab", "end", *", ann", "tab")
        await shows(pilot, "So many inputs go over that they are not counted")
        assert User.get_or_none(User.name == "ann") is None
        await pilot.press("ctrl+s")
        await shows(pilot, "Label 3")
        assert Assignment.select().where(Assignment.task == task).count() == 6


async def test_other_thresholds_say_what_moves_before_they_are_saved(project: Project) -> None:
    ids = project.add_inputs(3)
    models.sync()
    task = make(project, "auto", auto=CLASSIFIER, concepts=["jay"], lower=0.2, upper=0.8, reviewers=["olga"])
    running.start(project.owner, task)
    (job,) = jobs.claim("test", priorities=(0, 10))
    jay = models.concepts(models.find(CLASSIFIER))["jay"]
    said = {ids[n]: [Said(jay.id, score)] for n, score in enumerate((0.3, 0.5, 0.9))}
    predictions.keep(task.auto, said, 0.01)
    predictions.write_chunk(predictions.Router.of(task, thresholds_of(task)), job, "test", said)
    async with opened(project.owner, size=(100, 30)) as (app, pilot):
        await pilot.press("e")
        await until(pilot, lambda: app.screen.query("ThresholdBar"))
        app.screen.query_one("#bar").focus()
        await pilot.press("l", "l", "l")
        await shows(pilot, "Annotations that move: 1 from Awaiting Review to dropped.")
        assert Annotation.select().where(Annotation.deleted == False).count() == 3
        await pilot.press("ctrl+s")
        await until(pilot, lambda: Annotation.select().where(Annotation.deleted == False).count() == 2)
        assert Task.get_by_id(task.id).lower == 0.35


async def test_the_menu_offers_what_is_possible_and_its_keys_do_it(project: Project) -> None:
    project.add_inputs(2)
    models.sync()
    task = make(project, "auto", auto=CLASSIFIER, concepts=["jay"])
    running.start(project.owner, task)
    async with opened(project.owner) as (_, pilot):
        await shows(pilot, "auto")
        await pilot.press("m")
        await shows(pilot, "New dataset version")
        assert not any(" Label" in row for row in screen(pilot)[5:20])
        await pilot.press("p")
        await until(pilot, lambda: Task.get_by_id(task.id).paused)
        await shows(pilot, "the model is paused")
        await pilot.press("m", "p")
        await until(pilot, lambda: not Task.get_by_id(task.id).paused)
        await pilot.press("X")
        await shows(pilot, "Give up 2 inputs")
        await pilot.press("y")
        await until(pilot, lambda: jobs.queued_inputs(task) == 0)
        await pilot.press("v")
        await until(pilot, lambda: DatasetVersion.select().count() == 1)
        assert DatasetVersionInput.select().count() == 2
        await pilot.press("z")
        await shows(pilot, "Every task is archived")
        await pilot.press("Z")
        await shows(pilot, "archived (z brings it back)")
        await pilot.press("d")
        await shows(pilot, "with 0 annotations and 2 inputs")


async def test_the_filter_narrows_by_any_word_and_escape_ends_it(project: Project) -> None:
    project.add_inputs(1)
    make(project, "birds", concepts=["jay", "magpie"])
    make(project, "beasts", concepts=["lynx"])
    async with opened(project.owner) as (app, pilot):
        rows = app.screen.query_one(TaskRows)
        await pilot.press("slash", *"magpie")
        await until(pilot, lambda: [row.name for row in rows.items] == ["birds"])
        await pilot.press("enter")
        assert rows.has_focus
        await pilot.press("escape")
        await until(pilot, lambda: len(rows.items) == 2)


async def test_run_queues_what_the_model_has_not_seen_and_nothing_twice(project: Project) -> None:
    project.add_inputs(40)
    models.sync()
    task = make(project, "auto", auto=CLASSIFIER, concepts=["jay"])
    async with opened(project.owner) as (app, pilot):
        await shows(pilot, "Run the model")
        await pilot.press("R")
        await until(pilot, lambda: jobs.queued_inputs(task) == 40)
        await pilot.press("R")
        await until(pilot, lambda: app.writer.idle)
        assert Job.select().count() == 2


async def test_failed_inputs_are_counted_and_their_sentences_can_be_read(project: Project) -> None:
    project.add_inputs(3)
    models.sync()
    task = make(project, "auto", auto=CLASSIFIER, concepts=["jay"])
    said = "it is cut off\x1b[2J in the middle"
    Assignment.update(error=said, open=False).where(Assignment.task == task).execute()
    async with opened(project.owner) as (_, pilot):
        await shows(pilot, "!3")
        await pilot.press("t")
        await shows(pilot, "it is cut off\\x1b[2J")
        await pilot.press("q")
        await shows(pilot, "3 inputs failed")


async def test_copy_id_and_enter_with_nothing_to_do(project: Project) -> None:
    project.add_inputs(1)
    task = make(project, "hers", labelers=["berta"])
    async with opened(project.owner) as (app, pilot):
        await pilot.press("c", "enter")
        await pilot.pause()
        assert app.clipboard == task.uid
        assert any("nothing waits for you here" in note.message for note in app._notifications)


async def test_a_viewer_is_refused_what_is_not_theirs_and_told_why(project: Project) -> None:
    project.add_inputs(1)
    task = make(project, "animals")
    vera = User.create(name="vera", role="viewer", created_at=0)
    async with opened(vera) as (app, pilot):
        await pilot.press("d", "n", "e", "R")
        assert isinstance(app.screen, TasksScreen)
        assert not any(word in screen(pilot)[-1] for word in ("New task", "Edit", "Delete", "Run"))
        app.screen.action_delete()
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: any("vera is" in note.message for note in app._notifications))
        assert not Task.get_by_id(task.id).deleted


def test_on_a_narrow_screen_what_one_can_do_stays_readable() -> None:
    for width in range(40, 80):
        names = {column.name: wide for column, wide in columns(width)}
        assert names["You can"] >= len("Label 100 · Review 14") and names["Task"] >= 14
        assert len(heading(width)) <= width


def test_every_width_from_80_on_is_filled_and_never_overrun() -> None:
    for width in range(80, 240):
        used = sum(wide + 1 for _, wide in columns(width)) + 1
        assert used <= width + 1
        assert len(heading(width)) <= width
    assert {column.name for column, _ in columns(160)} > {column.name for column, _ in columns(80)}


async def test_somebody_else_s_progress_shows_without_a_key(project: Project) -> None:
    ids = project.add_inputs(4)
    task = make(project, "animals", concepts=["cat"])

    def work() -> None:
        for input_id in ids[:2]:
            submitting.submit(project.owner, task, input_id)
        database.close()

    async with opened(project.owner) as (_, pilot):
        await shows(pilot, "  0%")
        await asyncio.to_thread(work)
        await shows(pilot, " 50%")
