"""ImageFolder: a folder of pictures for each concept, as torchvision, Keras and Hugging Face read it.

A picture with several concepts lies in several folders. Folders train, val, valid, validation and test around
those of the concepts are passed through.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from store import media
from store.errors import Refused
from store.files import FlatNames, making_folder
from store.formats import Page, Part, Sizes, Statement, Written

TITLE = "ImageFolder: a folder of pictures for each concept"
HOLDS = frozenset({Part.WHOLE})
SPLITS = frozenset({"train", "val", "valid", "validation", "test"})


def write(pages: Iterable[Page], destination: Path) -> Written:
    """Write the folders. Raises Refused without the pictures: they are all there is."""
    written = Written()
    names = FlatNames()
    with making_folder(destination) as folder:
        for page in pages:
            if page.file is None:
                raise Refused("an ImageFolder is nothing but pictures: leave --no-pictures away")
            name = names.name(page.path)
            placed = 0
            for line in page.annotations:
                concept = line["concept"]
                if "/" in concept or concept.startswith(".") or len(os.fsencode(concept)) > 255:
                    written.lost["of concepts that cannot name a folder"] += 1
                    continue
                (folder / concept).mkdir(exist_ok=True)
                shutil.copyfile(page.file, folder / concept / name)
                placed += 1
            written.annotations += placed
            written.inputs += bool(placed)
    return written


def read(source: Path, sizes: Sizes) -> Iterator[Statement]:
    """The concept of each picture by the folder that it lies in."""
    if not source.is_dir():
        raise Refused(f"{source} is not a folder")
    found = False
    for top, folders, files in os.walk(source):
        folders.sort()
        concept = _concept(Path(top).relative_to(source).parts)
        for name in sorted(files):
            path = Path(top, name)
            if concept and path.suffix.lower() in media.IMAGE_EXTENSIONS and not path.is_symlink():
                found = True
                inside = path.relative_to(source).as_posix()
                yield Statement(inside, inside, concept)
    if not found:
        raise Refused(f"{source} has no folders with pictures in them")


def _concept(parts: tuple[str, ...]) -> str | None:
    kept = parts[1:] if parts and parts[0].lower() in SPLITS else parts
    return kept[0] if kept else None
