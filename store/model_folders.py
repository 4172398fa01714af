"""Model folders: the cards and files of models that joined this project, beside its store."""

from __future__ import annotations

import functools
import shutil
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

from store import database
from store.cards import Card, load_card
from store.fields import CardError

CARD = "card.toml"
"""What the card is called in a model's folder."""


def folder(name: str, number: int) -> Path:
    """Where that version of a model lies."""
    return database.root() / "winnow-models" / f"{name}-{number}"


def put(name: str, number: int, files: Mapping[str, bytes]) -> Path:
    """Lay down a version's files, `card.toml` among them, all or none; returns its folder.

    Raises FileExistsError when that version is there.
    """
    place = folder(name, number)
    if place.exists():
        raise FileExistsError(place)
    making = place.with_name(f".{uuid.uuid4().hex}")
    making.mkdir(parents=True)
    try:
        for file, data in files.items():
            (making / file).write_bytes(data)
        making.rename(place)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    return place


def cards(problems: list[CardError]) -> Iterator[Card]:
    """The cards of the models that joined this project, older versions first."""
    place = database.root() / "winnow-models"
    paths = [path for path in place.glob(f"*/{CARD}") if not path.parent.name.startswith(".")]
    for path in sorted(paths, key=_age):
        try:
            yield _load(path, path.stat().st_mtime_ns)
        except CardError as error:
            problems.append(error)


def _age(path: Path) -> tuple[str, int]:
    name, _, number = path.parent.name.rpartition("-")
    return name, int(number) if number.isascii() and number.isdigit() else 0


@functools.lru_cache(maxsize=1000)
def _load(path: Path, changed: int) -> Card:
    return load_card(path)
