"""Side by side: what several labelers said of an input, in columns, to take one or to drop one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.reactive import reactive
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from store import answers
from store.answers import Answers, Line
from store.errors import Refused
from store.printable import printable
from store.tables import Task
from store.values import Region
from tui.messages import StoreChanged
from tui.widgets.item_rows import Piece, Rows, fitted

if TYPE_CHECKING:
    from tui.app import WinnowApp

CONCEPT, COLUMN, AGREE = 20, 12, 6


class SideBySideScreen(ModalScreen[bool]):
    """Lies under the picture. Ends with whether the input is to be approved as it is now."""

    AUTO_FOCUS = "Rows"
    DEFAULT_CSS = """
    SideBySideScreen {
        align: left bottom;
        background: transparent;
        #answers { height: 45%; min-height: 9; margin-bottom: 1; background: $surface; }
        #answers { border-top: thick $primary; }
        #who { height: 1; text-style: bold; text-wrap: nowrap; }
        Rows { height: 1fr; background: $surface; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("h,left", "turn(-1)", "Labeler before", id="side.previous", show=False),
        Binding("l,right,tab", "turn(1)", "Next labeler", id="side.next", key_display="l"),
        Binding("t,enter", "take", "Take all of theirs", id="side.take"),
        Binding("d,delete", "drop", "Drop the line", id="side.drop"),
        Binding("a", "approve", "Approve", id="side.approve"),
        Binding("escape,q,S", "leave", "Back", id="side.leave"),
    ]

    column: reactive[int] = reactive(0)
    """Which labeler is highlighted."""

    def __init__(self, task: Task, input_id: int, point: Callable[[Region], None]) -> None:
        super().__init__()
        self._of, self._input, self._point = task, input_id, point
        self._answers = Answers([], [])

    @property
    def _app(self) -> WinnowApp:
        return cast("WinnowApp", self.app)

    @property
    def _rows(self) -> Rows[Any]:
        return self.query_one(Rows)

    def compose(self) -> ComposeResult:
        """Names over columns."""
        with Vertical(id="answers"):
            yield Static(id="who", markup=False)
            yield Rows[Line](self._line, lambda line: (line.concept, line.value, line.region))
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Read at once."""
        self.look_again()

    @on(StoreChanged)
    def look_again(self) -> None:
        """Read what is said now."""
        self._answers = answers.of(self._of, self._input)
        self.column = min(self.column, max(len(self._answers.labelers) - 1, 0))
        self._rows.show(self._answers.lines)
        self.watch_column()

    def on_resize(self) -> None:
        """Other columns fit."""
        self.watch_column()

    @property
    def _seen(self) -> Sequence[str]:
        """The labelers whose columns fit, the highlighted one among them."""
        fits = max(1, (self.size.width - CONCEPT - AGREE - 3) // COLUMN)
        first = max(0, min(self.column - fits // 2, len(self._answers.labelers) - fits))
        return self._answers.labelers[first : first + fits]

    def watch_column(self) -> None:
        """Another labeler is highlighted."""
        if self.is_mounted and self._answers.labelers:
            here = self._answers.labelers[self.column]
            names = [f"▸{printable(name)}" if name == here else f" {printable(name)}" for name in self._seen]
            told = f" {fitted('', CONCEPT)} {fitted('agree', AGREE)}"
            self.query_one("#who", Static).update(told + "".join(fitted(name, COLUMN) for name in names))
            self._rows.refresh()

    def _line(self, line: Line, width: int) -> Sequence[Piece]:
        many = len(self._answers.labelers)
        here = self._answers.labelers[self.column]
        agreed = self._answers.agreed(line)
        share = f"{'=' if agreed else '≠'} {len(line.by)}/{many}"
        pieces: list[Piece] = [
            (f" {fitted(('' if line.value else '✗ ') + printable(line.concept), CONCEPT)} ", "rows--strong"),
            (fitted(share, AGREE), "rows--good" if agreed else "rows--doubtful"),
        ]
        for name in self._seen:
            said = line.by.get(name)
            mark = "·" if said is None else ("✓" if said.value else "✗")
            score = "" if said is None or said.score is None else f" {said.score:.2f}"
            where = " ▭" if said is not None and line.region is not None else ""
            cell = f"{'▸' if name == here else ' '}{mark}{score}{where}"
            pieces.append((fitted(cell, COLUMN), "rows--dim" if said is None else ""))
        return pieces

    @on(Rows.Moved)
    def point(self) -> None:
        """The region of the line is highlighted on the picture."""
        current: Line | None = self._rows.current
        if current is not None and current.region is not None:
            self._point(current.region)

    def action_turn(self, by: int) -> None:
        """Another labeler."""
        if self._answers.labelers:
            self.column = (self.column + by) % len(self._answers.labelers)

    def action_take(self) -> None:
        """Keep what the highlighted labeler says, delete what they do not."""
        if self._answers.labelers:
            name = self._answers.labelers[self.column]
            self._write(partial(answers.take, self._app.actor, self._answers, name), f"took what {name} says")

    def action_drop(self) -> None:
        """Delete the statement, whoever made it."""
        current: Line | None = self._rows.current
        if current is not None:
            self._write(partial(answers.drop, self._app.actor, [current]), f"dropped {current.concept}")

    def _write(self, act: Callable[[], int], said: str) -> None:
        self._app.writer.submit(act, partial(self._written, said), self._refused)

    def _written(self, said: str, gone: int) -> None:
        told = f"{said}: {gone} annotations deleted, u brings them back" if gone else "nothing to delete"
        self.notify(printable(told), markup=False, timeout=3)
        if self.is_attached:
            self.look_again()

    def _refused(self, refused: Refused) -> None:
        self.notify(printable(refused), severity="error", markup=False)
        if self.is_attached:
            self.look_again()

    def action_approve(self) -> None:
        """Approve what is left, once what was typed before is written."""
        self._app.writer.submit(lambda: None, self._approve)

    def _approve(self, _: None) -> None:
        self.dismiss(True)

    def action_leave(self) -> None:
        """Back to the input."""
        self.dismiss(False)
