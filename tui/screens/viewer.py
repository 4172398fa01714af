"""The viewer: one input at a time, with what is said of it; labeling and reviewing build on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from store import steps, viewing
from store.tables import Task
from tui.categories import said
from tui.messages import StoreChanged
from tui.screens.viewer_strip import ViewerStrip
from tui.widgets.concept_field import ConceptField
from tui.widgets.concept_list import ConceptList

BANK_SECONDS = 2.0
"""How long an apostrophe waits for its digit."""


class ViewerScreen(ViewerStrip):
    """What its keys do as long as nothing is decided. Subclasses decide."""

    def __init__(self, task: Task, at_input: int | None = None) -> None:
        super().__init__(task, at_input)
        self._bank = False

    def on_store_changed(self, _: StoreChanged) -> None:
        """Suggestions have arrived, or somebody has changed something."""
        self.turns.take(self.reload_changed)

    def on_screen_resume(self) -> None:
        """Other screens hear of changes while they are on top."""
        if self.queue and self.is_mounted:
            self.turns.take(self.reload)

    def action_move(self, by: int) -> None:
        """Move the highlight."""
        self.turns.take(lambda: self._move(by))

    def _move(self, by: int) -> None:
        self.rows.move(by)
        self._point()

    def action_hotkey(self, digit: int) -> None:
        """Decide on the entry with this hotkey, of the second bank after an apostrophe."""
        key = f"'{digit}" if self._bank else str(digit)
        self._bank = False
        self.turns.take(partial(self._press, key))

    def _press(self, key: str) -> None:
        """Do what a hotkey does."""
        entry = self.hotkeys.find(said(self.rows.items), key)
        if entry is not None:
            self.rows.go_to(entry.identity)
            self._point()
            self.toggle(entry)

    def action_bank(self) -> None:
        """The next digit is one of 11 to 20."""
        self._bank = True
        self.set_timer(BANK_SECONDS, self._leave_bank)

    def _leave_bank(self) -> None:
        self._bank = False

    def action_go(self, by: int) -> None:
        """Look at the input before or after, without deciding."""
        self.turns.take(lambda: self.go_to(min(self.at + by, max(len(self.queue) - 1, 0))))

    def action_scroll(self, pages: float) -> None:
        """Scroll a text."""
        self.view.text.scroll_pages(pages)

    def action_undo(self) -> None:
        """Take back the last step in this task."""
        self._turn("undone", steps.undo)

    def action_redo(self) -> None:
        """Do it again."""
        self._turn("done again", steps.redo)

    def _turn(self, verb: str, turn: Callable[..., steps.Turned]) -> None:
        act = partial(turn, self.winnow.actor, self.task_row)
        self.turns.take(lambda: self.turns.write(act, partial(self._turned, verb)))

    def _turned(self, verb: str, turned: steps.Turned) -> None:
        """Say what it was, and go where it was."""
        self.returned(turned.inputs)
        self.say(f"{verb}: {turned.name}")
        here = [place for place, input_id in enumerate(self.queue) if input_id in set(turned.inputs)]
        if here and self.input_id not in turned.inputs:
            self.go_to(here[0])
        else:
            self.reload()

    def action_back(self) -> None:
        """Leave, once what was typed before is done; keys typed ahead are for the screen below."""
        go_on = self.winnow.hold_keys()
        self.turns.take(lambda: self._leave(go_on))

    def _leave(self, go_on: Callable[[], None]) -> None:
        if self.is_current:
            self.dismiss()
        go_on()

    def ask_concept(self, purpose: str, title: str, *, prefers_new: bool = False) -> None:
        """Open the concept field in place of the list."""
        self.rows.display = False
        names, synonyms = viewing.known_names(self.task_row), viewing.synonyms()
        self.field.ask(names, purpose, title, synonyms=synonyms, prefers_new=prefers_new)
        self.refresh_bindings()

    def choose_among(self, names: Sequence[str], purpose: str, title: str) -> None:
        """Open the concept field on other names, of which one is to be chosen."""
        self.rows.display = False
        self.field.ask(names, purpose, title, takes_new=False)
        self.refresh_bindings()

    def on_concept_field_chosen(self, event: ConceptField.Chosen) -> None:
        """Do what the field was opened for."""
        self._close_field()
        self.turns.take(lambda: self.chosen(event.name, event.purpose))

    def on_concept_field_left(self, _: ConceptField.Left) -> None:
        """Back to the list."""
        self._close_field()

    def _close_field(self) -> None:
        self.rows.display = True
        self.refresh_bindings()

    def on_concept_list_pointed(self, event: ConceptList.Pointed) -> None:
        """A click highlights; on hotkey and mark it decides."""
        self._point()
        if event.entry.members:
            self.categories.turn(event.entry.concept)
            self.reload()
            self.folded()
        elif event.decides:
            self.turns.take(lambda: self.toggle(event.entry))
