"""The viewer's strip: to any input by number or name, to the first and the last."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

from textual.binding import Binding, BindingType

from store import worklist
from store.values import Side
from tui.screens.viewer_panels import ViewerPanels
from tui.widgets.input_strip import Frame, InputStrip
from tui.widgets.item_rows import TWICE

AROUND = 200
"""Inputs of the strip on either side."""


def travelling(scope: str) -> list[BindingType]:
    """The keys of this part."""
    return [
        Binding("J", "strip", "Go to an input", id=f"{scope}.strip", show=False),
        Binding("g", "first_at_second", "First input (gg)", id=f"{scope}.gg", show=False),
        Binding("home", "end('first')", "First input", id=f"{scope}.first", show=False),
        Binding("G,end", "end('last')", "Last input", id=f"{scope}.last", show=False),
    ]


class ViewerStrip(ViewerPanels):
    """What was handed in is gone back to as easily as what comes next."""

    side = Side.LABEL
    """As what the inputs are this person's."""
    _g_at = 0.0

    @property
    def strip(self) -> InputStrip:
        """In place of the list."""
        return self.query_one(InputStrip)

    @property
    def is_typing(self) -> bool:
        """A number or name is typed too."""
        return super().is_typing or self.strip.is_open

    def place_of(self, input_id: int) -> int | None:
        """Where an input stands in the queue."""
        return next((place for place, other in enumerate(self.queue) if other == input_id), None)

    def action_strip(self) -> None:
        """Show the inputs around, and where to type."""
        self.turns.take(self._open_strip)

    def _open_strip(self, typed: str = "") -> None:
        self.rows.display = False
        self.strip.open(typed)
        self.refresh_bindings()

    def jump(self, typed: str) -> None:
        """Go to the input with this number, or whose path holds this; of several one chooses."""
        if typed.isdecimal():
            self._go_to_place(int(typed) - 1)
        else:
            find = partial(worklist.search, self.task_row, self.side, self.winnow.actor, typed)
            self.winnow.reader.ask("jump", find, partial(self._jump_found, typed))

    def _jump_found(self, typed: str, inputs: Sequence[int]) -> None:
        places = [place for place in map(self.place_of, inputs) if place is not None]
        if not self.is_attached:
            return
        if not places:
            self.say(f"there is no command and no input here that is called {typed}")
        elif len(places) == 1:
            self._go_to_place(places[0])
        else:
            self.turns.take(lambda: self._open_strip(typed))

    def _go_to_place(self, place: int) -> None:
        self.turns.take(lambda: self.go_to(min(max(place, 0), max(len(self.queue) - 1, 0))))

    def on_input_strip_asked(self, event: InputStrip.Asked) -> None:
        """Show what fits: the inputs around a place, or those whose path holds what is typed."""
        typed = event.typed
        if not typed or typed.isdecimal():
            at = self.at if not typed else min(max(int(typed) - 1, 0), len(self.queue) - 1)
            self._show_frames(range(max(at - AROUND, 0), min(at + AROUND, len(self.queue))), at)
        else:
            find = partial(worklist.search, self.task_row, self.side, self.winnow.actor, typed)
            self.winnow.reader.ask("strip", find, partial(self._found, typed))

    def _found(self, typed: str, inputs: Sequence[int]) -> None:
        if self.is_attached and self.strip.is_open and self.strip.typed == typed:
            places = [place for place in map(self.place_of, inputs) if place is not None]
            self._show_frames(places, places[0] if places else 0)

    def _show_frames(self, places: Sequence[int], on: int) -> None:
        inputs = [self.queue[place] for place in places]
        paths = worklist.paths(inputs)
        said = worklist.said(self.task_row, inputs, self.sees_only)
        frames = [
            Frame(place, paths.get(input_id, ""), self.is_done(input_id), ", ".join(said.get(input_id, ())))
            for place, input_id in zip(places, inputs, strict=True)
        ]
        self.strip.show(frames, on)

    def on_input_strip_chosen(self, event: InputStrip.Chosen) -> None:
        """Go there."""
        self._close_strip()
        self._go_to_place(event.place)

    def on_input_strip_left(self, _: InputStrip.Left) -> None:
        """Back to the list."""
        self._close_strip()

    def _close_strip(self) -> None:
        self.rows.display = True
        self.refresh_bindings()

    def action_first_at_second(self) -> None:
        """`gg`: go to the first input."""
        now = time.monotonic()
        if now - self._g_at < TWICE:
            self.action_end("first")
            now = 0.0
        self._g_at = now

    def action_end(self, which: str) -> None:
        """Go to the "first" or "last" input."""
        self.turns.take(lambda: self.go_to(0 if which == "first" else max(len(self.queue) - 1, 0)))
