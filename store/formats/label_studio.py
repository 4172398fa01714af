"""Label Studio: JSON tasks with annotations and predictions.

Boxes and polygons are in percent of the picture; edges closer than a hundredth of a pixel to a whole one are
that one. Spans are in characters. What is Success is an annotation, by annotator; what is not yet, where
--status asks for it, is a prediction. Predictions that are read await review.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from store import media
from store.errors import Refused
from store.files import replacing
from store.formats import Line, Page, Part, Sizes, Skipped, Statement, Written
from store.json_items import items
from store.pixels import snapped
from store.values import Region, Status

TITLE = "Label Studio: JSON tasks"
HOLDS = frozenset(Part) - {Part.HOLES, Part.NEGATIVES, Part.STATUSES}
LOCAL = "/data/local-files/?d="
"""How Label Studio calls a file of its own disk."""

_UPLOADED = re.compile(r"[0-9a-f]{8}-(?=.)")
_INLINE = re.compile(r"\s")


def write(pages: Iterable[Page], destination: Path) -> Written:
    """Write the tasks, one a line."""
    written = Written()
    with replacing(destination) as file:
        file.write(b"[")
        for page in pages:
            said = json.dumps(_task(page), separators=(",", ":"), allow_nan=False).encode()
            file.write((b",\n" if written.inputs else b"\n") + said)
            written.inputs += 1
            written.annotations += len(page.annotations)
        file.write(b"\n]\n")
    return written


def _task(page: Page) -> dict[str, Any]:
    done = [line for line in page.annotations if line["status"] == Status.SUCCESS.name]
    guessed = [line for line in page.annotations if line["status"] != Status.SUCCESS.name]
    return {
        "id": page.id,
        "data": {page.media: LOCAL + quote(page.path, errors="surrogateescape")},
        "annotations": [
            {"annotator": name, "result": _result(lines, page)} for name, lines in _by_annotator(done)
        ]
        or [{"result": []}] * (not page.annotations),
        "predictions": [
            {"model_version": name, "result": _result(lines, page)} for name, lines in _by_annotator(guessed)
        ],
    }


def _by_annotator(lines: list[Line]) -> Iterator[tuple[str, list[Line]]]:
    ordered = sorted(lines, key=lambda line: str(line["annotator"]))
    return ((name, list(some)) for name, some in groupby(ordered, key=lambda line: str(line["annotator"])))


def _result(lines: list[Line], page: Page) -> list[dict[str, Any]]:
    return [_item(line, page, number) for number, line in enumerate(lines, 1)]


def _item(line: Line, page: Page, number: int) -> dict[str, Any]:
    region: Mapping[str, Any] = line["region"] or {}
    value: dict[str, Any]
    match region:
        case {"box": [x0, y0, x1, y1]}:
            kind = "rectanglelabels"
            value = {"x": x0 * 100, "y": y0 * 100, "width": (x1 - x0) * 100, "height": (y1 - y0) * 100}
            value |= {"rotation": 0}
        case {"polygon": ring}:
            kind = "polygonlabels"
            value = {"points": [[x * 100, y * 100] for x, y in ring], "closed": True}
        case {"span": [start, end]}:
            kind, value = "labels", {"start": start, "end": end}
        case _:
            kind, value = "choices", {}
    made: dict[str, Any] = {
        "id": f"{page.id}-{number}",
        "type": kind,
        "from_name": kind,
        "to_name": page.media,
        "value": {**value, kind: [line["concept"]]},
    }
    if page.media == "image":
        made |= {"original_width": page.width, "original_height": page.height, "image_rotation": 0}
    return made if line["score"] is None else {**made, "score": line["score"]}


def read(source: Path, sizes: Sizes) -> Iterator[Statement | Skipped]:
    """What the tasks say, annotations first; tasks without anything too."""
    found = False
    for number, task in enumerate(items(source), 1):
        found = True
        where = f"task {number}"
        path, digest = _input(task, where)
        said = False
        for key, status in (("annotations", Status.SUCCESS), ("predictions", Status.AWAITING_REVIEW)):
            for one in _list(task, key, where):
                if not isinstance(one, dict) or one.get("was_cancelled"):
                    continue
                name = one.get("annotator", one.get("model_version"))
                for item in _list(one, "result", where):
                    said = True
                    named = name if isinstance(name, str) else None
                    yield from _statements(where, (path, digest), item, status, named, sizes)
        if not said:
            yield Statement(where, path, None, sha256=digest)
    if not found:
        raise Refused(f"{source.name} holds no tasks, so this is no export of Label Studio in JSON")


def _list(of: dict[str, Any], key: str, where: str) -> list[Any]:
    found = of.get(key) or []
    if not isinstance(found, list):
        raise Refused(f"{where}: {key} must be a list")
    return found


def _input(task: Any, where: str) -> tuple[str, str | None]:
    """The path of a task's input; where it is a text itself, its hash."""
    data = task.get("data") if isinstance(task, dict) else None
    texts = {key: value for key, value in data.items() if isinstance(value, str)} if data else {}
    for key in ("image", "text", *texts):
        if texts.get(key):
            value = texts[key]
            suffix = PurePosixPath(_place(value)).suffix.lower()
            if suffix in media.EXTENSIONS and (key != "text" or not _INLINE.search(value)):
                return _place(value), None
            if key == "text":
                return where, hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
    raise Refused(f"{where}: its data name neither a picture nor a text")


def _place(said: str) -> str:
    """The path that a URL of Label Studio means: of an upload the name it had, of a local file its place."""
    try:
        url = urlsplit(said)
    except ValueError:
        return said
    if "d" in (query := parse_qs(url.query, errors="surrogateescape")):
        return query["d"][0]
    if not url.scheme and not url.path.startswith("/data/upload/"):
        return said
    path = PurePosixPath(unquote(url.path, errors="surrogateescape").lstrip("/"))
    return _UPLOADED.sub("", path.name, count=1) if "upload" in path.parts else str(path)


def _statements(
    where: str,
    about: tuple[str, str | None],
    item: Any,
    status: Status,
    annotator: str | None,
    sizes: Sizes,
) -> Iterator[Statement | Skipped]:
    kind = item.get("type") if isinstance(item, dict) else None
    value = item.get("value") if isinstance(item, dict) else None
    concepts = value.get(kind) if isinstance(value, dict) and isinstance(kind, str) else None
    if kind not in _KINDS or not isinstance(value, dict) or not isinstance(concepts, list):
        yield Skipped(where, f"a result of type {str(kind)!r:.40} is no box, polygon, span or choice")
        return
    score = item.get("score")
    if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
        score = None
    try:
        region = _region(kind, value, item, about[0], sizes)
    except (Refused, TypeError, ValueError, KeyError, OverflowError) as error:
        sentence = str(error) if isinstance(error, Refused) else "its coordinates are no numbers"
        yield Skipped(where, sentence)
        return
    for concept in concepts:
        if not isinstance(concept, str) or not concept:
            yield Skipped(where, "a label must be a text")
        else:
            yield Statement(where, about[0], concept, region, about[1], 1, status, score, annotator)


_KINDS = ("rectanglelabels", "polygonlabels", "labels", "choices")


def _region(kind: str, value: dict[str, Any], item: dict[str, Any], path: str, sizes: Sizes) -> Region | None:
    if kind == "choices":
        return None
    if kind == "labels":
        return Region.from_span(int(value["start"]), int(value["end"]))
    width, height = item.get("original_width"), item.get("original_height")
    given = all(isinstance(one, int) and 0 < one < 1 << 20 for one in (width, height))
    size = (width, height) if given else sizes(path)
    if kind == "polygonlabels":
        points = [(_fraction(x, size[0]), _fraction(y, size[1])) for x, y in value["points"]]
        return Region.from_rings([points])
    if value.get("rotation"):
        raise Refused("boxes that are turned cannot be taken")
    x, y, wide, high = (value[name] for name in ("x", "y", "width", "height"))
    edges = (_fraction(x, size[0]), _fraction(y, size[1]))
    return Region.from_box(*edges, _fraction(x + wide, size[0]), _fraction(y + high, size[1]))


def _fraction(percent: float, size: Any) -> float:
    return snapped(min(max(float(percent) / 100, 0.0), 1.0), size, 0.01)
