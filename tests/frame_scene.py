"""The app without an engine, and waiting for what a test expects of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from textual.pilot import Pilot

from store.tables import User
from tui.app import WinnowApp
from tui.places import HOME, Place
from tui.terminal import Terminal

PATIENCE = 20.0


async def until(pilot: Pilot[Any], condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Let the app run until `condition` holds; fails with what is on the screen."""
    deadline = time.monotonic() + seconds
    while not condition():
        await pilot.pause()
        assert time.monotonic() < deadline, "\n".join(screen(pilot))
        await asyncio.sleep(0.01)


def screen(pilot: Pilot[Any]) -> list[str]:
    """The rows of text on the screen."""
    strips = pilot.app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip).rstrip() for strip in strips]


async def shows(pilot: Pilot[Any], text: str) -> None:
    """Wait until `text` is on the screen."""
    await until(pilot, lambda: any(text in row for row in screen(pilot)))


@asynccontextmanager
async def opened(
    actor: User, size: tuple[int, int] = (80, 24), first: Place | None = HOME
) -> AsyncIterator[tuple[WinnowApp, Pilot[None]]]:
    """The app on the open store; what it was told is written when the block ends."""
    app = WinnowApp(actor, Terminal(), first=first, with_engine=False)
    try:
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: app.has_reopened)
            await pilot.pause()
            yield app, pilot
            await until(pilot, lambda: app.writer.idle or app._exit)
    finally:
        app.writer.close()
        app.reader.close()
