"""COCO: one JSON file with images, annotations and categories, for detection and segmentation.

A box is x, y, width, height in pixels from the upper left corner, floats; a polygon is x, y, x, y… A score,
which COCO knows of results only, is kept as `score`, which others pass over. Masks (RLE) are read as the
polygons around their pixels. Where a thing has several polygons, each becomes an annotation.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from store import masks, pixels
from store.errors import Refused
from store.files import replacing, scratch
from store.formats import Page, Part, Sizes, Skipped, Statement, Written
from store.json_items import items
from store.values import Point, Region

TITLE = "COCO: detection and segmentation in one JSON file"
HOLDS = frozenset({Part.BOXES, Part.POLYGONS, Part.SCORES, Part.EMPTY})


def write(pages: Iterable[Page], destination: Path) -> Written:
    """Write the file: images, then annotations, then categories in the order they came up."""
    written = Written()
    categories: dict[str, int] = {}
    with replacing(destination) as file, scratch(destination) as later:
        file.write(b'{"info":{"description":"Winnow"},"images":[')
        for page in pages:
            image = {"id": page.id, "file_name": page.path, "width": page.width, "height": page.height}
            _put(file, image, written.inputs)
            written.inputs += 1
            for line in page.annotations:
                category = categories.setdefault(line["concept"], len(categories) + 1)
                _put(later, _annotation(line, page, written.annotations + 1, category), written.annotations)
                written.annotations += 1
        file.write(b'\n],"annotations":[')
        later.seek(0)
        shutil.copyfileobj(later, file)
        file.write(b'\n],"categories":[')
        for name, number in categories.items():
            _put(file, {"id": number, "name": name, "supercategory": ""}, number - 1)
        file.write(b"\n]}\n")
    return written


def _put(file: BinaryIO, what: dict[str, Any], before: int) -> None:
    said = json.dumps(what, separators=(",", ":"), allow_nan=False).encode()
    file.write((b",\n" if before else b"\n") + said)


def _annotation(line: Mapping[str, Any], page: Page, number: int, category: int) -> dict[str, Any]:
    region = line["region"]
    ring = region.get("polygon") or pixels.corners(region["box"])
    points = [(pixels.to_pixels(x, page.width), pixels.to_pixels(y, page.height)) for x, y in ring]
    left, top = min(x for x, _ in points), min(y for _, y in points)
    width = pixels.length(left, max(x for x, _ in points))
    height = pixels.length(top, max(y for _, y in points))
    polygon = "polygon" in region
    made = {
        "id": number,
        "image_id": page.id,
        "category_id": category,
        "bbox": [left, top, width, height],
        "area": abs(pixels.area(points)) if polygon else width * height,
        "iscrowd": 0,
        "segmentation": [[v for point in points for v in point]] if polygon else [],
    }
    return made if line["score"] is None else {**made, "score": line["score"]}


def read(source: Path, sizes: Sizes) -> Iterator[Statement | Skipped]:
    """What the file says, annotation by annotation; images without one at the end."""
    images = {_key(image, "id", "an image"): _image(image) for image in items(source, "images")}
    if not images:
        raise Refused(f"{source.name}: there are no images in it, so this is no COCO dataset")
    names = {_key(one, "id", "a category"): _text(one, "name") for one in items(source, "categories")}
    bare = set(images)
    for number, said in enumerate(items(source, "annotations"), 1):
        where = f"annotation {number}"
        image = _key(said, "image_id", where)
        if image not in images:
            yield Skipped(where, f"there is no image {image}")
            continue
        bare.discard(image)
        path, size = images[image]
        if _key(said, "category_id", where) not in names:
            yield Skipped(where, f"there is no category {said['category_id']}")
            continue
        concept, score = names[said["category_id"]], said.get("score")
        if score is not None and not (isinstance(score, int | float) and 0 <= score <= 1):
            yield Skipped(where, "score must be a number from 0 to 1")
            continue
        try:
            regions = _regions(said, size or sizes(path))
        except Refused as error:
            yield Skipped(where, str(error))
            continue
        remark = "things of several parts, each an annotation" if len(regions) > 1 else None
        for region in regions:
            yield Statement(where, path, concept, region, score=score, remark=remark)
            remark = None
    for image in images:
        if image in bare:
            yield Statement(f"image {image}", images[image][0], None)


def _image(said: Any) -> tuple[str, tuple[int, int] | None]:
    width, height = said.get("width"), said.get("height")
    whole = all(isinstance(v, int) and 0 < v < 1 << 20 for v in (width, height))
    return _text(said, "file_name"), (width, height) if whole else None


def _key(said: Any, name: str, what: str) -> Any:
    value = said.get(name) if isinstance(said, dict) else None
    if not isinstance(value, int | str):
        raise Refused(f"{what}: its {name} is missing")
    return value


def _text(said: Any, name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not value:
        raise Refused(f"{name} must be a text, not {value!r:.80}")
    return value


def _regions(said: Mapping[str, Any], size: tuple[int, int]) -> list[Region]:
    match said.get("segmentation"):
        case {"counts": counts, "size": [int(height), int(width)]}:
            return _traced(counts, (width, height), size)
        case [_, *_] as parts if all(isinstance(part, list) for part in parts):
            return [pixels.polygon([pixels.pairs(_numbers(part))], size) for part in parts]
    match said.get("bbox"):
        case [_, _, _, _] as box:
            x, y, wide, high = _numbers(box)
            return [pixels.box(x, y, x + wide, y + high, size)]
    raise Refused("it has neither a box nor a polygon")


def _numbers(values: Sequence[Any]) -> list[float]:
    if not all(isinstance(value, int | float) for value in values):
        raise Refused("a coordinate is not a number")
    return list(values)


def _traced(counts: Any, mask: tuple[int, int], size: tuple[int, int]) -> list[Region]:
    width, height = mask
    if mask != size:
        raise Refused(f"the mask is of {width} × {height} pixels, the picture of {size[0]} × {size[1]}")
    lengths = masks.unpacked(counts) if isinstance(counts, str) else counts
    if not isinstance(lengths, list):
        raise Refused("the mask is no run-length code")
    # COCO scans in columns.
    parts = masks.polygons(masks.runs(lengths, width * height), height)
    if not parts:
        raise Refused("the mask is empty")
    return [pixels.polygon([_upright(ring) for ring in part], size) for part in parts]


def _upright(ring: Sequence[Point]) -> list[Point]:
    return [(x, y) for y, x in ring]
