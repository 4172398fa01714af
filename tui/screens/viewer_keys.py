"""The viewer's keys: what every viewer can be asked by keyboard, under ids of its own scope."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tui.hotkeys import BANK
from tui.screens.viewer_strip import travelling


def common(scope: str) -> list[BindingType]:
    """Bindings that every viewer has, with ids of its scope: moving, undoing, leaving, hotkeys."""
    hotkeys: list[BindingType] = [
        Binding(str(n % BANK), f"hotkey({n % BANK})", f"Hotkey {n}", id=f"{scope}.hotkey_{n}", show=False)
        for n in range(1, BANK + 1)
    ]
    return [
        Binding("u", "undo", "Undo", id="app.undo"),
        Binding("ctrl+r", "redo", "Redo", id="app.redo", show=False),
        Binding("j,down,tab", "move(1)", "Next concept", id=f"{scope}.next_concept", show=False),
        Binding("k,up,shift+tab", "move(-1)", "Previous concept", id=f"{scope}.previous_concept", show=False),
        Binding("l,right,right_square_bracket", "go(1)", "Next input", id=f"{scope}.next", show=False),
        Binding("h,left,left_square_bracket", "go(-1)", "Previous input", id=f"{scope}.previous", show=False),
        Binding(
            "ctrl+d,pagedown", "scroll(0.5)", "Scroll the text down", id=f"{scope}.scroll_down", show=False
        ),
        Binding("ctrl+u,pageup", "scroll(-0.5)", "Scroll the text up", id=f"{scope}.scroll_up", show=False),
        Binding("i", "facts('instructions')", "Instructions", id=f"{scope}.instructions", show=False),
        Binding("w", "facts('who')", "Who said it", id=f"{scope}.who", show=False),
        Binding("o", "facts('about')", "About the input", id=f"{scope}.about", show=False),
        Binding("v", "hide", "Hide or show the region", id=f"{scope}.hide", show=False),
        Binding("V", "fold", "Hide or show the category", id=f"{scope}.hide_category", show=False),
        Binding("t", "mark_text", "Mark text", id=f"{scope}.mark_text"),
        Binding("f", "find_text", "Find", id=f"{scope}.find_text", show=False),
        Binding("n", "go_on_finding(1)", "Find next", id=f"{scope}.find_next", show=False),
        Binding("N", "go_on_finding(-1)", "Find previous", id=f"{scope}.find_previous", show=False),
        *travelling(scope),
        *hotkeys,
        Binding("apostrophe", "bank", "Hotkeys 11 to 20", id=f"{scope}.bank", show=False),
        Binding("q", "back", "Back", id=f"{scope}.back"),
    ]
