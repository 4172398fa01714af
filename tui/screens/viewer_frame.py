"""The viewer's frame: its widgets, its life, and what those who build on it must say."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Static

from store.errors import Refused
from store.printable import printable
from store.tables import Input, Task
from tui.categories import Categories
from tui.entries import Entry
from tui.hotkeys import Hotkeys
from tui.pictures import Pictures, Shown
from tui.swatches import Swatches
from tui.turns import Turns
from tui.widgets.concept_field import ConceptField
from tui.widgets.concept_list import ConceptList
from tui.widgets.facts_panel import FactsPanel
from tui.widgets.input_strip import InputStrip
from tui.widgets.input_view import InputView
from tui.widgets.key_footer import KeyFooter
from tui.widgets.progress_line import ProgressLine

if TYPE_CHECKING:
    from tui.app import WinnowApp


class ViewerFrame(Screen[None]):
    """The inputs of a queue that stays as it was, and the widgets that show one of them."""

    AUTO_FOCUS = ""
    names_everyone = False
    """Whether it is of interest in each row who said it, however little room there is."""

    DEFAULT_CSS = """
    ViewerFrame #side { width: 38%; min-width: 36; max-width: 60; border-left: vkey $panel; }
    ViewerFrame #heading { height: 1; padding: 0 1; text-style: bold; text-wrap: nowrap; }
    ViewerFrame #detail { height: 3; padding: 0 1; color: $text-muted; }
    ViewerFrame #notice { height: auto; max-height: 6; padding: 0 1; color: $text-warning; display: none; }
    """

    def __init__(self, task: Task, at_input: int | None = None) -> None:
        super().__init__()
        self.task_row = task
        self.at = 0
        self.hotkeys = Hotkeys()
        self.swatches = Swatches()
        self.categories = Categories()
        self._at_input = at_input
        self._shown: Input | None = None
        self._around: dict[int, Input] = {}
        self._opened_once = False
        self._noticed = ""
        self._read_at = 0
        self._drawn: list[tuple[Entry, str]] = []

    # What subclasses say

    @property
    @abstractmethod
    def queue(self) -> Sequence[int]:
        """The inputs, in order."""

    @abstractmethod
    def is_done(self, input_id: int) -> bool:
        """Whether an input was dealt with since the queue was opened."""

    @property
    @abstractmethod
    def done_count(self) -> int:
        """How many inputs were."""

    @abstractmethod
    def entries(self, input_id: int) -> list[Entry]:
        """What is said of an input."""

    @abstractmethod
    def notice(self, input_id: int) -> str:
        """What the person must know of the input, "" for nothing."""

    @abstractmethod
    def toggle(self, entry: Entry) -> None:
        """What its hotkey does to an entry."""

    @abstractmethod
    def chosen(self, name: str, purpose: str) -> None:
        """A concept was chosen in the concept field."""

    @property
    @abstractmethod
    def nothing_left(self) -> str:
        """The sentence at the queue's end."""

    @property
    def title_line(self) -> str:
        """What is being done."""
        return str(self.task_row.name)

    def returned(self, input_ids: Sequence[int]) -> None:
        """Undo or redo changed something on these inputs."""

    def arrived(self) -> None:
        """Another input is shown."""

    def above_list(self) -> ComposeResult:
        """What stands above the list."""
        yield from ()

    @abstractmethod
    def opened(self) -> None:
        """The screen is there, with nothing on it yet."""

    # What is built on this

    @abstractmethod
    def reload(self, *, anew: bool = False) -> None:
        """Read again what is said of the input; `anew`: it is another input."""

    @abstractmethod
    def _picture_came(self, input_id: int, picture: Shown) -> None:
        """A picture that was wanted is ready."""

    # Layout and life

    @property
    def winnow(self) -> WinnowApp:
        """The app, with actor and writer."""
        return cast("WinnowApp", self.app)

    def compose(self) -> ComposeResult:
        """The picture on the left, the concepts on the right."""
        yield ProgressLine()
        with Horizontal():
            yield InputView()
            with Vertical(id="side"):
                yield from self.above_list()
                yield Static(id="heading", markup=False)
                yield ConceptList(self.hotkeys, self.swatches, names_everyone=self.names_everyone)
                yield ConceptField()
                yield InputStrip()
                yield FactsPanel()
                yield Static(id="detail", markup=False)
                yield Static(id="notice", markup=False)
        yield KeyFooter()

    def on_mount(self) -> None:
        """Everything that is kept as long as the screen is open."""
        self.turns = Turns(self.winnow.writer, self.say_refused)
        self.pictures = Pictures(self.app, self.view.canvas, self._picture_came)
        self.query_one(ProgressLine).title = self.title_line
        self.opened()

    def on_unmount(self) -> None:
        """Nobody waits for pictures or answers any more."""
        self.turns.close()
        self.pictures.close()

    @property
    def view(self) -> InputView:
        """The large part."""
        return self.query_one(InputView)

    @property
    def rows(self) -> ConceptList:
        """The entries."""
        return self.query_one(ConceptList)

    @property
    def field(self) -> ConceptField:
        """Where concepts are typed."""
        return self.query_one(ConceptField)

    @property
    def input_id(self) -> int | None:
        """The input that is shown; None at the queue's end."""
        return self.queue[self.at] if self.at < len(self.queue) else None

    @property
    def settled(self) -> bool:
        """Whether everything that was typed has been done and is shown."""
        return self._opened_once and self.turns.settled

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While something is typed, keys are letters."""
        return not (self.is_mounted and self.is_typing)

    @property
    def is_typing(self) -> bool:
        """Whether keys go to a field."""
        return self.field.is_open

    def say(self, sentence: str) -> None:
        """Tell what was done, for a moment."""
        self.notify(printable(sentence), markup=False, timeout=3)

    def say_refused(self, refused: Refused) -> None:
        """Tell why something was not done, and look again: it may have changed."""
        self.notify(printable(refused), severity="error", markup=False)
        self.reload()
