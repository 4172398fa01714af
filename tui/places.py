"""Places: where in the app a user is, kept so that the next start opens there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from textual.screen import Screen

from store.errors import NotFound


@dataclass(frozen=True)
class Place:
    """A screen by name ("tasks", "label", "review", "stats"…), with its task's id and input's id."""

    screen: str = "tasks"
    task: str | None = None
    at_input: int | None = None

    def to_json(self) -> dict[str, Any]:
        """What `from_json` understands."""
        return {"screen": self.screen, "task": self.task, "input": self.at_input}

    @classmethod
    def from_json(cls, data: Any) -> Place:
        """A kept place; the task list for anything that is none."""
        match data:
            case {"screen": str(screen), "task": str(task), "input": int(at_input)}:
                return cls(screen, task, at_input)
            case {"screen": str(screen), "task": str(task)}:
                return cls(screen, task)
            case {"screen": str(screen)}:
                return cls(screen)
        return HOME


HOME = Place()


@runtime_checkable
class Placed(Protocol):
    """A screen that the app can open at again."""

    def place(self) -> Place:
        """Where the user is now."""


def screen_at(place: Place) -> Screen[Any] | None:
    """The screen that lies on the task list at this place; None for the task list itself.

    A place whose task is gone is the task list too. Screens are imported when opened: the first frame
    needs none of them.
    """
    from store import tasks

    try:
        task = tasks.find(place.task) if place.task else None
    except NotFound:
        return None
    if task is not None and place.screen == "label":
        from tui.screens.label import LabelScreen

        return LabelScreen(task, place.at_input)
    if task is not None and place.screen == "review":
        from tui.screens.review import ReviewScreen

        return ReviewScreen(task, place.at_input)
    if place.screen == "models":
        from tui.screens.models import ModelsScreen

        return ModelsScreen()
    if place.screen == "stats":
        from tui.screens.stats import StatsScreen

        return StatsScreen(task)
    return None
