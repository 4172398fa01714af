"""The checked fields of a card: what a TOML table must hold, and a sentence where it does not."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from store.errors import Refused
from store.printable import printable


class CardError(Refused):
    """A card, or a file it names, that cannot be used: one sentence that says what to change."""


class Fields:
    """One TOML table; each getter raises CardError naming the card, the field and what to change."""

    def __init__(self, where: str, values: Mapping[str, Any], known: frozenset[str] | None = None) -> None:
        self.where = where
        self.values = values
        for key in values:
            if known is not None and key not in known:
                raise self.error(
                    printable(key), f"is not a field of a card; known are {', '.join(sorted(known))}"
                )

    def error(self, key: str, problem: str) -> CardError:
        """The error to raise for a field."""
        return CardError(f"{self.where}: {key} {problem}.")

    def text(self, key: str, default: str | None = None) -> str:
        """A printable text; without a default it must be there and not empty."""
        value = self.values.get(key, default)
        if not isinstance(value, str) or (default is None and not value):
            raise self.error(key, "must be a text in quotes" if key in self.values else "is missing; add it")
        if not value.isprintable():
            raise self.error(key, "holds control characters; remove them")
        return value

    def choice(self, key: str, choices: tuple[str, ...], default: str | None = None) -> str:
        """One of the given words."""
        value = self.text(key, default)
        if value not in choices:
            raise self.error(key, f"must be one of {', '.join(choices)}")
        return value

    def number(self, key: str, low: float, high: float, default: float | None = None) -> float:
        """A number between two bounds, both allowed; NaN is refused."""
        value = self.values.get(key, default)
        if value is None:
            raise self.error(key, "is missing; add it")
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise self.error(key, f"must be a number from {low:g} to {high:g}")
        return float(value)

    def whole(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number between two bounds, both allowed."""
        value = self.values.get(key, default)
        if value is None:
            raise self.error(key, "is missing; add it")
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.error(key, f"must be a whole number from {low} to {high}")
        return value

    def flag(self, key: str, default: bool) -> bool:
        """true or false."""
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            raise self.error(key, "must be true or false")
        return value

    def three(self, key: str, default: tuple[float, float, float]) -> tuple[float, float, float]:
        """Three numbers, for red, green and blue."""
        value = self.values.get(key, list(default))
        good = isinstance(value, list) and len(value) == 3
        if not good or any(isinstance(v, bool) or not isinstance(v, int | float) for v in value):
            raise self.error(key, "must be three numbers, for red, green and blue")
        return (float(value[0]), float(value[1]), float(value[2]))

    def table(self, key: str, known: frozenset[str] | None = None) -> "Fields":
        """The table of that name, empty when it is missing."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self.error(key, f"must be a table: write [{key}] above its fields")
        return Fields(f"{self.where}, [{key}]", value, known)

    def digest(self, key: str) -> str:
        """A sha256 in lower case."""
        value = self.text(key).lower()
        if not re.fullmatch(r"[0-9a-f]{64}", value):
            raise self.error(key, "must be the sha256 of the file, 64 hex digits")
        return value

    def beside(self, key: str, folder: Path) -> str:
        """The name of a file that truly lies in the card's folder or below it, links followed."""
        value = self.text(key)
        try:
            resolved = (folder / value).resolve()
        except (OSError, RuntimeError):  # a link that leads to itself
            raise self.error(key, "names a link that leads nowhere") from None
        if Path(value).is_absolute() or not resolved.is_relative_to(folder.resolve()):
            raise self.error(key, "leads out of the card's folder; put the file beside the card")
        if not resolved.is_file():
            raise self.error(key, f"names {value}, which is not there; put it beside the card")
        return value
