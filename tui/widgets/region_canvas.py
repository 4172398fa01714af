"""The region canvas: holds the draft of a region; keys and mouse, which change it, build on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.message import Message

from store.values import Region
from tui.editing.draft import Draft, step_for
from tui.editing.image_size import ImageSize
from tui.editing.marks import marks, numbers
from tui.picture.geometry import View
from tui.picture.layer import Prepared
from tui.picture.outline import Colour, Outline
from tui.widgets.zoom_canvas import ZoomCanvas

NEUTRAL: Colour = (255, 255, 255)
"""The colour of a region that has no concept yet."""


class RegionCanvas(ZoomCanvas, can_focus=True):
    """Holds at most one draft. It has the focus, and its keys, only while that is worked on."""

    FOCUS_ON_CLICK = False

    class Begun(Message):
        """The mouse began a draft: of the target, or of a new box."""

        def __init__(self, of_target: bool) -> None:
            super().__init__()
            self.of_target = of_target

    class Drawn(Message):
        """The draft is finished; whoever stores it calls `leave`."""

    class Left(Message):
        """The draft was given up."""

    class Changed(Message):
        """The draft, or its numbers, are different."""

        def can_replace(self, message: Message) -> bool:
            """Only the newest numbers are of interest."""
            return isinstance(message, RegionCanvas.Changed)

    class Cycled(Message):
        """The next region at this image point (0..1) is wanted."""

        def __init__(self, x: float, y: float) -> None:
            super().__init__()
            self.x, self.y = x, y

    def __init__(self) -> None:
        super().__init__()
        self.draft: Draft | None = None
        self.image_size: ImageSize | None = None
        """Of the upright picture at full resolution."""
        self._base: tuple[Outline, ...] = ()
        self._colour, self._label = NEUTRAL, ""
        self._step: int | None = None
        self._waiting: list[Callable[[], None]] | None = None
        self._when_ready: Callable[[], None] | None = None
        self._held = False

    # What the screen asks for

    @property
    def is_busy(self) -> bool:
        """Whether there is a draft, or one to begin."""
        return self.draft is not None or self._waiting is not None

    @property
    def is_editing(self) -> bool:
        """Whether the keys are the editor's."""
        return self.is_busy and not self._held

    @property
    def numbers(self) -> str:
        """Where the draft is, "" without one."""
        if self._when_ready is not None:
            return "waiting for the picture…"
        return numbers(self.draft) if self.draft is not None else ""

    def expect(self) -> None:
        """A draft is about to begin: keys typed ahead wait for it."""
        self._waiting = []
        self.focus(scroll_visible=False)

    def when_ready(self, begin: Callable[[], None]) -> None:
        """Call `begin` once the picture is there: now, or when it is prepared."""
        if self.projection is not None:
            begin()
        else:
            self._when_ready = begin
            self.post_message(self.Changed())

    def begin(self, shape: str | Region, label: str = "", colour: Colour = NEUTRAL) -> None:
        """Begin a "box" or a "polygon" in the middle of what is seen, or change a region."""
        size, projection = self.image_size, self._planned()
        if size is None or projection is None:
            self.leave()
            return
        seen = min(projection.width / projection.full_width, projection.height / projection.full_height)
        step = self._step or step_for(round(seen * min(size.width, size.height)))
        middle = size.nearest(projection.settled.x, projection.settled.y)
        if isinstance(shape, Region):
            self.take_up(Draft.of(shape, size, step), label, colour)
        else:
            make = Draft.new_box if shape == "box" else Draft.new_polygon
            self.take_up(make(size, middle, step), label, colour)

    def take_up(self, draft: Draft, label: str = "", colour: Colour = NEUTRAL) -> None:
        """Work on a draft from now on; what was typed ahead is done to it."""
        self.draft, self._label, self._colour = draft, label, colour
        self._held = False
        self.focus(scroll_visible=False)
        waiting, self._waiting = self._waiting or [], None
        self.redraw()
        for act in waiting:
            act()
        self.screen.refresh_bindings()

    def hold(self) -> None:
        """Keep the draft on the picture while something is asked about it."""
        self._held = True
        self.screen.refresh_bindings()

    def resume(self) -> None:
        """Go on with it."""
        self._held = False
        self.focus(scroll_visible=False)
        self.screen.refresh_bindings()

    def leave(self) -> None:
        """The draft is stored or given up."""
        was = self.draft or self._when_ready
        self.draft = self._waiting = self._when_ready = None
        self._held = False
        if self.has_focus:
            self.screen.set_focus(None)
        if was is not None:
            self.redraw()
        self.screen.refresh_bindings()

    def give_up(self) -> None:
        """Leave the draft and tell it."""
        self.leave()
        self.post_message(self.Left())

    def redraw(self) -> None:
        """Draw the draft as it is now."""
        super().set_outlines(self._with_marks())
        self.post_message(self.Changed())

    # What the canvas shows

    def _with_marks(self) -> list[Outline]:
        if self.draft is None or self.projection is None:
            return list(self._base)
        return [*self._base, *marks(self.draft, self.projection, self._colour, self._label)]

    def set_outlines(self, outlines: Sequence[Outline]) -> None:
        """Replace the outlines beside the draft."""
        self._base = tuple(outlines)
        super().set_outlines(self._with_marks())

    def show_prepared(self, prepared: Prepared, outlines: Sequence[Outline] = ()) -> None:
        """Show another picture, or the same prepared for another size."""
        self._base = tuple(outlines)
        super().show_prepared(prepared, outlines)

    def _swap_in(self, prepared: Prepared) -> None:
        super()._swap_in(prepared)
        begin, self._when_ready = self._when_ready, None
        if begin is not None:
            begin()
        elif self.draft is not None:
            # The crosshair is as large at every zoom.
            super().set_outlines(self._with_marks())

    def look_at(self, view: View) -> None:
        """Show another part; a crosshair nobody has used yet stays in the middle of it."""
        super().look_at(view)
        draft, planned = self.draft, self._planned()
        if draft is not None and planned is not None and not draft.is_begun and draft.region is None:
            x, y = planned.to_screen(*draft.shape.size.fraction(draft.at))
            if not (0 <= x <= planned.width and 0 <= y <= planned.height):
                draft.move_to(*draft.shape.size.nearest(planned.settled.x, planned.settled.y))
                self.redraw()

    # The focus

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Its keys are its own only while there is a draft."""
        return self.is_editing

    def on_blur(self) -> None:
        """Nothing else takes keys while a region is worked on."""
        if self.is_editing and self.app.screen is self.screen:
            self.call_later(self._take_focus)

    def _take_focus(self) -> None:
        if self.is_editing and not self.has_focus:
            self.focus(scroll_visible=False)
