"""A small app around a canvas, driven by tests through a PTY: python tests/picture_app.py PICTURE."""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import ModalScreen, Screen
from textual.widgets import Footer, Static

sys.path.insert(0, str(Path(__file__).parent.parent))

from tui.picture.canvas import PictureCanvas
from tui.picture.frame import GraphicsApp
from tui.picture.outline import Outline
from tui.terminal import Terminal, probe

STEP = 1 / 64
TRIANGLE = ((0.2, 0.8), (0.5, 0.6), (0.7, 0.95))


class Dialog(ModalScreen[None]):
    """A box in the middle; the screen behind it is tinted."""

    CSS = "Dialog { align: center middle; } Dialog Static { width: 24; height: 5; background: blue; }"
    BINDINGS = [("escape", "dismiss", "Close"), ("l", "app.move(1,0)")]

    def compose(self) -> ComposeResult:
        yield Static("a dialog")


class Elsewhere(Screen[None]):
    """Another screen that covers everything."""

    BINDINGS = [("escape", "dismiss", "Back")]

    def compose(self) -> ComposeResult:
        yield Static("elsewhere")


class PictureApp(GraphicsApp[None]):
    """A picture with a box that moves by keys."""

    CSS = "PictureCanvas { width: 60%; height: 18; background: #102030; } #side { width: 1fr; }"
    BINDINGS = [
        ("h", "move(-1,0)"),
        ("l", "move(1,0)"),
        ("k", "move(0,-1)"),
        ("j", "move(0,1)"),
        ("m", "dialog"),
        ("e", "elsewhere"),
        ("n", "next"),
        ("t", "toast"),
        ("p", "polygon"),
        ("b", "plain"),
        ("x", "remove"),
        ("v", "vanish"),
        ("s", "resend"),
        ("d", "dots"),
        ("ctrl+z", "suspend_process"),
        ("q", "quit"),
    ]

    def __init__(self, paths: list[str], terminal: Terminal) -> None:
        super().__init__(terminal=terminal)
        self.paths = paths
        self.box = (0.25, 0.25, 0.75, 0.75)
        self.extra: tuple[Outline, ...] = ()
        self.pattern = 0

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static(f"ready {self.terminal.graphics}", id="side", markup=False)
            yield PictureCanvas()
        yield Footer()

    @property
    def canvas(self) -> PictureCanvas:
        return self.screen_stack[0].query_one(PictureCanvas)

    def on_mount(self) -> None:
        self.canvas.show(Image.open(self.paths[0]), self.outlines())

    def outlines(self) -> tuple[Outline, ...]:
        sheep = Outline(box=self.box, colour=(255, 0, 0), label="sheep.1", pattern=self.pattern)
        return (sheep, *self.extra)

    def action_move(self, across: int, down: int) -> None:
        x, y = across * STEP, down * STEP
        left, top, right, bottom = self.box
        self.box = (left + x, top + y, right + x, bottom + y)
        self.canvas.set_outlines(self.outlines())

    def action_dialog(self) -> None:
        self.push_screen(Dialog())

    def action_elsewhere(self) -> None:
        self.push_screen(Elsewhere())

    def action_next(self) -> None:
        self.paths.append(self.paths.pop(0))
        self.canvas.show(Image.open(self.paths[0]), self.outlines())

    def action_toast(self) -> None:
        self.notify("a toast", timeout=1.5)

    def action_polygon(self) -> None:
        triangle = Outline(rings=(TRIANGLE,), colour=(0, 255, 0), label="羊.2", dashed=True)
        suggestion = Outline(
            box=(0.05, 0.1, 0.2, 0.6), colour=(0, 153, 255), label="dog", dashed=True, selected=True
        )
        self.extra = (triangle, suggestion)
        self.canvas.set_outlines(self.outlines())

    def action_plain(self) -> None:
        self.canvas.set_outlines(())

    def action_remove(self) -> None:
        self.canvas.remove()

    def action_dots(self) -> None:
        self.pattern = 1
        self.canvas.set_outlines(self.outlines())

    def action_resend(self) -> None:
        self.resend()

    def action_vanish(self) -> None:
        self.canvas.show_text("The file has vanished.")


if __name__ == "__main__":
    PictureApp(sys.argv[1:], probe()).run()
