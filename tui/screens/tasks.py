"""The task list: what there is to do, how far it is, and what the user can do now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer, Static
from textual.widgets import Input as TextField

from store import database, progress, rights, sessions, tasks
from store.errors import NotFound
from store.printable import printable
from store.progress import Summary
from store.tables import Task
from tui.messages import StoreChanged
from tui.places import HOME, Place, screen_at
from tui.widgets.item_rows import Rows
from tui.widgets.task_details import TaskDetails
from tui.widgets.task_rows import TaskRows, heading
from tui.widgets.top_bar import TopBar

if TYPE_CHECKING:
    from tui.app import WinnowApp

NOTHING = "There is no task yet. Press n to make one, or type: winnow task create"


class TasksScreen(Screen[None]):
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
        Binding("R", "run", "Run the model", id="tasks.run"),
        Binding("e", "edit", "Edit", id="tasks.edit"),
        Binding("d", "delete", "Delete", id="tasks.delete"),
        Binding("t", "troubles", "Troubles", id="tasks.troubles"),
        Binding("s", "stats", "Stats", id="tasks.stats"),
        Binding("c", "copy_id", "Copy id", id="tasks.copy_id", show=False),
        Binding("slash", "filter", "Filter", id="tasks.filter"),
        Binding("escape", "unfilter", "Show all", id="tasks.unfilter", show=False),
        Binding("q", "app.quit", "Quit", id="tasks.quit"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._summaries: list[Summary] = []
        self._loaded = False
        self._has_model = False

    @property
    def _app(self) -> WinnowApp:
        return cast("WinnowApp", self.app)

    @property
    def _rows(self) -> TaskRows:
        return self.query_one(TaskRows)

    def compose(self) -> ComposeResult:
        """Bar, filter, list, details, keys."""
        project = database.root().name
        yield TopBar(f"Winnow · {project} · {self._app.actor.name}")
        yield TextField(compact=True, placeholder="filter by name, dataset, concept or person", id="filter")
        yield Static(id="heading", markup=False)
        yield TaskRows()
        yield Static(NOTHING, id="nothing", markup=False)
        yield TaskDetails()
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Show what there is in the very first frame."""
        self._show(progress.summaries(self._app.actor))
        self._rows.go_to(sessions.recall(self._app.actor, "task"))
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
        self._app.reader.ask("tasks", lambda: progress.summaries(self._app.actor), self._show)

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
        shown = [summary for summary in self._summaries if all(word in _text(summary) for word in wanted)]
        self._rows.show(shown)
        self._rows.display = bool(self._summaries)
        self.query_one("#nothing").display = not self._summaries

    @on(Rows.Moved)
    def details(self) -> None:
        """The line below the list follows the cursor."""
        current = self._rows.current
        self.query_one(TaskDetails).show(current)
        task = self._current_task()
        self._has_model = task is not None and task.auto_id is not None
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

    # What can be done with the task under the cursor

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what is possible now, and allowed to this person, is offered."""
        if action in _FOR_LEADS and self._app.actor.role not in rights.LEADS:
            return False
        if action not in _NEEDS:
            return True
        current = self._rows.current if self.is_mounted else None
        if action == "run" and not self._has_model:
            return False
        return current is not None and _NEEDS[action](current)

    def _current_task(self) -> Task | None:
        current = self._rows.current
        if current is None:
            return None
        try:
            return tasks.find(current.id)
        except NotFound:
            self.app.notify("this task is gone: somebody has deleted it", severity="error")
            return None

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
            uid, actor = current.id, self._app.actor
            self._app.writer.submit(lambda: sessions.remember(actor, "task", uid))
            self.app.push_screen(opened)

    def action_new(self) -> None:
        """Fill in the form for a new task."""
        from tui.screens.new_task import NewTaskScreen

        self.app.push_screen(NewTaskScreen(), self._made)

    def _made(self, uid: str | None) -> None:
        if uid is not None:
            self.action_unfilter()
            self._show(progress.summaries(self._app.actor))
            self._rows.go_to(uid)

    def action_run(self) -> None:
        """Have the engine go on with what is left of the task."""
        if (task := self._current_task()) is not None:
            self._app.writer.submit(lambda: tasks.start(self._app.actor, task), self._started)

    def _started(self, waiting: int) -> None:
        said = f"{waiting} inputs wait for the engine" if waiting else "the model has been through everything"
        self.app.notify(said, timeout=4)

    @work
    async def action_edit(self) -> None:
        """Change the task's name and what it tells its labelers."""
        from tui.screens.edit_task import EditTaskScreen

        if (task := self._current_task()) is not None:
            await self.app.push_screen_wait(EditTaskScreen(task))

    @work
    async def action_delete(self) -> None:
        """Hide the task; undo brings it back."""
        from tui.screens.confirm import ConfirmScreen

        if (task := self._current_task()) is None:
            return
        question = f"Delete the task {task.name}? Its annotations stay; u brings it back."
        if await self.app.push_screen_wait(ConfirmScreen(question, "Delete")):
            name = str(task.name)
            self._app.writer.submit(
                lambda: tasks.delete(self._app.actor, task),
                lambda _: self.app.notify(printable(f"deleted {name}: u brings it back"), markup=False),
            )

    def action_stats(self) -> None:
        """See the numbers of the task under the cursor, or of all where there is none."""
        current = self._rows.current
        opened = screen_at(Place("stats", None if current is None else current.id))
        if opened is not None:
            self.app.push_screen(opened)

    def action_troubles(self) -> None:
        """Read why inputs failed."""
        from tui.screens.troubles import TroublesScreen

        if (task := self._current_task()) is not None:
            self.app.push_screen(TroublesScreen(task))

    def action_copy_id(self) -> None:
        """Put the task's id into the terminal's clipboard."""
        current = self._rows.current
        if current is not None:
            self.app.copy_to_clipboard(current.id)
            self.app.notify(f"copied {current.id}", timeout=3)


def _text(summary: Summary) -> str:
    people = [*summary.labelers, *summary.reviewers]
    words = [summary.name, summary.dataset, summary.type, *summary.concepts, *people]
    return " ".join(words).casefold()


_FOR_LEADS = ("new", "run", "edit", "delete")
"""What is offered to those only who may do it; the store refuses it to the others whatever is offered."""

_NEEDS: dict[str, Any] = {
    "label": lambda summary: summary.to_label > 0,
    "review": lambda summary: summary.to_review > 0,
    "open": lambda summary: True,
    "run": lambda summary: summary.labeling_status in ("PENDING", "IN_PROGRESS", "FAILED"),
    "edit": lambda summary: True,
    "delete": lambda summary: True,
    "copy_id": lambda summary: True,
    "troubles": lambda summary: summary.failed > 0,
}


def _why_nothing(summary: Summary) -> str:
    if summary.labeling_status in ("PENDING", "IN_PROGRESS"):
        return "nothing waits for you here yet: the engine or other people are at work"
    return "nothing is left for you to do here"
