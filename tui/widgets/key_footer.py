"""The key footer: the keys of the screen in one line, those that matter most where it is narrow."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

LAST = 2
"""How many at the end stay however narrow it is: how to leave, and the help, which shows the others."""


@dataclass(frozen=True, slots=True)
class Hint:
    """A key and what it does."""

    key: str
    shown: str
    does: str

    @property
    def width(self) -> int:
        """In cells, with the gap behind it."""
        return cell_len(f"{self.shown} {self.does}") + 1


def fitting(hints: list[Hint], width: int) -> list[Hint]:
    """The hints that fit into `width` cells: the first ones and the `LAST`, as many as there is room for."""
    last = hints[-LAST:]
    room = width + 1 - sum(hint.width for hint in last)
    first = []
    for hint in hints[:-LAST]:
        room -= hint.width
        if room < 0:
            break
        first.append(hint)
    return [*first, *last]


class KeyFooter(Widget):
    """Made from the live bindings in the order in which the screen has them; a click presses the key.

    Drawn as one line: a widget for each key costs tens of milliseconds whenever other keys are live.
    """

    DEFAULT_CSS = """
    KeyFooter { dock: bottom; height: 1; background: $panel; color: $footer-description-foreground; }
    """
    ALLOW_SELECT = False

    def on_mount(self) -> None:
        """Follow the keys."""
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def on_unmount(self) -> None:
        """No longer."""
        self.screen.bindings_updated_signal.unsubscribe(self)

    def _changed(self, screen: Screen[object]) -> None:
        if self.is_attached and screen is self.screen:
            self.refresh()

    @property
    def hints(self) -> list[Hint]:
        """What is seen now."""
        found: dict[str, Hint] = {}
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.show and active.enabled and binding.description:
                shown = self.app.get_key_display(binding)
                found.setdefault(binding.action, Hint(binding.key, shown, binding.description))
        return fitting(list(found.values()), self.size.width)

    def render(self) -> RenderResult:
        """The keys, strong, and what each does."""
        parts: list[Content | tuple[str, str]] = []
        for hint in self.hints:
            parts += [(hint.shown, "bold $footer-key-foreground"), (f" {hint.does} ", "")]
        return Content.assemble(*parts)

    def on_click(self, event: events.Click) -> None:
        """Press the key that was clicked."""
        at = 0
        for hint in self.hints:
            at += hint.width
            if event.x < at:
                self.app.simulate_key(hint.key)
                return
