"""Region drawing: regions are drawn and changed on the picture."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from store import labeling, viewing
from store.printable import printable
from store.tables import Annotation
from store.values import Region, TaskType
from tui.categories import said
from tui.editing.image_size import ImageSize
from tui.entries import Entry, Identity
from tui.outlines import outlines
from tui.screens.picture_viewing import PictureViewing
from tui.widgets.concept_field import ConceptField
from tui.widgets.progress_line import ProgressLine
from tui.widgets.region_canvas import RegionCanvas

DRAWING = frozenset(("draw", "edit_region", "copy"))
NEW = "region"
"""What the concept field is opened for."""


class RegionDrawing(PictureViewing):
    """The draft on the canvas is stored by one write when it is finished."""

    _edited: Entry | None = None
    """The entry whose region the draft is; None for a new one."""
    _last_drawn = ""
    """The concept that was given to a region last: it is proposed first."""

    @property
    def takes_regions(self) -> bool:
        """Whether the task asks where something is."""
        return self.task_row.type in (TaskType.DETECTION, TaskType.SEGMENTATION)

    @property
    def is_typing(self) -> bool:
        """While a region is worked on the keys are the canvas's."""
        return super().is_typing or self.canvas.is_editing

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Drawing is offered where a task takes regions and a picture is shown."""
        if action in DRAWING and not (self.takes_regions and self.is_mounted and self.canvas.display):
            return False
        return super().check_action(action, parameters)

    # What the viewer shows

    def go_to(self, index: int) -> None:
        """A draft does not go along to another input."""
        self._end_draft()
        super().go_to(index)
        row = self._shown
        has_size = row is not None and row.media == "image" and row.width and row.height
        self.canvas.image_size = ImageSize(row.width, row.height) if row is not None and has_size else None
        self.canvas.full_width = row.width if row is not None and has_size else 0

    def _point(self) -> None:
        super()._point()
        entry = self.rows.current
        self.canvas.may_draw = self.takes_regions
        self.canvas.target = entry.region if entry is not None and can_be_drawn(entry) else None

    def _outlines(self) -> list[Any]:
        """Without the region that is worked on: the canvas draws that itself."""
        if self._edited is None:
            return super()._outlines()
        return list(outlines(self._seen, None, self.hotkeys, self.swatches, self._edited.identity))

    @property
    def _seen(self) -> list[Entry]:
        return [entry for entry in self.rows.items if not entry.hidden]

    def on_region_canvas_changed(self) -> None:
        """The numbers take the place of the progress while a region is worked on."""
        self.query_one(ProgressLine).instead = self.canvas.numbers

    # Beginning

    def action_draw(self, shape: str) -> None:
        """Draw a new "box" or "polygon"."""
        self._begin_soon(lambda: self._draw(shape))

    def action_edit_region(self) -> None:
        """Change the highlighted region; a suggestion becomes this person's annotation."""
        self._begin_soon(self._edit)

    def _begin_soon(self, begin: Callable[[], None]) -> None:
        self.canvas.expect()
        self.refresh_bindings()
        self.turns.take(begin)

    def _draw(self, shape: str) -> None:
        if self._has_picture():
            self._edited = None
            self.canvas.when_ready(lambda: self.canvas.begin(shape))

    def _edit(self) -> None:
        entry = self.rows.current
        if entry is None or not can_be_drawn(entry):
            self.canvas.leave()
            self.say("no region is highlighted: b draws a box, p a polygon")
        elif self._has_picture():
            self.canvas.when_ready(lambda: self._take_up(entry))

    def _take_up(self, entry: Entry) -> None:
        assert entry.region is not None
        self._edited = entry
        self.canvas.begin(entry.region, printable(entry.name), self.swatches.of(entry.concept).colour)
        self.view.outline(self._outlines())

    def _has_picture(self) -> bool:
        """Whether there is a picture, or one to come."""
        coming = self.input_id is not None and not isinstance(self.pictures.get(self.input_id), str)
        if self.canvas.image_size is not None and coming:
            return True
        self.canvas.leave()
        self.say("there is no picture to draw on")
        return False

    def on_region_canvas_begun(self, event: RegionCanvas.Begun) -> None:
        """The mouse has begun: on the highlighted region, or a new one."""
        self._edited = self.rows.current if event.of_target else None
        self.view.outline(self._outlines())

    def on_region_canvas_left(self) -> None:
        """The draft was given up: everything is as it was."""
        self._end_draft()
        self._point()

    def _end_draft(self) -> None:
        self._edited = None
        if self.canvas.is_busy:
            self.canvas.leave()

    # Finishing

    def on_region_canvas_drawn(self) -> None:
        """Store it; a new region first needs a concept."""
        draft = self.canvas.draft
        if draft is None or draft.region is None:
            return
        if self._edited is None:
            self.canvas.hold()
            self._ask_what()
        elif draft.is_changed:
            self._store_change(self._edited, draft.region)
        else:
            self.on_region_canvas_left()

    def _ask_what(self) -> None:
        names = list(viewing.known_names(self.task_row))
        if self._last_drawn:
            names = [self._last_drawn, *(name for name in names if name != self._last_drawn)]
        self.rows.display = False
        self.field.ask(names, NEW, "What is in the region?")
        self.refresh_bindings()

    def _store_change(self, entry: Entry, region: Region) -> None:
        actor, task, input_id = self.winnow.actor, self.task_row, self.input_id
        said = entry.annotation or entry.suggestion
        if said is None or input_id is None:
            return
        act = partial(labeling.place, actor, task, input_id, said, region)
        self.canvas.hold()
        self.turns.take(lambda: self.turns.write(act, lambda _: self._stored(entry.identity)))

    def on_concept_field_chosen(self, event: ConceptField.Chosen) -> None:
        """The new region is what was typed."""
        if event.purpose == NEW:
            event.prevent_default()
            self._close_field()
            self.turns.take(lambda: self._store_new(event.name))

    def on_concept_field_left(self, event: ConceptField.Left) -> None:
        """Back to the draft: it is not lost."""
        if self.canvas.draft is not None:
            event.prevent_default()
            self._close_field()
            self.canvas.resume()

    def _store_new(self, name: str) -> None:
        draft, input_id = self.canvas.draft, self.input_id
        if draft is None or draft.region is None or input_id is None:
            return
        act = partial(labeling.add, self.winnow.actor, self.task_row, input_id, name, draft.region)
        self.turns.write(act, self._stored_new)

    def _stored_new(self, annotation: Annotation) -> None:
        self._last_drawn = annotation.concept.name
        self._end_draft()
        self.reload()
        made = [
            e for e in said(self.rows.items) if e.annotation is not None and e.annotation.id == annotation.id
        ]
        if made:
            self.rows.go_to(made[0].identity)
        self._point()

    def _stored(self, identity: Identity) -> None:
        self._end_draft()
        self.reload()
        self.rows.go_to(identity)
        self._point()

    def say_refused(self, refused: Any) -> None:
        """What was refused is not stored: the draft is there to be changed."""
        super().say_refused(refused)
        if self.canvas.draft is not None:
            self.canvas.resume()


def can_be_drawn(entry: Entry) -> bool:
    """Whether it is a region of a picture."""
    return not entry.members and entry.region is not None and entry.region.span is None
