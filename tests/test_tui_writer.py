"""The writer: changes in their order, long ones part by part with others in between."""

from collections.abc import Generator
from typing import Any

from textual.app import App

from tui.writer import Writer


async def test_what_is_submitted_meanwhile_is_made_between_the_parts() -> None:
    app: App[None] = App()
    async with app.run_test() as pilot:
        writer = Writer(app)
        made: list[str] = []
        told: list[Any] = []

        def parts() -> Generator[None, None, str]:
            for part in ("first", "second", "third"):
                made.append(part)
                if part == "first":
                    writer.submit(lambda: made.append("between"))
                yield
            return "through"

        writer.submit_parts(parts(), told.append)
        while not writer.idle:
            await pilot.pause()
        assert made == ["first", "between", "second", "third"]
        assert told == ["through"]


async def test_closing_makes_the_parts_that_are_left() -> None:
    app: App[None] = App()
    async with app.run_test():
        writer = Writer(app)
        made: list[int] = []

        def parts() -> Generator[None, None, None]:
            for part in range(50):
                made.append(part)
                yield

        writer.submit_parts(parts())
        writer.close()
        assert made == list(range(50))
