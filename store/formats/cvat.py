"""CVAT: its XML for images, version 1.1, with boxes, polygons and tags.

Coordinates are in pixels, floats, from the upper left corner. Masks are read as the polygons around their
pixels; ellipses, polylines, points and skeletons are skipped.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, tostring

from store import masks, pixels
from store.errors import Refused
from store.files import replacing, scratch
from store.formats import Line, Page, Part, Sizes, Skipped, Statement, Written
from store.values import Region
from store.xml_elements import elements, holds, number

TITLE = "CVAT: XML for images 1.1"
HOLDS = frozenset({Part.WHOLE, Part.BOXES, Part.POLYGONS, Part.EMPTY})


def write(pages: Iterable[Page], destination: Path) -> Written:
    """Write the file, its labels first, as CVAT does."""
    written = Written()
    labels: dict[str, None] = {}
    with replacing(destination) as file, scratch(destination) as later:
        for page in pages:
            if not holds(page.path):
                written.lost["on inputs with names that XML cannot hold"] += len(page.annotations)
                continue
            later.write(tostring(_image(page)) + b"\n")
            labels.update(dict.fromkeys(line["concept"] for line in page.annotations))
            written.inputs += 1
            written.annotations += len(page.annotations)
        meta = Element("meta")
        listed = SubElement(SubElement(meta, "job"), "labels")
        for name in labels:
            SubElement(SubElement(listed, "label"), "name").text = name
        file.write(b"<?xml version='1.0' encoding='utf-8'?>\n<annotations>\n<version>1.1</version>\n")
        file.write(tostring(meta) + b"\n")
        later.seek(0)
        shutil.copyfileobj(later, file)
        file.write(b"</annotations>\n")
    return written


def _image(page: Page) -> Element:
    size = {"width": str(page.width), "height": str(page.height)}
    image = Element("image", {"id": str(page.id), "name": page.path, **size})
    for line in page.annotations:
        image.append(_shape(line, page))
    return image


def _shape(line: Line, page: Page) -> Element:
    region = line["region"]
    common = {"label": line["concept"], "source": "manual"}
    if region is None:
        return Element("tag", common)
    if "polygon" in region:
        ring = [
            f"{pixels.to_pixels(x, page.width)!r},{pixels.to_pixels(y, page.height)!r}"
            for x, y in region["polygon"]
        ]
        return Element("polygon", {**common, "occluded": "0", "points": ";".join(ring), "z_order": "0"})
    edges = {
        name: repr(pixels.to_pixels(value, (page.width, page.height)[at % 2]))
        for at, (name, value) in enumerate(zip(("xtl", "ytl", "xbr", "ybr"), region["box"], strict=True))
    }
    return Element("box", {**common, "occluded": "0", **edges, "z_order": "0"})


def read(source: Path, sizes: Sizes) -> Iterator[Statement | Skipped]:
    """What the file says of each image; images without anything too."""
    found = False
    for line, image in elements(source, "image"):
        found = True
        path = image.get("name", "")
        if not path:
            raise Refused(f"{source.name}, line {line}: the image has no name")
        said = False
        for count, shape in enumerate(image, 1):
            said = True
            yield from _statements(f"line {line}, shape {count}", path, shape, image, sizes)
        if not said:
            yield Statement(f"line {line}", path, None)
    if not found:
        raise Refused(f"{source.name} holds no <image>, so this is no CVAT XML for images")


def _statements(
    where: str, path: str, shape: Element, image: Element, sizes: Sizes
) -> Iterator[Statement | Skipped]:
    concept = shape.get("label", "")
    if not concept:
        yield Skipped(where, "it has no label")
        return
    if shape.tag == "tag":
        yield Statement(where, path, concept)
        return
    try:
        regions = _regions(shape, _size(image, path, sizes))
    except Refused as error:
        yield Skipped(where, str(error))
        return
    remark = "things of several parts, each an annotation" if len(regions) > 1 else None
    for region in regions:
        yield Statement(where, path, concept, region, remark=remark)
        remark = None


def _size(image: Element, path: str, sizes: Sizes) -> tuple[int, int]:
    width, height = image.get("width", ""), image.get("height", "")
    if not all(one.isascii() and one.isdigit() and 0 < int(one[:9]) < 1 << 20 for one in (width, height)):
        return sizes(path)
    return int(width), int(height)


def _regions(shape: Element, size: tuple[int, int]) -> list[Region]:
    match shape.tag:
        case "box":
            if number(shape.get("rotation", "0"), "rotation"):
                raise Refused("boxes that are turned cannot be taken")
            x0, y0, x1, y1 = (number(shape.get(name), name) for name in ("xtl", "ytl", "xbr", "ybr"))
            return [pixels.box(x0, y0, x1, y1, size)]
        case "polygon":
            flat = [
                number(one, "points")
                for pair in shape.get("points", "").split(";")
                for one in pair.split(",")
            ]
            return [pixels.polygon([pixels.pairs(flat)], size)]
        case "mask":
            return _traced(shape, size)
    raise Refused(f"a {shape.tag} is no box, polygon, mask or tag")


def _traced(shape: Element, size: tuple[int, int]) -> list[Region]:
    """A mask: runs along the lines of the box around it, which begin with what does not belong."""
    left, top, width, height = (
        int(number(shape.get(name), name)) for name in ("left", "top", "width", "height")
    )
    counts = [int(number(one, "rle")) for one in shape.get("rle", "").split(",")]
    if not (0 < width <= size[0] and 0 < height <= size[1]):
        raise Refused("the mask does not fit the picture")
    parts = masks.polygons(masks.runs(counts, width * height), width)
    if not parts:
        raise Refused("the mask is empty")
    return [pixels.polygon([[(x + left, y + top) for x, y in ring] for ring in part], size) for part in parts]
