"""New task: one form, from the dataset to the name."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Input as TextField
from textual.widgets import Static

from store import running, tasks
from store.errors import Refused
from store.plans import Plan
from store.printable import printable
from store.tasks import Made
from store.values import TaskType
from tui import task_choices
from tui.task_choices import Offers
from tui.widgets.choice import Choice
from tui.widgets.concept_picker import ConceptPicker
from tui.widgets.form_row import FormRow, text_field
from tui.widgets.gold_fields import GoldFields
from tui.widgets.key_footer import KeyFooter
from tui.widgets.people_fields import PeopleFields
from tui.widgets.threshold_panel import ThresholdPanel
from tui.widgets.top_bar import TopBar

if TYPE_CHECKING:
    from tui.app import WinnowApp

AUTO, ASSIST, PEOPLE = "auto", "assist", "people"
FIRST_PASS = (
    (AUTO, "a model annotates, people review what it doubts"),
    (ASSIST, "people label, a model suggests"),
    (PEOPLE, "people label, without a model"),
)


class NewTaskScreen(Screen[str | None]):
    """Every field is reached by tab or the arrows; ctrl+s creates. Ends with the task's id."""

    DEFAULT_CSS = """
    NewTaskScreen {
        VerticalScroll { height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
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
        yield TopBar("New task")
        kinds = [(kind.value, kind.value) for kind in TaskType]
        with VerticalScroll(can_focus=False):
            yield FormRow("Dataset", Choice([(None, "…")], id="dataset"))
            yield FormRow("First pass", Choice(FIRST_PASS, id="first-pass"))
            yield FormRow("Model", Choice([(None, "…")], id="model"), id="model-row")
            yield FormRow("Type", Choice(kinds, id="type"), id="type-row")
            yield FormRow("Concepts", ConceptPicker(id="concepts"))
            yield ThresholdPanel(id="thresholds")
            yield PeopleFields(self._app.actor.name)
            yield GoldFields()
            yield FormRow("Instructions", text_field("instructions", "what people shall know"))
            yield FormRow("Name", text_field("name", "needed"))
        yield Static(id="refusal", markup=False)
        yield KeyFooter()

    def on_mount(self) -> None:
        """Fetch what can be chosen; a new model is registered on the way, hence through the writer."""
        self.query_one("#dataset").focus()
        self._arrange()
        # What is typed ahead chooses among what is not here yet.
        self._give_keys = self._app.hold_keys()
        self._app.writer.submit(task_choices.offers, self._offer)

    # What can be chosen follows from what is chosen

    def _offer(self, offers: Offers) -> None:
        self._offers = offers
        everything: list[tuple[str | None, str]] = [(None, "a new one with all inputs of the project")]
        existing = [(name, f"{name}, {inputs} inputs") for name, inputs in offers.datasets]
        self.query_one("#dataset", Choice).offer([*existing, *everything])
        self.query_one("#dataset", Choice).index = 0
        self.query_one(GoldFields).offer([name for name, _ in offers.datasets])
        models = [(m.name, f"{m.name}: {m.type}, {m.concepts} concepts") for m in offers.models]
        self.query_one("#model", Choice).offer(models or [(None, "there is no model here")])
        if not models:
            self.query_one("#first-pass", Choice).choose(PEOPLE)
        self._arrange()
        self._offer_concepts()
        self._give_keys()

    @on(Choice.Changed)
    def _chosen(self, event: Choice.Changed) -> None:
        chosen = event.choice.id
        if chosen in ("model", "first-pass"):
            self._arrange()
            self._offer_concepts()
        elif chosen == "dataset":
            self._count()

    def _arrange(self) -> None:
        """Show the fields that make sense, hide the others."""
        first_pass = self._value("first-pass")
        self.query_one("#model-row").display = first_pass != PEOPLE
        self.query_one("#type-row").display = first_pass == PEOPLE
        self.query_one("#thresholds").display = first_pass == AUTO
        self.query_one(GoldFields).display = first_pass != AUTO and bool(self._offers.datasets)
        self.query_one(PeopleFields).suit(annotated=first_pass == AUTO)

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
        self._taken()

    @on(ConceptPicker.Changed)
    def _taken(self) -> None:
        self.query_one(ThresholdPanel).show(self.query_one(ConceptPicker).chosen)

    @on(ThresholdPanel.Changed)
    def _count(self) -> None:
        """How many inputs each band would hold, as far as the model has looked at them."""
        model = self._model
        if self._value("first-pass") != AUTO or model is None:
            return
        panel, chosen = self.query_one(ThresholdPanel), self.query_one(ConceptPicker).chosen
        common, own = panel.common, panel.own
        count = partial(
            task_choices.count_bands,
            model,
            self._value("dataset"),
            {name: own.get(name, common) for name in chosen},
            all_with=None if chosen else common,
        )
        self._app.reader.ask("bands", count, panel.tell)

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
                running.start(actor, made.task)
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
        first_pass, model = self._value("first-pass"), self._model
        panel = self.query_one(ThresholdPanel)
        own = {name: (bound.lower, bound.upper) for name, bound in panel.own.items()}
        kinds = {offer.name: offer.type for offer in self._offers.models}
        return Plan(
            name=self._typed("name"),
            type=kinds[model] if model is not None else self._value("type"),
            dataset=self._value("dataset"),
            auto=model if first_pass == AUTO else None,
            assist=model if first_pass == ASSIST else None,
            concepts=tuple(self.query_one(ConceptPicker).chosen),
            lower=panel.common.lower,
            upper=panel.common.upper,
            thresholds=own if first_pass == AUTO else {},
            instructions=self._typed("instructions"),
            **self.query_one(PeopleFields).planned(),
            **({} if first_pass == AUTO else self.query_one(GoldFields).planned()),
        )

    def _typed(self, name: str) -> str:
        return self.query_one(f"#{name}", TextField).value.strip()
