"""The progress line: which task, which input of how many, what is done, which file."""

from __future__ import annotations

from rich.cells import cell_len
from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from store.printable import printable
from tui.widgets.item_rows import fitted


class ProgressLine(Widget):
    """One line at the top of a viewer."""

    DEFAULT_CSS = """
    ProgressLine { dock: top; height: 1; background: $panel; color: $foreground; }
    """

    title: reactive[str] = reactive("")
    """What is being done: the task's name."""
    place: reactive[tuple[int, int] | None] = reactive(None)
    """The input's place in the queue, from 1, and how many there are; None until the queue is known."""
    done: reactive[int] = reactive(0)
    """How many of them are done."""
    pace: reactive[int | None] = reactive(None)
    """How many are done an hour; None while there are too few to tell."""
    file: reactive[str] = reactive("")
    """The input's path and size; what is cut first where there is no room."""
    instead: reactive[str] = reactive("")
    """What is shown in place of all that, "" for nothing."""

    def render(self) -> RenderResult:
        """The file name keeps its end, which tells more than its folders."""
        if self.instead:
            return Content.styled(fitted(f" {self.instead} ", self.size.width), "bold $text-accent")
        left, middle = f" {printable(self.title)} ", self._progress()
        room = self.size.width - cell_len(middle)
        left = fitted(left, min(cell_len(left), max(room // 2, 8)))
        room -= cell_len(left)
        file = f" {printable(self.file)} "
        right = (
            file.rjust(room - cell_len(file) + len(file)) if cell_len(file) <= room else ending(file, room)
        )
        return Content.assemble((left, "bold $text-primary"), middle, (right, "$foreground-muted"))

    def _progress(self) -> str:
        if self.place is None:
            return " opening… "
        at, total = self.place
        where = f"{at}/{total}" if at else f"{total}"
        pace = f" · {self.pace}/h" if self.pace else ""
        return f" {where} · {self.done} done · {total - self.done} left{pace} "


def ending(text: str, width: int) -> str:
    """The end of a text in exactly `width` cells, on the left where there is room."""
    if cell_len(text) <= width:
        return fitted(text, width)
    while text and cell_len(text) >= width:
        text = text[1:]
    return fitted(f"…{text}", width)
