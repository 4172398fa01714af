"""A sample: one photo with a box, drawn the way that the app draws, to see whether it works."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from tui.picture.canvas import PictureCanvas
from tui.picture.frame import GraphicsApp
from tui.picture.outline import Outline
from tui.terminal import Terminal


class SampleApp(GraphicsApp[bool]):
    """Asks whether the photo can be seen; True, False, or None when nobody said."""

    ENABLE_COMMAND_PALETTE = False
    CSS = """
    Static { height: 1; background: $panel; padding: 0 1; }
    PictureCanvas { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "say(True)", "Yes", id="sample.yes"),
        Binding("n", "say(False)", "No", id="sample.no"),
        Binding("q,escape,enter,ctrl+c", "say(None)", "Leave", id="sample.leave", priority=True),
    ]

    def __init__(self, terminal: Terminal) -> None:
        super().__init__(terminal=terminal)

    def compose(self) -> ComposeResult:
        """The photo between two lines."""
        yield Static(f"A photo drawn with {self.terminal.graphics}, in an orange box.", markup=False)
        yield PictureCanvas()
        yield Static(
            "Do you see it, sharp and without stray characters?   y yes   n no   q leave", markup=False
        )

    def on_mount(self) -> None:
        """Draw."""
        from store import media
        from store.demo import photos_folder

        photo = media.open_upright(photos_folder() / "004.jpg")
        box = Outline(box=(0.1, 0.1, 0.9, 0.9), colour=(255, 140, 0), label="giant panda")
        self.query_one(PictureCanvas).show(photo, [box])

    def action_say(self, answer: bool | None) -> None:
        """Leave with the answer."""
        self.exit(answer)
