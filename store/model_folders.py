"""Model folders: the cards and files of models that joined this project, beside its store."""

from __future__ import annotations

import functools
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

from store import database
from store.cards import Card, load_card
from store.fields import CardError

CARD = "card.toml"
"""What the card is called in a model's folder."""


def place() -> Path:
    """The folder of them all: beside the store, or where $WINNOW_MODELS says."""
    told = os.environ.get("WINNOW_MODELS")
    return Path(told) if told else database.root() / "winnow-models"


def folder(name: str, number: int) -> Path:
    """Where that version of a model lies."""
    return place() / f"{name}-{number}"


def put(name: str, number: int, files: Mapping[str, bytes]) -> Path:
    """Lay down a version's files, `card.toml` among them, all or none; returns its folder.

    Raises FileExistsError when that version is there.
    """
    made = folder(name, number)
    if made.exists():
        raise FileExistsError(made)
    making = made.with_name(f".{uuid.uuid4().hex}")
    making.mkdir(parents=True)
    try:
        for file, data in files.items():
            (making / file).write_bytes(data)
        making.rename(made)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    return made


def drop(name: str, number: int) -> None:
    """Take a version's folder away that nothing refers to."""
    shutil.rmtree(folder(name, number), ignore_errors=True)


def cards(problems: list[CardError]) -> Iterator[Card]:
    """The cards of the models that joined this project, older versions first."""
    paths = [path for path in place().glob(f"*/{CARD}") if not path.parent.name.startswith(".")]
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
