"""YOLO for detection: a folder with data.yaml, images and labels, a text file for each picture.

A line is the class's number, then the box's centre, width and height as fractions of the upright picture (as
OpenCV and Ultralytics open it). Read are also lines with a confidence behind, which is the score, and
polygons (x y x y …). Edges closer than a hundredth of a pixel to a whole one, as six digits leave them, are
that one. Data.yaml names one folder for train and val: no split was made.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from store import media
from store.errors import Refused
from store.files import FlatNames, making_folder
from store.formats import Line, Page, Part, Sizes, Skipped, Statement, Written
from store.pixels import snapped
from store.values import Region

TITLE = "YOLO: boxes, a folder with data.yaml, images and labels"
HOLDS = frozenset({Part.BOXES, Part.EMPTY})
LARGEST = 64 << 20
"""Bytes of data.yaml or of one picture's labels."""


def write(pages: Iterable[Page], destination: Path) -> Written:
    """Write the folder."""
    return write_folder(pages, destination, _box)


def write_folder(pages: Iterable[Page], destination: Path, place: Callable[[Line], list[float]]) -> Written:
    """Write the folder, with the numbers that `place` makes of an annotation's region in each line."""
    written = Written()
    classes: dict[str, int] = {}
    names = FlatNames()
    with making_folder(destination) as folder:
        images, labels = folder / "images", folder / "labels"
        images.mkdir()
        labels.mkdir()
        for page in pages:
            name = names.name(page.path)
            if page.file is not None:
                shutil.copyfile(page.file, images / name)
            said = [
                " ".join(map(repr, (classes.setdefault(line["concept"], len(classes)), *place(line))))
                for line in page.annotations
            ]
            text = "".join(f"{one}\n" for one in said)
            (labels / name).with_suffix(".txt").write_text(text, "ascii", newline="\n")
            written.inputs += 1
            written.annotations += len(said)
        about = {"train": "images", "val": "images", "names": {at: name for name, at in classes.items()}}
        described = yaml.safe_dump(about, sort_keys=False, allow_unicode=True)
        (folder / "data.yaml").write_text(described, "utf-8", newline="\n")
    return written


def _box(line: Line) -> list[float]:
    x0, y0, x1, y1 = line["region"]["box"]
    return [(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0]


def read(source: Path, sizes: Sizes) -> Iterator[Statement | Skipped]:
    """What the folder (or that of data.yaml) says; pictures without labels too."""
    folder = source if source.is_dir() else source.parent
    names = _names(source if source.is_file() else folder / "data.yaml")
    found = False
    for labels in _files(folder, "labels", frozenset({".txt"})):
        found = True
        path = _swapped(labels.relative_to(folder), "labels", "images")
        picture = _picture(folder, path)
        said = False
        for number, line in enumerate(_lines(labels, folder), 1):
            said = True
            where = f"{labels.relative_to(folder)}, line {number}"
            yield _statement(where, picture, line.split(), names, sizes)
        if not said:
            yield Statement(str(labels.relative_to(folder)), picture, None)
    for image in _files(folder, "images", media.IMAGE_EXTENSIONS):
        found = True
        inside = image.relative_to(folder)
        if not (folder / _swapped(inside, "images", "labels")).with_suffix(".txt").is_file():
            yield Statement(inside.as_posix(), inside.as_posix(), None)
    if not found:
        raise Refused(f"{folder} has neither a folder 'labels' nor a folder 'images' with something in it")


def _names(described: Path) -> dict[int, str]:
    """The classes by number. Raises Refused where data.yaml does not say them."""
    try:
        if described.stat().st_size > LARGEST:
            raise Refused(f"{described.name} is larger than {LARGEST >> 20} MiB")
        said = yaml.safe_load(described.read_text("utf-8"))
    except OSError as error:
        raise Refused(f"{described} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise Refused(f"{described.name} is not YAML: {' '.join(str(error).split())[:120]}") from None
    names = said.get("names") if isinstance(said, dict) else None
    pairs: Any = (
        enumerate(names) if isinstance(names, list) else names.items() if isinstance(names, dict) else ()
    )
    found = {key: str(name) for key, name in pairs if isinstance(key, int) and isinstance(name, str | int)}
    if not isinstance(names, list | dict) or len(found) != len(names):
        raise Refused(f"{described.name}: 'names' must be a list of classes, or number: class")
    return found


def _files(folder: Path, within: str, suffixes: frozenset[str]) -> Iterator[Path]:
    """The files below folders of the name `within`, by name, without links: they may lead anywhere."""
    for top, folders, files in os.walk(folder):
        folders.sort()
        if within in Path(top).relative_to(folder).parts:
            for name in sorted(files):
                path = Path(top, name)
                if path.suffix.lower() in suffixes and name != "classes.txt" and not path.is_symlink():
                    yield path


def _swapped(path: PurePosixPath | Path, here: str, there: str) -> PurePosixPath:
    """The path with its last folder of the name `here` called `there`."""
    parts = list(path.parts)
    at = max(index for index, part in enumerate(parts[:-1]) if part == here)
    return PurePosixPath(*parts[:at], there, *parts[at + 1 :])


def _picture(folder: Path, path: PurePosixPath) -> str:
    for suffix in sorted(media.IMAGE_EXTENSIONS):
        for written in (suffix, suffix.upper()):
            if (folder / path.with_suffix(written)).is_file():
                return path.with_suffix(written).as_posix()
    return path.with_suffix("").as_posix()


def _lines(labels: Path, folder: Path) -> list[str]:
    name = labels.relative_to(folder)
    if labels.stat().st_size > LARGEST:
        raise Refused(f"{name} is larger than {LARGEST >> 20} MiB")
    try:
        return [line for line in labels.read_text("ascii").splitlines() if line.strip()]
    except UnicodeDecodeError:
        raise Refused(f"{name} holds something else than numbers") from None


def _statement(
    where: str, path: str, words: list[str], names: dict[int, str], sizes: Sizes
) -> Statement | Skipped:
    try:
        number, *numbers = int(words[0]), *map(float, words[1:])
    except ValueError:
        raise Refused(f"{where}: a class's number and coordinates are expected") from None
    if number not in names:
        raise Refused(f"{where}: data.yaml names no class {number}")
    score = numbers.pop() if len(numbers) > 4 and len(numbers) % 2 else None
    if len(numbers) < 4 or len(numbers) % 2 or not all(-1 <= value <= 2 for value in numbers):
        raise Refused(f"{where}: a box has 4 numbers from 0 to 1, a polygon 6 or more")
    try:
        region = _region(numbers, sizes(path))
    except Refused as error:
        return Skipped(where, str(error))
    if score is not None and not 0 <= score <= 1:
        return Skipped(where, "the confidence must be from 0 to 1")
    return Statement(where, path, names[number], region, score=score)


def _region(numbers: list[float], size: tuple[int, int]) -> Region:
    if len(numbers) == 4:
        x, y, wide, high = numbers
        numbers = [x - wide / 2, y - high / 2, x + wide / 2, y + high / 2]
    kept = [snapped(min(max(v, 0.0), 1.0), size[at % 2], 0.01) for at, v in enumerate(numbers)]
    if len(kept) == 4:
        return Region.from_box(*kept)
    return Region.from_rings([list(zip(kept[::2], kept[1::2], strict=True))])
