"""The form for a review queue's filter: task, labeler, concept, status, score, order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Footer, Label, Static
from textual.widgets import Input as TextField

from store import progress, review_lines
from store.errors import Refused
from store.printable import printable
from store.queues import Order
from store.tables import Task
from store.values import Status
from tui.queue_filter import EVERYTHING, ORDERS, QueueFilter, listed, scores, statuses
from tui.widgets.choice import Choice

if TYPE_CHECKING:
    from tui.app import WinnowApp

MATCHES = ((False, "each of these must fit"), (True, "one of these must fit"))


@dataclass(frozen=True)
class Chosen:
    """What the form ends with."""

    task: str
    filter: QueueFilter
    order: Order


class NameSuggester(Suggester):
    """Completes the last name of "anna, bo" from those that there are."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._names = names

    async def get_suggestion(self, value: str) -> str | None:
        """The whole text with its last name completed."""
        before, comma, typed = value.rpartition(",")
        begun = typed.strip().casefold()
        found = next((name for name in self._names if begun and name.casefold().startswith(begun)), None)
        space = typed[: len(typed) - len(typed.lstrip())]
        # What is typed stays as it is: the field shows only what follows it.
        return None if found is None else f"{before}{comma}{space}{typed.strip()}{found[len(begun) :]}"


class QueueFilterScreen(ModalScreen[Chosen | None]):
    """Enter shows what fits, from any field; an empty field lets everything through."""

    DEFAULT_CSS = """
    QueueFilterScreen {
        align: center middle;
        #form { width: 76; max-width: 96%; height: auto; padding: 1 2; background: $surface; }
        #form { border: round $primary; }
        .row { height: 1; }
        .row > Label { width: 10; color: $text-muted; }
        .row:focus-within > Label { color: $text-primary; text-style: bold; }
        .row > Input { width: 1fr; background: $panel; }
        #refusal { color: $text-error; height: auto; }
        #hint { color: $text-muted; margin-top: 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "apply", "Show these", id="filter.apply", priority=True),
        Binding("tab,down", "app.focus_next", "Next field", id="filter.next", key_display="tab"),
        Binding("shift+tab,up", "app.focus_previous", "Field before", id="filter.previous", show=False),
        Binding("ctrl+x", "clear", "Show all", id="filter.clear", priority=True),
        Binding("escape", "leave", "Leave", id="filter.leave"),
    ]

    def __init__(self, task: Task, wanted: QueueFilter, order: Order) -> None:
        super().__init__()
        self._of = task
        self._wanted = wanted
        self._order = order

    def compose(self) -> ComposeResult:
        """The fields with what is filtered by now."""
        wanted = self._wanted
        low_high = "" if wanted.scores is None else f"{wanted.scores[0]:g}..{wanted.scores[1]:g}"
        labelers, concepts = review_lines.labelers(self._of), review_lines.concept_names(self._of)
        titles = [status.title for status in Status]
        with Vertical(id="form"):
            yield Static("What shall the queue show?", classes="title")
            yield _row("Task", Choice(self._tasks(), id="task"))
            yield _row("By", _field("labelers", ", ".join(wanted.labelers), labelers))
            yield _row("Concept", _field("concepts", ", ".join(wanted.concepts), concepts))
            yield _row("Status", _field("statuses", ", ".join(one.title for one in wanted.statuses), titles))
            yield _row("Score", _field("scores", low_high, [], "such as 0.4..0.6"))
            yield _row("Match", Choice(MATCHES, id="match"))
            yield _row("Order", Choice(list(ORDERS.items()), id="order"))
            yield Static("several with commas · right completes · space turns a choice", id="hint")
            yield Static(id="refusal", markup=False)
        yield Footer(show_command_palette=False)

    def _tasks(self) -> list[tuple[str, str]]:
        """This task, and the others in which something waits for this person."""
        actor = cast("WinnowApp", self.app).actor
        found = progress.summaries(actor)
        named = [(one.id, f"{one.name}, {one.to_review} to review") for one in found if one.to_review]
        here = str(self._of.uid)
        if here not in [one for one, _ in named]:
            named.append((here, str(self._of.name)))
        return sorted(named, key=lambda one: one[0] != here)

    def on_mount(self) -> None:
        """Choices as they are."""
        self._choice("match").choose(self._wanted.match_any)
        self._choice("order").choose(self._order)
        self.query_one("#labelers").focus()

    def _choice(self, name: str) -> Choice[Any]:
        return self.query_one(f"#{name}", Choice)

    def _typed(self, name: str) -> str:
        return self.query_one(f"#{name}", TextField).value

    def action_apply(self) -> None:
        """Show what fits; what cannot be meant is said and stays."""
        try:
            chosen = replace(
                self._wanted,
                labelers=listed(self._typed("labelers")),
                concepts=listed(self._typed("concepts")),
                statuses=statuses(self._typed("statuses")),
                scores=scores(self._typed("scores")),
                match_any=self._choice("match").value,
            )
            chosen.stored()
        except Refused as refused:
            self.query_one("#refusal", Static).update(printable(refused))
            return
        self.dismiss(Chosen(self._choice("task").value, chosen, self._choice("order").value))

    def action_clear(self) -> None:
        """Everything, in the order they came in."""
        self.dismiss(Chosen(str(self._of.uid), EVERYTHING, Order.INPUT))

    def action_leave(self) -> None:
        """Leave the queue as it is."""
        self.dismiss(None)


def _row(label: str, field: Any) -> Horizontal:
    return Horizontal(Label(label), field, classes="row")


def _field(id: str, value: str, names: Sequence[str], placeholder: str = "") -> TextField:
    shown = placeholder or printable(", ".join(names))
    return TextField(
        value, placeholder=shown, suggester=NameSuggester(names), id=id, compact=True, select_on_focus=False
    )
