"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from store.errors import Refused


@contextmanager
def replacing(destination: Path) -> Iterator[BinaryIO]:
    """A file to write that takes `destination`'s place when the block ends well, on the disk by then.

    The destination `-` is standard output, where there is nothing to take back.
    Raises Refused where it cannot be written; then what was there stays.
    """
    if str(destination) == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if destination.is_dir():
        raise Refused(f"{destination} is a folder: name a file")
    making = destination.with_name(f".{destination.name}.{os.getpid()}.new")
    try:
        try:
            with making.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            making.replace(destination)
        finally:
            making.unlink(missing_ok=True)
    except OSError as error:
        raise Refused(f"{destination} cannot be written: {error.strerror or error}") from error


@contextmanager
def making_folder(destination: Path) -> Iterator[Path]:
    """A folder to fill that takes `destination`'s place when the block ends well.

    Raises Refused where there is something already (an empty folder is nothing) or it cannot be written.
    """
    if str(destination) == "-":
        raise Refused("this format is a folder of files: name a folder instead of -")
    if destination.is_dir() and any(destination.iterdir()):
        raise Refused(f"{destination} is there already and not empty: name a new folder")
    destination = Path(os.path.realpath(destination))
    making = destination.with_name(f".{destination.name}.{os.getpid()}.new")
    try:
        try:
            making.mkdir()
            yield making
            making.replace(destination)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    except OSError as error:
        raise Refused(f"{destination} cannot be written: {error.strerror or error}") from error


@contextmanager
def scratch(destination: Path) -> Iterator[BinaryIO]:
    """A file without a name for what comes later in `destination`, on the same disk."""
    folder = None if str(destination) == "-" else destination.parent
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            yield file
    except OSError as error:
        raise Refused(f"{destination} cannot be written: {error.strerror or error}") from error


class FlatNames:
    """File names for what lies in many folders and shall lie in one: each once, also without its suffix."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def name(self, path: str) -> str:
        """The file name of `path`, with a number where it or its stem is taken; deterministic."""
        given = PurePosixPath(path)
        # Names that differ by case only are one on some file systems.
        count = self._taken[given.stem.casefold()] = self._taken.get(given.stem.casefold(), 0) + 1
        stem = given.stem if count == 1 else f"{given.stem}-{count}"
        return f"{stem}{given.suffix}" if count == 1 else self.name(f"{stem}{given.suffix}")
