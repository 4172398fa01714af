"""The concept field: type to find a concept or to name a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input as TextField
from textual.widgets import Static

from store.printable import printable
from tui.widgets.item_rows import Piece, Rows, fitted

MOST = 50
"""Matches shown: more are not looked through, another letter is typed."""


def matches(names: Sequence[str], typed: str) -> list[str]:
    """The names that hold what was typed: beginnings first, then beginnings of a word, then the rest;
    within each the order they came in."""
    wanted = typed.strip().casefold()
    if not wanted:
        return list(names[:MOST])
    ranked: tuple[list[str], ...] = ([], [], [], [])
    for name in names:
        folded = name.casefold()
        if wanted in folded:
            rank = (
                0
                if folded == wanted
                else 1
                if folded.startswith(wanted)
                else 2
                if f" {wanted}" in folded
                else 3
            )
            ranked[rank].append(name)
    return [name for rank in ranked for name in rank][:MOST]


@dataclass(frozen=True)
class Match:
    """A name to choose; `new` when nothing is called so yet."""

    name: str
    new: bool = False
    synonym_of: str = ""
    """The name that was found and that this one is a synonym of."""


def with_synonyms(names: Sequence[str], synonyms: Mapping[str, Sequence[str]]) -> list[Match]:
    """What was found, each followed by its synonyms that were not."""
    found, there = [], set(names)
    for name in names:
        found.append(Match(name))
        for other in synonyms.get(name, ()):
            if other not in there:
                there.add(other)
                found.append(Match(other, synonym_of=name))
    return found


class Matches(Rows[Match], can_focus=False):
    """What can be chosen; the field's keys move the cursor."""

    DEFAULT_CSS = """
    Matches {
        height: 1fr;
        & .rows--cursor { background: $primary-muted; color: $foreground; text-style: bold; }
    }
    """

    def __init__(self) -> None:
        super().__init__(self.match_line, lambda match: match)

    def offer(self, known: Sequence[Match], new: str, *, prefers_new: bool) -> None:
        """Show names, the first one highlighted, and above them what was typed, "" when it is known.

        The new one is a step away, so that half a name takes the known one, unless it `prefers_new`.
        """
        made = [Match(new, new=True)] if new else []
        self.items = ()
        self.set_reactive(Rows.cursor, 0)
        self.show([*made, *known])
        self.cursor = len(made) if known and not prefers_new else 0

    def move(self, by: int) -> None:
        """Move the cursor; around the ends by single steps."""
        if self.items:
            step = self.cursor + by
            self.cursor = step % len(self.items) if abs(by) == 1 else step

    def match_line(self, match: Match, width: int) -> Sequence[Piece]:
        """A name; a new one with a plus."""
        here = "▌" if match is self.current else " "
        if match.new:
            return [(f"{here}+ ", "rows--good"), (fitted(f"new: {printable(match.name)}", width - 3), "")]
        why = f" (synonym of {printable(match.synonym_of)})" if match.synonym_of else ""
        return [(f"{here} {fitted(printable(match.name) + why, width - 2)}", "")]


class ConceptField(Vertical):
    """Appears in place of the concept list; enter takes what is highlighted, escape leaves."""

    DEFAULT_CSS = """
    ConceptField { display: none; height: 1fr; }
    ConceptField Static { height: 1; color: $text-accent; text-style: bold; padding: 0 1; }
    ConceptField Input { height: 1; border: none; padding: 0 1; background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", id="concept.leave"),
        Binding("down,tab,ctrl+n", "move(1)", "Next", id="concept.next"),
        Binding("up,shift+tab", "move(-1)", "Previous", id="concept.previous", show=False),
        Binding("pagedown", "move(10)", "Page down", id="concept.page_down", show=False),
        Binding("pageup", "move(-10)", "Page up", id="concept.page_up", show=False),
    ]

    class Chosen(Message):
        """A concept was chosen; `purpose` is what the field was opened for."""

        def __init__(self, name: str, purpose: str) -> None:
            super().__init__()
            self.name = name
            self.purpose = purpose

    class Left(Message):
        """Nothing was chosen."""

    def __init__(self) -> None:
        super().__init__()
        self._names: Sequence[str] = ()
        self._purpose = ""
        self._synonyms: Mapping[str, Sequence[str]] = {}
        self._takes_new = True
        self._prefers_new = False

    def compose(self) -> ComposeResult:
        """What it is for, the field, what matches."""
        yield Static(id="purpose", markup=False)
        yield TextField(placeholder="type, then enter", select_on_focus=False, compact=True)
        yield Matches()

    @property
    def is_open(self) -> bool:
        """Whether keys go to the field."""
        return bool(self.display)

    def ask(
        self,
        names: Sequence[str],
        purpose: str,
        title: str,
        *,
        synonyms: Mapping[str, Sequence[str]] = MappingProxyType({}),
        takes_new: bool = True,
        prefers_new: bool = False,
    ) -> None:
        """Open, empty, with these known names in the order of their likelihood.

        What is typed finds the `synonyms` of what it matches too. `takes_new`: a name that is not known
        can be chosen, and it comes first where it `prefers_new`.
        """
        self._names, self._purpose, self._synonyms = names, purpose, synonyms
        self._takes_new, self._prefers_new = takes_new, prefers_new
        self.display = True
        self.query_one("#purpose", Static).update(printable(title))
        field = self.query_one(TextField)
        field.value = ""
        self._filter("")
        field.focus()

    def close(self) -> None:
        """Give the keys back to the screen."""
        self.display = False
        self.screen.set_focus(None)

    def _filter(self, typed: str) -> None:
        found = matches(self._names, typed)
        wanted = typed.strip()
        known = not self._takes_new or any(name.casefold() == wanted.casefold() for name in found)
        shown = with_synonyms(found, self._synonyms) if wanted else [Match(name) for name in found]
        self.query_one(Matches).offer(shown, "" if known else wanted, prefers_new=self._prefers_new)

    def on_input_changed(self, event: TextField.Changed) -> None:
        """Filter as it is typed."""
        event.stop()
        if self.is_open:
            self._filter(event.value)

    def on_input_submitted(self, event: TextField.Submitted) -> None:
        """Take what is highlighted."""
        event.stop()
        self._choose()

    def on_click(self) -> None:
        """Typing goes on wherever one clicks."""
        self.query_one(TextField).focus()

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """A double click takes what it is on."""
        event.stop()
        self._choose()

    def _choose(self) -> None:
        match = self.query_one(Matches).current
        if match is not None:
            self.close()
            self.post_message(self.Chosen(match.name, self._purpose))

    def action_move(self, by: int) -> None:
        """Move the highlight."""
        self.query_one(Matches).move(by)

    def action_leave(self) -> None:
        """Choose nothing."""
        self.close()
        self.post_message(self.Left())
