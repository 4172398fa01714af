"""The task list: what there is to do, how far it is, and what the user can do now."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Footer, Static
from textual.widgets import Input as TextField

from store import database, progress, sessions
from store.progress import Summary
from tui.messages import StoreChanged
from tui.places import HOME, Place, screen_at
from tui.screens.task_acts import TaskActs, acting
from tui.widgets.item_rows import Rows
from tui.widgets.task_details import TaskDetails
from tui.widgets.task_rows import TaskRows, heading
from tui.widgets.top_bar import TopBar

NOTHING = "There is no task yet. Press n to make one, or type: winnow task create"
ALL_ARCHIVED = "Every task is archived. Z shows them."


class TasksScreen(TaskActs):
    """Home. Everything that can be done with a task begins here."""

    DEFAULT_CSS = """
    TasksScreen {
        #filter { display: none; height: 1; border: none; padding: 0 1; background: $surface; }
        #filter.-open { display: block; }
        #heading { height: 1; color: $text-muted; text-style: underline; }
        #tasks { height: 1fr; }
        #nothing { height: 1fr; padding: 1 2; color: $text-muted; }
        TaskDetails { height: auto; max-height: 8; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", id="tasks.open"),
        Binding("l", "label", "Label", id="tasks.label"),
        Binding("r", "review", "Review", id="tasks.review"),
        Binding("n", "new", "New task", id="tasks.new"),
        *acting(),
        Binding("t", "troubles", "Troubles", id="tasks.troubles"),
        Binding("s", "stats", "Stats", id="tasks.stats"),
        Binding("M", "models", "Models", id="tasks.models"),
        Binding("Z", "archived", "Show archived", id="tasks.archived", show=False),
        Binding("slash", "filter", "Filter", id="tasks.filter"),
        Binding("escape", "unfilter", "Show all", id="tasks.unfilter", show=False),
        Binding("q", "app.quit", "Quit", id="tasks.quit"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._summaries: list[Summary] = []
        self._loaded = False
        self._with_archived = False

    @property
    def _rows(self) -> TaskRows:
        return self.query_one(TaskRows)

    def compose(self) -> ComposeResult:
        """Bar, filter, list, details, keys."""
        project = database.root().name
        yield TopBar(f"Winnow · {project} · {self.winnow.actor.name}")
        yield TextField(compact=True, placeholder="filter by name, dataset, concept or person", id="filter")
        yield Static(id="heading", markup=False)
        yield TaskRows()
        yield Static(NOTHING, id="nothing", markup=False)
        yield TaskDetails()
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Show what there is in the very first frame."""
        self._show(progress.summaries(self.winnow.actor))
        self._rows.go_to(sessions.recall(self.winnow.actor, "task"))
        self._rows.focus()

    def on_resize(self) -> None:
        """Other columns may fit."""
        self.query_one("#heading", Static).update(heading(self.size.width))

    def place(self) -> Place:
        """The task list."""
        return HOME

    @on(StoreChanged)
    def look_again(self) -> None:
        """Ask the store again, off this thread."""
        self.winnow.reader.ask("tasks", lambda: progress.summaries(self.winnow.actor), self._show)

    def on_screen_resume(self) -> None:
        """While another screen was above this one it heard nothing."""
        if self._loaded:
            self.look_again()

    def _show(self, summaries: list[Summary]) -> None:
        self._loaded = True
        self._summaries = summaries
        self._apply_filter()

    def _apply_filter(self) -> None:
        wanted = self.query_one("#filter", TextField).value.casefold().split()
        there = [one for one in self._summaries if self._with_archived or not one.archived]
        shown = [summary for summary in there if all(word in _text(summary) for word in wanted)]
        self._rows.show(shown)
        self._rows.display = bool(there)
        self.query_one("#nothing", Static).update(ALL_ARCHIVED if self._summaries else NOTHING)
        self.query_one("#nothing").display = not there

    @on(Rows.Moved)
    def details(self) -> None:
        """The line below the list follows the cursor."""
        current = self._rows.current
        self.query_one(TaskDetails).show(current)
        self.refresh_bindings()

    # The filter

    def action_filter(self) -> None:
        """Type what the list shall show."""
        field = self.query_one("#filter", TextField)
        field.add_class("-open")
        field.focus()

    def action_unfilter(self) -> None:
        """Show everything again."""
        field = self.query_one("#filter", TextField)
        field.value = ""
        field.remove_class("-open")
        self._rows.focus()

    @on(TextField.Changed, "#filter")
    def filter_changed(self) -> None:
        """Show what matches so far."""
        self._apply_filter()

    @on(TextField.Submitted, "#filter")
    def filter_done(self) -> None:
        """Back to the list, filtered."""
        if not self.query_one("#filter", TextField).value:
            self.action_unfilter()
        self._rows.focus()

    def action_archived(self) -> None:
        """Show what is archived too, or not any more."""
        self._with_archived = not self._with_archived
        self._apply_filter()

    # What can be done with the task under the cursor

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what is possible now, and allowed to this person, is offered."""
        return self.offers(action)

    @property
    def current(self) -> Summary | None:
        """The task under the cursor."""
        return self._rows.current if self.is_mounted else None

    @on(Rows.Chosen)
    def action_open(self) -> None:
        """Do what there is to do: label first, then review."""
        current = self._rows.current
        if current is not None and current.to_label:
            self.action_label()
        elif current is not None and current.to_review:
            self.action_review()
        elif current is not None:
            self.app.notify(_why_nothing(current), markup=False, timeout=4)

    def action_label(self) -> None:
        """Label the task."""
        self._go("label")

    def action_review(self) -> None:
        """Review the task."""
        self._go("review")

    def _go(self, screen: str) -> None:
        current = self._rows.current
        opened = screen_at(Place(screen, current.id)) if current is not None else None
        if current is not None and opened is not None:
            uid, actor = current.id, self.winnow.actor
            self.winnow.writer.submit(lambda: sessions.remember(actor, "task", uid))
            self.app.push_screen(opened)

    def action_new(self) -> None:
        """Fill in the form for a new task."""
        from tui.screens.new_task import NewTaskScreen

        self.app.push_screen(NewTaskScreen(), self._made)

    def _made(self, uid: str | None) -> None:
        if uid is not None:
            self.action_unfilter()
            self._show(progress.summaries(self.winnow.actor))
            self._rows.go_to(uid)

    def action_models(self) -> None:
        """See what can predict."""
        if (opened := screen_at(Place("models"))) is not None:
            self.app.push_screen(opened)

    def action_stats(self) -> None:
        """See the numbers of the task under the cursor, or of all where there is none."""
        current = self._rows.current
        opened = screen_at(Place("stats", None if current is None else current.id))
        if opened is not None:
            self.app.push_screen(opened)

    def action_troubles(self) -> None:
        """Read why inputs failed."""
        from tui.screens.troubles import TroublesScreen

        if (task := self.current_task()) is not None:
            self.app.push_screen(TroublesScreen(task))


def _text(summary: Summary) -> str:
    people = [*summary.labelers, *summary.reviewers]
    words = [summary.name, summary.dataset, summary.type, *summary.concepts, *people]
    return " ".join(words).casefold()


def _why_nothing(summary: Summary) -> str:
    if summary.labeling_status in ("PENDING", "IN_PROGRESS"):
        return "nothing waits for you here yet: the engine or other people are at work"
    return "nothing is left for you to do here"
