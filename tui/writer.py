"""The writer: one thread through which every change of the store goes, in order."""

from __future__ import annotations

import threading
from collections.abc import Callable
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

    act: Callable[[], Any]
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
        if self._closed:
            raise Refused("the app is closing: this was not written")
        if not self._thread.is_alive():
            self._thread.start()
        self._waiting += 1
        self._changes.put(_Change(act, done, failed))

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
        while (change := self._changes.get()) is not None:
            try:
                told = _telling(change.done, change.act())
            except Refused as refused:
                told = _telling(change.failed or self._show, refused)
            except Exception as error:
                # A mistake in Winnow itself must not end the thread, or later decisions would be lost.
                broken = Refused(f"this could not be done, by a mistake in Winnow: {error!r}")
                self._app.log.error(error)
                told = _telling(change.failed or self._show, broken)
            self._app.call_later(self._tell, told)
        database.close()

    def _tell(self, told: Callable[[], None]) -> None:
        self._waiting -= 1
        told()

    def _show(self, refused: Refused) -> None:
        self._app.notify(printable(refused), severity="error", markup=False)


def _telling(whom: Callable[[T], None] | None, what: T) -> Callable[[], None]:
    return lambda: whom(what) if whom is not None else None
