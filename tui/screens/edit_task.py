"""Edit a task: its name and what it tells its labelers."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer, Label, Static
from textual.widgets import Input as TextField

from store import tasks
from store.errors import Refused
from store.printable import printable
from store.tables import Task
from tui.widgets.top_bar import TopBar

if TYPE_CHECKING:
    from tui.app import WinnowApp


class EditTaskScreen(Screen[None]):
    """Two fields; enter on the last one, or ctrl+s, saves."""

    DEFAULT_CSS = """
    EditTaskScreen {
        padding: 1 2;
        Input { border: none; height: 1; background: $surface; margin-bottom: 1; }
        Input:focus { background: $panel; }
        #refusal { color: $text-error; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "Save", id="edit_task.save", priority=True),
        Binding("escape", "app.pop_screen", "Leave it as it was", id="edit_task.leave"),
    ]

    def __init__(self, task: Task) -> None:
        super().__init__()
        self._of = task

    def compose(self) -> ComposeResult:
        """The fields with what there is."""
        yield TopBar(f"Edit {self._of.name}")
        yield Label("Name")
        yield TextField(str(self._of.name), id="name", select_on_focus=False, compact=True)
        yield Label("Instructions for labelers")
        yield TextField(str(self._of.instructions), id="instructions", select_on_focus=False, compact=True)
        yield Static(id="refusal", markup=False)
        yield Footer(show_command_palette=False)

    def on_input_submitted(self, event: TextField.Submitted) -> None:
        """On from field to field; after the last one, save."""
        if event.input.id == "name":
            self.query_one("#instructions").focus()
        else:
            self.action_save()

    def action_save(self) -> None:
        """Save and go back; a refusal stays on the screen with everything that was typed."""
        app = cast("WinnowApp", self.app)
        name = self.query_one("#name", TextField).value
        instructions = self.query_one("#instructions", TextField).value
        app.writer.submit(
            lambda: tasks.edit(app.actor, self._of, name=name, instructions=instructions),
            self._saved,
            self._refuse,
        )

    def _saved(self, _: object) -> None:
        self.dismiss()

    def _refuse(self, refused: Refused) -> None:
        self.query_one("#refusal", Static).update(printable(refused))
