"""Pictures are prepared one at a time: what is begun is shown, of what is wanted meanwhile the newest."""

import asyncio
from threading import Event

from textual.app import App, ComposeResult
from textual.widgets import Static

from tui.picture.layer import Prepared
from tui.picture.preparing import Preparing


class Maker:
    """Preparing whose pictures are their own names, each made when it is told to go on."""

    def __init__(self, widget: Static) -> None:
        self.shown: list[object] = []
        self.said: list[str] = []
        self.made: list[str] = []
        self.go_on = {name: Event() for name in "abcd"}
        self.preparing = Preparing(widget, self.shown.append, self.said.append, lambda: None)

    def begin(self, name: str) -> None:
        def make() -> Prepared:
            self.made.append(name)
            assert self.go_on[name].wait(20)
            if name == "d":
                raise ValueError("no picture")
            return name  # type: ignore[return-value]

        self.preparing.begin(make, patient=True)

    async def until(self, *shown: str) -> None:
        async with asyncio.timeout(20):
            while self.shown != list(shown):
                await asyncio.sleep(0.01)

    async def until_made(self, *made: str) -> None:
        async with asyncio.timeout(20):
            while self.made != list(made):
                await asyncio.sleep(0.01)


class OneWidget(App[None]):
    def compose(self) -> ComposeResult:
        yield Static()


async def test_a_held_key_shows_pictures_on_the_way_and_the_last_one() -> None:
    async with OneWidget().run_test() as pilot:
        maker = Maker(pilot.app.query_one(Static))
        maker.begin("a")
        await maker.until_made("a")
        maker.begin("b")
        maker.begin("c")
        maker.go_on["a"].set()
        await maker.until("a")
        maker.go_on["c"].set()
        await maker.until("a", "c")
        assert maker.made == ["a", "c"]
        maker.begin("b")
        maker.go_on["b"].set()
        await maker.until("a", "c", "b")


async def test_what_was_given_up_is_not_shown_and_the_next_one_is() -> None:
    async with OneWidget().run_test() as pilot:
        maker = Maker(pilot.app.query_one(Static))
        maker.begin("a")
        await maker.until_made("a")
        maker.begin("b")
        maker.preparing.stop()
        maker.begin("c")
        for event in maker.go_on.values():
            event.set()
        await maker.until("c")
        maker.begin("d")
        async with asyncio.timeout(20):
            while not maker.said:
                await asyncio.sleep(0.01)
        assert maker.shown == ["c"] and "no picture" in maker.said[0]
        assert maker.made == ["a", "c", "d"]
