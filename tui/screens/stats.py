"""Stats: how alike people label, how fast they are, what they confuse, and how the scores spread."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar, cast

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.containers import Container
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static

from store import stats, users
from store.printable import printable
from store.tables import Task, User
from tui.messages import StoreChanged
from tui.places import Place
from tui.stats.counting import Counting
from tui.stats.plots import RGB, Look
from tui.stats.sections import SECTIONS, View, sections_for
from tui.widgets.item_rows import Rows
from tui.widgets.number_table import NumberTable
from tui.widgets.top_bar import TopBar

if TYPE_CHECKING:
    from tui.app import WinnowApp

QUICK = 0.5
"""Seconds up to which it is counted again by itself when something has changed."""
WIDE = 120
"""Cells from which on table and plot stand side by side."""


class StatsScreen(Screen[None]):
    """One section at a time, of one task or of all, of one person or of everybody."""

    DEFAULT_CSS = """
    StatsScreen {
        #sections { height: 1; }
        #words { height: auto; max-height: 3; padding: 0 1; color: $text-muted; }
        #plot { height: 1fr; text-wrap: nowrap; overflow: hidden; }
        #plot.-empty { display: none; }
        #both { height: 1fr; layout: vertical; }
        #both.-wide { layout: horizontal; }
        #both.-wide NumberTable { width: 2fr; }
        #both.-wide #plot { width: 3fr; height: 100%; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab,l,right", "turn(1)", "Next section", id="stats.next", key_display="tab"),
        Binding("shift+tab,h,left", "turn(-1)", "Section before", id="stats.previous", show=False),
        *(
            Binding(str(n), f"section({n})", section.title, id=f"stats.section_{n}", show=False)
            for n, section in enumerate(SECTIONS, 1)
        ),
        Binding("right_square_bracket", "task(1)", "Next task", id="stats.next_task"),
        Binding("left_square_bracket", "task(-1)", "Task before", id="stats.previous_task", show=False),
        Binding("p", "person(1)", "Next person", id="stats.next_person"),
        Binding("P", "person(-1)", "Person before", id="stats.previous_person", show=False),
        Binding("enter", "only", "Only this person", id="stats.only"),
        Binding("escape", "everybody", "Everybody", id="stats.everybody", show=False),
        Binding("R", "recount", "Count again", id="stats.recount"),
        Binding("q", "app.pop_screen", "Back", id="stats.back"),
    ]

    def __init__(self, task: Task | None = None) -> None:
        super().__init__()
        self._of = task
        self._person: User | None = None
        self._section = 0
        self._view: View | None = None
        self._began = time.monotonic()
        self._took = 0.0
        self._stale = False

    @property
    def _app(self) -> WinnowApp:
        return cast("WinnowApp", self.app)

    def compose(self) -> ComposeResult:
        """Bar, sections, words, plot and table, keys."""
        self._sections = sections_for(self._app.actor)
        self._counting = Counting(self._of, self._app.actor)
        yield TopBar("Stats")
        yield Static(id="sections", markup=False)
        yield Static(id="words", markup=False)
        with Container(id="both"):
            yield Static(id="plot", markup=False, classes="-empty")
            yield NumberTable()
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Begin to count."""
        self.query_one(NumberTable).rows.focus()
        self.app.theme_changed_signal.subscribe(self, lambda theme: self._ask())
        self._tell_where()
        self._ask()

    def on_resize(self) -> None:
        """Other room, other plot."""
        self.query_one("#both").set_class(self.size.width >= WIDE, "-wide")
        self.call_after_refresh(self._ask)

    def on_screen_resume(self) -> None:
        """Go on where another screen was above this one."""
        self._ask()

    def place(self) -> Place:
        """This screen, of its task."""
        task = self._counting.task
        return Place("stats", None if task is None else str(task.uid))

    # Counting

    def _ask(self) -> None:
        """Count on for a moment and show what is known."""
        counting, person, section = self._counting, self._person, self._section
        look = self._look()

        def count() -> tuple[View, Text | None]:
            view = self._sections[section].look(counting, person)
            return view, None if view.draw is None else view.draw(look)

        about = (counting, person, section)
        self._app.reader.ask("stats", count, lambda found: self._show(about, *found))

    def _look(self) -> Look:
        both = self.query_one("#both").size
        wide = self.size.width >= WIDE
        width, height = (both.width * 3 // 5, both.height) if wide else (both.width, both.height // 2)
        named = ("primary", "warning", "accent", "error", "success", "secondary", "foreground")
        return Look(width, height, tuple(map(self._colour, named)))

    def _colour(self, name: str) -> RGB:
        colour = Color.parse(self.app.theme_variables[name])
        return colour.r, colour.g, colour.b

    def _show(self, about: tuple[Counting, User | None, int], view: View, drawn: Text | None) -> None:
        if not self.is_attached or about != (self._counting, self._person, self._section):
            return
        self._view = view
        if view.share == 1 and not self._took:
            self._took = time.monotonic() - self._began
        self.query_one("#words", Static).update(printable_lines(view.words))
        plot = self.query_one("#plot", Static)
        plot.set_class(drawn is None, "-empty")
        plot.update(drawn or "")
        self.query_one(NumberTable).show(view.headings, view.rows, view.texts)
        self._tell_sections()
        self.refresh_bindings()
        if view.share < 1 and self.is_current:
            self._ask()

    def _tell_sections(self) -> None:
        pieces: list[tuple[str, str]] = []
        for n, section in enumerate(self._sections):
            here = n == self._section
            text = f"[{n + 1} {section.title}]" if here else f"{n + 1} {section.title}"
            pieces += [(" ", "")] if n else []
            pieces.append((text, "bold $text-primary" if here else "$text-muted"))
        share = 1.0 if self._view is None else self._view.share
        if share < 1:
            pieces.append((f" counting… {int(share * 100)}%", "$text-warning"))
        elif self._stale:
            pieces.append((" changed: R", "$text-warning"))
        self.query_one("#sections", Static).update(Content.assemble(*pieces))

    def _tell_where(self) -> None:
        task = self._counting.task
        what = "all tasks" if task is None else str(task.name)
        whose = "everybody" if self._person is None else str(self._person.name)
        self.query_one(TopBar).retitle(f"Stats · {what} · {whose}")
        self._tell_sections()

    @on(StoreChanged)
    def changed(self) -> None:
        """Count again what is counted quickly; say of the rest that it has changed."""
        if self._view is not None and self._view.share == 1:
            if self._took <= QUICK:
                self.action_recount()
            else:
                self._stale = True
                self._tell_sections()

    def action_recount(self) -> None:
        """Count from the start."""
        self._start(Counting(self._counting.task, self._app.actor))

    def _start(self, counting: Counting) -> None:
        self._counting, self._stale = counting, False
        self._began, self._took = time.monotonic(), 0.0
        self._tell_where()
        self._ask()

    # What is shown

    def action_turn(self, by: int) -> None:
        """The next section or the one before."""
        self.action_section((self._section + by) % len(self._sections) + 1)

    def action_section(self, number: int) -> None:
        """One section, by its number."""
        self._section = number - 1
        self._view = None
        self._began, self._took = time.monotonic(), 0.0
        self._tell_sections()
        self._ask()

    def action_task(self, by: int) -> None:
        """Another task, or all of them."""

        def start(tasks: list[Task | None]) -> None:
            now = self._counting.task
            at = next((n for n, task in enumerate(tasks) if task == now), 0)
            self._person = None
            self._start(Counting(tasks[(at + by) % len(tasks)], self._app.actor))

        self._app.reader.ask("tasks of stats", lambda: [None, *stats.tasks()], start)

    def action_person(self, by: int) -> None:
        """Another person, or everybody."""

        def choose(people: list[User | None]) -> None:
            at = next((n for n, person in enumerate(people) if person == self._person), 0)
            self._look_at(people[(at + by) % len(people)])

        task = self._counting.task
        self._app.reader.ask("people of stats", lambda: [None, *stats.people(task)], choose)

    def action_only(self) -> None:
        """The person under the cursor alone; again: everybody."""
        name = self._named()
        if name is not None:
            self._app.reader.ask("person of stats", lambda: users.find(name), self._look_at)

    def action_everybody(self) -> None:
        """All persons again."""
        self._look_at(None)

    def _look_at(self, person: User | None) -> None:
        self._person = None if person == self._person else person
        self._tell_where()
        self._ask()

    def _named(self) -> str | None:
        row = self.query_one(NumberTable).current
        people = () if self._view is None else self._view.people
        return people[row] if row is not None and row < len(people) else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A person can be chosen where the row is about one, a section where there is such a one."""
        if action == "section" and self.is_mounted:
            return int(str(parameters[0])) <= len(self._sections)
        return action != "only" or (self.is_mounted and self._named() is not None)

    @on(Rows.Moved)
    def moved(self) -> None:
        """What the row under the cursor allows."""
        self.refresh_bindings()


def printable_lines(words: str) -> str:
    """Text of several lines, each harmless."""
    return "\n".join(map(printable, words.split("\n")))
