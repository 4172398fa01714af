"""Label hotkeys: up to twenty keys that a person gives to concepts, kept for this user and task."""

from __future__ import annotations

from dataclasses import replace

from textual.binding import Binding, BindingType

from store import concepts
from store.tables import Concept, Task
from tui.entries import Entry
from tui.hotkeys import KEYS
from tui.screens.label_assist import LabelAssist
from tui.screens.label_decisions import REGIONS


def assigning() -> list[BindingType]:
    """The keys of this part."""
    return [Binding("K", "assign", "Give the concept a hotkey", id="label.assign", show=False)]


class LabelHotkeys(LabelAssist):
    """The next hotkey after the assigning one is the highlighted concept's from then on."""

    def __init__(self, task: Task, at_input: int | None = None) -> None:
        super().__init__(task, at_input)
        self._assigning: Entry | None = None
        self._drawing_as = ""
        self.keyed: list[Concept] = []
        """Concepts that have a hotkey of their own."""

    def recall_settings(self) -> None:
        """Label as the last time."""
        super().recall_settings()
        self._find_keyed()

    def _find_keyed(self) -> None:
        known = concepts.get_or_make(self.settings.hotkeys.values()) if self.settings.hotkeys else {}
        self.keyed = list(known.values())

    @property
    def reminders(self) -> list[str]:
        """Which hotkeys are whose."""
        kept = sorted(self.settings.hotkeys.items(), key=lambda pair: KEYS.index(pair[0]))
        return ["", "Hotkeys:", *(f"{key:>3} {name}" for key, name in kept)] if kept else []

    def action_assign(self) -> None:
        """The next hotkey that is pressed becomes that of the highlighted concept."""
        self.turns.take(self._assign)

    def _assign(self) -> None:
        self._assigning = self.rows.current
        if self._assigning is not None:
            self.say(f"press the hotkey for {self._assigning.concept} (1 to 0, or ' and 1 to 0)")

    def _press(self, key: str) -> None:
        """Give it, or do what it does."""
        entry, self._assigning = self._assigning, None
        if entry is not None:
            self._give_key(key, entry.concept)
        elif self.task_row.type in REGIONS and key in self.hotkeys.assigned:
            self.concept_key(self.hotkeys.assigned[key])
        else:
            super()._press(key)

    def _give_key(self, key: str, concept: str) -> None:
        kept = {k: name for k, name in self.settings.hotkeys.items() if name != concept and k != key}
        if self.settings.hotkeys.get(key) != concept:
            kept[key] = concept
            self.say(f"{key} is {concept} in this task from now on")
        else:
            self.say(f"{key} is no longer {concept}")
        self.keep(replace(self.settings, hotkeys=kept))
        self.hotkeys.assign(kept)
        self.turns.write(self._find_keyed, lambda _: self.reload())

    def concept_key(self, concept: str) -> None:
        """A concept's own hotkey in a task of regions draws a box of it, without asking what is in it."""
        self._begin_soon(lambda: self._draw_as(concept))

    def _draw_as(self, concept: str) -> None:
        self._draw("box")
        self._drawing_as = concept if self.canvas.draft is not None else ""

    def _end_draft(self) -> None:
        self._drawing_as = ""
        super()._end_draft()

    def _ask_what(self) -> None:
        name = self._drawing_as
        if name:
            self.turns.take(lambda: self._store_new(name))
        else:
            super()._ask_what()
