"""Label assist: whose suggestions are shown and which of them; kept for this user and task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from store import models, sessions, suggestions, viewing
from store.errors import Refused
from store.suggestions import Suggestion
from store.tables import Annotation, ModelVersion, Task
from tui.foresight import Foresight
from tui.label_settings import LabelSettings
from tui.score_range import score_range
from tui.screens.label_decisions import REGIONS, LabelDecisions
from tui.widgets.ask_line import AskLine
from tui.widgets.assist_line import AssistLine

STEP = 0.05
"""By how much a key moves a handle of the range."""

CLUTTER = 0.2
"""The score from which on regions are shown at first: detectors say a lot that they hardly believe."""


def assisting() -> list[BindingType]:
    """The keys of this part."""
    return [
        Binding("T", "assist", "Suggestions on or off", id="label.assist", show=False),
        Binding("m", "model", "Choose the model or workflow", id="label.model", show=False),
        Binding(
            "less_than_sign", "shift(-1, 0)", "Suggestions from lower on", id="label.show_more", show=False
        ),
        Binding(
            "greater_than_sign",
            "shift(1, 0)",
            "Suggestions from higher on",
            id="label.show_fewer",
            show=False,
        ),
        Binding(
            "left_curly_bracket", "shift(0, -1)", "Suggestions up to lower", id="label.top_lower", show=False
        ),
        Binding(
            "right_curly_bracket",
            "shift(0, 1)",
            "Suggestions up to higher",
            id="label.top_higher",
            show=False,
        ),
        Binding("percent_sign", "range", "Type the range", id="label.range", show=False),
    ]


class LabelAssist(LabelDecisions):
    """On or off, the model, the range, and what of it there is to be seen."""

    def __init__(self, task: Task, at_input: int | None = None) -> None:
        super().__init__(task, at_input)
        self.settings = LabelSettings(low=CLUTTER if task.type in REGIONS else 0.0)
        self._version: ModelVersion | None = None
        self.out_of_range = 0
        self._suggested = 0
        self.is_predicting = False

    def compose(self) -> ComposeResult:
        """The viewer, and a line for what is typed."""
        yield from super().compose()
        yield AskLine()

    def above_list(self) -> ComposeResult:
        """The assist line."""
        yield AssistLine()

    def recall_settings(self) -> None:
        """Label as the last time."""
        self.settings = LabelSettings.from_json(sessions.recall(self.winnow.actor, self._key), self.settings)
        self.categories.folded = set(self.settings.folded)
        self.hotkeys.assign(self.settings.hotkeys)

    def keep(self, settings: LabelSettings) -> None:
        """Use other settings from now on."""
        self.settings = settings
        actor, key, kept = self.winnow.actor, self._key, settings.to_json()
        self.winnow.writer.submit(lambda: sessions.remember(actor, key, kept))

    @property
    def _key(self) -> str:
        return f"label:{self.task_row.uid}"

    @property
    def is_typing(self) -> bool:
        """A concept, a range or a reason is typed."""
        return super().is_typing or self.query_one(AskLine).is_open

    def folded(self) -> None:
        """Keep what is out of sight."""
        self.keep(replace(self.settings, folded=tuple(sorted(self.categories.folded))))

    # The model

    @property
    def suggesting(self) -> int | None:
        """The id of the model version whose suggestions are shown; None while none are."""
        if not self.settings.assists:
            return None
        own = self.task_row.assist_id or self.task_row.auto_id
        return own if self._version is None else int(self._version.id)

    def find_model(self) -> ModelVersion | None:
        """The chosen model; not for the UI thread: it registers what is new on this machine."""
        try:
            return None if self.settings.model is None else models.find(self.settings.model)
        except Refused:
            return None

    def use_model(self, version: ModelVersion | None) -> None:
        """Take the suggestions of this model from now on; None for the task's own."""
        self._version = version
        ahead = self.task_row.assist_id if version is None else int(version.id)
        self.foresight = Foresight(self.winnow.writer, ahead if self.settings.assists else None)
        line = self.query_one(AssistLine)
        own = viewing.model_name(self.task_row.assist_id or self.task_row.auto_id)
        line.model = version.model.name if version is not None else own

    def suggested(self, input_id: int, stands: Sequence[Annotation]) -> list[Suggestion]:
        """What the model says within the range and nothing of what `stands` decides on."""
        self.is_predicting, self.out_of_range, self._suggested = False, 0, 0
        if self.suggesting is None:
            return []
        found = suggestions.of(self.task_row, input_id, self.winnow.actor, self._version, stands)
        self.is_predicting = found is None and (self._version or self.task_row.assist_id) is not None
        shown = [one for one in found or () if self.settings.low <= one.score <= self.settings.high]
        self._suggested = len(found or ())
        self.out_of_range = self._suggested - len(shown)
        line = self.query_one(AssistLine)
        line.settings, line.counts = self.settings, (len(shown), self._suggested)
        return shown

    # What keys do

    def action_assist(self) -> None:
        """Suggestions on or off."""
        self.turns.take(lambda: self._change(replace(self.settings, assists=not self.settings.assists)))

    def action_shift(self, low: int, high: int) -> None:
        """Move a handle by a step; it does not pass the other one."""
        self.turns.take(lambda: self._shift(low * STEP, high * STEP))

    def _shift(self, low: float, high: float) -> None:
        settings = self.settings
        low = min(max(settings.low + low, 0.0), settings.high if low else 1.0)
        high = min(max(settings.high + high, low), 1.0)
        self._change(settings.within(low, high))

    def _change(self, settings: LabelSettings) -> None:
        self.keep(settings)
        self.query_one(AssistLine).settings = settings
        self.use_model(self._version)
        self.hotkeys.clear()
        self.reload()
        self.arrived()

    def on_assist_line_moved(self, event: AssistLine.Moved) -> None:
        """A handle was brought somewhere with the mouse."""
        low, high = event.low, event.high
        self.turns.take(lambda: self._change(self.settings.within(round(low, 2), round(high, 2))))

    def action_range(self) -> None:
        """Type the range."""
        now = f"{self.settings.low:g}..{self.settings.high:g}"
        self.query_one(AskLine).ask("range", "Scores", now, "0.2..0.9")

    def action_model(self) -> None:
        """Search among the models for this type of task."""
        kind = str(self.task_row.type)
        if names := viewing.models_for(kind):
            self.choose_among(names, "model", "Suggestions of which model or workflow?")
        else:
            self.say(f"no model is registered for {kind}")

    def chosen(self, name: str, purpose: str) -> None:
        """The model, or what is decided."""
        if purpose != "model":
            super().chosen(name, purpose)
            return
        settings = replace(self.settings, model=name, assists=True)
        self.turns.write(lambda: models.find(name), lambda version: self._model_found(settings, version))

    def _model_found(self, settings: LabelSettings, version: ModelVersion) -> None:
        self._version = version
        self._change(settings)

    def on_ask_line_answered(self, event: AskLine.Answered) -> None:
        """What was asked is typed."""
        self.turns.take(lambda: self.answered(event.purpose, event.text))

    def answered(self, purpose: str, text: str) -> None:
        """Use what was typed."""
        if purpose == "range":
            try:
                self._change(self.settings.within(*score_range(text)))
            except Refused as refused:
                self.say_refused(refused)
