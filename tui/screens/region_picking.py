"""Region picking: regions are picked on the picture by mouse and crosshair, and copied to the next input."""

from __future__ import annotations

from functools import partial

from store import labeling
from tui.categories import said
from tui.entries import Entry
from tui.screens.region_drawing import RegionDrawing, can_be_drawn
from tui.widgets.mouse_canvas import MouseCanvas
from tui.widgets.region_canvas import RegionCanvas


class RegionPicking(RegionDrawing):
    """What is under the pointer or the crosshair, the smallest first."""

    # Picking

    def on_mouse_canvas_pointed(self, event: MouseCanvas.Pointed) -> None:
        """A click highlights the smallest region there, the next click the next; a double click edits."""
        here = self._regions_at(event.x, event.y)
        current = self.rows.current
        at = [place for place, entry in enumerate(here) if current and entry.identity == current.identity]
        if event.twice:
            if at and self.takes_regions:
                self.action_edit_region()
        elif here:
            self.rows.go_to(here[(at[0] + 1) % len(here) if at else 0].identity)
            self._point()

    def on_region_canvas_cycled(self, event: RegionCanvas.Cycled) -> None:
        """Turn from one region under the crosshair to the next."""
        here = self._regions_at(event.x, event.y)
        edited = None if self._edited is None else self._edited.identity
        at = [place for place, entry in enumerate(here) if entry.identity == edited]
        if here:
            following = here[(at[0] + 1) % len(here) if at else 0]
            self.rows.go_to(following.identity)
            self._point()
            self._take_up(following)

    def _regions_at(self, x: float, y: float) -> list[Entry]:
        """The visible regions around an image point, the smallest first."""
        found = []
        for entry in said(self.rows.items):
            bounds = entry.region.bounds if entry.region is not None and can_be_drawn(entry) else None
            if bounds is not None and not entry.hidden:
                left, top, right, bottom = bounds
                if left <= x <= right and top <= y <= bottom:
                    found.append(((right - left) * (bottom - top), entry))
        return [entry for _, entry in sorted(found, key=lambda pair: pair[0])]

    # Copying

    def action_copy(self, all_mine: bool) -> None:
        """Copy the highlighted region, or all of mine, to the next input, and go there."""
        self.turns.take(lambda: self._copy(all_mine))

    def _copy(self, all_mine: bool) -> None:
        if all_mine:
            chosen = [entry for entry in said(self.rows.items) if entry.value == 1 and can_be_drawn(entry)]
        else:
            current = self.rows.current
            chosen = [current] if current is not None and can_be_drawn(current) else []
        regions = [(entry.concept, entry.region) for entry in chosen if entry.region is not None]
        if not regions:
            self.say("there is no region to copy")
        elif self.at + 1 >= len(self.queue):
            self.say("this is the last input: there is none to copy to")
        else:
            act = partial(labeling.copy, self.winnow.actor, self.task_row, regions, self.queue[self.at + 1])
            self.turns.write(act, self._copied)

    def _copied(self, count: int) -> None:
        self.go_to(self.at + 1)
        self.say(f"copied {count} region{'s' if count != 1 else ''} from the input before")
