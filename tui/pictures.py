"""Pictures: decoded and prepared ahead of the person who looks at one after the other."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image
from textual.app import App

from store.media import MediaError, open_upright
from tui.close_up import CloseUps
from tui.picture.canvas import PictureCanvas
from tui.picture.layer import Prepared
from tui.picture.look import Look
from tui.picture.prepared import prepare

ROOM = 6_000_000
"""Bytes of pixels that are kept to go back to; whoever looks closer has the file decoded again."""

Shown = Prepared | str
"""A picture, or the sentence why there is none."""


class Pictures:
    """Prepares wanted pictures on two threads; keeps them while they are wanted, and the last ones before."""

    def __init__(self, app: App[Any], canvas: PictureCanvas, arrived: Callable[[int, Shown], None]) -> None:
        self._app = app
        self._canvas = canvas
        self._arrived = arrived
        self._close_ups = CloseUps()
        self._pool = ThreadPoolExecutor(2, "winnow-pictures")
        self._under_way: dict[int, Future[None]] = {}
        self._kept: OrderedDict[int, Shown] = OrderedDict()
        self._wanted: set[int] = set()

    def get(self, input_id: int) -> Shown | None:
        """What is ready."""
        if input_id in self._kept:
            self._kept.move_to_end(input_id)
        return self._kept.get(input_id)

    def want(self, paths: Sequence[tuple[int, Path]]) -> None:
        """Have these pictures (input id, path) ready, the first one first; earlier wishes are forgotten."""
        wanted = dict(paths)
        self._wanted = set(wanted)
        for input_id, future in list(self._under_way.items()):
            if input_id not in wanted and future.cancel():
                del self._under_way[input_id]
        size, terminal = tuple(self._canvas.content_size), self._canvas.terminal
        columns, rows = size if all(size) else (80, 24)
        for input_id, path in wanted.items():
            if input_id not in self._kept and input_id not in self._under_way:
                make = partial(_made, path, (columns, rows), terminal, self._canvas.look, self._close_ups)
                self._under_way[input_id] = self._pool.submit(self._run, input_id, make)

    def forget(self, input_id: int) -> None:
        """Look at the file again when it is wanted again."""
        self._kept.pop(input_id, None)

    def close(self) -> None:
        """Begin nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._kept.clear()

    def _run(self, input_id: int, make: Callable[[], Shown]) -> None:
        self._app.call_later(self._keep, input_id, make())

    def _keep(self, input_id: int, shown: Shown) -> None:
        self._under_way.pop(input_id, None)
        self._kept[input_id] = shown
        self._make_room()
        self._arrived(input_id, shown)

    def _make_room(self) -> None:
        """Lets go of what was looked at longest ago."""
        taken = sum(map(_bytes, self._kept.values()))
        for input_id in [other for other in self._kept if other not in self._wanted]:
            if taken <= ROOM:
                break
            taken -= _bytes(self._kept.pop(input_id))


def _made(path: Path, size: tuple[int, int], terminal: Any, look: Look, close_ups: CloseUps) -> Shown:
    wide, high = size[0] * terminal.cell_width, size[1] * terminal.cell_height
    try:
        image = open_upright(path, near=(wide, high))
        shrunk = _shrunk(image, wide, high)
        return prepare(shrunk, size, terminal, look=look, closer=partial(close_ups.part, path))
    except MediaError as error:
        return str(error)
    except (OSError, ValueError, MemoryError):
        return "The picture cannot be shown."


def _shrunk(image: Image.Image, wide: int, high: int) -> Image.Image:
    """By a whole factor, which is quick, to no less than fits into wide × high."""
    factor = math.floor(max(image.width / wide, image.height / high))
    return image.reduce(factor) if factor > 1 else image


def _bytes(shown: Shown) -> int:
    if isinstance(shown, str):
        return 0
    # Encoded, a pixel takes no more than three bytes either.
    encoded = shown.projection.width * shown.projection.height
    return 3 * (shown.source.width * shown.source.height + encoded)
