"""Parquet: a row for each input with a list of what is said of it, as pandas and Hugging Face read it.

A box is x, y, width, height in pixels, floats; a polygon is its rings, the outer one first. Data sets of
Hugging Face are read too: pictures within the file are known by their content, `label` or `objects` with
`bbox` and `category`, numbers of classes by the names that the file gives them. Needs the extra `parquet`.
"""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from store import pixels
from store.errors import Refused
from store.files import replacing
from store.formats import EVERYTHING, Line, Page, Sizes, Skipped, Statement, Written
from store.values import Region, Status

TITLE = "Parquet, also of Hugging Face datasets (extra `parquet`)"
HOLDS = EVERYTHING
GROUP = 1000
"""Inputs that are held in memory, and that a row group has."""


def write(pages: Iterable[Page], destination: Path) -> Written:
    """Write the table."""
    arrow, parquet = _arrow("pyarrow"), _arrow("pyarrow.parquet")
    schema = _schema(arrow)
    written = Written()
    coming = iter(pages)
    with replacing(destination) as file, parquet.ParquetWriter(file, schema) as table:
        while some := list(islice(coming, GROUP)):
            table.write_table(arrow.Table.from_pylist([_row(page) for page in some], schema))
            written.inputs += len(some)
            written.annotations += sum(len(page.annotations) for page in some)
    return written


def _arrow(module: str) -> Any:
    """Imported when it is used: nothing else needs its 40 MB."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise Refused("Parquet needs pyarrow: install winnow-label with the extra 'parquet'") from None


def _schema(arrow: Any) -> Any:
    numbers = arrow.list_(arrow.float64())
    said = {
        "concept": arrow.string(),
        "value": arrow.int8(),
        "status": arrow.string(),
        "score": arrow.float64(),
        "bbox": numbers,
        "polygon": arrow.list_(arrow.list_(numbers)),
        "span": arrow.list_(arrow.int64()),
        "annotator": arrow.string(),
        "task": arrow.string(),
    }
    names = {"file_name": arrow.string(), "media": arrow.string(), "sha256": arrow.string()}
    sides = {"width": arrow.int32(), "height": arrow.int32()}
    return arrow.schema({**names, **sides, "objects": arrow.list_(arrow.struct(list(said.items())))})


def _row(page: Page) -> dict[str, Any]:
    return {
        # Arrow has no bytes that are no UTF-8 in its texts; the hash knows the input all the same.
        "file_name": page.path.encode("utf-8", "replace").decode(),
        "media": page.media,
        "sha256": page.sha256,
        "width": page.width,
        "height": page.height,
        "objects": [_object(line, page) for line in page.annotations],
    }


def _object(line: Line, page: Page) -> dict[str, Any]:
    region: Mapping[str, Any] = line["region"] or {}
    kept = {name: line[name] for name in ("concept", "value", "status", "score", "annotator", "task")}
    if "box" in region:
        x0, x1 = (pixels.to_pixels(value, page.width) for value in region["box"][::2])
        y0, y1 = (pixels.to_pixels(value, page.height) for value in region["box"][1::2])
        kept["bbox"] = [x0, y0, pixels.length(x0, x1), pixels.length(y0, y1)]
    if "polygon" in region:
        kept["polygon"] = [
            [[pixels.to_pixels(x, page.width), pixels.to_pixels(y, page.height)] for x, y in ring]
            for ring in (region["polygon"], *region.get("holes", ()))
        ]
    return {**kept, "span": region.get("span")}


def read(source: Path, sizes: Sizes) -> Iterator[Statement | Skipped]:
    """What the rows say; rows without anything name an input."""
    arrow, parquet = _arrow("pyarrow"), _arrow("pyarrow.parquet")
    try:
        with parquet.ParquetFile(source) as file:
            classes = _classes(file.schema_arrow)
            number = 0
            for batch in file.iter_batches(batch_size=64):
                for row in batch.to_pylist():
                    number += 1
                    yield from _statements(f"row {number}", row, classes, sizes)
    except OSError as error:
        raise Refused(f"{source} cannot be read: {error.strerror or 'it is no Parquet file'}") from None
    except (arrow.ArrowException, UnicodeDecodeError):
        raise Refused(f"{source.name} is no Parquet file, or a damaged one") from None


def _classes(schema: Any) -> dict[str, list[str]]:
    """Names of the classes by column, as Hugging Face keeps them in the file."""
    found: dict[str, list[str]] = {}

    def look(name: str, of: Any) -> None:
        if isinstance(of, dict):
            names = of.get("names")
            if isinstance(names, list) and all(isinstance(one, str) for one in names):
                found[name] = names
            for key, value in of.items():
                look(name if key == "feature" else key, value)
        elif isinstance(of, list):
            for value in of:
                look(name, value)

    try:
        look("", json.loads((schema.metadata or {}).get(b"huggingface", b"{}")))
    except (ValueError, RecursionError):
        return {}
    return found


def _statements(
    where: str, row: dict[str, Any], classes: dict[str, list[str]], sizes: Sizes
) -> Iterator[Statement | Skipped]:
    path, digest = _input(row)
    if not path and digest is None:
        raise Refused(f"{where}: neither file_name nor image says which input it is about")
    said = False
    for one in _objects(row):
        said = True
        concept = _name(one, classes)
        try:
            if concept is None:
                raise Refused("what it shows has no name")
            size = (row.get("width"), row.get("height"))
            region = _region(
                one, size if all(isinstance(side, int) and side > 0 for side in size) else None, path, sizes
            )
            yield _statement(where, (path, digest), concept, region, one)
        except (Refused, TypeError, ValueError) as error:
            yield Skipped(where, str(error) if isinstance(error, Refused) else "this is no region")
    if not said:
        yield Statement(where, path, None, sha256=digest)


def _input(row: dict[str, Any]) -> tuple[str, str | None]:
    path = next((row[name] for name in ("file_name", "path") if isinstance(row.get(name), str)), "")
    digest = row.get("sha256")
    image = row.get("image")
    if isinstance(image, dict):
        path = path or image.get("path") or ""
        if isinstance(image.get("bytes"), bytes):
            digest = hashlib.sha256(image["bytes"]).hexdigest()
    return path, digest if isinstance(digest, str) else None


def _objects(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What is said in a row: a list of things, or a thing of lists, or one label of the whole."""
    said = row.get("objects")
    if isinstance(said, dict):
        columns = {name: value for name, value in said.items() if isinstance(value, list)}
        for values in zip(*columns.values(), strict=False):
            yield dict(zip(columns, values, strict=True))
    elif isinstance(said, list):
        yield from (one for one in said if isinstance(one, dict))
    elif row.get("label") is not None:
        yield {"label": row["label"]}


def _name(one: dict[str, Any], classes: dict[str, list[str]]) -> str | None:
    for key in ("concept", "category", "categories", "label"):
        value = one.get(key)
        names = classes.get(key, [])
        if isinstance(value, int) and 0 <= value < len(names):
            return names[value]
        if isinstance(value, str) and value:
            return value
    return None


def _region(one: dict[str, Any], size: Any, path: str, sizes: Sizes) -> Region | None:
    if one.get("polygon"):
        return pixels.polygon(one["polygon"], size or sizes(path))
    if one.get("bbox"):
        x, y, width, height = one["bbox"]
        return pixels.box(x, y, x + width, y + height, size or sizes(path))
    return Region.from_span(*one["span"]) if one.get("span") else None


def _statement(
    where: str, about: tuple[str, str | None], concept: str, region: Region | None, one: dict[str, Any]
) -> Statement:
    value, status, score = one.get("value"), one.get("status"), one.get("score")
    if value not in (None, 0, 1) or (status or "SUCCESS") not in Status.__members__:
        raise Refused("its value or status is none that there is")
    if score is not None and not 0 <= score <= 1:
        raise Refused("score must be a number from 0 to 1")
    meant = Status[status or "SUCCESS"]
    named = one.get("annotator")
    return Statement(
        where, about[0], concept, region, about[1], 1 if value is None else value, meant, score, named
    )
