"""Formats: one module each, with `write` or `read` or both; the list of formats is this folder.

A format's `write(lines, destination) -> int` takes the annotations (the keys of `annotations.listing`,
and `width`, `height` and `sha256` of their inputs), writes them whole or not at all and returns how many
they are. Its `read(source) -> Iterator[Statement]` yields what a source says, one annotation at a time.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from types import ModuleType

from store.errors import Refused
from store.names import did_you_mean
from store.values import Region, Status


@dataclass(frozen=True, slots=True)
class Statement:
    """One annotation as a foreign file states it."""

    where: str
    """What to name when something is wrong with it: "line 7"."""
    path: str
    sha256: str | None
    concept: str
    value: int
    status: Status
    score: float | None
    region: Region | None
    annotator: str | None


def known(function: str) -> list[str]:
    """The names of the formats that can `write` or `read`, by name."""
    return [name for name in _modules() if hasattr(_load(name), function)]


def load(name: str, function: str) -> ModuleType:
    """The module of a format that has this function. Raises Refused with those that do."""
    if name not in _modules() or not hasattr(module := _load(name), function):
        able = known(function)
        hint = did_you_mean(name, able, f"choose one of {', '.join(able)}")
        raise Refused(f"'{name}' is no format that Winnow can {function}{hint}")
    return module


def _modules() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def _load(name: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{name}")
