"""The engine link: what it says of an engine that is gone, and when it starts another."""

from typing import Any

import pytest

from store import jobs, supervise
from tests.conftest import Project
from tui import engine_link
from tui.app import WinnowApp
from tui.engine_link import EngineLink, EngineState
from tui.terminal import Terminal


class Child:
    """An engine process that has ended."""

    def __init__(self, returncode: int) -> None:
        self.returncode = returncode

    def poll(self) -> int:
        return self.returncode


class Link:
    """A link whose states are kept, and whose starts are counted instead of made."""

    def __init__(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        app = WinnowApp(project.owner, Terminal(), with_engine=False)
        self.link: Any = EngineLink(app, app.writer)
        self.states: list[EngineState] = []
        self.starts = 0
        self.link._show = self.states.append
        monkeypatch.setattr(app.writer, "submit", self._count)
        monkeypatch.setattr(supervise, "last_words", lambda: "an old line")

    def _count(self, act: Any, **told: Any) -> None:
        self.starts += 1

    def look(self) -> str:
        self.link.look()
        return self.states[-1].line


@pytest.fixture
def link(project: Project, monkeypatch: pytest.MonkeyPatch) -> Link:
    return Link(project, monkeypatch)


def test_a_killed_engine_is_said_to_be_killed(link: Link) -> None:
    link.link._child = Child(-9)
    assert link.look() == "engine killed by signal 9, starting again…"
    link.link._not_before = 0.0
    link.look()
    assert link.starts == 1


def test_an_engine_that_could_not_start_says_why(link: Link) -> None:
    link.link._child = Child(1)
    assert link.look() == "engine stopped: an old line, starting again…"


def test_an_engine_that_went_is_not_replaced_until_there_is_work(
    link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = [{"provider": "CUDAExecutionProvider"}]
    owner = jobs.new_owner()
    jobs.beat(owner, device="cuda", sessions=sessions, activity="animals")
    assert link.look() == "engine on cuda · animals"
    jobs.farewell(owner)
    assert link.look() == "engine stopped" and link.starts == 0
    monkeypatch.setattr(engine_link, "_work_waits", lambda: True)
    assert link.look() == "engine starting…" and link.starts == 1
