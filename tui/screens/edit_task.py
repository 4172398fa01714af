"""Edit a task: everything about it that can change while people work, with what a change would move."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Footer, Label, Static
from textual.widgets import Input as TextField

from store import editing, rehearsal
from store.editing import Edited
from store.errors import Refused
from store.printable import printable
from store.rerouting import Preview
from store.tables import Task
from store.values import ReviewStrategy, Status
from tui import task_settings
from tui.messages import StoreChanged
from tui.widgets.choice import Choice
from tui.widgets.concept_picker import ConceptPicker
from tui.widgets.gold_fields import GoldFields
from tui.widgets.people_fields import OWN_WORK
from tui.widgets.threshold_bar import ThresholdBar
from tui.widgets.top_bar import TopBar

if TYPE_CHECKING:
    from tui.app import WinnowApp

MOST_BARS = 40
"""Concepts that get thresholds of their own here; for more there is the command line."""


class EditTaskScreen(Screen[None]):
    """Every field is reached by tab or the arrows; ctrl+s saves what was changed, as one step."""

    DEFAULT_CSS = """
    EditTaskScreen {
        VerticalScroll { height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
        .row { height: auto; }
        .row > Label { width: 16; color: $text-muted; }
        .row:focus-within > Label { color: $text-primary; text-style: bold; }
        .row > Input { width: 1fr; background: $surface; }
        .row > Input:focus { background: $panel; }
        #thresholds, #own-bars { height: auto; }
        #effects { height: auto; max-height: 4; padding: 0 1; color: $text-warning; }
        #refusal { height: auto; max-height: 3; padding: 0 1; color: $text-error; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "Save", id="edit_task.save", priority=True),
        Binding("tab,down", "app.focus_next", "Next field", id="edit_task.next", key_display="tab"),
        Binding("up", "app.focus_previous", "Field before", id="edit_task.previous", show=False),
        Binding("escape", "app.pop_screen", "Leave it as it was", id="edit_task.leave"),
    ]

    def __init__(self, task: Task) -> None:
        super().__init__()
        self._of = task
        self._was = task_settings.of(task)
        self._moves = ""
        self._people = ""
        self._saving = False

    @property
    def _app(self) -> WinnowApp:
        return cast("WinnowApp", self.app)

    def compose(self) -> ComposeResult:
        """The fields with what there is."""
        was = self._was
        yield TopBar(f"Edit {was.name}")
        with VerticalScroll(can_focus=False):
            yield _row("Name", _text("name", was.name))
            yield _row("Instructions", _text("instructions", was.instructions, "what labelers shall know"))
            yield _row("Priority", _text("priority", str(was.priority), "higher ones stand first"))
            yield _row(
                "Labelers", _text("labelers", was.labelers, "names with commas; ann=2 gets twice as many")
            )
            if self._of.review != ReviewStrategy.NONE:
                yield _row("Reviewers", _text("reviewers", was.reviewers, "names with commas"))
                yield _row("Own work", Choice(OWN_WORK[1:], id="own-work"))
            if self._of.review == ReviewStrategy.CONSENSUS:
                yield _row("Must agree", _text("agree", was.agree, "2, or a part of them like 60%"))
            if not was.annotated:
                yield GoldFields(was.gold, was.gold_share)
            if was.annotated:
                with Vertical(id="thresholds"):
                    each = [(False, "the same for all concepts"), (True, "each concept its own")]
                    yield _row("Thresholds", Choice(each, id="each"))
                    yield ThresholdBar("all concepts", id="bar")
                    yield Vertical(id="own-bars")
            yield _row("Concepts", ConceptPicker(id="concepts"))
        yield Static(id="effects", markup=False)
        yield Static(id="refusal", markup=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Fetch what can be chosen."""
        picker = self.query_one(ConceptPicker)
        picker.chosen = list(self._was.concepts)
        if self._was.annotated:
            self.query_one("#bar", ThresholdBar).put(*self._was.common)
            self.query_one("#each", Choice).choose(bool(self._was.own))
        else:
            self._app.reader.ask("datasets", task_settings.datasets_offered, self._offer_datasets)
        if self._of.review != ReviewStrategy.NONE:
            self.query_one("#own-work", Choice).choose(self._was.own_review)
        self._app.reader.ask("concepts", partial(task_settings.known, self._of), self._offer)
        self.query_one("#name").focus()

    def _offer(self, known: tuple[list[str], bool]) -> None:
        if self.is_attached:
            self.query_one(ConceptPicker).offer(known[0], closed=known[1])
            self._show_bars()

    def _offer_datasets(self, names: list[str]) -> None:
        if self.is_attached:
            self.query_one(GoldFields).offer(names)

    @on(StoreChanged)
    def look_again(self) -> None:
        """What would move may be something else by now."""
        self._preview()

    # What a change would move

    @on(ConceptPicker.Changed)
    @on(Choice.Changed)
    def _show_bars(self) -> None:
        """One bar for all, or one for each concept; bars that stay keep where their handles are."""
        if not self._was.annotated:
            return
        each = self.query_one("#each", Choice).value
        self.query_one("#bar").display = not each
        own = self.query_one("#own-bars")
        wanted = self.query_one(ConceptPicker).chosen[:MOST_BARS] if each else []
        there = {bar.concept: bar for bar in own.query(ThresholdBar)}
        for concept, bar in there.items():
            if concept not in wanted:
                bar.remove()
        for concept in wanted:
            if concept not in there:
                bar = ThresholdBar(concept, concept)
                bar.put(*self._was.own.get(concept, self._was.common))
                own.mount(bar)
        self.call_after_refresh(self._preview)

    @on(ThresholdBar.Changed)
    def _preview(self) -> None:
        """Count what would move, from the stored predictions: the model is not asked."""
        try:
            routed = self._routed()
        except Refused:
            return
        if routed:
            task = Task.get_by_id(self._of.id)
            self._app.reader.ask("moves", lambda: editing.preview(task, **routed), self._show_moves)
        else:
            self._show_moves(Preview())

    def _show_moves(self, preview: Preview) -> None:
        if not self.is_attached:
            return
        moves = sorted(preview.moves.items(), key=lambda move: -move[1])
        told = [f"{n} from {_band(was)} to {_band(will)}" for (was, will), n in moves]
        self._moves = f"Annotations that move: {', '.join(told)}." if told else ""
        if preview.touched and told:
            self._moves += f" {preview.touched} inputs stay as people decided."
        if preview.needs_run:
            self._moves += f" {preview.needs_run} inputs need the model again."
        if not self._moves and self._was.annotated and self._routed():
            self._moves = "No annotation moves."
        self._tell()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """The names are typed: what would go over to whom?"""
        if event.widget.id in ("labelers", "reviewers"):
            self._rehearse()

    def _rehearse(self) -> None:
        try:
            people = self._people_changes()
        except Refused as refused:
            self._refuse(refused)
            return
        if not people:
            self._people = ""
            self._tell()
        elif self._was.annotated and "labelers" in people:
            actor, task = self._app.actor, self._of
            self._app.reader.ask("empty", lambda: rehearsal.found_nothing(actor, task), self._counted_empty)
        else:
            actor, task = self._app.actor, self._of
            self._app.writer.submit(
                lambda: rehearsal.people(actor, task, **people), self._rehearsed, self._refuse
            )

    def _counted_empty(self, count: int) -> None:
        self._people = f"{count} inputs in which the model finds nothing go to these labelers."
        self._refuse("")
        self._tell()

    def _rehearsed(self, edited: Edited | None) -> None:
        if edited is None:
            self._people = "So many inputs go over that they are not counted beforehand."
            self._refuse("")
            self._tell()
            return
        self._people = f"{edited.moved} open inputs that nobody has begun go over to somebody else."
        if edited.joined:
            self._people += f" New in the project, as labelers: {', '.join(edited.joined)}."
        self._refuse("")
        self._tell()

    def _tell(self) -> None:
        if self.is_attached:
            told = [line for line in (self._moves, self._people) if line]
            self.query_one("#effects", Static).update("\n".join(map(printable, told)))

    # What was changed

    def _typed(self, name: str) -> str:
        found = self.query(f"#{name}").results(TextField)
        return next((field.value.strip() for field in found), "")

    def _routed(self) -> dict[str, Any]:
        """The changed concepts and thresholds."""
        changes: dict[str, Any] = {}
        chosen = self.query_one(ConceptPicker).chosen
        if chosen != self._was.concepts:
            changes["concepts"] = chosen
        if self._was.annotated:
            changes |= self._bounds()
        return changes

    def _bounds(self) -> dict[str, Any]:
        if self.query_one("#each", Choice).value:
            bars = self.query_one("#own-bars").query(ThresholdBar)
            now: Mapping[str, tuple[int, int]] = {
                bar.concept: (bar.lower, bar.upper) for bar in bars if bar.concept is not None
            }
            was = self._was
            changed = {name: ends for name, ends in now.items() if ends != was.own.get(name, was.common)}
            return {"thresholds": {name: _parts(ends) for name, ends in changed.items()}} if changed else {}
        bar = self.query_one("#bar", ThresholdBar)
        ends = (bar.lower, bar.upper)
        changes: dict[str, Any] = {}
        if ends != self._was.common:
            changes["lower"], changes["upper"] = _parts(ends)
        if self._was.own:
            chosen = self.query_one(ConceptPicker).chosen
            changes["thresholds"] = {name: _parts(ends) for name in self._was.own if name in chosen}
        return changes

    def _people_changes(self) -> dict[str, Any]:
        changes: dict[str, Any] = {}
        if self._typed("labelers") != self._was.labelers:
            names, weights = task_settings.weighted(self._typed("labelers"))
            changes |= {"labelers": names, "weights": weights}
        if self._of.review != ReviewStrategy.NONE and self._typed("reviewers") != self._was.reviewers:
            changes["reviewers"] = task_settings.weighted(self._typed("reviewers"))[0]
        return changes

    def _changes(self) -> dict[str, Any]:
        was = self._was
        texts = {"name": was.name, "instructions": was.instructions}
        changes: dict[str, Any] = {
            name: self._typed(name) for name, before in texts.items() if self._typed(name) != before.strip()
        }
        if self._typed("priority") != str(was.priority):
            changes["priority"] = task_settings.number(self._typed("priority"))
        return {**changes, **self._routed(), **self._people_changes(), **self._rule_changes()}

    def _rule_changes(self) -> dict[str, Any]:
        """Who may review what, how many must agree, and gold."""
        was = self._was
        changes: dict[str, Any] = {}
        if self._of.review != ReviewStrategy.NONE:
            own = bool(self.query_one("#own-work", Choice).value)
            changes |= {} if own == was.own_review else {"own_review": own}
        if self._of.review == ReviewStrategy.CONSENSUS and self._typed("agree") != was.agree:
            changes |= task_settings.agreed(self._typed("agree"))
        if not was.annotated:
            changes |= self.query_one(GoldFields).changes()
        return changes

    # Leaving

    def on_input_submitted(self, event: TextField.Submitted) -> None:
        """On from field to field."""
        if event.input.id is not None:
            self.app.action_focus_next()

    def action_save(self) -> None:
        """Save and go back; a refusal stays on the screen with everything that was typed."""
        if self._saving:
            return
        try:
            changes = self._changes()
        except Refused as refused:
            self._refuse(refused)
            return
        if not changes:
            self.dismiss()
            return
        self._saving = True
        actor = self._app.actor
        self._app.writer.submit(lambda: editing.edit(actor, self._of, **changes), self._saved, self._refuse)

    def _saved(self, edited: Edited) -> None:
        told = [f"{edited.moved} open inputs went over to somebody else"] if edited.moved else []
        told += [f"{edited.needs_run} inputs need the model again: R runs it"] if edited.needs_run else []
        self.notify(printable("; ".join(told) or "saved: u takes it back"), markup=False, timeout=4)
        self.dismiss()

    def _refuse(self, refused: Refused | str) -> None:
        self._saving = False
        if self.is_attached:
            self.query_one("#refusal", Static).update(printable(refused))


def _parts(ends: tuple[int, int]) -> tuple[float, float]:
    return ends[0] / 100, ends[1] / 100


def _band(status: Status | None) -> str:
    return "dropped" if status is None else status.title


def _row(label: str, field: Any) -> Horizontal:
    return Horizontal(Label(label), field, classes="row")


def _text(id: str, value: str, placeholder: str = "") -> TextField:
    return TextField(value, placeholder=placeholder, id=id, compact=True, select_on_focus=False)
