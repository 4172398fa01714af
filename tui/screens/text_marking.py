"""Text marking: spans of a text get concepts, are moved, re-labeled and deleted; the text is searched."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from store import labeling, viewing
from store.tables import Annotation, Task, User
from store.values import Region
from tui.categories import said
from tui.entries import Entry, Identity
from tui.screens.viewer import ViewerScreen
from tui.text.spans import spans
from tui.widgets.concept_field import ConceptField
from tui.widgets.marking_pane import MarkingPane
from tui.widgets.text_view import TextView

TEXT_ACTIONS = frozenset(("mark_text", "find_text", "go_on_finding", "relabel_span", "delete_span"))
"""What is offered only while a text is shown."""

NEW, OTHER = "span", "span's concept"
"""What the concept field is opened for."""


class TextMarking(ViewerScreen):
    """What viewers do on a text beside what they do on every input."""

    _last_concept = ""
    """The concept that was given last: it is proposed first."""

    @property
    def text_view(self) -> TextView:
        """Where texts are read."""
        return self.view.text_view

    @property
    def pane(self) -> MarkingPane:
        """The text itself."""
        return self.text_view.pane

    @property
    def is_typing(self) -> bool:
        """What to look for is typed as well."""
        return super().is_typing or self.text_view.is_finding

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """On pictures there is nothing to mark and to find."""
        if action in TEXT_ACTIONS and not (self.is_mounted and self.text_view.display):
            return False
        return super().check_action(action, parameters)

    def _point(self) -> None:
        """The highlight has moved: in the text too."""
        super()._point()
        if self.text_view.display:
            shown = [entry for entry in said(self.rows.items) if not entry.hidden]
            self.pane.mark(spans(shown, self.rows.current, len(self.pane.text)))

    # The text's keys

    def action_mark_text(self) -> None:
        """Give the keys to the cursor in the text."""
        self.pane.enter()

    def action_find_text(self) -> None:
        """Ask what to look for."""
        self.text_view.ask()

    def action_go_on_finding(self, by: int) -> None:
        """Go to the next place (1) or the one before (-1), or ask what to look for."""
        if not self.text_view.go_on(by):
            self.text_view.ask()

    # Marking

    def _press(self, key: str) -> None:
        """While a stretch is marked, a hotkey gives it its concept."""
        marked = self.pane.cursor.marked if self.text_view.display else None
        entry = None if marked is None else self.hotkeys.find(said(self.rows.items), key)
        if marked is None:
            super()._press(key)
        elif entry is not None:
            self._annotate(*marked, entry.concept)

    def on_mount(self) -> None:
        """What is done in the text is done here."""
        self.pane.marker = self

    def take_turn(self, action: Callable[[], None]) -> None:
        """Keys in the text wait for what keys before them began to write."""
        self.turns.take(action)

    def span_pointed(self, identity: Identity) -> None:
        """Highlight the row of the span that the cursor is on."""
        self.rows.go_to(identity)
        self._point()

    def span_marked(self, start: int, end: int, held: Identity | None) -> None:
        """A new span needs a concept, one that was there keeps its own."""
        if held is None:
            self._ask(NEW, f"Concept of {start}–{end}")
        else:
            self._move_span()

    def _ask(self, purpose: str, title: str) -> None:
        """Open the concept field with the concept that was given last in front."""
        self._marking = self.pane.has_focus
        names = list(viewing.known_names(self.task_row))
        if self._last_concept:
            names = [self._last_concept, *(name for name in names if name != self._last_concept)]
        self.rows.display = False
        self.field.ask(names, purpose, title)
        self.refresh_bindings()

    _marking = False

    def on_concept_field_chosen(self, event: ConceptField.Chosen) -> None:
        """The concept of a span goes to the span."""
        if event.purpose not in (NEW, OTHER):
            return
        event.prevent_default()
        self._close_field()
        marked = self.pane.cursor.marked
        if event.purpose == NEW and marked is not None:
            self.turns.take(lambda: self._annotate(*marked, event.name))
        elif event.purpose == OTHER:
            self.turns.take(lambda: self._call(event.name))

    def _close_field(self) -> None:
        super()._close_field()
        if self._marking:
            self._marking = False
            self.set_focus(self.pane, scroll_visible=False)

    def _held(self) -> Entry | None:
        """The entry whose span is in hand."""
        held = self.pane.cursor.held
        return next((entry for entry in said(self.rows.items) if entry.identity == held), None)

    def _annotate(self, start: int, end: int, concept: str) -> None:
        """Annotate what is marked; a span in hand moves there and changes its concept."""
        actor, task, input_id, held = self.winnow.actor, self.task_row, self.input_id, self._held()
        if input_id is None:
            return
        self._last_concept = concept
        region = Region.from_span(start, end)
        act: Callable[[], Annotation]
        if held is None:
            act = partial(labeling.add, actor, task, input_id, concept, region)
        else:
            act = partial(_change, actor, task, input_id, held, region, concept)
        self.turns.write(act, self._given)

    def _move_span(self) -> None:
        """What is in hand gets the ends that are marked now; a suggestion is accepted by it."""
        held, marked, input_id = self._held(), self.pane.cursor.marked, self.input_id
        if held is None or marked is None or input_id is None:
            return
        if held.region is not None and held.region.span == marked:
            self.pane.cursor.drop()
            self._point()
            return
        region = Region.from_span(*marked)
        self.turns.write(
            partial(_change, self.winnow.actor, self.task_row, input_id, held, region, None), self._given
        )

    def _given(self, annotation: Annotation) -> None:
        """It is written: the row and the span are highlighted."""
        self.pane.cursor.drop()
        self.reload()
        for entry in said(self.rows.items):
            if entry.annotation is not None and entry.annotation.id == annotation.id:
                self.rows.go_to(entry.identity)
        self._point()
        self.pane.follow()

    def _span_entry(self) -> Entry | None:
        """The highlighted entry, where it is a span."""
        entry = self.rows.current
        return entry if entry is not None and entry.region is not None and entry.region.span else None

    def action_relabel_span(self) -> None:
        """Give the highlighted span another concept."""
        entry = self._span_entry()
        if entry is not None:
            self._ask(OTHER, f"Instead of {entry.name}")

    def _call(self, concept: str) -> None:
        entry, input_id = self._span_entry(), self.input_id
        if entry is None or entry.region is None or input_id is None:
            return
        self._last_concept = concept
        act = partial(_change, self.winnow.actor, self.task_row, input_id, entry, entry.region, concept)
        self.turns.write(act, self._given)

    def action_delete_span(self) -> None:
        """Delete the highlighted span."""
        self.turns.take(self._delete_span)

    def _delete_span(self) -> None:
        entry = self._span_entry()
        if entry is not None and entry.annotation is not None:
            self.pane.cursor.drop()
            act = partial(labeling.take_back, self.winnow.actor, entry.annotation)
            self.turns.write(act, lambda _: self._deleted(entry))
        elif entry is not None:
            self.say("nobody has accepted it: leave the text and reject it")

    def _deleted(self, entry: Entry) -> None:
        self.say(f"deleted {entry.name}")
        self.reload()


def _change(
    actor: User, task: Task, input_id: int, entry: Entry, region: Region, concept: str | None
) -> Annotation:
    """Give an entry another span, another concept (None: its own) or both; a suggestion is accepted by it.

    Raises Refused where that is said already.
    """
    said = entry.annotation or entry.suggestion
    assert said is not None, "only what is said has a span"
    return labeling.place(actor, task, input_id, said, region, concept)
