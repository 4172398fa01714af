"""The zoom canvas: a picture canvas whose view is moved by keys and wheel."""

from __future__ import annotations

from textual import events

from tui.picture.canvas import PictureCanvas
from tui.picture.geometry import FIT, Projection, View

ZOOM = 1.5
"""What one press magnifies by."""
WHEEL = 1.25
PAN = 0.25
"""The share of what is seen that one press goes on by."""
LARGEST_PIXEL = 16
"""Screen pixels for one of the picture, at most."""


class ZoomCanvas(PictureCanvas):
    """Regions stay where they are on the picture, whatever is looked at."""

    full_width: int = 0
    """Width in pixels of the upright picture, of which a smaller copy may be shown; 0 for none."""

    def _planned(self) -> Projection | None:
        """Where the picture will lie once it is prepared for the view that was asked for."""
        shown = self.projection
        if shown is None:
            return None
        return Projection(shown.image_width, shown.image_height, shown.area, self.view)

    def zoom(self, factor: float, at: tuple[float, float] | None = None) -> None:
        """Magnify, with an image point 0..1 (else the middle) staying where it is."""
        planned = self._planned()
        if planned is None:
            return
        view = planned.settled
        x, y = at or (view.x, view.y)
        largest = max(LARGEST_PIXEL * self.full_width / planned.full_width * view.zoom, 1.0)
        self.look_at(view.zoomed(min(factor, largest / view.zoom), x, y))

    def one_to_one(self, at: tuple[float, float] | None = None) -> None:
        """One pixel of the picture to one that the terminal can draw."""
        planned = self._planned()
        if planned is not None:
            self.zoom(self.full_width / planned.full_width, at)

    def fit(self) -> None:
        """The whole picture."""
        self.look_at(FIT)

    def pan(self, across: int, down: int) -> None:
        """Go on by a part of what is seen."""
        planned = self._planned()
        if planned is not None:
            x = across * PAN * planned.width / planned.full_width
            y = down * PAN * planned.height / planned.full_height
            moved = planned.settled.panned(x, y)
            shape = planned.image_width, planned.image_height
            self.look_at(Projection(*shape, planned.area, moved).settled)

    def reveal(self, x: float, y: float) -> None:
        """Look around an image point unless it is in sight."""
        planned = self._planned()
        if planned is None:
            return
        screen_x, screen_y = planned.to_screen(x, y)
        if not (0 <= screen_x <= planned.width and 0 <= screen_y <= planned.height):
            self.look_at(View(self.view.zoom, x, y))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel magnifies what is under the pointer."""
        self._wheel(event, WHEEL)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """And back."""
        self._wheel(event, 1 / WHEEL)

    def _wheel(self, event: events.MouseEvent, factor: float) -> None:
        planned = self._planned()
        if planned is not None:
            event.stop()
            self.zoom(factor, planned.from_cell(event.pointer_x, event.pointer_y))
