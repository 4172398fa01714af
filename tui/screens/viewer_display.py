"""The viewer's display: what it shows of an input, and of the place in the queue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual.widgets import Static

from store import database, inputs, media, viewing
from store.printable import printable
from store.tables import Input
from store.values import TaskType
from tui.categories import said
from tui.entries import Entry
from tui.outlines import outlines
from tui.pictures import Shown
from tui.screens.viewer_frame import ViewerFrame
from tui.widgets.progress_line import ProgressLine

NEXT_PICTURES = 3
"""Pictures prepared ahead."""


class ViewerDisplay(ViewerFrame):
    """Shows an input, what is said of it, and where it stands."""

    def go_to(self, index: int) -> None:
        """Show the input at this place of the queue, or the end of it."""
        self.at = min(max(index, 0), len(self.queue))
        self.hotkeys.clear()
        self.categories.clear()
        self._opened_once = True
        input_id = self.input_id
        self._around = self._look_around()
        self._shown = None if input_id is None else self._around.get(input_id)
        self.reload(anew=True)
        if input_id is None or self.pictures.get(input_id) is None:
            self._look_ahead()
        else:
            # The frame first: what comes next would take its time from it.
            self.call_after_refresh(self._look_ahead)

    def next_open(self) -> int:
        """The place of the next input that is not done, from the front again after the last; else the end."""
        count = len(self.queue)
        for index in [*range(self.at + 1, count), *range(min(self.at + 1, count))]:
            if not self.is_done(self.queue[index]):
                return int(index)
        return count

    def reload(self, *, anew: bool = False) -> None:
        """Read again what is said of the input; `anew`: it is another input."""
        # Before anything is read, so that no change is missed.
        self._read_at = database.data_version()
        input_id = self.input_id
        entries = [] if input_id is None else self.entries(input_id)
        lines = self.categories.arranged(entries)
        # Keys name the concepts of a text first: spans come and go by the dozen.
        self.hotkeys.give(sorted(said(lines), key=lambda line: line.is_span))
        drawn = [(line, self.hotkeys.of(line)) for line in lines]
        as_before, self._drawn = drawn == self._drawn, drawn
        if anew:
            self.rows.show_anew(lines)
            # With its own regions at once: a picture is written twice otherwise.
            self._show_input(input_id)
        elif as_before:
            # What looks the same is not drawn again, but a row may have another version.
            self.rows.items = lines
        else:
            self.rows.show(lines)
        self._tell(entries, input_id)
        self._point()

    def reload_changed(self) -> None:
        """Read again, unless nobody has written since: after each decision it was read at once."""
        if database.data_version() != self._read_at:
            self.reload()

    def _show_input(self, input_id: int | None) -> None:
        row = self._shown
        if input_id is None:
            self.view.show_sentence(self.nothing_left)
        elif row is None:
            self.view.show_sentence("This input is no longer in the project.")
        elif row.media == "text":
            self._show_text(row)
        elif (picture := self.pictures.get(input_id)) is not None:
            self._show_picture(picture)
        else:
            self.view.show_sentence("loading…")

    def _show_text(self, row: Input) -> None:
        try:
            text = media.read_text(inputs.absolute(row), media.MAX_TEXT_BYTES)
        except media.MediaError as error:
            self.view.show_sentence(str(error))
        else:
            self.view.show_text(text)

    def _show_picture(self, picture: Shown) -> None:
        if isinstance(picture, str):
            self.view.show_sentence(picture)
        else:
            self.view.show_picture(picture, self._outlines())

    def _picture_came(self, input_id: int, picture: Shown) -> None:
        if self.is_attached and input_id == self.input_id:
            self._show_picture(picture)

    def _look_around(self) -> dict[int, Input]:
        """The input, those that follow and the one before, the most wanted first."""
        around = [self.at, *range(self.at + 1, self.at + 1 + NEXT_PICTURES), self.at - 1]
        wanted = [self.queue[index] for index in around if 0 <= index < len(self.queue)]
        rows = viewing.look(wanted)
        return {input_id: rows[input_id] for input_id in wanted if input_id in rows}

    def _look_ahead(self) -> None:
        rows = self._around.values()
        self.pictures.want([(row.id, inputs.absolute(row)) for row in rows if row.media == "image"])
        self.arrived()

    def _outlines(self) -> list[Any]:
        seen = [entry for entry in self.rows.items if not entry.hidden]
        return outlines(seen, self.rows.current, self.hotkeys, self.swatches)

    def _tell(self, entries: Sequence[Entry], input_id: int | None) -> None:
        """Heading, progress and notice."""
        line = self.query_one(ProgressLine)
        line.place = (self.at + 1 if input_id is not None else 0, len(self.queue))
        line.done = self.done_count
        row = self._shown
        size = f"  {row.width}×{row.height}" if row is not None and row.width else ""
        line.file = f"{row.path}{size}" if row is not None else ""
        self._put("#heading", self.heading(entries))
        told = "" if input_id is None else printable(self.notice(input_id))
        if told != self._noticed:
            # A new layout costs tens of milliseconds: only when there is something else to say.
            self._noticed = told
            notice = self.query_one("#notice", Static)
            notice.update(told)
            notice.display = bool(told)

    def heading(self, entries: Sequence[Entry]) -> str:
        """How many there are, how many of them are shown, ticked and crossed."""
        asks_where = self.task_row.type in (TaskType.DETECTION, TaskType.SEGMENTATION)
        regions = asks_where or any(entry.region is not None and not entry.is_span for entry in entries)
        what = "Objects" if regions else "Classifications"
        marks = [(sum(entry.value == 1 for entry in entries), "✓")]
        marks.append((sum(entry.value == 0 for entry in entries), "✗"))
        counts = "".join(f" · {count} {mark}" for count, mark in marks if count)
        return f"{what} ({self.count(len(entries))}){counts}"

    def count(self, shown: int) -> str:
        """How many entries there are."""
        return str(shown)

    def _point(self) -> None:
        """The highlight has moved: on the picture too."""
        self.view.outline(self._outlines())
        entry = self.rows.current
        self._put("#detail", printable(_detail(entry) if entry is not None else self._no_entries()))
        self.tell_facts()

    def _put(self, line: str, text: str) -> None:
        """Tell something else on one of the lines; the same again costs nothing."""
        static = self.query_one(line, Static)
        if static.content != text:
            static.update(text, layout=False)

    def _no_entries(self) -> str:
        return "" if self.input_id is None else "Nothing is said of this input yet."

    def tell_facts(self) -> None:
        """Tell the facts panel of what is shown and highlighted now."""


def _detail(entry: Entry) -> str:
    """All about the highlighted entry, uncut."""
    if entry.members:
        return f"{entry.name}: {entry.members} regions out of sight"
    name = f"{entry.name} (the model says {entry.original})" if entry.original else entry.name
    score = "" if entry.score is None else f" · {entry.score:.4f}"
    if entry.annotation is None:
        return f"{name}{score}" + (
            f" · {entry.who} suggests it" if entry.suggestion else " · a concept of this task"
        )
    said = "says so" if entry.value else "says it is not there"
    status = f" · {entry.status.title}" if entry.status is not None else ""
    return f"{name}{score} · {entry.who} {said}{status}"
