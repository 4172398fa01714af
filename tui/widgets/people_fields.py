"""The people of a new task: who labels and in which way, who reviews and how."""

from __future__ import annotations

from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input as TextField

from store.errors import Refused
from store.printable import printable
from store.values import ReviewStrategy, Strategy
from tui import task_settings
from tui.widgets.choice import Choice
from tui.widgets.form_row import FormRow, names_in, text_field

NAMES = "names, with commas between them"
STACKED = "stacked"
STRATEGIES = (
    (Strategy.PARTITIONED.value, "partitioned: each input goes to one labeler"),
    (Strategy.DYNAMIC.value, "dynamic: labelers take ten at a time"),
    (Strategy.FULL.value, "full: every labeler labels every input"),
)
REVIEWS = (
    (ReviewStrategy.NONE.value, "none: what is submitted counts"),
    (ReviewStrategy.MANUAL.value, "manual: reviewers share the inputs"),
    (STACKED, "stacked: every reviewer must approve"),
    (ReviewStrategy.CONSENSUS.value, "consensus: labelers must agree"),
)
OWN_WORK = (
    (None, "goes to other reviewers, if there are any"),
    (True, "may come to its labeler where nobody else can review it"),
    (False, "never comes to its labeler"),
)


class PeopleFields(Vertical):
    """Fields that make no sense with what is chosen are not there."""

    DEFAULT_CSS = "PeopleFields { height: auto; }"

    def __init__(self, me: str) -> None:
        super().__init__()
        self._me = printable(me)
        self._annotated = False

    def compose(self) -> ComposeResult:
        """Labelers, then reviewers."""
        yield FormRow("Labelers", text_field("labelers", self._me), id="labelers-row")
        yield FormRow("Dealt out", Choice(STRATEGIES, id="strategy"), id="strategy-row")
        shares = "the same for all; or 2, 1: the first gets twice as many"
        yield FormRow("Shares", text_field("shares", shares), id="shares-row")
        yield FormRow("Review", Choice(REVIEWS, id="review"))
        agree = "2, or a part of them like 60%"
        yield FormRow("Must agree", text_field("agree", agree, value="2"), id="agree-row")
        yield FormRow("Reviewers", text_field("reviewers", f"{self._me}; {NAMES}"), id="reviewers-row")
        yield FormRow("Own work", Choice(OWN_WORK, id="own-work"), id="own-work-row")

    def on_mount(self) -> None:
        """Reviewed by people unless one says otherwise."""
        self.query_one("#review", Choice).choose(ReviewStrategy.MANUAL.value)
        self.suit(annotated=self._annotated)

    def suit(self, *, annotated: bool) -> None:
        """Show what makes sense; `annotated`: a model says first what is to be seen."""
        self._annotated = annotated
        review, strategy = self._chosen("review"), self._chosen("strategy")
        labelers, reviewers = self._names("labelers"), self._names("reviewers")
        reviewed = review != ReviewStrategy.NONE
        self.query_one("#strategy-row").display = not annotated
        dealt = annotated or strategy == Strategy.PARTITIONED
        self.query_one("#shares-row").display = dealt and len(labelers) > 1
        self.query_one("#reviewers-row").display = reviewed
        self.query_one("#own-work-row").display = reviewed and len({*labelers, *reviewers}) > 1
        self.query_one("#agree-row").display = review == ReviewStrategy.CONSENSUS
        self.query_one("#labelers-row", FormRow).call("Nothing found →" if annotated else "Labelers")
        nobody = "nobody" if annotated else self._me
        self.query_one("#labelers", TextField).placeholder = f"{nobody}; {NAMES}"

    @on(Choice.Changed)
    def _chosen_other(self, event: Choice.Changed) -> None:
        if event.choice.id == "review" and event.choice.value == ReviewStrategy.CONSENSUS:
            # There is nothing to agree on where an input has one labeler.
            self.query_one("#strategy", Choice).choose(Strategy.FULL.value)
        self.suit(annotated=self._annotated)

    @on(TextField.Changed)
    def _typed_other(self) -> None:
        self.suit(annotated=self._annotated)

    def planned(self) -> dict[str, Any]:
        """Their part of the plan. Raises Refused for a number that is none."""
        review = self._chosen("review")
        stacked, consensus = review == STACKED, review == ReviewStrategy.CONSENSUS
        partitioned = Strategy.PARTITIONED.value
        return {
            "labelers": self._names("labelers"),
            "weights": self._shares() if self.query_one("#shares-row").display else (),
            "strategy": partitioned if self._annotated else self._chosen("strategy"),
            "review": ReviewStrategy.MANUAL.value if stacked else review,
            "reviewers": () if review == ReviewStrategy.NONE else self._names("reviewers"),
            "stacked": stacked,
            "own_review": self._chosen("own-work") if self.query_one("#own-work-row").display else None,
            **(task_settings.agreed(self._typed("agree")) if consensus else {}),
        }

    def _chosen(self, name: str) -> Any:
        return self.query_one(f"#{name}", Choice).value

    def _typed(self, name: str) -> str:
        return self.query_one(f"#{name}", TextField).value.strip()

    def _names(self, name: str) -> tuple[str, ...]:
        return names_in(self._typed(name))

    def _shares(self) -> tuple[float, ...]:
        typed = names_in(self._typed("shares"))
        try:
            return tuple(float(share) for share in typed)
        except ValueError:
            raise Refused(f"shares are numbers like '2, 1', not '{self._typed('shares')}'") from None
