"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
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
