"""The viewer's panels: who said it, all about the input, the instructions; and what is out of sight."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from store import annotators, inputs
from store.annotators import Annotator
from store.tables import User
from store.times import local
from tui.entries import Entry
from tui.screens.viewer_display import ViewerDisplay
from tui.widgets.facts_panel import FactsPanel


class ViewerPanels(ViewerDisplay):
    """What can be looked at beside the list."""

    @property
    def facts(self) -> FactsPanel:
        """The panel under the list."""
        return self.query_one(FactsPanel)

    @property
    def sees_only(self) -> User | None:
        """The person whose annotations alone are shown; None: everybody's are."""
        return None

    @property
    def reminders(self) -> list[str]:
        """Lines under the instructions."""
        return []

    def action_facts(self, topic: str) -> None:
        """Open the panel on a topic: "instructions", "who" or "about"; the same again closes it."""
        self.turns.take(lambda: self._turn_facts(topic))

    def _turn_facts(self, topic: str) -> None:
        self.facts.turn(topic)
        self.tell_facts()

    def tell_facts(self) -> None:
        """Tell it of what is shown and highlighted now."""
        match self.facts.topic:
            case "instructions":
                told = str(self.task_row.instructions) or "This task has no instructions."
                self.facts.tell("Instructions", [*told.splitlines(), *self.reminders])
            case "about":
                row = self._shown
                self.facts.tell("About this input", [] if row is None else _about(row))
            case "who":
                entry = self.rows.current
                found = [] if entry is None or entry.members else self._annotators(entry)
                name = "" if entry is None else f": {entry.name}"
                self.facts.tell(f"Annotators ({len(found)}){name}", [_line(one) for one in found])

    def _annotators(self, entry: Entry) -> list[Annotator]:
        if self.input_id is None:
            return []
        return annotators.of(self.task_row, self.input_id, entry.concept, entry.region, self.sees_only)

    def action_hide(self) -> None:
        """Put the highlighted region out of sight, or show it again."""
        self.turns.take(self._hide)

    def _hide(self) -> None:
        entry = self.rows.current
        if entry is not None and entry.members:
            self._fold()
        elif entry is not None and entry.region is not None:
            self.categories.turn_instance(entry.identity)
            self.reload()

    def action_fold(self) -> None:
        """Put the highlighted region's whole category out of sight, or show it again."""
        self.turns.take(self._fold)

    def _fold(self) -> None:
        entry = self.rows.current
        if entry is None or not (entry.members or entry.region is not None):
            return
        self.categories.turn(entry.concept)
        self.reload()
        of_it = [line for line in self.rows.items if line.concept == entry.concept]
        here = [line for line in of_it if bool(line.members) == line.hidden]
        if here:
            self.rows.go_to(here[0].identity)
            self._point()
        self.folded()

    def folded(self) -> None:
        """Another category is out of sight, or in sight again."""


def _about(row: Any) -> list[str]:
    told = inputs.show(row)
    size = f"{told['width']} × {told['height']} px" if told["width"] else ""
    facts: Mapping[str, Any] = {
        "id": told["id"],
        "path": told["path"],
        "media": f"{told['media']}  {size}".strip(),
        "bytes": f"{told['size']:,}",
        "added": told["added_at"],
        "sha256": told["sha256"][:16],
        "error": told["error"],
        **(row.metadata or {}),
    }
    return [f"{name}: {value}" for name, value in facts.items() if value is not None]


def _line(annotator: Annotator) -> str:
    mark = "✓" if annotator.value else "✗"
    kind = "model" if annotator.is_model else "person"
    score = "" if annotator.score is None else f" {annotator.score:.4f}"
    status = "predicted" if annotator.status is None else annotator.status.title
    return f"{mark} {annotator.name} ({kind}){score} · {status} · {local(annotator.at)}"
