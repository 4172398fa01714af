"""A project with pictures, a task and predictions, and the app opened on it, for tests of the viewers."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from textual.pilot import Pilot

from store import adding, models, plans, predictions, tasks
from store.predictions import Said
from store.tables import Annotation, Assignment, Input, ModelVersion, Task, User
from store.values import Region, Side, Status
from tui.app import WinnowApp
from tui.places import Place
from tui.screens.review import ReviewScreen
from tui.screens.viewer import ViewerScreen
from tui.terminal import Terminal

PATIENCE = 20.0
CLASSIFIER, DETECTOR = "efficientnet-lite0", "efficientdet-lite0"


def add_pictures(folder: Path, olga: User, count: int = 4) -> list[int]:
    """Small pictures 00.png, 01.png… of different sizes in the project; returns their ids, in order."""
    for number in range(count):
        size = (64 + number, 48)
        Image.new("RGB", size, (40 * number % 256, 90, 160)).save(folder / f"{number:02}.png")
    adding.add(olga, [folder])
    return [row.id for row in Input.select().order_by(Input.id)]


def predicted(version: ModelVersion, said: dict[int, list[tuple[Any, ...]]]) -> None:
    """Keep what a model said: input id → (concept, score) or (concept, score, box)."""
    known = models.concepts(version)
    answers = {
        input_id: [
            Said(known[name].id, score, Region.from_box(*box[0]) if box else None)
            for name, score, *box in statements
        ]
        for input_id, statements in said.items()
    }
    predictions.keep(version, answers, 0.01)


def task(olga: User, **plan: Any) -> Task:
    """A task made by olga."""
    settled = {"name": "animals", "type": "classification", **plan}
    return tasks.create(olga, plans.Plan(**settled)).task


def rows(**where: Any) -> list[tuple[str, int, str]]:
    """(concept, value, annotator) of the live annotations, as they were made."""
    chosen = Annotation.select().where(Annotation.deleted == False)
    for name, value in where.items():
        chosen = chosen.where(getattr(Annotation, name) == value)
    return [(row.concept.name, row.value, row.annotator.name) for row in chosen.order_by(Annotation.id)]


def statuses(task: Task, side: Side) -> list[tuple[str, int, str]]:
    """(user, input, status) of the assignments on one side of a task."""
    chosen = Assignment.select().where(Assignment.task == task, Assignment.side == side)
    return [
        (row.user.name, row.input_id, Status(row.status).name) for row in chosen.order_by(Assignment.input)
    ]


class Stage:
    """The running app with a viewer on it."""

    def __init__(self, app: WinnowApp, pilot: Pilot[None]) -> None:
        self.app, self.pilot = app, pilot

    @property
    def screen(self) -> Any:
        return self.app.screen

    async def until(self, condition: Callable[[], Any], what: str = "condition") -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, f"never: {what}"
            await self.pilot.pause(0.01)
            await asyncio.sleep(0)

    async def press(self, *keys: str) -> None:
        """Press keys, then wait until everything they began is written and shown."""
        await self.pilot.press(*keys)
        await self.settle()

    async def settle(self) -> None:
        def still() -> bool:
            settled = not isinstance(self.screen, ViewerScreen | ReviewScreen) or self.screen.settled
            return settled and self.app.writer.idle and self.app.reader.idle

        await self.until(still, "the app settles")
        await self.pilot.pause()

    def names(self) -> list[str]:
        """The list of the viewer, in order."""
        return [entry.name for entry in self.screen.rows.items if not entry.members]

    def marks(self) -> dict[str, int | None]:
        return {entry.name: entry.value for entry in self.screen.rows.items}

    def text(self) -> str:
        """What can be read on the screen."""
        lines = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in line) for line in lines)

    def said(self) -> list[str]:
        """What was notified."""
        return [notification.message for notification in self.app._notifications]


@asynccontextmanager
async def opened(actor: User, place: Place, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Stage]:
    """The app of `actor` at a place, without an engine."""
    app = WinnowApp(actor, Terminal(), first=place, with_engine=False)
    async with app.run_test(size=size) as pilot:
        stage = Stage(app, pilot)
        await stage.until(lambda: app.has_reopened and stage.screen.is_mounted, "the screen opens")
        await stage.settle()
        yield stage
    app.writer.close()
