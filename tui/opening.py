"""Opening: the app from the terminal's probe to its last byte."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

from store.errors import Refused

if TYPE_CHECKING:
    from store.tables import User
    from tui.places import Place

SWITCH = 0.001
"""Seconds that a thread may keep the others waiting."""


def require_terminal() -> None:
    """Raises Refused where there is no terminal to draw on."""
    # Textual reads standard input and draws on standard error.
    if not (sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()):
        raise Refused("the app needs a terminal: 'winnow --help' shows what works without one")


def make_haste() -> None:
    """No garbage is looked for until the first frame is there: among what is being imported there is hardly
    any, and to look for it takes a tenth of the start. `app.WinnowApp` goes back to it.
    """
    gc.disable()


def open_app(actor: User, *, first: Place | None = None, device: str = "auto") -> int:
    """Run the app on the open store until it is left; returns the exit code.

    Raises Refused where there is no terminal, and what a mistake in Winnow raised within the app, after the
    terminal was restored. Whatever ends the app, what was decided is written.
    """
    require_terminal()
    make_haste()
    from tui import terminal
    from tui.app import WinnowApp

    # What is imported stays: to look through it for garbage takes as long as to look through all the rest.
    gc.freeze()
    # Whatever another thread does in Python, the screen's waits a millisecond for its turn and not five.
    sys.setswitchinterval(SWITCH)
    app = WinnowApp(actor, terminal.probe(), first=first, device=device)
    app.listen_to_signals()
    try:
        app.run()
    finally:
        app.writer.close()
        works_on = app.engine is not None and app.engine.leave()
    if app._exception is not None:
        raise app._exception
    if works_on:
        sys.stderr.write("winnow: the engine finishes its work in the background, then ends\n")
    return app.return_code or 0
