"""The writer: one thread through which every change of the store goes, in order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, TypeVar

from textual.app import App

from store import database
from store.errors import Refused
from store.printable import printable

T = TypeVar("T")


@dataclass(frozen=True)
class _Change:
    """A change to make and whom to tell."""

    act: Callable[[], Any] | Generator[Any, None, Any]
    """What is made at once, or part by part with other changes in between."""
    done: Callable[[Any], None] | None
    failed: Callable[[Refused], None] | None


class Writer:
    """Makes changes one after the other on a thread of its own; none is dropped or overtaken."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        # Reentrant, so that a signal handler may close the writer at any moment.
        self._changes: SimpleQueue[_Change | None] = SimpleQueue()
        self._waiting = 0
        self._thread = threading.Thread(target=self._run, name="winnow-writer", daemon=True)
        self._closed = False

    def submit(
        self,
        act: Callable[[], T],
        done: Callable[[T], None] | None = None,
        failed: Callable[[Refused], None] | None = None,
    ) -> None:
        """Call `act` after everything submitted before it, then `done` with its result on the UI thread.

        When it is refused, `failed` gets the refusal on the UI thread; without it, it is shown.
        """
        self._take(_Change(act, done, failed))

    def _take(self, change: _Change) -> None:
        if self._closed:
            raise Refused("the app is closing: this was not written")
        if not self._thread.is_alive():
            self._thread.start()
        self._waiting += 1
        self._changes.put(change)

    def submit_parts(
        self,
        parts: Generator[Any, None, T],
        done: Callable[[T], None] | None = None,
        failed: Callable[[Refused], None] | None = None,
    ) -> None:
        """Make a long change part by part; what is submitted meanwhile is made in between."""
        self._take(_Change(parts, done, failed))

    @property
    def idle(self) -> bool:
        """Whether everything submitted is written and told."""
        return self._waiting == 0

    def close(self) -> None:
        """Write everything that was submitted, then end. Nothing can be submitted afterwards."""
        if not self._closed:
            self._closed = True
            self._changes.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        for change in self._following():
            try:
                if isinstance(change.act, Generator):
                    through, result = _go_on(change.act)
                    if not through:
                        self._changes.put(change)
                        continue
                else:
                    result = change.act()
                told = _telling(change.done, result)
            except Refused as refused:
                told = _telling(change.failed or self._show, refused)
            except Exception as error:
                # A mistake in Winnow itself must not end the thread, or later decisions would be lost.
                broken = Refused(f"this could not be done, by a mistake in Winnow: {error!r}")
                self._app.log.error(error)
                told = _telling(change.failed or self._show, broken)
            self._app.call_later(self._tell, told)
        database.close()

    def _following(self) -> Iterator[_Change]:
        """The changes in their order; after the closing those that still have parts to be made."""
        while (change := self._changes.get()) is not None:
            yield change
        while not self._changes.empty():
            if (change := self._changes.get()) is not None:
                yield change

    def _tell(self, told: Callable[[], None]) -> None:
        self._waiting -= 1
        told()

    def _show(self, refused: Refused) -> None:
        self._app.notify(printable(refused), severity="error", markup=False)


def _go_on(parts: Generator[Any, None, Any]) -> tuple[bool, Any]:
    """Make one part; whether it was the last, and then the result."""
    try:
        next(parts)
    except StopIteration as end:
        return True, end.value
    return False, None


def _telling(whom: Callable[[T], None] | None, what: T) -> Callable[[], None]:
    return lambda: whom(what) if whom is not None else None
