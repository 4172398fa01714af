"""A shared input: what others say of it, and what they wrote while one was at it."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from store import comments, newer
from store.annotations import on_input
from store.errors import Conflict, Refused
from store.tables import Annotation
from store.values import Region, Status, region_columns
from tui.screens.viewer import ViewerScreen

NEWER = "newer"
"""The facts panel's topic after a write that came too late."""


def sharing(scope: str) -> list[BindingType]:
    """The keys of this part."""
    return [
        Binding("C", "comments", "Comments", id=f"{scope}.comments", show=False),
        Binding("escape", "close_facts", "Close the panel", id=f"{scope}.close_panel", show=False),
    ]


class SharedInput(ViewerScreen):
    """Nothing of somebody else is ever overwritten: what they wrote is shown beside the refusal."""

    _late: str = ""
    """Why the last write was refused."""

    def action_comments(self) -> None:
        """Read and answer what is said of the input and its regions."""
        from tui.screens.threads import ThreadsScreen

        entry, input_id = self.rows.current, self.input_id
        if input_id is not None:
            region = None if entry is None else entry.region
            name = "" if entry is None else entry.name
            self.app.push_screen(ThreadsScreen(self.task_row, input_id, region, name, self.point_at))

    def point_at(self, region: Region) -> None:
        """Highlight the entry of a region."""
        key = region_columns(region)[2]
        for entry in self.rows.items:
            if entry.region is not None and region_columns(entry.region)[2] == key:
                self.rows.go_to(entry.identity)
                self._point()

    def commented(self, input_id: int) -> str:
        """That there are threads to read, "" where there are none."""
        count = comments.open_count(self.task_row, input_id)
        return f"{count} open comment{'s' if count != 1 else ''}: C reads them." if count else ""

    # What came too late

    def say_refused(self, refused: Refused) -> None:
        """Beside the refusal stands what somebody else wrote, if that is why."""
        input_id, actor = self.input_id, self.winnow.actor
        late = input_id if isinstance(refused, Conflict) else None
        if late is not None and newer.on_input(self.task_row, late, actor) is not None:
            self._late = str(refused)
            if self.facts.topic != NEWER:
                self.facts.turn(NEWER)
        super().say_refused(refused)

    def go_to(self, index: int) -> None:
        """What came too late was about the input before."""
        if self.facts.topic == NEWER:
            self.facts.turn(NEWER)
        super().go_to(index)

    def action_close_facts(self) -> None:
        """Close the panel, whatever it is about."""
        if self.facts.topic:
            self.facts.turn(self.facts.topic)

    def tell_facts(self) -> None:
        """What they wrote, who and when, and what stands now."""
        input_id = self.input_id
        if self.facts.topic != NEWER or input_id is None:
            super().tell_facts()
            return
        last = newer.on_input(self.task_row, input_id, self.winnow.actor)
        stands = [_line(row) for row in on_input(self.task_row, input_id, annotator=self.sees_only)]
        wrote = [last.sentence] if last is not None else []
        told = [*wrote, "Now it says:", *(stands or ["  nothing"]), self._late, "Escape closes this."]
        self.facts.tell("Not written: somebody was quicker", told)


def _line(row: Annotation) -> str:
    mark = "✓" if row.value else "✗"
    return f"  {mark} {row.concept.name} · {row.annotator.name} · {Status(row.status).title}"
