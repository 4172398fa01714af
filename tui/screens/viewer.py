"""The viewer: one input at a time, with what is said of it; labeling and reviewing build on it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Footer, Static

from store import inputs, media, steps, viewing
from store.errors import Refused
from store.printable import printable
from store.tables import Input, Task
from tui.entries import Entry
from tui.hotkeys import BANK, Hotkeys
from tui.messages import StoreChanged
from tui.outlines import outlines
from tui.pictures import Pictures, Shown
from tui.turns import Turns
from tui.widgets.concept_field import ConceptField
from tui.widgets.concept_list import ConceptList
from tui.widgets.input_view import InputView
from tui.widgets.progress_line import ProgressLine

if TYPE_CHECKING:
    from tui.app import WinnowApp

LONGEST_TEXT = 100_000
"""Characters of a text that are shown."""

NEXT_PICTURES = 3
"""Pictures prepared ahead."""

BANK_SECONDS = 2.0
"""How long an apostrophe waits for its digit."""


def common(scope: str) -> list[BindingType]:
    """Bindings that every viewer has, with ids of its scope: moving, undoing, leaving, hotkeys."""
    hotkeys: list[BindingType] = [
        Binding(str(n % BANK), f"hotkey({n % BANK})", f"Hotkey {n}", id=f"{scope}.hotkey_{n}", show=False)
        for n in range(1, BANK + 1)
    ]
    return [
        Binding("u", "undo", "Undo", id="app.undo"),
        Binding("ctrl+r", "redo", "Redo", id="app.redo", show=False),
        Binding("j,down,tab", "move(1)", "Next concept", id=f"{scope}.next_concept", show=False),
        Binding("k,up,shift+tab", "move(-1)", "Previous concept", id=f"{scope}.previous_concept", show=False),
        Binding("l,right,right_square_bracket", "go(1)", "Next input", id=f"{scope}.next", show=False),
        Binding("h,left,left_square_bracket", "go(-1)", "Previous input", id=f"{scope}.previous", show=False),
        Binding(
            "ctrl+d,pagedown", "scroll(0.5)", "Scroll the text down", id=f"{scope}.scroll_down", show=False
        ),
        Binding("ctrl+u,pageup", "scroll(-0.5)", "Scroll the text up", id=f"{scope}.scroll_up", show=False),
        Binding("i", "instructions", "Instructions", id=f"{scope}.instructions", show=False),
        *hotkeys,
        Binding("apostrophe", "bank", "Hotkeys 11 to 20", id=f"{scope}.bank", show=False),
        Binding("q", "back", "Back", id=f"{scope}.back"),
    ]


class ViewerScreen(Screen[None]):
    """Shows the inputs of a queue that stays as it was. Subclasses decide."""

    AUTO_FOCUS = ""
    names_everyone = False
    """Whether it is of interest in each row who said it, however little room there is."""

    DEFAULT_CSS = """
    ViewerScreen #side { width: 38%; min-width: 36; max-width: 60; border-left: vkey $panel; }
    ViewerScreen #heading { height: 1; padding: 0 1; text-style: bold; text-wrap: nowrap; }
    ViewerScreen #detail { height: 3; padding: 0 1; color: $text-muted; }
    ViewerScreen #notice { height: auto; max-height: 6; padding: 0 1; color: $text-warning; display: none; }
    """

    def __init__(self, task: Task, at_input: int | None = None) -> None:
        super().__init__()
        self.task_row = task
        self.at = 0
        self.hotkeys = Hotkeys()
        self._at_input = at_input
        self._shown: Input | None = None
        self._around: dict[int, Input] = {}
        self._bank = False
        self._instructing = False
        self._opened_once = False
        self._noticed = ""

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
                yield Static(id="heading", markup=False)
                yield ConceptList(self.hotkeys, names_everyone=self.names_everyone)
                yield ConceptField()
                yield Static(id="detail", markup=False)
                yield Static(id="notice", markup=False)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Everything that is kept as long as the screen is open."""
        self.turns = Turns(self.winnow.writer, self.say_refused)
        self.pictures = Pictures(self.app, self.view.canvas, self._picture_came)
        self.query_one(ProgressLine).title = self.title_line

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

    # Showing

    def go_to(self, index: int) -> None:
        """Show the input at this place of the queue, or the end of it."""
        self.at = min(max(index, 0), len(self.queue))
        self.hotkeys.clear()
        self._instructing = False
        self._opened_once = True
        input_id = self.input_id
        self._around = self._look_around()
        self._shown = None if input_id is None else self._around.get(input_id)
        if input_id is None:
            self.view.show_sentence(self.nothing_left)
        else:
            self._show_input(input_id)
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
        input_id = self.input_id
        entries = [] if input_id is None else self.entries(input_id)
        self.hotkeys.give(entries)
        if anew:
            self.rows.show_anew(entries)
        else:
            self.rows.show(entries)
        self._tell(entries, input_id)
        self._point()

    def _show_input(self, input_id: int) -> None:
        row = self._shown
        if row is None:
            self.view.show_sentence("This input is no longer in the project.")
        elif row.media == "text":
            self._show_text(row)
        elif (picture := self.pictures.get(input_id)) is not None:
            self._show_picture(picture)
        else:
            self.view.show_sentence("loading…")

    def _show_text(self, row: Input) -> None:
        try:
            text = media.read_text(inputs.absolute(row), LONGEST_TEXT)
        except media.MediaError as error:
            self.view.show_sentence(str(error))
            return
        cut = (
            f"\n\n… only the first {LONGEST_TEXT:,} characters are shown" if len(text) == LONGEST_TEXT else ""
        )
        self.view.show_text(text + cut)

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
        return outlines(self.rows.items, self.rows.current, self.hotkeys)

    def _tell(self, entries: Sequence[Entry], input_id: int | None) -> None:
        """Heading, progress and notice."""
        line = self.query_one(ProgressLine)
        line.place = (self.at + 1 if input_id is not None else 0, len(self.queue))
        line.done = self.done_count
        row = self._shown
        size = f"  {row.width}×{row.height}" if row is not None and row.width else ""
        line.file = f"{row.path}{size}" if row is not None else ""
        self.query_one("#heading", Static).update(self.heading(entries), layout=False)
        said = "" if input_id is None else printable(self.notice(input_id))
        if said != self._noticed:
            # A new layout costs tens of milliseconds: only when there is something else to say.
            self._noticed = said
            notice = self.query_one("#notice", Static)
            notice.update(said)
            notice.display = bool(said)

    def heading(self, entries: Sequence[Entry]) -> str:
        """How many there are, how many of them are shown, ticked and crossed."""
        what = "Objects" if any(entry.region is not None for entry in entries) else "Concepts"
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
        self.rows.refresh()
        entry = self.rows.current
        told = _detail(entry) if entry is not None else self._no_entries()
        if self._instructing:
            told = self._instructions()
        self.query_one("#detail", Static).update(printable(told), layout=False)

    def _no_entries(self) -> str:
        return "" if self.input_id is None else "Nothing is said of this input yet."

    def _instructions(self) -> str:
        return str(self.task_row.instructions) or "This task has no instructions."

    # What keys do

    def on_store_changed(self, _: StoreChanged) -> None:
        """Suggestions have arrived, or somebody has changed something."""
        self.turns.take(self.reload)

    def on_screen_resume(self) -> None:
        """Other screens hear of changes while they are on top."""
        if self.queue and self.is_mounted:
            self.turns.take(self.reload)

    def action_move(self, by: int) -> None:
        """Move the highlight."""
        self.turns.take(lambda: self._move(by))

    def _move(self, by: int) -> None:
        self.rows.move(by)
        self._point()

    def action_hotkey(self, digit: int) -> None:
        """Decide on the entry with this hotkey, of the second bank after an apostrophe."""
        key = f"'{digit}" if self._bank else str(digit)
        self._bank = False
        self.turns.take(partial(self._press, key))

    def _press(self, key: str) -> None:
        entry = self.hotkeys.find(self.rows.items, key)
        if entry is not None:
            self.rows.go_to(entry.identity)
            self._point()
            self.toggle(entry)

    def action_bank(self) -> None:
        """The next digit is one of 11 to 20."""
        self._bank = True
        self.set_timer(BANK_SECONDS, self._leave_bank)

    def _leave_bank(self) -> None:
        self._bank = False

    def action_go(self, by: int) -> None:
        """Look at the input before or after, without deciding."""
        self.turns.take(lambda: self.go_to(min(self.at + by, max(len(self.queue) - 1, 0))))

    def action_scroll(self, pages: float) -> None:
        """Scroll a text."""
        self.view.text.scroll_pages(pages)

    def action_instructions(self) -> None:
        """Show what the task's maker wants, or the highlighted entry again."""
        self._instructing = not self._instructing
        self._point()

    def action_undo(self) -> None:
        """Take back the last step in this task."""
        self._turn("undone", steps.undo)

    def action_redo(self) -> None:
        """Do it again."""
        self._turn("done again", steps.redo)

    def _turn(self, verb: str, turn: Callable[..., steps.Turned]) -> None:
        act = partial(turn, self.winnow.actor, self.task_row)
        self.turns.take(lambda: self.turns.write(act, partial(self._turned, verb)))

    def _turned(self, verb: str, turned: steps.Turned) -> None:
        """Say what it was, and go where it was."""
        self.returned(turned.inputs)
        self.say(f"{verb}: {turned.name}")
        here = [place for place, input_id in enumerate(self.queue) if input_id in set(turned.inputs)]
        if here and self.input_id not in turned.inputs:
            self.go_to(here[0])
        else:
            self.reload()

    def action_back(self) -> None:
        """Leave; everything is saved already."""
        self.dismiss()

    def ask_concept(self, purpose: str, title: str) -> None:
        """Open the concept field in place of the list."""
        self.rows.display = False
        self.field.ask(viewing.known_names(self.task_row), purpose, title)
        self.refresh_bindings()

    def on_concept_field_chosen(self, event: ConceptField.Chosen) -> None:
        """Do what the field was opened for."""
        self._close_field()
        self.turns.take(lambda: self.chosen(event.name, event.purpose))

    def on_concept_field_left(self, _: ConceptField.Left) -> None:
        """Back to the list."""
        self._close_field()

    def _close_field(self) -> None:
        self.rows.display = True
        self.refresh_bindings()

    def on_concept_list_pointed(self, event: ConceptList.Pointed) -> None:
        """A click highlights; on hotkey and mark it decides."""
        self._point()
        if event.decides:
            self.turns.take(lambda: self.toggle(event.entry))


def _detail(entry: Entry) -> str:
    """All about the highlighted entry, uncut."""
    name = f"{entry.name} (the model says {entry.original})" if entry.original else entry.name
    score = "" if entry.score is None else f" · {entry.score:.4f}"
    if entry.annotation is None:
        return f"{name}{score}" + (
            f" · {entry.who} suggests it" if entry.suggestion else " · a concept of this task"
        )
    said = "says so" if entry.value else "says it is not there"
    status = f" · {entry.status.title}" if entry.status is not None else ""
    return f"{name}{score} · {entry.who} {said}{status}"
