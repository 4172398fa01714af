"""The reader: one thread for queries that may take longer than a frame."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from textual.app import App

from store import database
from store.errors import Refused
from store.printable import printable

T = TypeVar("T")


class Reader:
    """Asks the store off the UI thread. Of several waiting questions with one name the last is asked."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._waiting: dict[str, tuple[Callable[[], Any], Callable[[Any], None]]] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._busy = False

    def ask(self, name: str, query: Callable[[], T], show: Callable[[T], None]) -> None:
        """Call `query` soon, then `show` with its answer on the UI thread."""
        with self._changed:
            self._waiting[name] = (query, show)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="winnow-reader", daemon=True)
                self._thread.start()
            self._changed.notify()

    @property
    def idle(self) -> bool:
        """Whether every question is answered and shown or about to be."""
        with self._changed:
            return not self._waiting and not self._busy

    def close(self) -> None:
        """Answer nothing more."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _run(self) -> None:
        while (asked := self._next()) is not None:
            query, show = asked
            try:
                answer = query()
            except Refused as refused:
                said = printable(refused)
                self._app.call_later(self._app.notify, said, severity="error", markup=False)
            except Exception as error:
                self._app.log.error(error)
                said = printable(f"this could not be read, by a mistake in Winnow: {error!r}")
                self._app.call_later(self._app.notify, said, severity="error", markup=False)
            else:
                self._app.call_later(show, answer)
        database.close()

    def _next(self) -> tuple[Callable[[], Any], Callable[[Any], None]] | None:
        with self._changed:
            self._busy = False
            while not self._waiting and not self._closed:
                self._changed.wait()
            if self._closed:
                return None
            self._busy = True
            return self._waiting.pop(next(iter(self._waiting)))
