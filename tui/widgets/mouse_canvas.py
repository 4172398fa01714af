"""The mouse canvas: regions are drawn, picked and dragged with the mouse."""

from __future__ import annotations

from textual import events
from textual.message import Message

from store.values import Region
from tui.editing.box import WHOLE
from tui.editing.draft import Draft, step_for
from tui.picture.geometry import Projection
from tui.widgets.key_canvas import KeyCanvas

REACH = 0.75
"""Cell heights around a corner or a point in which it is taken hold of."""


class MouseCanvas(KeyCanvas):
    """Drags draw a box or move what they begin on; clicks pick regions and add points of a polygon.

    Where the terminal reports pixels the pointer is exact, else it means whole cells.
    """

    class Pointed(Message):
        """A point of the picture (0..1) was clicked; `twice`: once more."""

        def __init__(self, x: float, y: float, twice: bool) -> None:
            super().__init__()
            self.x, self.y, self.twice = x, y, twice

    def __init__(self) -> None:
        super().__init__()
        self.target: Region | None = None
        """The highlighted region: its corners and points can be dragged."""
        self.may_draw = False
        """Whether a drag draws a new box."""
        self._press: tuple[float, float] | None = None
        self._grip: tuple[int, int] | None = None
        self._dragging = False
        self._begun_here = False

    @property
    def _reports_pixels(self) -> bool:
        return bool(getattr(self.app._driver, "_mouse_pixels", False))

    def _pointer(self, event: events.MouseEvent) -> tuple[float, float]:
        """Where the pointer is, in cells; the middle of its cell if that is all that is known."""
        if self._reports_pixels:
            return event.pointer_x, event.pointer_y
        return event.x + 0.5, event.y + 0.5

    def _pixel(self, x: float, y: float) -> tuple[float, float] | None:
        """Full-size pixel, with a fraction, at a place in cells; None without a picture."""
        projection, size = self.projection, self.image_size
        if projection is None or size is None:
            return None
        across, down = projection.from_cell(x, y)
        return across * size.width, down * size.height

    def _reach(self, projection: Projection) -> tuple[float, float]:
        assert self.image_size is not None
        down = REACH * projection.area.cell_height
        across = down * projection.area.pixel_aspect
        return (
            across / projection.full_width * self.image_size.width,
            down / projection.full_height * self.image_size.height,
        )

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of what is there."""
        at = self._pointer(event)
        pixel, projection = self._pixel(*at), self.projection
        if event.button != 1 or pixel is None or projection is None or self._held:
            return
        event.stop()
        self.capture_mouse()
        self._press, self._grip, self._dragging, self._begun_here = at, None, False, False
        draft = self.draft
        if draft is None and self.target is not None and self.image_size is not None:
            draft = Draft.of(self.target, self.image_size, self._step or step_for(self.image_size.width))
            if not draft.grab(*pixel, *self._reach(projection)) or draft.shape.handle in (WHOLE, -1):
                return
            self.take_up(draft)
            self._begun_here = True
            self.post_message(self.Begun(of_target=True))
            self._grip = draft.at
        elif draft is not None and draft.grab(*pixel, *self._reach(projection)):
            self._grip = draft.at
            self.redraw()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag it."""
        if self._press is None or self._held:
            return
        event.stop()
        now = self._pointer(event)
        far = 0.25 if self._reports_pixels else 0.9
        if not self._dragging and max(abs(now[0] - self._press[0]), abs(now[1] - self._press[1])) < far:
            return
        start, pixel = self._pixel(*self._press), self._pixel(*now)
        if start is None or pixel is None:
            return
        first_move, self._dragging = not self._dragging, True
        if self._grip is not None and self.draft is not None:
            across, down = round(pixel[0] - start[0]), round(pixel[1] - start[1])
            self.draft.move_to(self._grip[0] + across, self._grip[1] + down)
            self.redraw()
        elif first_move:
            self._start_box(now)
        elif self._begun_here and self.draft is not None:
            _, (x, y) = self._corners(now)
            self.draft.move_to(round(x), round(y))
            self.redraw()

    def _start_box(self, now: tuple[float, float]) -> None:
        """A new box, if one may be drawn: instead of nothing, or of a crosshair alone."""
        fresh = self.draft is not None and not self.draft.is_begun and self.draft.region is None
        if self.image_size is None or not (fresh or (self.draft is None and self.may_draw)):
            return
        if fresh and self.draft is not None and "polygon" in self.draft.shape.title:
            return
        (x0, y0), (x1, y1) = self._corners(now)
        step = self._step or step_for(self.image_size.width)
        draft = Draft.new_box(self.image_size, (round(x0), round(y0)), step)
        draft.place()
        draft.move_to(round(x1), round(y1))
        self._begun_here = True
        self.take_up(draft)
        self.post_message(self.Begun(of_target=False))

    def _corners(self, now: tuple[float, float]) -> tuple[tuple[float, float], tuple[float, float]]:
        """Full-size pixels where a dragged box begins and ends; of whole cells their outer borders."""
        assert self._press is not None
        x0, y0, x1, y1 = *self._press, *now
        if not self._reports_pixels:
            x0, x1 = (x0 - 0.5, x1 + 0.5) if x1 >= x0 else (x0 + 0.5, x1 - 0.5)
            y0, y1 = (y0 - 0.5, y1 + 0.5) if y1 >= y0 else (y0 + 0.5, y1 - 0.5)
        begin, end = self._pixel(x0, y0), self._pixel(x1, y1)
        assert begin is not None and end is not None
        return begin, end

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Let go: what the mouse alone has drawn or moved is finished."""
        self.release_mouse()
        press, self._press = self._press, None
        if press is None:
            return
        event.stop()
        if self._begun_here and self.draft is not None:
            if self._grip is None or self.draft.is_changed:
                self.finish(self.draft)
            else:
                self.leave()
                self.post_message(self.Left())
        elif self.draft is not None and not self._dragging:
            self._click_in_draft(press)

    def _click_in_draft(self, press: tuple[float, float]) -> None:
        """A click sets a corner, or a point of an open polygon; on its first point it closes it."""
        draft, pixel = self.draft, self._pixel(*press)
        if draft is None or draft.shape.is_shaped or pixel is None:
            return
        if self._grip is None:
            draft.move_to(round(pixel[0]), round(pixel[1]))
            draft.place()
        elif draft.shape.path and self._grip == draft.shape.path[0]:
            draft.close()
        self.redraw()

    def on_click(self, event: events.Click) -> None:
        """Without a draft, a click points at a region."""
        if self.draft is None and not self._dragging and self.projection is not None:
            x, y = self.projection.from_cell(*self._pointer(event))
            self.post_message(self.Pointed(x, y, event.chain == 2))
