"""The app: its writer, its watch, its places, and how it ends."""

import contextlib
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from textual.screen import Screen

from store import database, plans, sessions, tasks
from store.errors import Refused
from store.tables import Task, UserState
from tests.conftest import Project
from tests.frame_scene import opened, screen, shows, until
from tests.pty_rig import PtyRig
from tui.app import WinnowApp
from tui.places import HOME, Place
from tui.screens.tasks import TasksScreen
from tui.terminal import Terminal


def make(project: Project, name: str = "animals", **plan: Any) -> Task:
    return tasks.create(project.owner, plans.Plan(name=name, type="classification", **plan)).task


async def test_the_writer_keeps_order_and_drops_nothing(project: Project) -> None:
    written, told, threads = [], [], set()

    def write(n: int) -> int:
        threads.add(threading.get_ident())
        if n == 0:
            time.sleep(0.05)
        written.append(n)
        return n

    async with opened(project.owner) as (app, pilot):
        for n in range(200):
            app.writer.submit(lambda n=n: write(n), told.append)
        await until(pilot, lambda: len(told) == 200)
    assert written == told == list(range(200))
    assert len(threads) == 1
    assert threading.get_ident() not in threads


async def test_a_refusal_is_told_and_what_follows_is_still_written(project: Project) -> None:
    refused, told = [], []

    def refuse() -> None:
        raise Refused("no, because of \x1b[31m this")

    def stumble() -> None:
        raise ZeroDivisionError

    async with opened(project.owner) as (app, pilot):
        app.writer.submit(refuse)
        app.writer.submit(refuse, failed=refused.append)
        app.writer.submit(stumble, failed=refused.append)
        app.writer.submit(lambda: "after", told.append)
        await until(pilot, lambda: told == ["after"])
        messages = [note.message for note in app._notifications]
    assert next(str(one) for one in refused) == "no, because of \x1b[31m this"
    assert "ZeroDivisionError" in str(refused[1])
    assert messages == ["no, because of \\x1b[31m this"]


async def test_closing_the_writer_waits_for_everything_that_was_submitted(project: Project) -> None:
    app = WinnowApp(project.owner, Terminal(), with_engine=False)
    async with app.run_test():
        for n in range(20):
            app.writer.submit(lambda n=n: (time.sleep(0.01), sessions.remember(project.owner, f"k{n}", n)))
    assert UserState.select().where(UserState.key == "k19").count() == 0
    app.writer.close()
    assert {row.key for row in UserState.select()} >= {f"k{n}" for n in range(20)}
    with pytest.raises(Refused):
        app.writer.submit(lambda: None)


async def test_many_commits_are_told_once_and_to_the_active_screen_only(project: Project) -> None:
    heard: list[str] = []

    class Listening(Screen[None]):
        def on_store_changed(self) -> None:
            heard.append(str(self.id))

        def __init__(self, name: str) -> None:
            super().__init__(id=name)

    async with opened(project.owner) as (app, pilot):
        await app.push_screen(Listening("below"))
        await app.push_screen(Listening("active"))
        await until(pilot, lambda: app.writer.idle)
        app.store_watch.look()
        await pilot.pause()
        heard.clear()
        done: list[int] = []
        for n in range(50):
            app.writer.submit(
                lambda n=n: sessions.remember(project.owner, "x", n), lambda _, n=n: done.append(n)
            )
        while len(done) < 50:
            await pilot.pause()
        app.store_watch.look()
        app.store_watch.look()
        await pilot.pause()
    assert 1 <= len(heard) < 25
    assert set(heard) == {"active"}


async def test_undo_and_redo_work_from_the_task_list(project: Project) -> None:
    task = make(project)
    async with opened(project.owner) as (app, pilot):
        app.writer.submit(lambda: tasks.delete(project.owner, task))
        await shows(pilot, "no task yet")
        await pilot.press("u")
        await until(pilot, lambda: not Task.get_by_id(task.id).deleted)
        await shows(pilot, "animals")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: Task.get_by_id(task.id).deleted)


async def test_the_theme_is_chosen_by_name_and_remembered(project: Project) -> None:
    async with opened(project.owner) as (app, pilot):
        await pilot.press("colon", *"theme lig", "enter")
        await until(pilot, lambda: app.theme == "light")
    async with opened(project.owner) as (app, _):
        assert app.theme == "light"


async def test_the_command_line_completes_refuses_and_runs_by_name(project: Project) -> None:
    make(project)
    async with opened(project.owner) as (app, pilot):
        await pilot.press("colon", *"hepl", "enter")
        await until(pilot, lambda: any("there is no command hepl" in n.message for n in app._notifications))
        await pilot.press("colon", *"tro", "escape")
        assert isinstance(app.screen, TasksScreen)
        await pilot.press("colon", *"tasks.new", "enter")
        await shows(pilot, "First pass")


async def test_help_lists_and_searches_the_keys_of_the_screen_below(project: Project) -> None:
    make(project)
    async with opened(project.owner) as (app, pilot):
        await pilot.press("question_mark", *"undo")
        await shows(pilot, "app.undo")
        assert not any("tasks.new" in row for row in screen(pilot))
        await pilot.press("escape")
        assert isinstance(app.screen, TasksScreen)


async def test_what_is_typed_after_leaving_does_nothing_any_more(project: Project) -> None:
    async with opened(project.owner) as (app, _pilot):
        app.leave()
        await app.run_action("new", app.screen)
        assert isinstance(app.screen, TasksScreen)


async def test_a_place_whose_task_is_gone_is_the_task_list(project: Project) -> None:
    task = make(project)
    tasks.delete(project.owner, task)
    async with opened(project.owner, first=Place("label", task.uid)) as (app, _):
        assert isinstance(app.screen, TasksScreen)
    assert Place.from_json({"odd": 1}) == HOME


def winnow(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "store.cli", *arguments]


def test_without_a_terminal_it_says_so_and_exits_with_1(project: Project) -> None:
    ran = subprocess.run(
        winnow("--store", str(project.store), "--as", "olga", "open"),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 1
    assert "needs a terminal" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.fixture
def shown(project: Project, tmp_path: Path) -> Any:
    """The app in a terminal of its own, with a task of ten inputs."""
    project.add_inputs(10)
    make(project)
    database.close()
    with PtyRig(winnow("--store", str(project.store), "--as", "olga", "open"), directory=tmp_path) as rig:
        rig.wait_for("Label 10", 60)
        yield rig


def test_the_task_list_that_comes_first_says_that_more_opens(project: Project, tmp_path: Path) -> None:
    project.add_inputs(10)
    make(project)
    database.close()
    command = winnow("--store", str(project.store), "--as", "olga", "open", "animals", "--label")
    with PtyRig(command, directory=tmp_path) as rig:
        rig.wait_for("1/10", 60)
        assert "opening…".encode() in rig.output
        rig.press("q")
        rig.wait_for("Label 10")
        assert "opening…" not in rig.text


def test_q_leaves_at_once_and_gives_the_terminal_back(shown: PtyRig) -> None:
    shown.press("q")
    assert shown.wait_for_exit() == 0
    assert b"\x1b[?1049l" in shown.output[-2000:]


def test_sigterm_ends_it_cleanly(shown: PtyRig) -> None:
    shown.process.send_signal(signal.SIGTERM)
    assert shown.wait_for_exit() == 143
    assert b"\x1b[?1049l" in shown.output[-2000:]


def test_a_hangup_ends_it_with_what_was_submitted_written(shown: PtyRig, project: Project) -> None:
    shown.press("?")
    shown.wait_for("the keys that work here")
    shown.process.send_signal(signal.SIGHUP)
    assert shown.wait_for_exit() == 129


def test_it_starts_an_engine_and_an_idle_one_ends_with_it(shown: PtyRig, project: Project) -> None:
    shown.wait_for("engine on", 60)
    shown.press("q")
    shown.wait_for_exit()
    from store import jobs, supervise

    database.connect(project.store)
    assert supervise.wait_for(lambda: not jobs.living())


def engines_of(store: Path) -> list[bytes]:
    """The command lines of this machine's engines for a store."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(path.read_bytes())
    return [line for line in found if str(store).encode() in line and b"engine" in line.split(b"\0")]


def test_an_engine_that_has_just_been_started_does_not_stay_behind(shown: PtyRig, project: Project) -> None:
    shown.wait_for("starting", 60)
    shown.press("q")
    shown.wait_for_exit()
    deadline = time.monotonic() + 20
    while engines_of(project.store):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_mistake_in_winnow_gives_the_terminal_back_and_is_one_sentence(
    project: Project, tmp_path: Path
) -> None:
    broken = (
        "import sys\n"
        "from store.cli import main\n"
        "from tui.screens.tasks import TasksScreen\n"
        "TasksScreen.action_copy_id = lambda self: 1 / 0\n"
        "main()\n"
    )
    project.add_inputs(1)
    make(project)
    database.close()
    command = [sys.executable, "-c", broken, "--store", str(project.store), "--as", "olga", "open"]
    with PtyRig(command, directory=tmp_path, environment={"PYTHONPATH": str(Path.cwd())}) as rig:
        rig.wait_for("Label 1", 60)
        rig.press("c")
        assert rig.wait_for_exit() == 1
        after = bytes(rig.output).rpartition(b"\x1b[?1049l")[2]
    assert b"division by zero" in after
    assert b"Traceback" not in rig.output


async def test_only_the_newest_sentence_is_shown_and_it_covers_only_the_foot(project: Project) -> None:
    app = WinnowApp(project.owner, Terminal(), first=HOME, with_engine=False)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        app.notify("the first sentence")
        app.notify("the second sentence", severity="error")
        await shows(pilot, "the second sentence")
        found = screen(pilot)
        assert "the second sentence" in found[-1]
        assert not any("the first sentence" in row for row in found)
        app.notify("a long sentence that goes on and on " * 12)
        await until(pilot, lambda: any("a long sentence" in row for row in screen(pilot)))
        assert not any("a long sentence" in row for row in screen(pilot)[:-2])
    app.writer.close()
    app.reader.close()
