"""Label hotkeys: up to twenty keys that a person gives to concepts, kept for this user and task."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from textual.binding import Binding, BindingType

from store import concepts, labeling
from store.tables import Concept, Task
from tui.entries import Entry
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
        self.keyed: list[Concept] = []
        """Concepts that have a hotkey of their own."""

    def recall_settings(self) -> None:
        """Label as the last time."""
        super().recall_settings()
        self._find_keyed()

    def _find_keyed(self) -> None:
        known = concepts.get_or_make(self.settings.hotkeys.values()) if self.settings.hotkeys else {}
        self.keyed = list(known.values())

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
        """A concept's own hotkey in a task of regions: the highlighted region is one."""
        entry = self.rows.current
        if entry is not None and not entry.members and self.input_id is not None:
            self.call_it(entry, concept)

    def call_it(self, entry: Entry, concept: str) -> None:
        """Give a region another concept, which accepts it."""
        actor, task, input_id = self.winnow.actor, self.task_row, self.input_id
        if entry.annotation is not None and entry.concept != concept:
            self._write(partial(labeling.reassign, actor, entry.annotation, concept))
        elif entry.suggestion is not None and input_id is not None:
            other = None if entry.concept == concept else concept
            self._write(partial(labeling.accept, actor, task, input_id, entry.suggestion, concept=other))
