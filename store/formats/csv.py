"""CSV: a table with a line for each annotation, as spreadsheets and pandas read it.

Boxes and polygons are in pixels, floats, from the upper left corner; `polygon` holds rings as JSON. The
headings that others use (filename, label, xmin, x_min, …) are read too. A text that a spreadsheet would take
for a formula gets an apostrophe in front, which reading takes away.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from store import pixels
from store.errors import Refused
from store.files import replacing
from store.formats import EVERYTHING, Line, Page, Part, Sizes, Skipped, Statement, Written
from store.values import Region, Status

TITLE = "CSV: a table, an annotation a line"
HOLDS = EVERYTHING - {Part.EMPTY}
LONGEST = 4 << 20
"""Characters of one cell."""

COLUMNS = (
    "path",
    "concept",
    "value",
    "status",
    "score",
    "x0",
    "y0",
    "x1",
    "y1",
    "polygon",
    "start",
    "end",
    "annotator",
    "task",
    "width",
    "height",
    "sha256",
)
ALSO = {
    "path": ("file", "filename", "file_name", "image", "image_path", "image_id", "img"),
    "concept": ("label", "class", "class_name", "category", "name"),
    "x0": ("xmin", "x_min", "left", "x1"),
    "y0": ("ymin", "y_min", "top", "y1"),
    "x1": ("xmax", "x_max", "right", "x2"),
    "y1": ("ymax", "y_max", "bottom", "y2"),
    "score": ("confidence", "conf"),
}
"""What others call our columns. Where x2 stands, x1 is the left edge."""

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_MARKED = re.compile(r"'+[=+\-@\t\r]")


def write(pages: Iterable[Page], destination: Path) -> Written:
    """Write the table."""
    written = Written()
    with replacing(destination) as file:
        text = io.StringIO(newline="")
        table = csv.writer(text, lineterminator="\n")
        table.writerow(COLUMNS)
        for page in pages:
            for line in page.annotations:
                table.writerow(_row(line, page))
                written.annotations += 1
            file.write(text.getvalue().encode("utf-8", "surrogateescape"))
            text.seek(0)
            text.truncate()
            written.inputs += 1
        file.write(text.getvalue().encode())
    return written


def _row(line: Line, page: Page) -> list[object]:
    region: Mapping[str, Any] = line["region"] or {}
    box, span = region.get("box", ("",) * 4), region.get("span", ("", ""))
    edges = [
        pixels.to_pixels(value, (page.width, page.height)[at % 2]) if "box" in region else ""
        for at, value in enumerate(box)
    ]
    rings = [region["polygon"], *region.get("holes", [])] if "polygon" in region else None
    drawn = [
        [[pixels.to_pixels(x, page.width), pixels.to_pixels(y, page.height)] for x, y in ring]
        for ring in rings or ()
    ]
    return [
        _safe(page.path),
        _safe(line["concept"]),
        line["value"],
        line["status"],
        "" if line["score"] is None else line["score"],
        *edges,
        json.dumps(drawn, separators=(",", ":")) if rings else "",
        *span,
        _safe(line["annotator"]),
        _safe(line["task"] or ""),
        page.width,
        page.height,
        page.sha256,
    ]


def _safe(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text


def _meant(text: str) -> str:
    return text[1:] if _MARKED.match(text) else text


def read(source: Path, sizes: Sizes) -> Iterator[Statement | Skipped]:
    """What each line states; a line without a concept names an input only."""
    csv.field_size_limit(LONGEST)
    try:
        with source.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            table = csv.reader(file)
            header = next(table, [])
            columns = _columns(header)
            for row in table:
                if row:
                    yield _statement(f"line {table.line_num}", columns, row, sizes)
    except OSError as error:
        raise Refused(f"{source} cannot be read: {error.strerror}") from None
    except csv.Error as error:
        raise Refused(f"{source.name}, line {table.line_num}: {error}") from None


def _columns(header: list[str]) -> dict[str, int]:
    """Our column → its place. Raises Refused where inputs are not named."""
    given = {name.strip().lower(): at for at, name in reversed(list(enumerate(header)))}
    found = {name: given[name] for name in COLUMNS if name in given}
    corners = {"x1", "y1", "x2", "y2"} <= set(given) and "x0" not in given
    for name, others in ALSO.items():
        if name not in found or (corners and name in ("x1", "y1")):
            known = [given[other] for other in others if other in given and (corners or other not in COLUMNS)]
            if known:
                found[name] = known[0]
    if "path" not in found:
        raise Refused(f"line 1: a column 'path' is missing; known are {', '.join(COLUMNS)}")
    return found


def _statement(where: str, columns: dict[str, int], row: list[str], sizes: Sizes) -> Statement | Skipped:
    said = {name: row[at] for name, at in columns.items() if at < len(row) and row[at] != ""}
    if "path" not in said:
        return Skipped(where, "the path is missing")
    path = _meant(said["path"])
    if "concept" not in said:
        return Statement(where, path, None, sha256=said.get("sha256"))
    try:
        return Statement(
            where,
            path,
            _meant(said["concept"]),
            _region(said, path, sizes),
            sha256=said.get("sha256"),
            value=_value(said),
            status=_status(said),
            score=_score(said),
            annotator=_meant(said["annotator"]) if "annotator" in said else None,
        )
    except Refused as error:
        return Skipped(where, str(error))


def _region(said: dict[str, str], path: str, sizes: Sizes) -> Region | None:
    if "polygon" in said:
        try:
            rings = [[(float(x), float(y)) for x, y in ring] for ring in json.loads(said["polygon"])]
        except (ValueError, TypeError, RecursionError):
            raise Refused("polygon must be [[[x, y], …], …], the outer ring and its holes") from None
        return pixels.polygon(rings, _size(said, path, sizes))
    edges = [name for name in ("x0", "y0", "x1", "y1") if name in said]
    if edges:
        if len(edges) < 4:
            raise Refused("a box needs all of x0, y0, x1 and y1")
        x0, y0, x1, y1 = (_number(said, name) for name in edges)
        return pixels.box(x0, y0, x1, y1, _size(said, path, sizes))
    if "start" in said:
        return Region.from_span(int(_number(said, "start")), int(_number(said, "end")))
    return None


def _size(said: dict[str, str], path: str, sizes: Sizes) -> tuple[int, int]:
    if "width" not in said or "height" not in said:
        return sizes(path)
    width, height = int(_number(said, "width")), int(_number(said, "height"))
    if width < 1 or height < 1:
        raise Refused("width and height must be at least 1")
    return width, height


def _number(said: dict[str, str], name: str) -> float:
    try:
        value = float(said.get(name, ""))
    except ValueError:
        raise Refused(f"{name} must be a number") from None
    if not -1e12 < value < 1e12:
        raise Refused(f"{name} must be a number")
    return value


def _value(said: dict[str, str]) -> int:
    if said.get("value", "1") not in ("0", "1"):
        raise Refused("value must be 1 (there) or 0 (not there)")
    return int(said.get("value", "1"))


def _status(said: dict[str, str]) -> Status:
    name = said.get("status", Status.SUCCESS.name)
    if name not in Status.__members__:
        raise Refused(f"status must be one of {', '.join(Status.__members__)}")
    return Status[name]


def _score(said: dict[str, str]) -> float | None:
    score = _number(said, "score") if "score" in said else None
    if score is not None and not 0 <= score <= 1:
        raise Refused("score must be a number from 0 to 1")
    return score
