"""What is done with the task under the cursor: run, pause, edit, archive, delete, and the menu of it all."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from textual import work
from textual.binding import Binding, BindingType
from textual.screen import Screen

from store import dataset_versions, editing, jobs, rights, running, tasks
from store.errors import NotFound
from store.printable import printable
from store.progress import Summary
from store.tables import DatasetVersion, Task

if TYPE_CHECKING:
    from tui.app import WinnowApp

FOR_LEADS = ("new", "run", "pause", "cancel", "edit", "version", "archive", "delete")
"""What is offered to those only who may do it; the store refuses it to the others whatever is offered."""

_UNDONE = ("PENDING", "IN_PROGRESS", "FAILED")
_NEEDS: dict[str, Callable[[Summary], bool]] = {
    "label": lambda summary: summary.to_label > 0,
    "review": lambda summary: summary.to_review > 0,
    "run": lambda summary: summary.auto is not None and summary.labeling_status in _UNDONE,
    "pause": lambda summary: summary.auto is not None and summary.labeling_status in _UNDONE,
    "cancel": lambda summary: summary.auto is not None and summary.labeling_status in _UNDONE,
    "troubles": lambda summary: summary.failed > 0,
}
_OF_A_TASK = ("open", "edit", "version", "archive", "delete", "copy_id", "menu", *_NEEDS)
_MENU = (
    ("label", "Label"),
    ("review", "Review"),
    ("run", "Run the model"),
    ("pause", "Pause the model, or let it go on"),
    ("cancel", "Cancel what waits for the model"),
    ("edit", "Edit"),
    ("version", "New dataset version"),
    ("copy_id", "Copy id"),
    ("troubles", "Troubles"),
    ("stats", "Stats"),
    ("archive", "Archive, or bring back"),
    ("delete", "Delete"),
)


def acting() -> list[BindingType]:
    """The keys of this part."""
    return [
        Binding("m", "menu", "Menu", id="tasks.menu"),
        Binding("R", "run", "Run the model", id="tasks.run"),
        Binding("p", "pause", "Pause", id="tasks.pause"),
        Binding("X", "cancel", "Cancel the model", id="tasks.cancel", show=False),
        Binding("e", "edit", "Edit", id="tasks.edit"),
        Binding("v", "version", "New dataset version", id="tasks.version", show=False),
        Binding("z", "archive", "Archive", id="tasks.archive", show=False),
        Binding("d", "delete", "Delete", id="tasks.delete"),
        Binding("c", "copy_id", "Copy id", id="tasks.copy_id", show=False),
    ]


class TaskActs(Screen[None]):
    """The screen below says which task it is."""

    @property
    def winnow(self) -> WinnowApp:
        """The app, with actor and writer."""
        return cast("WinnowApp", self.app)

    @property
    @abstractmethod
    def current(self) -> Summary | None:
        """The task under the cursor."""

    def offers(self, action: str) -> bool:
        """Whether something is possible now, and allowed to this person."""
        if action in FOR_LEADS and self.winnow.actor.role not in rights.LEADS:
            return False
        if action not in _OF_A_TASK:
            return True
        current = self.current
        needs = _NEEDS.get(action)
        return current is not None and (needs is None or needs(current))

    def current_task(self) -> Task | None:
        """Its row; None where it is gone, which is said."""
        current = self.current
        if current is None:
            return None
        try:
            return tasks.find(current.id)
        except NotFound:
            self.app.notify("this task is gone: somebody has deleted it", severity="error")
            return None

    def _do(self, act: Callable[[], Any], said: Callable[[Any], str]) -> None:
        """Write, then say it."""
        self.winnow.writer.submit(
            act, lambda result: self.app.notify(printable(said(result)), markup=False, timeout=4)
        )

    @work
    async def action_menu(self) -> None:
        """Choose from all that can be done with the task."""
        from tui.screens.menu import MenuScreen

        current = self.current
        if current is None:
            return
        keys = {active.binding.action: active.binding for active in self.active_bindings.values()}
        offers = [
            (self.winnow.get_key_display(keys[action]), name, action)
            for action, name in _MENU
            if action in keys and self.offers(action)
        ]
        chosen = await self.app.push_screen_wait(MenuScreen(current.name, offers))
        if chosen is not None:
            await self.run_action(chosen)

    def action_run(self) -> None:
        """Have the engine go on with what is left of the task."""
        if (task := self.current_task()) is not None:
            actor = self.winnow.actor
            self._do(lambda: running.start(actor, task), _started)

    def action_pause(self) -> None:
        """Let the model begin nothing more, or let it go on."""
        if (task := self.current_task()) is None:
            return
        actor, name = self.winnow.actor, task.name
        if task.paused:
            self._do(lambda: running.resume(actor, task), lambda _: f"the model goes on with '{name}'")
        else:
            said = f"paused '{name}': what the engine has in hand is finished"
            self._do(lambda: running.pause(actor, task), lambda _: said)

    @work
    async def action_cancel(self) -> None:
        """Give up what waits for the model; what is annotated stays."""
        from tui.screens.confirm import ConfirmScreen

        if (task := self.current_task()) is None:
            return
        actor, waiting = self.winnow.actor, jobs.queued_inputs(task)
        question = (
            f"Give up {waiting} inputs of '{task.name}' that wait for the model? What is annotated stays."
        )
        if await self.app.push_screen_wait(ConfirmScreen(question, "Cancel them")):
            self._do(lambda: running.cancel(actor, task), lambda held: f"cancelled {held} inputs")

    @work
    async def action_edit(self) -> None:
        """Change the task."""
        from tui.screens.edit_task import EditTaskScreen

        if (task := self.current_task()) is not None:
            await self.app.push_screen_wait(EditTaskScreen(task))

    def action_version(self) -> None:
        """Freeze the task's dataset with what is labeled by now."""
        if (task := self.current_task()) is None:
            return
        actor, dataset = self.winnow.actor, task.dataset.name

        def said(made: DatasetVersion) -> str:
            return f"made version {made.number} of the dataset '{dataset}'"

        self._do(lambda: dataset_versions.of_task(actor, task), said)

    def action_archive(self) -> None:
        """Put the task away, or bring it back."""
        if (task := self.current_task()) is not None:
            actor, away = self.winnow.actor, not task.archived
            said = "archived '{}': Z shows what is archived" if away else "brought back '{}'"
            self._do(lambda: editing.edit(actor, task, archived=away), lambda _: said.format(task.name))

    @work
    async def action_delete(self) -> None:
        """Hide the task; undo brings it back."""
        from tui.screens.confirm import ConfirmScreen

        if (task := self.current_task()) is None:
            return
        held = tasks.holds(task)
        question = f"Delete the task '{task.name}' with {held}? u brings it back."
        if await self.app.push_screen_wait(ConfirmScreen(question, "Delete")):
            name, actor = task.name, self.winnow.actor
            self._do(lambda: tasks.delete(actor, task), lambda _: f"deleted '{name}': u brings it back")

    def action_copy_id(self) -> None:
        """Put the task's id into the terminal's clipboard."""
        if self.current is not None:
            self.app.copy_to_clipboard(self.current.id)
            self.app.notify(f"copied {self.current.id}", timeout=3)


def _started(waiting: int) -> str:
    return f"{waiting} inputs wait for the engine" if waiting else "the model has been through everything"
