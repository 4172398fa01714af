"""The review screen: the queue as a table, and verdicts on one input or on all that are marked."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType

from store import assignments, steps
from store.tables import Task, User
from store.values import Side
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
        self._turn(steps.undo, "undone")

    def action_redo(self) -> None:
        """Do it again."""
        self._turn(steps.redo, "done again")

    def _turn(self, turn: Callable[[User, Task], steps.Turned], verb: str) -> None:
        actor, task = self.winnow.actor, self.task_row

        def act() -> tuple[steps.Turned, set[int]]:
            turned = turn(actor, task)
            return turned, assignments.open_among(task, Side.REVIEW, actor, turned.inputs)

        self.turns.take(lambda: self.turns.write(act, lambda done: self._turned(verb, *done)))

    def _turned(self, verb: str, turned: steps.Turned, still_open: set[int]) -> None:
        self.queue.note(turned.inputs, still_open)
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
