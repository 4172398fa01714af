"""The look bar: brightness, contrast and saturation of what is seen, by keys; nothing is stored."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual.app import RenderResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from tui.picture.look import PLAIN, Look, Quality
from tui.widgets.item_rows import fitted

QUALITIES: tuple[Quality, ...] = ("brightness", "contrast", "saturation")


class LookBar(Widget, can_focus=True):
    """There, and with the keys, only while it is used. What was chosen stays until the app ends."""

    FOCUS_ON_CLICK = False
    DEFAULT_CSS = """
    LookBar { height: 2; padding: 0 1; background: $panel; color: $text-accent; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l,right,plus", "turn(1)", "More", id="look.more"),
        Binding("h,left,minus", "turn(-1)", "Less", id="look.less"),
        Binding("j,down,tab", "choose(1)", "Next quality", id="look.next"),
        Binding("k,up,shift+tab", "choose(-1)", "Previous quality", id="look.previous", show=False),
        Binding("i", "invert", "Invert", id="look.invert"),
        Binding("r,0", "reset", "As it is", id="look.reset"),
        Binding("escape,enter,q,B", "leave", "Done", id="look.leave"),
    ]

    look: reactive[Look] = reactive(PLAIN)
    """How the picture is looked at."""
    quality: reactive[Quality] = reactive[Quality]("brightness")
    """What the keys change."""

    class Turned(Message):
        """It is looked at in another way."""

        def __init__(self, look: Look) -> None:
            super().__init__()
            self.look = look

    class Left(Message):
        """It is as it shall be."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.set_reactive(LookBar.look, look)

    def render(self) -> RenderResult:
        """The quality that the keys change, and all that is changed."""
        steps = getattr(self.look, self.quality)
        width = self.content_size.width
        chosen = fitted(f"◂ {self.quality} {steps:+d} ▸", width)
        return Content.assemble((chosen, "bold"), "\n", fitted(f"view: {self.look.title}", width))

    def action_turn(self, by: int) -> None:
        """A step more or less."""
        self._take(self.look.turned(self.quality, by))

    def action_choose(self, by: int) -> None:
        """Change another quality from now on."""
        self.quality = QUALITIES[(QUALITIES.index(self.quality) + by) % len(QUALITIES)]

    def action_invert(self) -> None:
        """Make dark what is bright, or turn it back."""
        self._take(replace(self.look, inverted=not self.look.inverted))

    def action_reset(self) -> None:
        """See it as it is."""
        self._take(PLAIN)

    def _take(self, look: Look) -> None:
        self.look = look
        self.post_message(self.Turned(look))

    def action_leave(self) -> None:
        """Keep it so and give the keys back."""
        self.post_message(self.Left())
