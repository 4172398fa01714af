"""Pascal VOC: a folder with an XML file for each picture in Annotations, and the pictures in JPEGImages.

Boxes are in pixels counted from 1, both edges included: a box over the first pixel only is 1, 1, 1, 1.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from store import pixels
from store.errors import Refused
from store.files import FlatNames, making_folder
from store.formats import Line, Page, Part, Sizes, Skipped, Statement, Written
from store.xml_elements import elements, holds, number

TITLE = "Pascal VOC: boxes, an XML file for each picture"
HOLDS = frozenset({Part.BOXES, Part.EMPTY})


def write(pages: Iterable[Page], destination: Path) -> Written:
    """Write the folder."""
    written = Written()
    names = FlatNames()
    with making_folder(destination) as folder:
        annotations, images = folder / "Annotations", folder / "JPEGImages"
        annotations.mkdir()
        images.mkdir()
        for page in pages:
            name = names.name(page.path)
            if not holds(name):
                written.lost["on inputs with names that XML cannot hold"] += len(page.annotations)
                continue
            if page.file is not None:
                shutil.copyfile(page.file, images / name)
            tree = ElementTree(_described(page, name))
            indent(tree)
            # No xml declaration: that is how VOC's own files are.
            tree.write((annotations / name).with_suffix(".xml"), "unicode", xml_declaration=False)
            written.inputs += 1
            written.annotations += len(page.annotations)
    return written


def _described(page: Page, name: str) -> Element:
    top = Element("annotation")
    _put(top, "folder", "JPEGImages")
    _put(top, "filename", name)
    size = SubElement(top, "size")
    for key, value in (("width", page.width), ("height", page.height), ("depth", 3)):
        _put(size, key, value)
    _put(top, "segmented", 0)
    for line in page.annotations:
        top.append(_object(line, page))
    return top


def _object(line: Line, page: Page) -> Element:
    made = Element("object")
    _put(made, "name", line["concept"])
    for key in ("pose", "truncated", "difficult"):
        _put(made, key, "Unspecified" if key == "pose" else 0)
    x0, y0, x1, y1 = line["region"]["box"]
    box = SubElement(made, "bndbox")
    _put(box, "xmin", pixels.to_pixels(x0, page.width) + 1)
    _put(box, "ymin", pixels.to_pixels(y0, page.height) + 1)
    _put(box, "xmax", pixels.to_pixels(x1, page.width))
    _put(box, "ymax", pixels.to_pixels(y1, page.height))
    return made


def _put(parent: Element, name: str, value: object) -> None:
    SubElement(parent, name).text = str(value)


def read(source: Path, sizes: Sizes) -> Iterator[Statement | Skipped]:
    """What the XML files in the folder and below say, by name, or the one that is named."""
    found = False
    for file in _files(source):
        for _, top in elements(file, "annotation"):
            found = True
            yield from _statements(top, file, source if source.is_dir() else source.parent, sizes)
    if not found:
        raise Refused(f"{source} holds no <annotation>, so this is no Pascal VOC dataset")


def _files(source: Path) -> Iterator[Path]:
    if not source.is_dir():
        yield source
        return
    for top, folders, files in os.walk(source):
        folders.sort()
        for name in sorted(files):
            path = Path(top, name)
            if name.lower().endswith(".xml") and not path.is_symlink():
                yield path


def _statements(top: Element, file: Path, folder: Path, sizes: Sizes) -> Iterator[Statement | Skipped]:
    path = _path(top, file, folder)
    said = False
    for count, one in enumerate(top.iterfind("object"), 1):
        said = True
        where = f"{file.name}, object {count}"
        concept = (one.findtext("name") or "").strip()
        if not concept:
            yield Skipped(where, "it has no name")
            continue
        try:
            corners = [number(one.findtext(f"bndbox/{key}"), key) for key in ("xmin", "ymin", "xmax", "ymax")]
            x0, y0, x1, y1 = corners
            region = pixels.box(x0 - 1, y0 - 1, x1, y1, _size(top, path, sizes))
        except Refused as error:
            yield Skipped(where, str(error))
            continue
        yield Statement(where, path, concept, region)
    if not said:
        yield Statement(file.name, path, None)


def _path(top: Element, file: Path, folder: Path) -> str:
    """The picture's place: in JPEGImages beside Annotations, or else by its name alone."""
    name = (top.findtext("filename") or "").strip().replace("\\", "/").rpartition("/")[2] or file.stem
    for place in (file.parent.parent / "JPEGImages", file.parent.parent / "images", file.parent):
        if (place / name).is_file() and (place / name).is_relative_to(folder):
            return (place / name).relative_to(folder).as_posix()
    return name


def _size(top: Element, path: str, sizes: Sizes) -> tuple[int, int]:
    try:
        width, height = (int(top.findtext(f"size/{key}") or 0) for key in ("width", "height"))
    except ValueError:
        width = height = 0
    return (width, height) if 0 < width < 1 << 20 and 0 < height < 1 << 20 else sizes(path)
