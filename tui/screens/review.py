"""The review screen: the queue as a table, and verdicts on one input or on all that are marked."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType

from store import steps
from tui.screens.review_deciding import ReviewDeciding, deciding
from tui.screens.review_filtering import filtering
from tui.widgets.item_rows import Rows


class ReviewScreen(ReviewDeciding):
    """What waits for this reviewer in a task; the table stays as it was until it is refreshed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Look", id="review.open"),
        *deciding(),
        *filtering(),
        Binding("u", "undo", "Undo", id="app.undo"),
        Binding("ctrl+r", "redo", "Redo", id="app.redo", show=False),
        Binding("q", "back", "Back", id="review.back"),
    ]

    def action_open(self) -> None:
        """Look at the input under the cursor."""
        self.turns.take(self._open)

    def _open(self) -> None:
        from tui.screens.review_input import ReviewInputScreen

        if self.table.current is not None:
            self.app.push_screen(ReviewInputScreen(self.queue, self.table.cursor))

    @on(Rows.Chosen)
    def clicked_twice(self) -> None:
        """A double click looks at it too."""
        self.action_open()

    def action_undo(self) -> None:
        """Take back the last step in this task."""
        act = partial(steps.undo, self.winnow.actor, self.task_row)
        self.turns.take(lambda: self.turns.write(act, partial(self._turned, "undone")))

    def action_redo(self) -> None:
        """Do it again."""
        act = partial(steps.redo, self.winnow.actor, self.task_row)
        self.turns.take(lambda: self.turns.write(act, partial(self._turned, "done again")))

    def _turned(self, verb: str, turned: steps.Turned) -> None:
        self.queue.look(turned.inputs)
        self.say(f"{verb}: {turned.name}")
        self.table.forget()
        self.table.go_to(turned.inputs[0])
        self.tell()

    def action_back(self) -> None:
        """Leave, once what was typed before is done; keys typed ahead are for the screen below."""
        go_on = self.winnow.hold_keys()
        self.turns.take(lambda: self._leave(go_on))

    def _leave(self, go_on: Callable[[], None]) -> None:
        if self.is_current:
            self.dismiss()
        go_on()
