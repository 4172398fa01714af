"""Sections: each a table, a plot and a sentence of one kind of numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from store import gold, rights, stats
from store.tables import User
from store.values import Status
from tui.stats import plots
from tui.stats.counting import Counting, Walk

NEEDS_TASK = "These numbers are of one task: ] and [ choose it."


@dataclass(frozen=True)
class View:
    """What a section shows now."""

    words: str
    """A line or two that stand above everything."""
    headings: tuple[str, ...] = ()
    rows: Sequence[tuple[str, ...]] = ()
    texts: int = 1
    """How many columns, from the left, are words; the others are numbers."""
    draw: plots.Draw | None = None
    share: float = 1.0
    """How much of it is counted, 0..1."""
    people: Sequence[str] = ()
    """Whom each row is about, where it is about somebody."""


@dataclass(frozen=True)
class Section:
    """A kind of numbers."""

    title: str
    look: Callable[[Counting, User | None], View]
    """Counts on for a moment, then says what is known."""
    for_leads: bool = False
    """Others are not told that there is such a thing."""


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:.2f}"


def _whole(walk: Walk) -> bool:
    walk.go_on()
    return walk.share == 1


def _status(name: str) -> str:
    return name.replace("_", " ").title()


def _counts(counting: Counting, person: User | None) -> View:
    if counting.answers is None or counting.task is None:
        return _project(stats.summary())
    comparison, walk = counting.answers
    walk.go_on()
    lines = comparison.concepts(person)
    statuses = stats.statuses(counting.task, person)
    said = " · ".join(f"{_status(name)} {n:,}" for name, n in statuses.items())
    return View(
        f"{sum(statuses.values()):,} annotations: {said}" if statuses else "Nothing is annotated yet.",
        ("Concept", "There", "Not there"),
        [(line["name"], f"{line['there']:,}", f"{line['not_there']:,}") for line in lines],
        draw=plots.bars([(line["name"], line["there"]) for line in lines]),
        share=walk.share,
    )


def _project(counted: dict[str, Any]) -> View:
    parts = ("inputs", "datasets", "concepts", "tasks", "annotations")
    by = [*counted["people"], *counted["models"]]
    shown = [status.name for status in Status]
    return View(
        " · ".join(f"{counted[name]:,} {name}" for name in parts),
        ("By", "All", *map(_status, shown)),
        [
            (line["name"], f"{line['annotations']:,}", *(f"{line['statuses'].get(s, 0):,}" for s in shown))
            for line in by
        ],
        draw=plots.bars([(line["name"], line["annotations"]) for line in by]),
        people=[line["name"] for line in counted["people"]],
    )


def _agreement(counting: Counting, person: User | None) -> View:
    if counting.answers is None:
        return View(NEEDS_TASK)
    comparison, walk = counting.answers
    walk.go_on()
    found = comparison.agreement()
    if not found["inputs"] and walk.share == 1:
        return View("Nobody's answers can be compared: no input was labeled by two people.")
    pairs = [line for line in found["cohen"] if person is None or person.name in line["people"]]
    words = (
        f"{found['inputs']:,} inputs with several answers · Fleiss {_number(found['fleiss'])} · "
        f"Krippendorff {_number(found['krippendorff'])} · IoU {_number(found['iou'])}\n"
        "1: always alike · 0: as often as by chance · below 0: less often"
    )
    named = [
        ("Fleiss", found["fleiss"]),
        ("Krippendorff", found["krippendorff"]),
        ("IoU of boxes", found["iou"]),
        *((" – ".join(line["people"]), line["kappa"]) for line in pairs),
    ]
    return View(
        words,
        ("Person", "And", "Inputs", "Cohen's kappa"),
        [(*line["people"], f"{line['inputs']:,}", _number(line["kappa"])) for line in pairs],
        texts=2,
        draw=plots.bars([(name, value) for name, value in named if value is not None], whole=1.0),
        share=walk.share,
        people=[line["people"][0] for line in pairs],
    )


_DECIDED = ("submitted", "approved", "changes_requested", "rejected")


def _people(counting: Counting, person: User | None) -> View:
    decisions, walk = counting.decided
    walk.go_on()
    lines = [line for line in decisions.people() if person is None or line["name"] == person.name]
    keys = (*_DECIDED, "decisions", "median_seconds", "seconds_per_decision")
    return View(
        "Seconds (s) for a decision; pauses over five minutes are not counted."
        if lines or walk.share < 1
        else "Nobody has decided anything yet.",
        ("Person", "Submitted", "Approved", "Changes", "Rejected", "Decisions", "Median s", "Mean s"),
        [(line["name"], *(_number(line[key]) for key in keys)) for line in lines],
        draw=plots.stacked(
            [(line["name"], [line[key] for key in _DECIDED]) for line in lines],
            ("submitted", "approved", "changes requested", "rejected"),
        ),
        share=walk.share,
        people=[line["name"] for line in lines],
    )


def _pace(counting: Counting, person: User | None) -> View:
    decisions, walk = counting.decided
    if not _whole(walk):
        return View("Decisions over time are known when all are counted.", share=walk.share)
    lines = [line for line in decisions.over_time() if person is None or line["name"] == person.name]
    if not lines:
        return View("Nobody has decided anything yet.")
    daily = lines[0]["hours"] == 24
    by_person: dict[str, dict[str, int]] = defaultdict(dict)
    for line in lines:
        by_person[line["name"]][_when(line["start"], daily)] = line["decisions"]
    return View(
        f"Decisions in each {'day' if daily else 'hour'}, in local time",
        ("Day" if daily else "Hour", "Person", "Decisions"),
        [(_when(line["start"], daily), line["name"], f"{line['decisions']:,}") for line in reversed(lines)],
        texts=2,
        draw=plots.over_time(_starts(lines, daily), by_person),
        people=[line["name"] for line in reversed(lines)],
    )


def _when(start: str, daily: bool) -> str:
    return start[:10] if daily else f"{start[5:10]} {start[11:16]}"


def _starts(lines: Sequence[dict[str, Any]], daily: bool) -> list[str]:
    """All days or hours from the first to the last, also those without a decision."""
    now, last = (datetime.fromisoformat(lines[n]["start"]) for n in (0, -1))
    found = []
    while now <= last:
        found.append(_when(now.isoformat(), daily))
        now += timedelta(days=1) if daily else timedelta(hours=1)
    return found


def _confusion(counting: Counting, person: User | None) -> View:
    if counting.answers is None:
        return View(NEEDS_TASK)
    comparison, walk = counting.answers
    walk.go_on()
    lines = comparison.confusion(person)
    if not lines and walk.share == 1:
        return View("Nothing can be compared: nobody has decided on what others, or the model, said.")
    # What is taken for something else is what one looks for: agreement comes after it.
    lines.sort(key=lambda line: line["one"] == line["other"])
    shown = [
        (
            line["between"],
            line["one"] or "–",
            line["other"] or "–",
            f"{line['count']:,}",
        )
        for line in lines
    ]
    differ = [line for line in lines if line["one"] != line["other"]]
    return View(
        "Two people, or the model (one) and what people made of it. –: nothing",
        ("Between", "One says" if person is None else f"{person.name} says", "The other", "Times"),
        shown,
        texts=3,
        draw=plots.bars(
            [(f"{line['one'] or '–'} → {line['other'] or '–'}", line["count"]) for line in differ]
        ),
        share=walk.share,
    )


def _scores(counting: Counting, person: User | None) -> View:
    if counting.scores is None:
        return View(NEEDS_TASK)
    scores, walk = counting.scores
    walk.go_on()
    found = scores.histogram()
    if found is None:
        return View("This task has no model, so nothing has a score.")
    bands = found["bands"]
    words = (
        f"{found['model']} version {found['version']}: {sum(bands.values()):,} predictions of the task's "
        f"concepts\n{bands['dropped']:,} below {found['lower']:g} (dropped) · "
        f"{bands['review']:,} to review · {bands['success']:,} from {found['upper']:g} on (success)"
    )
    return View(
        words,
        ("From", "To", "Predictions"),
        [
            (f"{line['from']:.2f}", f"{line['to']:.2f}", f"{line['predictions']:,}")
            for line in reversed(found["bins"])
        ],
        texts=0,
        draw=plots.histogram([line["predictions"] for line in found["bins"]], found["lower"], found["upper"]),
        share=walk.share,
    )


def _gold(counting: Counting, person: User | None) -> View:
    if counting.task is None:
        return View(NEEDS_TASK)
    # Asked for the person who looks: the store refuses it to labelers.
    lines = gold.accuracy(counting.actor, counting.task)
    if person is not None:
        lines = [line for line in lines if line["name"] == person.name]
    if not lines:
        return View("Nobody has answered a gold input of this task: 'Gold' in its form mixes them in.")
    answered = sum(line["answered"] for line in lines)
    right = sum(line["right"] for line in lines)
    return View(
        f"{right:,} of {answered:,} answers on inputs whose answer is known are right. Only leads see this.",
        ("Person", "Answered", "Right", "Accuracy"),
        [
            (line["name"], f"{line['answered']:,}", f"{line['right']:,}", f"{line['accuracy']:.0%}")
            for line in lines
        ],
        draw=plots.bars([(line["name"], line["accuracy"]) for line in lines], whole=1.0),
        people=[line["name"] for line in lines],
    )


SECTIONS = (
    Section("Counts", _counts),
    Section("Agreement", _agreement),
    Section("People", _people),
    Section("Pace", _pace),
    Section("Confusion", _confusion),
    Section("Scores", _scores),
    Section("Gold", _gold, for_leads=True),
)


def sections_for(actor: User) -> tuple[Section, ...]:
    """Those that this person is shown."""
    return tuple(one for one in SECTIONS if not one.for_leads or actor.role in rights.LEADS)
