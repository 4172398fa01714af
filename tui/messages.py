"""Messages that cross screens."""

from __future__ import annotations

from textual.message import Message


class StoreChanged(Message, bubble=False):
    """Something was committed to the store, by this app or by anybody else; sent to the active screen.

    A screen queries again what it shows. It also must when it becomes active again (`ScreenResume`),
    since screens below another one hear nothing.
    """

    def can_replace(self, message: Message) -> bool:
        """However many commits there were, looking once is enough."""
        return isinstance(message, StoreChanged)
