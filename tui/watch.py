"""The watch: notices that the store has changed, whoever changed it."""

from __future__ import annotations

from typing import Any

from textual.app import App

from store import database
from tui.messages import StoreChanged

SECONDS = 0.1
"""Between two looks; one costs about 10 µs."""


class Watch:
    """Polls the store's version and tells the active screen once, however many commits there were.

    The app's own changes count too: the writer has a connection of its own.
    """

    def __init__(self, app: App[Any], seconds: float = SECONDS) -> None:
        self._app = app
        self._seconds = seconds
        self._version = 0

    def start(self) -> None:
        """Begin to look, on the app's event loop."""
        self._version = database.data_version()
        self._app.set_interval(self._seconds, self.look, name="watch")

    def look(self) -> None:
        """Tell the active screen when something was committed since the last look."""
        version = database.data_version()
        if version != self._version:
            self._version = version
            self._app.screen.post_message(StoreChanged())
