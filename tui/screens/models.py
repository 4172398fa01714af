"""Models: what can predict, what it runs on, and where it failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Footer, Static

from store import model_lines
from store.model_lines import ModelLine
from store.printable import printable
from tui.messages import StoreChanged
from tui.places import Place
from tui.widgets.item_rows import Rows
from tui.widgets.number_table import NumberTable
from tui.widgets.top_bar import TopBar

if TYPE_CHECKING:
    from tui.app import WinnowApp

HEADINGS = ("Model", "Type", "Licence", "Runs on", "Version", "Concepts", "MiB", "Failed")
NOTHING = "No model is registered. A card in TOML beside an ONNX file describes one."


class ModelsScreen(Screen[None]):
    """A table; below it all about the model under the cursor."""

    DEFAULT_CSS = """
    ModelsScreen {
        NumberTable { height: 1fr; }
        #about { height: auto; max-height: 50%; padding: 0 1; border-top: solid $panel; }
        #about Static { width: 100%; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,escape", "app.pop_screen", "Back", id="models.back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[ModelLine] | None = None

    @property
    def _app(self) -> WinnowApp:
        return cast("WinnowApp", self.app)

    def place(self) -> Place:
        """This screen."""
        return Place("models")

    def compose(self) -> ComposeResult:
        """Bar, table, details, keys."""
        yield TopBar("Models")
        yield NumberTable()
        with VerticalScroll(id="about", can_focus=False):
            yield Static("looking…", markup=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Ask at once."""
        self.query_one(NumberTable).rows.focus()
        self.look_again()

    @on(StoreChanged)
    def look_again(self) -> None:
        """The engine may have loaded one, or failed."""
        self._app.reader.ask("models", model_lines.listing, self._show)

    def _show(self, lines: list[ModelLine]) -> None:
        if not self.is_attached:
            return
        self._lines = lines
        self.query_one(NumberTable).show(HEADINGS, [_row(line) for line in lines], words=4)

    @on(Rows.Moved)
    def tell(self) -> None:
        """All about the model under the cursor."""
        current = self.query_one(NumberTable).current
        if self._lines is None:
            return
        told = [NOTHING] if current is None else _about(self._lines[current])
        self.query_one("#about Static", Static).update("\n".join(map(printable, told)))


def _row(line: ModelLine) -> tuple[str, ...]:
    runs = ", ".join(line.loaded) if line.loaded else "–" if line.installed else "not here"
    numbers = (str(line.version), f"{line.concepts:,}", f"{line.size / (1 << 20):.1f}", f"{line.failed:,}")
    return (line.name, line.type, line.licence, runs, *numbers)


def _about(line: ModelLine) -> list[str]:
    more = "" if len(line.said) == line.concepts else f" and {line.concepts - len(line.said):,} more"
    told = [f"{line.title}: {line.description}" if line.description else line.title]
    if line.loaded:
        told.append(f"The engine has it open on {', '.join(line.loaded)}.")
    elif not line.installed:
        told.append("Its file is not on this machine, so nothing can be predicted with it here.")
    if line.failed:
        told.append(f"It could not look at {line.failed:,} inputs: Troubles of its tasks tells why.")
    told += [
        line.notes,
        *line.drawing,
        f"Family {line.family}, licence {line.licence}, for {line.type} tasks",
        f"Source: {line.source}",
        f"Concepts: {', '.join(line.said)}{more}",
    ]
    return [words for words in told if words]
