"""YOLO for segmentation: as `yolo`, but each line holds a polygon (x y x y …) as fractions of the picture.

Ultralytics drops all polygons of a dataset that has boxes among them, so boxes are written as polygons.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from store.formats import Line, Page, Part, Written, yolo

TITLE = "YOLO: polygons, a folder with data.yaml, images and labels"
HOLDS = frozenset({Part.POLYGONS, Part.EMPTY})

read = yolo.read


def write(pages: Iterable[Page], destination: Path) -> Written:
    """Write the folder."""
    return yolo.write_folder(pages, destination, _ring)


def _ring(line: Line) -> list[float]:
    return [value for point in line["region"]["polygon"] for value in point]
