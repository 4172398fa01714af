"""Entries: suggestions, annotations and the task's own concepts as the one list that viewers show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from store.suggestions import Suggestion
from store.tables import Annotation, Concept, User
from store.values import Region, Status

Identity = tuple[int, int, int]
"""Concept and region as first said, and whose it is (0: the viewer's own or nobody's yet).

What somebody has drawn is an annotation's number instead: it stays when the drawing is changed.
"""

DRAWN = -1
"""The first part of the identity of what somebody has drawn; no concept has it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list: something that is said, or could be said, of the input."""

    identity: Identity
    concept: str
    score: float | None = None
    region: Region | None = None
    original: str = ""
    """What the model called it, where that is another name."""
    who: str = ""
    value: int | None = None
    """1: it is there, 0: it explicitly is not, None: nobody has decided."""
    status: Status | None = None
    instance: int = 0
    """Regions of one concept are numbered from 1."""
    suggestion: Suggestion | None = None
    annotation: Annotation | None = None
    members: int = 0
    """Not 0: the header of a category with that many regions, and nothing that is said itself."""
    outlined: bool = False
    """Of a header: its regions have lines on the picture."""
    hidden: bool = False
    """Out of sight on the picture; of a header: its regions are."""
    annotators: int = 0
    """How many people and models say it, where that is known and more than one."""

    @property
    def name(self) -> str:
        """The concept, with the instance's number for a region: "sheep.1"."""
        return f"{self.concept}.{self.instance}" if self.instance else self.concept

    @property
    def is_span(self) -> bool:
        """Whether it says something of a stretch of a text."""
        return self.region is not None and self.region.span is not None


def merge(
    suggestions: Iterable[Suggestion],
    annotations: Iterable[Annotation],
    offered: Iterable[Concept],
    viewer: User,
    least: float = 0.0,
    most: float = 1.0,
) -> list[Entry]:
    """One list, the highest score first; what has none follows in a fixed order.

    `offered` concepts are left out where something is said of them already. Suggestions outside
    `least` to `most` are left out; annotations never are.
    """
    made = [of_annotation(row, viewer) for row in annotations]
    made += [_of_suggestion(suggestion) for suggestion in suggestions if least <= suggestion.score <= most]
    places = {}
    for place, concept in enumerate(offered):
        places[concept.name] = place
        # That a stretch of a text shows it does not say it of the whole.
        if not any(entry.concept == concept.name and not entry.is_span for entry in made):
            made.append(Entry((concept.id, 0, 0), concept.name))
    made.sort(key=lambda entry: _order(entry, places))
    return _numbered(made)


def _order(entry: Entry, places: dict[str, int]) -> tuple[float, ...]:
    if entry.score is not None:
        return (0, -entry.score, *entry.identity)
    made = entry.annotation.id if entry.annotation is not None else 0
    return (1, places.get(entry.concept, len(places)), made)


def _of_suggestion(suggestion: Suggestion) -> Entry:
    return Entry(
        (suggestion.original_id, suggestion.region_key, 0),
        suggestion.concept,
        suggestion.score,
        suggestion.region,
        original=_other(suggestion.original, suggestion.concept),
        who=suggestion.model,
        suggestion=suggestion,
    )


def of_annotation(row: Annotation, viewer: User) -> Entry:
    """An annotation as it was read with its concept, annotator and original concept."""
    original, region = row.original_concept, Region.unpack(row.region_kind, row.region)
    whose = 0 if row.annotator_id == viewer.id else row.annotator_id
    first, key = row.concept_id, row.region_key
    if original is not None:
        first, key = original.id, key if row.original_key is None else row.original_key
    elif region is not None:
        first, key = DRAWN, row.id
    return Entry(
        (first, key, whose),
        row.concept.name,
        row.score,
        region,
        original="" if original is None else _other(original.name, row.concept.name),
        who=row.annotator.name,
        value=row.value,
        status=Status(row.status),
        annotation=row,
    )


def _other(original: str, name: str) -> str:
    return original if original != name else ""


def _numbered(entries: Sequence[Entry]) -> list[Entry]:
    seen: Counter[str] = Counter()
    numbered = []
    for entry in entries:
        if entry.region is not None:
            seen[entry.concept] += 1
            entry = replace(entry, instance=seen[entry.concept])
        numbered.append(entry)
    return numbered


def with_annotators(entries: Iterable[Entry], models: Mapping[str, set[str]]) -> list[Entry]:
    """Entries of the whole input that know how many say them; `models`: concept → the models that do."""
    entries = list(entries)
    names: dict[str, set[str]] = {concept: set(said) for concept, said in models.items()}
    for entry in entries:
        if entry.region is None and entry.value is not None:
            names.setdefault(entry.concept, set()).add(entry.who)
    return [
        entry if entry.region is not None else replace(entry, annotators=len(names.get(entry.concept, ())))
        for entry in entries
    ]
