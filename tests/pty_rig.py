"""Runs a program in a PTY and acts as the terminal in front of it.

    with PtyRig(["winnow", "open"], kind="kitty") as rig:
        rig.wait_for("Tasks")
        rig.send("j")
        rig.wait_for(lambda: "12 inputs" in rig.text)

A thread reads what the program writes, answers its queries as the chosen kind of terminal would, and
feeds an emulator; the test looks at `screen()`, `picture()` and the counters.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, Self

from PIL import Image

from tests.emulator import Emulator

Kind = Literal["kitty", "sixel", "cells", "mute"]

KEYS = {
    "enter": "\r", "tab": "\t", "escape": "\x1b", "space": " ", "backspace": "\x7f",
    "up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D",
    "home": "\x1b[H", "end": "\x1b[F", "pageup": "\x1b[5~", "pagedown": "\x1b[6~",
    "delete": "\x1b[3~", "shift+tab": "\x1b[Z",
}  # fmt: skip

_NAMES = {"kitty": "kitty(0.42.1)", "sixel": "XTerm(399)", "cells": "alacritty(0.15)"}
_QUERY = re.compile(
    rb"\x1b\[c|\x1b\[>0?q|\x1b\[1[46]t|\x1b\[5n|\x1b\[\?(?:2026|2048)\$p|\x1b_G[^;\x1b]*a=q[^\x1b]*\x1b\\"
)


class PtyRig:
    """A program in a PTY of its own session, and the terminal in front of it.

    `kind` is what the terminal can show: "kitty", "sixel" or "cells"; "mute" answers nothing at all.
    `synchronised` says whether it knows mode 2026. `bytes_per_second` throttles it like a slow line,
    `delay` seconds pass before each of its answers.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        kind: Kind = "cells",
        columns: int = 80,
        rows: int = 24,
        cell: tuple[int, int] = (10, 20),
        environment: Mapping[str, str | None] | None = None,
        directory: Path | None = None,
        bytes_per_second: int | None = None,
        synchronised: bool = True,
        delay: float = 0.0,
    ) -> None:
        self.kind, self.cell, self.synchronised, self.delay = kind, cell, synchronised, delay
        self.bytes_per_second = bytes_per_second
        self.emulator = Emulator(columns, rows, cell)
        self.written = 0
        """Bytes the program has written so far."""
        self.output = bytearray()
        """All that it has written."""
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._pending = b""
        self._terminal, slave = os.openpty()
        self._set_size(columns, rows)
        self.process = subprocess.Popen(
            [str(part) for part in command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=directory,
            env=_environment(environment or {}),
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, name="pty-rig", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the program and every process of its session's group, and waits for it."""
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(2)
                break
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self._closing.set()
        self._reader.join(5)
        with contextlib.suppress(OSError):
            os.close(self._terminal)

    # What the person does

    def send(self, text: str | bytes) -> None:
        """Types characters, or sends raw bytes of a terminal."""
        data = text.encode() if isinstance(text, str) else text
        while data:
            data = data[os.write(self._terminal, data) :]

    def press(self, *keys: str) -> None:
        """Presses keys by Textual's names ("enter", "down", "ctrl+r", "a")."""
        for key in keys:
            if key.startswith("ctrl+"):
                self.send(chr(ord(key[5:].upper()) - 64))
            else:
                self.send(KEYS.get(key, key))

    def resize(self, columns: int, rows: int) -> None:
        """Changes the window's size, in cells of the same size."""
        with self._changed:
            self.emulator.resize(columns, rows)
            self._set_size(columns, rows)
        os.killpg(self.process.pid, signal.SIGWINCH)

    def lose_everything(self) -> None:
        """Another terminal of the same kind and size takes the place of this one."""
        with self._changed:
            self.emulator.lose_everything()

    # What the person sees

    def wait_for(self, what: str | Callable[[], object], deadline: float = 20.0) -> None:
        """Returns once a text is on the screen or a condition holds.

        Raises AssertionError with the screen after `deadline` seconds, and at once when the program has
        ended without it.
        """
        until = time.monotonic() + deadline
        with self._changed:
            while not self._holds(what):
                ended = self.process.poll() is not None and not self._reader.is_alive()
                left = until - time.monotonic()
                if left <= 0 or ended:
                    why = f"the program ended with {self.process.returncode}" if ended else "not seen in time"
                    raise AssertionError(f"{why}: {what}\n" + "\n".join(self.emulator.screen()))
                self._changed.wait(min(left, 0.1))

    def _holds(self, what: str | Callable[[], object]) -> bool:
        if isinstance(what, str):
            return any(what in line for line in self.emulator.screen())
        return bool(what())

    def wait_until_quiet(self, seconds: float = 0.3, deadline: float = 20.0) -> None:
        """Returns once nothing has been written for a while; only to count bytes of a step that is over."""
        until = time.monotonic() + deadline
        with self._changed:
            seen, since = self.written, time.monotonic()
            while time.monotonic() - since < seconds:
                assert time.monotonic() < until, "the program does not come to rest"
                self._changed.wait(0.02)
                if self.written != seen:
                    seen, since = self.written, time.monotonic()

    def wait_for_exit(self, deadline: float = 20.0) -> int:
        """The program's exit code, once it has ended and all it wrote is read."""
        code = self.process.wait(deadline)
        self._reader.join(5)
        return code

    def screen(self) -> list[str]:
        """The rows of text."""
        with self._changed:
            return self.emulator.screen()

    @property
    def text(self) -> str:
        """The rows of text, joined."""
        return "\n".join(self.screen())

    def picture(self) -> Image.Image:
        """What the screen looks like."""
        with self._changed:
            return self.emulator.picture()

    def save_screenshot(self, path: Path) -> None:
        """Writes what the screen looks like as a PNG."""
        self.picture().save(path)

    @property
    def strays(self) -> list[bytes]:
        """Control sequences that a terminal is not expected to know."""
        with self._changed:
            return list(self.emulator.unknown)

    def processor_milliseconds(self) -> float:
        """Time on a processor of all the program's threads so far (Linux)."""
        spent = 0
        for path in Path(f"/proc/{self.process.pid}/task").glob("*/schedstat"):
            with contextlib.suppress(OSError):
                spent += int(path.read_text().split()[0])
        return spent / 1e6

    # The terminal

    def _set_size(self, columns: int, rows: int) -> None:
        width, height = self.cell
        size = struct.pack("HHHH", rows, columns, columns * width, rows * height)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, size)

    def _read(self) -> None:
        while not self._closing.is_set():
            if not select.select([self._terminal], [], [], 0.1)[0]:
                if self.process.poll() is not None:
                    break
                continue
            try:
                data = os.read(self._terminal, 4096 if self.bytes_per_second else 65536)
            except OSError:
                break
            if not data:
                break
            if self.bytes_per_second:
                time.sleep(len(data) / self.bytes_per_second)
            with self._changed:
                self.output += data
                self.written += len(data)
                self.emulator.feed(data)
                self._changed.notify_all()
            self._answer(data)
        with self._changed:
            self._changed.notify_all()

    def _answer(self, data: bytes) -> None:
        data = self._pending + data
        end = 0
        for match in _QUERY.finditer(data):
            end = match.end()
            reply = self._reply(match[0])
            if reply:
                time.sleep(self.delay)
                with contextlib.suppress(OSError):
                    self.send(reply)
        # A query may be cut; none is longer than this.
        self._pending = data[max(end, len(data) - 80) :]

    def _reply(self, query: bytes) -> bytes:
        width, height = self.cell
        columns, rows = self.emulator.columns, self.emulator.rows
        if self.kind == "mute":
            return b""
        if b"a=q" in query:
            number = re.search(rb"i=(\d+)", query)
            return b"\x1b_Gi=%s;OK\x1b\\" % number[1] if self.kind == "kitty" and number else b""
        replies = {
            b"\x1b[c": b"\x1b[?62;4;22c" if self.kind == "sixel" else b"\x1b[?62;22c",
            b"\x1b[5n": b"\x1b[0n",
            b"\x1b[16t": b"\x1b[6;%d;%dt" % (height, width),
            b"\x1b[14t": b"\x1b[4;%d;%dt" % (height * rows, width * columns),
            b"\x1b[?2026$p": b"\x1b[?2026;2$y" if self.synchronised else b"",
        }
        if b"q" in query:
            return b"\x1bP>|%s\x1b\\" % _NAMES[self.kind].encode()
        return replies.get(query, b"")


def _environment(changes: Mapping[str, str | None]) -> dict[str, str]:
    """The test's environment as a terminal would have it; None removes a variable."""
    environment = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    terminals = ("TMUX", "STY", "TERM_PROGRAM", "KONSOLE_VERSION", "COLORTERM", "NO_COLOR")
    # pytest's workers have a size of their own in the environment, which would win over the PTY's.
    for name in (*terminals, "WINNOW_GRAPHICS", "COLUMNS", "LINES"):
        environment.pop(name, None)
    for name, value in changes.items():
        if value is None:
            environment.pop(name, None)
        else:
            environment[name] = value
    return environment


def _take_terminal() -> None:
    """In the child: the PTY becomes the terminal that controls its session."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
