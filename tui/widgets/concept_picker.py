"""The concept picker: type to find, enter to take, several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input as TextField
from textual.widgets import Static

from store.printable import printable
from tui.widgets.item_rows import Piece, Rows, fitted

Found = tuple[str, bool, bool]
"""A concept's name, whether it is chosen, whether it would be a new one."""


class ConceptPicker(Vertical):
    """What is chosen, a field, and the concepts that match what is typed."""

    DEFAULT_CSS = """
    ConceptPicker {
        width: 1fr;
        height: auto;
        #chosen { height: auto; max-height: 3; }
        Rows { height: 5; background: $surface; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "Take or leave", id="picker.toggle", priority=True),
        Binding("down", "move(1)", "Down", id="picker.down", show=False, priority=True),
        Binding("up", "move(-1)", "Up", id="picker.up", show=False, priority=True),
        Binding("pagedown", "page(1)", "Page down", id="picker.page_down", show=False, priority=True),
        Binding("pageup", "page(-1)", "Page up", id="picker.page_up", show=False, priority=True),
        Binding("ctrl+t", "take_all", "Take all found", id="picker.all", priority=True),
        Binding("ctrl+x", "clear", "None", id="picker.none", priority=True),
    ]

    class Changed(Message):
        """Other concepts are chosen."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._offered: list[str] = []
        self._folded: list[str] = []
        self._only_these = False
        self.chosen: list[str] = []

    def compose(self) -> ComposeResult:
        """What is chosen, the field, the list."""
        yield Static(id="chosen", markup=False)
        yield TextField(compact=True, placeholder="type to find a concept, enter takes it")
        rows: Rows[Found] = Rows(_line, lambda found: found[0])
        rows.can_focus = False
        yield rows

    def on_mount(self) -> None:
        """Say what nothing chosen means."""
        self._find()

    def offer(self, names: Sequence[str], *, closed: bool) -> None:
        """Offer these names. `closed`: only these, since a model knows no others; what is chosen and not
        among them is given up."""
        self._offered = list(names)
        self._folded = [name.casefold() for name in names]
        self._only_these = closed
        if closed:
            known = set(names)
            self.chosen = [name for name in self.chosen if name in known]
        self._find()

    @on(TextField.Changed)
    def _find(self) -> None:
        """Show what matches: beginnings first, then what has it anywhere."""
        typed = self.query_one(TextField).value.strip()
        wanted = typed.casefold()
        taken = set(self.chosen)
        matching = [i for i, name in enumerate(self._folded) if wanted in name]
        matching.sort(key=lambda i: not self._folded[i].startswith(wanted))
        found: list[Found] = [(self._offered[i], self._offered[i] in taken, False) for i in matching]
        if wanted and not self._only_these and wanted not in self._folded:
            found.append((typed, typed in taken, True))
        self.query_one(Rows).show(found)
        if wanted:
            self.query_one(Rows).cursor = 0
        self._tell()

    def _tell(self) -> None:
        known = f"all {len(self._offered)} of the model; take some to have only those"
        everything = known if self._only_these else "any"
        shown = ", ".join(map(printable, self.chosen)) or everything
        count = f"{len(self.chosen)}: " if len(self.chosen) > 1 else ""
        self.query_one("#chosen", Static).update(count + shown)

    def action_take(self) -> None:
        """Take the concept under the cursor, or leave it; the field is free for the next."""
        found = self.query_one(Rows).current
        if found is None:
            return
        name, chosen, _ = found
        if chosen:
            self.chosen.remove(name)
        else:
            self.chosen.append(name)
        field = self.query_one(TextField)
        if field.value:
            field.value = ""
        self._find()
        self.post_message(self.Changed())

    def action_take_all(self) -> None:
        """Take everything that matches what is typed."""
        found: Sequence[Found] = self.query_one(Rows).items
        self.chosen += [name for name, chosen, new in found if not chosen and not new]
        self._find()
        self.post_message(self.Changed())

    def action_clear(self) -> None:
        """Take none."""
        self.chosen = []
        self._find()
        self.post_message(self.Changed())

    def action_move(self, by: int) -> None:
        """Walk through the matches."""
        self.query_one(Rows).action_move(by)

    def action_page(self, by: int) -> None:
        """Walk by half a page."""
        self.query_one(Rows).action_page(by)


def _line(found: Found, width: int) -> Sequence[Piece]:
    name, chosen, new = found
    mark = "✓ " if chosen else "  "
    shown = f"new concept: {printable(name)}" if new else printable(name)
    return [(mark, "rows--good"), (fitted(shown, width - 2), "rows--strong" if chosen else "")]
