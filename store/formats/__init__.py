"""Formats: one module each, with `write` or `read` or both; the list of formats is this folder.

A format says in `TITLE` what it is and in `HOLDS` what it can hold. Its `write(pages, destination)` gets
inputs with what is said of them, nothing among it that the format does not hold, writes them whole or not at
all and returns what it has Written. Its `read(source, sizes)` yields Statements, an annotation at a time, or
what had to be Skipped, and raises Refused, naming the place, for what is no such source. A dash in a format's
name is an underscore in its module's.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from types import ModuleType
from typing import Any

from store.errors import Refused
from store.names import did_you_mean
from store.pixels import corners
from store.values import Region, Status

Line = Mapping[str, Any]
"""One annotation, with the keys of `annotations.listing`."""

Sizes = Callable[[str], tuple[int, int]]
"""Width and height of the picture that a source calls so. Raises Refused where nobody knows it."""


class Part(StrEnum):
    """What a format may or may not hold, in the words of the command line."""

    WHOLE = "whole inputs"
    BOXES = "boxes"
    POLYGONS = "polygons"
    HOLES = "holes"
    SPANS = "spans"
    NEGATIVES = "negatives"
    SCORES = "scores"
    STATUSES = "statuses"
    ANNOTATORS = "annotators"
    EMPTY = "inputs without annotations"
    TEXTS = "texts"


EVERYTHING = frozenset(Part)


@dataclass(frozen=True, slots=True)
class Statement:
    """One annotation as a foreign file states it; without a concept only that the input is there."""

    where: str
    """What to name when something is wrong with it: "line 7"."""
    path: str
    """As the source calls the input; its name alone will do, also without its suffix."""
    concept: str | None
    region: Region | None = None
    sha256: str | None = None
    value: int = 1
    status: Status = Status.SUCCESS
    score: float | None = None
    annotator: str | None = None
    remark: str | None = None
    """What was lost on the way: "polygons of several parts"."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """What a source says and no annotation can say, in one sentence."""

    where: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Page:
    """An input with what is said of it, highest score first."""

    id: int
    path: str
    """As stored: relative to the project's folder where it lies there."""
    media: str
    width: int
    height: int
    sha256: str
    annotations: Sequence[Line]
    file: Path | None = None
    """The picture, for formats that take it along; None where that is not wanted."""


@dataclass
class Written:
    """What became of an export."""

    inputs: int = 0
    annotations: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    """How many annotations the format could not hold, or not wholly, by reason."""


def known(function: str) -> list[str]:
    """The names of the formats that can `write` or `read`, by name."""
    return [name for name in _names() if hasattr(_load(name), function)]


def load(name: str, function: str) -> ModuleType:
    """The module of a format that has this function. Raises Refused with those that do."""
    if name not in _names() or not hasattr(module := _load(name), function):
        able = known(function)
        hint = did_you_mean(name, able, f"choose one of {', '.join(able)}")
        raise Refused(f"'{name}' is no format that Winnow can {function}{hint}")
    return module


def _names() -> list[str]:
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__))


def _load(name: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{name.replace('-', '_')}")


def fit(
    pages: Iterable[Page], holds: AbstractSet[Part], lost: Counter[str], *, any_status: bool = False
) -> Iterator[Page]:
    """The pages with only what a format `holds`; what it does not is counted.

    Where it has no statuses, what is not Success is left out, unless `any_status` asks for it: there a
    doubtful label would read like a sure one.
    """
    for page in pages:
        if page.media == "text" and Part.TEXTS not in holds:
            lost["of texts"] += len(page.annotations)
            continue
        lines = []
        said = set()
        for line in page.annotations:
            fitted = _fitted(line, holds, lost, any_status)
            if fitted is None:
                continue
            if Part.ANNOTATORS not in holds:
                same = (fitted["concept"], fitted["value"], repr(fitted["region"]))
                if same in said:
                    lost["said again, written once"] += 1
                    continue
                said.add(same)
            lines.append(fitted)
        if lines or (Part.EMPTY in holds and not page.annotations):
            yield replace(page, annotations=lines)


def _fitted(line: Line, holds: AbstractSet[Part], lost: Counter[str], any_status: bool) -> Line | None:
    if line["status"] != Status.SUCCESS.name and Part.STATUSES not in holds:
        if not any_status:
            lost["not Success"] += 1
            return None
        lost["with a status, written without"] += 1
    if not line["value"] and Part.NEGATIVES not in holds:
        lost["negatives"] += 1
        return None
    if line["score"] is not None and Part.SCORES not in holds:
        lost["with a score, written without"] += 1
    return _with_held_region(line, holds, lost)


def _with_held_region(line: Line, holds: AbstractSet[Part], lost: Counter[str]) -> Line | None:
    region: dict[str, Any] | None = line["region"]
    kind = _KINDS[next(iter(region))] if region else Part.WHOLE
    if region and "holes" in region and Part.HOLES not in holds:
        lost["with holes, which are filled" if kind in holds else "with holes"] += 1
        region = {"polygon": region["polygon"]}
    if kind not in holds:
        if kind is Part.POLYGONS and Part.BOXES in holds:
            lost["polygons, written as their boxes"] += 1
            region = {"box": _bounds(line["region"]["polygon"])}
        elif kind is Part.BOXES and Part.POLYGONS in holds:
            lost["boxes, written as polygons"] += 1
            region = {"polygon": corners(line["region"]["box"])}
        else:
            lost["of whole inputs" if kind is Part.WHOLE else str(kind)] += 1
            return None
    return line if region is line["region"] else {**line, "region": region}


_KINDS = {"box": Part.BOXES, "polygon": Part.POLYGONS, "span": Part.SPANS}


def _bounds(ring: Sequence[Sequence[float]]) -> list[float]:
    xs, ys = [x for x, _ in ring], [y for _, y in ring]
    return [min(xs), min(ys), max(xs), max(ys)]
