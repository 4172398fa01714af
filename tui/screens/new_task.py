"""New task: one form, from the dataset to the name."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Footer, Label, Static
from textual.widgets import Input as TextField

from store import tasks
from store.bands import Bands
from store.errors import Refused
from store.printable import printable
from store.routing import Thresholds
from store.tasks import Made, Plan
from store.values import ReviewStrategy, Strategy, TaskType
from tui import task_choices
from tui.task_choices import Offers
from tui.widgets.choice import Choice
from tui.widgets.concept_picker import ConceptPicker
from tui.widgets.threshold_bar import ThresholdBar
from tui.widgets.top_bar import TopBar

if TYPE_CHECKING:
    from tui.app import WinnowApp

MOST_BARS = 40
"""Concepts that get thresholds of their own here; for more there is the command line."""

NAMES = "names, with commas between them"

AUTO, ASSIST, PEOPLE = "auto", "assist", "people"
FIRST_PASS = (
    (AUTO, "a model annotates, people review what it doubts"),
    (ASSIST, "people label, a model suggests"),
    (PEOPLE, "people label, without a model"),
)
STRATEGIES = (
    (Strategy.PARTITIONED.value, "partitioned: each input goes to one labeler"),
    (Strategy.DYNAMIC.value, "dynamic: labelers take ten at a time"),
    (Strategy.FULL.value, "full: every labeler labels every input"),
)
REVIEWS = (
    (ReviewStrategy.NONE.value, "none: what is submitted counts"),
    (ReviewStrategy.MANUAL.value, "manual: reviewers share the inputs"),
    ("stacked", "stacked: every reviewer must approve"),
    (ReviewStrategy.CONSENSUS.value, "consensus: labelers must agree"),
)


class NewTaskScreen(Screen[str | None]):
    """Every field is reached by tab or the arrows; ctrl+s creates. Ends with the task's id."""

    DEFAULT_CSS = """
    NewTaskScreen {
        VerticalScroll { height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
        .row { height: auto; }
        .row > Label { width: 16; color: $text-muted; }
        .row:focus-within > Label { color: $text-primary; text-style: bold; }
        .row > Input { width: 1fr; background: $surface; }
        .row > Input:focus { background: $panel; }
        #thresholds, #own-bars { height: auto; }
        #refusal { height: auto; max-height: 3; padding: 0 1; color: $text-error; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "create", "Create", id="new_task.create", priority=True),
        Binding("j,down", "app.focus_next", "Next field", id="new_task.next", show=False),
        Binding("k,up", "app.focus_previous", "Field before", id="new_task.previous", show=False),
        Binding("tab", "app.focus_next", "Next field", id="new_task.tab", key_display="tab"),
        Binding("escape", "leave", "Leave", id="new_task.leave"),
        Binding("q", "leave", "Leave", id="new_task.quit", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._offers = Offers()
        self._creating = False

    @property
    def _app(self) -> WinnowApp:
        return cast("WinnowApp", self.app)

    def compose(self) -> ComposeResult:
        """The fields in the order in which one thinks of them."""
        me = self._app.actor.name
        yield TopBar("New task")
        with VerticalScroll(can_focus=False):
            yield _row("Dataset", Choice([(None, "…")], id="dataset"))
            yield _row("First pass", Choice(FIRST_PASS, id="first-pass"))
            yield _row("Model", Choice([(None, "…")], id="model"), "model-row")
            yield _row("Type", Choice([(kind.value, kind.value) for kind in TaskType], id="type"), "type-row")
            yield _row("Concepts", ConceptPicker(id="concepts"))
            with Vertical(id="thresholds"):
                each = [(False, "the same for all concepts"), (True, "each concept its own")]
                yield _row("Thresholds", Choice(each, id="each"))
                yield ThresholdBar("all concepts", id="bar")
                yield Vertical(id="own-bars")
            yield _row("Labelers", _text("labelers", me), "labelers-row")
            yield _row("Dealt out", Choice(STRATEGIES, id="strategy"), "strategy-row")
            yield _row("Review", Choice(REVIEWS, id="review"))
            yield _row("Reviewers", _text("reviewers", f"{me}; {NAMES}"), "reviewers-row")
            yield _row("Must agree", _text("agree", "2", value="2"), "agree-row")
            yield _row("Instructions", _text("instructions", "what labelers shall know"))
            yield _row("Name", _text("name", "needed"))
        yield Static(id="refusal", markup=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Fetch what can be chosen; a new model is registered on the way, hence through the writer."""
        self.query_one("#review", Choice).choose(ReviewStrategy.MANUAL.value)
        self.query_one("#dataset").focus()
        self._arrange()
        self._app.writer.submit(task_choices.offers, self._offer)

    # What can be chosen follows from what is chosen

    def _offer(self, offers: Offers) -> None:
        self._offers = offers
        everything: list[tuple[str | None, str]] = [(None, "a new one with all inputs of the project")]
        existing = [(name, f"{name}, {inputs} inputs") for name, inputs in offers.datasets]
        self.query_one("#dataset", Choice).offer([*existing, *everything])
        self.query_one("#dataset", Choice).index = 0
        models = [(m.name, f"{m.name}: {m.type}, {m.concepts} concepts") for m in offers.models]
        self.query_one("#model", Choice).offer(models or [(None, "there is no model here")])
        if not models:
            self.query_one("#first-pass", Choice).choose(PEOPLE)
        self._arrange()
        self._offer_concepts()

    @on(Choice.Changed)
    def _chosen(self, event: Choice.Changed) -> None:
        self._arrange()
        chosen = event.choice.id
        if chosen in ("model", "first-pass"):
            self._offer_concepts()
        elif chosen in ("dataset", "each"):
            self._show_bars()

    def _arrange(self) -> None:
        """Show the fields that make sense, hide the others."""
        first_pass, review = self._value("first-pass"), self._value("review")
        self.query_one("#model-row").display = first_pass != PEOPLE
        self.query_one("#type-row").display = first_pass == PEOPLE
        self.query_one("#thresholds").display = first_pass == AUTO
        self.query_one("#strategy-row").display = first_pass != AUTO
        self.query_one("#reviewers-row").display = review != ReviewStrategy.NONE
        self.query_one("#agree-row").display = review == ReviewStrategy.CONSENSUS
        label = self.query_one("#labelers-row").query_one(Label)
        label.update("Nothing found →" if first_pass == AUTO else "Labelers")
        field = self.query_one("#labelers", TextField)
        me = self._app.actor.name
        who = "nobody" if first_pass == AUTO else me
        field.placeholder = f"{printable(who)}; {NAMES}"

    def _value(self, name: str) -> Any:
        return self.query_one(f"#{name}", Choice).value

    @property
    def _model(self) -> str | None:
        return None if self._value("first-pass") == PEOPLE else self._value("model")

    def _offer_concepts(self) -> None:
        model = self._model
        if model is None:
            self.query_one(ConceptPicker).offer(self._offers.concepts, closed=False)
        else:
            self._app.reader.ask("concepts", partial(task_choices.known_to, model), self._offer_known)

    def _offer_known(self, names: list[str]) -> None:
        self.query_one(ConceptPicker).offer(names, closed=True)
        self._show_bars()

    # Thresholds

    @on(ConceptPicker.Changed)
    def _show_bars(self) -> None:
        """One bar for all, or one for each chosen concept; bars that stay keep where their handles are."""
        each = self._value("each")
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
                common = self.query_one("#bar", ThresholdBar)
                bar.put(common.lower, common.upper)
                own.mount(bar)
        self.call_after_refresh(self._count)

    @on(ThresholdBar.Changed)
    def _count(self) -> None:
        """How many inputs each band would hold, as far as the model has looked at them."""
        model = self._model
        if self._value("first-pass") != AUTO or model is None:
            return
        chosen = self.query_one(ConceptPicker).chosen
        common = self.query_one("#bar", ThresholdBar).thresholds
        bounds = {name: self._own_bounds().get(name, common) for name in chosen}
        count = partial(
            task_choices.count_bands,
            model,
            self._value("dataset"),
            bounds,
            all_with=None if chosen else common,
        )
        self._app.reader.ask("bands", count, self._counted)

    def _counted(self, counted: dict[str | None, Bands]) -> None:
        for bar in self.query(ThresholdBar):
            bar.bands = counted.get(bar.concept)

    def _own_bounds(self) -> dict[str, Thresholds]:
        if not self._value("each"):
            return {}
        bars = self.query_one("#own-bars").query(ThresholdBar)
        return {bar.concept: bar.thresholds for bar in bars if bar.concept is not None}

    # Leaving

    def on_input_submitted(self, event: TextField.Submitted) -> None:
        """Enter goes on to the next field; on the name, which is the last, it creates."""
        if event.input.id == "name":
            self.action_create()
        else:
            self.app.action_focus_next()

    def action_leave(self) -> None:
        """Go back without a task."""
        self.dismiss(None)

    def action_create(self) -> None:
        """Make the task, and have the engine begin where a model annotates."""
        if self._creating:
            return
        self._refuse("")
        try:
            plan = self._plan()
        except Refused as refused:
            self._refuse(str(refused))
            return
        self._creating = True
        actor = self._app.actor

        def create() -> Made:
            made = tasks.create(actor, plan)
            if made.task.auto_id is not None:
                tasks.start(actor, made.task)
            return made

        self._app.writer.submit(create, self._made, self._refused)

    def _made(self, made: Made) -> None:
        for person in made.joined:
            said = f"{person} was not in the project yet and is a labeler now"
            self.app.notify(printable(said), markup=False)
        self.dismiss(str(made.task.uid))

    def _refused(self, refused: Refused) -> None:
        self._creating = False
        self._refuse(str(refused))

    def _refuse(self, sentence: str) -> None:
        self.query_one("#refusal", Static).update(printable(sentence))
        if sentence and "name" in sentence.partition(":")[0].split():
            self.query_one("#name").focus()

    def _plan(self) -> Plan:
        """The form as the store takes it. Raises Refused for a number that is none."""
        first_pass, model, review = self._value("first-pass"), self._model, self._value("review")
        common = self.query_one("#bar", ThresholdBar).thresholds
        own = {name: (bound.lower, bound.upper) for name, bound in self._own_bounds().items()}
        kinds = {offer.name: offer.type for offer in self._offers.models}
        stacked = review == "stacked"
        return Plan(
            name=self._typed("name"),
            type=kinds[model] if model is not None else self._value("type"),
            dataset=self._value("dataset"),
            auto=model if first_pass == AUTO else None,
            assist=model if first_pass == ASSIST else None,
            concepts=tuple(self.query_one(ConceptPicker).chosen),
            lower=common.lower,
            upper=common.upper,
            thresholds=own if first_pass == AUTO else {},
            labelers=self._people("labelers"),
            strategy=Strategy.PARTITIONED.value if first_pass == AUTO else self._value("strategy"),
            review=ReviewStrategy.MANUAL.value if stacked else review,
            reviewers=() if review == ReviewStrategy.NONE else self._people("reviewers"),
            stacked=stacked,
            agree=self._agree() if review == ReviewStrategy.CONSENSUS else 2,
            instructions=self._typed("instructions"),
        )

    def _typed(self, name: str) -> str:
        return self.query_one(f"#{name}", TextField).value.strip()

    def _people(self, name: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in self._typed(name).split(",") if part.strip())

    def _agree(self) -> int:
        typed = self._typed("agree")
        if not typed.isdecimal():
            raise Refused(f"how many labelers must agree is a number, not '{typed}'")
        return int(typed)


def _row(label: str, field: Any, id: str | None = None) -> Horizontal:
    return Horizontal(Label(label), field, classes="row", id=id)


def _text(id: str, placeholder: str, value: str = "") -> TextField:
    return TextField(value, placeholder=printable(placeholder), id=id, compact=True, select_on_focus=False)
