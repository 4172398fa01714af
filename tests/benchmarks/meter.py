"""A terminal with a stopwatch: which frame a key press ends in, its bytes and its processor time."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.emulator import Emulator
from tests.pty_rig import PtyRig

_FRAME = re.compile(rb"\x1b\[\?2026h(.*?)\x1b\[\?2026l", re.DOTALL)


class _Late(Emulator):
    """Keeps what it is fed with the time, and draws it when somebody looks: drawing takes the time of the
    processor that the program needs."""

    def __init__(self, columns: int, rows: int, cell: tuple[int, int]) -> None:
        super().__init__(columns, rows, cell)
        self.heard: list[tuple[float, bytes]] = []
        self._drawn = 0

    def feed(self, data: bytes) -> None:
        self.heard.append((time.perf_counter(), data))

    def screen(self) -> list[str]:
        while self._drawn < len(self.heard):
            super().feed(self.heard[self._drawn][1])
            self._drawn += 1
        return super().screen()


@dataclass(frozen=True)
class Step:
    """One key press."""

    milliseconds: float
    """Until the last byte of all that it led to."""
    bytes: int
    processor: float
    """Milliseconds of all the program's threads, with what it prepares after the frame."""


class Meter(PtyRig):
    """A program in a terminal that is never slower than the program."""

    def __init__(self, command: Sequence[str | Path], **options: Any) -> None:
        super().__init__(command, **options)
        emulator = self.emulator
        self.emulator: _Late = _Late(emulator.columns, emulator.rows, emulator.cell)

    @property
    def first_frame(self) -> float | None:
        """When the first frame was complete, by `time.perf_counter`."""
        return min(_ends(self.emulator.heard), default=None)

    def step(self, key: str, rest: float = 0.4) -> Step:
        """Presses a key; over when a frame has ended and nothing follows for `rest` seconds."""
        self.wait_until_quiet(0.15)
        first, processor = len(self.emulator.heard), self.processor_milliseconds()
        began = time.perf_counter()
        self.press(key)
        self.wait_for(lambda: _ends(self.emulator.heard[first:]))
        self.wait_until_quiet(rest)
        heard = self.emulator.heard[first:]
        return Step(
            1000 * (heard[-1][0] - began),
            sum(len(part) for _, part in heard),
            self.processor_milliseconds() - processor,
        )


def _ends(heard: Sequence[tuple[float, bytes]]) -> list[float]:
    """When each frame that shows something was complete."""
    data = b"".join(part for _, part in heard)
    ends = [match.end() for match in _FRAME.finditer(data) if match[1]]
    times, seen = [], 0
    for at, part in heard:
        seen += len(part)
        while ends and ends[0] <= seen:
            times.append(at)
            ends.pop(0)
    return times
