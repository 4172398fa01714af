"""Picture viewing: zooming, panning and the look of the picture, on every viewer."""

from __future__ import annotations

from tui.screens.viewer import ViewerScreen
from tui.widgets.look_bar import LookBar
from tui.widgets.mouse_canvas import MouseCanvas
from tui.widgets.zoom_canvas import ZOOM

VIEW_ACTIONS = frozenset(("zoom", "one_to_one", "fit", "pan"))


class PictureViewing(ViewerScreen):
    """How the picture is looked at; nothing of it is data."""

    _looks: LookBar | None = None
    """Where the look is changed, while it is."""

    @property
    def canvas(self) -> MouseCanvas:
        """The picture."""
        return self.view.canvas

    @property
    def is_typing(self) -> bool:
        """The look bar takes the keys as well."""
        return super().is_typing or self._looks is not None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A picture can be looked at closely while something is asked or drawn on it."""
        if action in VIEW_ACTIONS or action == "adjust":
            if not self.is_mounted or self.canvas.projection is None or not self.canvas.display:
                return False
            if self.canvas.is_editing and action in VIEW_ACTIONS:
                return True
        return super().check_action(action, parameters)

    def action_zoom(self, by: int) -> None:
        """Magnify (1) or go back (-1), around the crosshair or the middle."""
        self.canvas.zoom(ZOOM**by, self._focus_point)

    def action_one_to_one(self) -> None:
        """One pixel of the picture to one on the screen."""
        self.canvas.one_to_one(self._focus_point)

    def action_fit(self) -> None:
        """The whole picture."""
        self.canvas.fit()

    def action_pan(self, across: int, down: int) -> None:
        """Look at what is beside."""
        self.canvas.pan(across, down)

    @property
    def _focus_point(self) -> tuple[float, float] | None:
        draft = self.canvas.draft
        return None if draft is None else draft.shape.size.fraction(draft.at)

    async def action_adjust(self) -> None:
        """Change brightness, contrast, saturation, or invert."""
        self._looks = LookBar(self.canvas.look)
        await self.query_one("#side").mount(self._looks, before=0)
        self._looks.focus()
        self.refresh_bindings()

    def on_look_bar_turned(self, event: LookBar.Turned) -> None:
        """Look at it so, here and on the viewers to come."""
        self.canvas.set_look(event.look)

    async def on_look_bar_left(self) -> None:
        """It stays so."""
        looks, self._looks = self._looks, None
        if looks is not None:
            await looks.remove()
        self.refresh_bindings()
