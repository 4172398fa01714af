"""JSON lines: one annotation a line, with the size and hash of its input."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from store.errors import Refused
from store.files import replacing
from store.formats import EVERYTHING, Page, Part, Sizes, Statement, Written
from store.values import Region, Status

LONGEST_LINE = 4 << 20
"""Bytes; a polygon of 100,000 points has about half of that."""


TITLE = "JSON lines: an annotation a line, everything kept"
HOLDS = EVERYTHING - {Part.EMPTY}


def write(pages: Iterable[Page], destination: Path) -> Written:
    """Write every annotation as one line of ASCII JSON."""
    written = Written()
    with replacing(destination) as file:
        for page in pages:
            written.inputs += 1
            about = {"width": page.width, "height": page.height, "sha256": page.sha256}
            for line in page.annotations:
                said = {**line, **about}
                file.write(json.dumps(said, separators=(",", ":"), allow_nan=False).encode() + b"\n")
                written.annotations += 1
    return written


def read(source: Path, sizes: Sizes) -> Iterator[Statement]:
    """What each line states. Raises Refused naming the first line that is none."""
    try:
        with source.open("rb") as file:
            number = 0
            while line := file.readline(LONGEST_LINE + 1):
                number += 1
                if len(line) > LONGEST_LINE:
                    raise Refused(f"{source}, line {number} is longer than {LONGEST_LINE >> 20} MiB")
                if line.strip():
                    yield _statement(line, f"line {number}")
    except OSError as error:
        raise Refused(f"{source} cannot be read: {error.strerror}") from None


def _statement(line: bytes, where: str) -> Statement:
    try:
        said = json.loads(line)
        if not isinstance(said, dict):
            raise Refused("it is no JSON object")
        return Statement(
            where=where,
            path=_text(said, "path") or "",
            sha256=_text(said, "sha256"),
            concept=_required(said, "concept"),
            value=_value(said),
            status=_status(said),
            score=_score(said),
            region=Region.from_json(said.get("region")),
            annotator=_text(said, "annotator"),
        )
    except Refused as error:
        raise Refused(f"{where}: {error}") from None
    except (ValueError, RecursionError):
        raise Refused(f"{where}: this is not JSON") from None


def _text(said: dict[str, Any], key: str) -> str | None:
    value = said.get(key)
    if value is not None and not isinstance(value, str):
        raise Refused(f"{key} must be a text")
    return value


def _required(said: dict[str, Any], key: str) -> str:
    value = _text(said, key)
    if not value:
        raise Refused(f"{key} is missing")
    return value


def _value(said: dict[str, Any]) -> int:
    value = said.get("value", 1)
    if value not in (0, 1):
        raise Refused("value must be 1 (there) or 0 (not there)")
    return int(value)


def _status(said: dict[str, Any]) -> Status:
    name = said.get("status", "SUCCESS")
    if not isinstance(name, str) or name not in Status.__members__:
        raise Refused(f"status must be one of {', '.join(Status.__members__)}")
    return Status[name]


def _score(said: dict[str, Any]) -> float | None:
    score = said.get("score")
    if score is None:
        return None
    if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
        raise Refused("score must be null or a number from 0 to 1")
    return float(score)
