"""A picture with a box, in Winnow's canvas or in textual-image's widget: n is the next picture, l moves.

python -m tests.benchmarks.box_app WIDGET PICTURE...    WIDGET: winnow, peer-kitty, peer-sixel, peer-cells
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Footer, Static

from tui.picture.canvas import PictureCanvas
from tui.picture.frame import GraphicsApp
from tui.picture.outline import Outline
from tui.picture.prepared import prepare
from tui.terminal import Terminal, probe

STEP = 1 / 64


class BoxApp(GraphicsApp[None]):
    """Everything that a step needs is decoded before the first key."""

    CSS = "#picture { width: 62%; height: 1fr; } #side { width: 1fr; }"
    BINDINGS = [Binding("n", "next"), Binding("l", "move")]

    def __init__(self, widget: str, paths: list[str], terminal: Terminal) -> None:
        super().__init__(terminal=terminal)
        self.kind = widget
        self.images = [Image.open(path).convert("RGB") for path in paths]
        self.prepared: list[Any] = []
        self.at = self.moved = 0

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield self._picture()
            yield Static("starting", id="side")
        yield Footer()

    def _picture(self) -> Widget:
        if self.kind == "winnow":
            return PictureCanvas(id="picture")
        # It asks the terminal when it is imported; the class is chosen by name.
        from textual_image import widget as peer

        kinds = {"kitty": peer.TGPImage, "sixel": peer.SixelImage, "cells": peer.HalfcellImage}
        picture: Widget = kinds[self.kind.removeprefix("peer-")](id="picture")
        return picture

    def on_mount(self) -> None:
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        picture = self.query_one("#picture")
        if isinstance(picture, PictureCanvas):
            size = (picture.content_size.width, picture.content_size.height)
            self.prepared = [prepare(image, size, picture.terminal) for image in self.images]
        self._show()
        self.query_one("#side", Static).update("ready")

    @property
    def box(self) -> tuple[float, float, float, float]:
        left = 0.1 + STEP * (self.moved % 24)
        return (left, 0.2, left + 0.4, 0.8)

    def _show(self) -> None:
        picture = self.query_one("#picture")
        if isinstance(picture, PictureCanvas):
            picture.show_prepared(self.prepared[self.at], (Outline(box=self.box, colour=(240, 228, 66)),))
            return
        drawn = self.images[self.at].copy()
        corners = [side * (drawn.width, drawn.height)[place % 2] for place, side in enumerate(self.box)]
        ImageDraw.Draw(drawn).rectangle(corners, outline=(240, 228, 66), width=3)
        picture.image = drawn  # type: ignore[attr-defined]

    def action_next(self) -> None:
        self.at = (self.at + 1) % len(self.images)
        self._show()

    def action_move(self) -> None:
        self.moved += 1
        picture = self.query_one("#picture")
        if isinstance(picture, PictureCanvas):
            picture.set_outlines((Outline(box=self.box, colour=(240, 228, 66)),))
        else:
            self._show()


def main() -> None:
    if sys.argv[1] == "winnow":
        terminal = probe()
    else:
        import textual_image.widget  # noqa: F401  # asks the terminal, which must not be ours yet

        terminal = Terminal()
    paths = [str(Path(path)) for path in sys.argv[2:]]
    BoxApp(sys.argv[1], paths, terminal).run()


if __name__ == "__main__":
    main()
