"""The key canvas: what each key of the region editor does to the draft."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import BindingType

from tui.editing.draft import Draft
from tui.widgets.region_canvas import RegionCanvas
from tui.widgets.region_keys import EDITING


class KeyCanvas(RegionCanvas):
    """Keys that come before the draft is there wait for it."""

    BINDINGS: ClassVar[list[BindingType]] = EDITING

    def _do(self, act: Callable[[Draft], object]) -> None:
        """Change the draft, keep the crosshair in sight, draw; later if it is yet to begin."""
        if self._waiting is not None:
            self._waiting.append(lambda: self._do(act))
        elif self.draft is not None:
            act(self.draft)
            if self.draft is not None:
                self.reveal(*self.draft.shape.size.fraction(self.draft.at))
                self.redraw()

    def action_shift(self, across: int, down: int) -> None:
        """Move by a pixel."""
        self._do(lambda draft: draft.move(across, down))

    def action_stride(self, across: int, down: int) -> None:
        """Move by a step."""
        self._do(lambda draft: draft.move(across * draft.step, down * draft.step))

    def action_place(self) -> None:
        """Place a corner or a point; once the shape is there, finish."""
        self._do(lambda draft: self.finish(draft) if draft.shape.is_shaped else draft.place())

    def action_finish(self) -> None:
        """Store it, if it is a region."""
        self._do(self.finish)

    def finish(self, draft: Draft) -> None:
        """Close the shape and hand it over; a crosshair alone places what comes first."""
        draft.close()
        if draft.shape.is_shaped:
            self.post_message(self.Drawn())
        else:
            draft.place()

    def action_pick(self, by: int) -> None:
        """Pick the next corner, side or point, or the whole."""
        self._do(lambda draft: draft.pick(by))

    def action_insert_point(self) -> None:
        """Insert a point after the picked one."""
        self._do(lambda draft: draft.insert_point())

    def action_delete_point(self) -> None:
        """Delete the picked point."""
        self._do(lambda draft: draft.remove_point())

    def action_cycle(self) -> None:
        """Turn to the next region under the crosshair."""

        def cycle(draft: Draft) -> None:
            if not draft.is_begun:
                self.post_message(self.Cycled(*draft.shape.size.fraction(draft.at)))

        self._do(cycle)

    def action_take_back(self) -> None:
        """Undo the last change of the draft; before the first, give it up."""

        def take_back(draft: Draft) -> None:
            if not draft.undo():
                self.give_up()

        self._do(take_back)

    def action_do_again(self) -> None:
        """Redo it."""
        self._do(lambda draft: draft.redo())

    def action_change_step(self, by: int) -> None:
        """Make the step larger or smaller; it stays so."""

        def change(draft: Draft) -> None:
            draft.change_step(by)
            self._step = draft.step

        self._do(change)

    def action_cancel(self) -> None:
        """Give the draft up, also while it is waited for."""
        if self._when_ready is not None:
            self.give_up()
        else:
            self._do(lambda _: self.give_up())
