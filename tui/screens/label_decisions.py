"""Label decisions: what a labeler says of the input, each written at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from store import concepts, labeling
from store.annotations import on_input
from store.tables import User
from store.values import TaskType
from tui.entries import Entry
from tui.screens.region_picking import RegionPicking
from tui.screens.text_marking import TextMarking

REGIONS = (TaskType.DETECTION, TaskType.SEGMENTATION)


class LabelDecisions(RegionPicking, TextMarking):
    """Accept, reject, add, change; the list shows it when it is written."""

    def toggle(self, entry: Entry) -> None:
        """Accept, and take back what is accepted."""
        if entry.annotation is not None and entry.value == 1:
            self._write(partial(labeling.take_back, self.winnow.actor, entry.annotation))
        else:
            self._write(self._saying(entry, 1))

    def action_accept(self, value: int) -> None:
        """Say of the highlighted entry that it is there (1) or not (0), and go on to the next undecided."""
        self.turns.take(lambda: self._accept(value))

    def _accept(self, value: int) -> None:
        entry = self.rows.current
        if entry is None or entry.members:
            return
        if entry.value == value:
            # It is said already: the key never takes anything back.
            self._go_on()
        else:
            self.turns.write(self._saying(entry, value), lambda _: self._go_on(reload=True))

    def _go_on(self, *, reload: bool = False) -> None:
        self.rows.go_to_undecided()
        if reload:
            self.reload()
        else:
            self._point()

    def _saying(self, entry: Entry, value: int) -> Callable[[], object]:
        """What writes that the entry is there, or is not."""
        actor, task, input_id = self.winnow.actor, self.task_row, self.input_id
        assert input_id is not None
        if entry.annotation is not None:
            return partial(labeling.set_value, actor, entry.annotation, value)
        if entry.suggestion is not None:
            return partial(labeling.accept, actor, task, input_id, entry.suggestion, value=value)
        return partial(labeling.add, actor, task, input_id, entry.concept, value=value)

    def _write(self, act: Callable[[], object]) -> None:
        self.turns.write(act, lambda _: self.reload())

    def action_accept_all(self) -> None:
        """Accept exactly the suggestions that the list shows, as one step."""
        self.turns.take(self._accept_all)

    def _accept_all(self) -> None:
        seen = (entry for entry in self.rows.items if not entry.hidden)
        shown = [entry.suggestion for entry in seen if entry.suggestion is not None]
        if shown and self.input_id is not None:
            act = partial(labeling.accept_all, self.winnow.actor, self.task_row, self.input_id, shown)
            self.turns.write(act, self._accepted_all)

    def _accepted_all(self, count: int) -> None:
        self.say(f"accepted {count} suggestion{'s' if count != 1 else ''}")
        self.reload()

    def action_add(self) -> None:
        """Type a concept that is there; where the task takes regions, draw it first."""
        if self.takes_regions:
            # Whatever is typed next is the canvas's: none of it may act as a command.
            self.action_draw("box")
        elif self.input_id is not None:
            self.ask_concept("add", "Add a concept")

    def action_change(self) -> None:
        """Give the highlighted entry another concept, which accepts it."""
        entry = self.rows.current
        if entry is not None and (entry.annotation or entry.suggestion):
            self.ask_concept("change", f"Instead of {entry.name}")

    def action_rename(self) -> None:
        """Call the highlighted concept something else, here and wherever the model says it."""
        entry = self.rows.current
        if entry is not None:
            self.ask_concept("rename", f"Everywhere instead of {entry.concept}", prefers_new=True)

    def action_delete(self) -> None:
        """Take the highlighted annotation back; what a model suggested is a suggestion again."""
        self.turns.take(self._delete)

    def _delete(self) -> None:
        entry = self.rows.current
        if entry is not None and entry.annotation is not None:
            self._write(partial(labeling.take_back, self.winnow.actor, entry.annotation))
        elif entry is not None and entry.suggestion is not None:
            self.say("nobody has accepted it: x says that it is not there, v hides it")

    def action_delete_category(self) -> None:
        """Delete my annotations of the highlighted one's concept on this input, as one step."""
        self.turns.take(self._delete_category)

    def _delete_category(self) -> None:
        entry, actor = self.rows.current, self.winnow.actor
        if entry is None or self.input_id is None:
            return
        mine = on_input(self.task_row, self.input_id, annotator=actor)
        there = [row for row in mine if row.concept.name == entry.concept]
        if there:
            self.turns.write(partial(labeling.take_back_all, actor, there), self._category_deleted)
        else:
            self.say(f"you have annotated nothing as {entry.concept} here")

    def _category_deleted(self, count: int) -> None:
        self.say(f"deleted {count} annotation{'s' if count != 1 else ''}")
        self.reload()

    def chosen(self, name: str, purpose: str) -> None:
        """Add it, or put it in the place of the highlighted one."""
        actor, task, input_id, entry = self.winnow.actor, self.task_row, self.input_id, self.rows.current
        if input_id is None:
            return
        act: Callable[[], object]
        if purpose == "rename" and entry is not None:
            act = partial(_rename, actor, entry.concept, name)
        elif purpose == "add":
            act = partial(labeling.add, actor, task, input_id, name)
        elif entry is not None and entry.annotation is not None:
            act = partial(labeling.reassign, actor, entry.annotation, name)
        elif entry is not None and entry.suggestion is not None:
            act = partial(labeling.accept, actor, task, input_id, entry.suggestion, concept=name)
        else:
            return
        self.turns.write(act, lambda _: self._added(name))

    def _added(self, name: str) -> None:
        self.reload()
        added = [entry.identity for entry in self.rows.items if entry.concept == name]
        if added:
            self.rows.go_to(added[-1])
        self._point()


def _rename(actor: User, name: str, new_name: str) -> None:
    concepts.rename(actor, concepts.find(name), new_name)
