"""Suspending: ctrl+z gives the terminal back to the shell, and `fg` shows everything again."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from types import FrameType
from typing import Any, TypeVar

from tui.picture.frame import GraphicsApp

Returned = TypeVar("Returned")

PATIENCE = 5.0
"""Seconds that writes may take until they hold up the stop; then it is refused."""
ANSWERS = 0.5
"""Seconds that the terminal's last answers are waited for: later ones would be typed into the shell."""

_NO_PIXELS = "\x1b[?1016l"
"""Mouse in cells again; Textual leaves it in pixels."""


class Suspending(GraphicsApp[Returned]):
    """An app that can be stopped by job control at any moment and holds nothing up while it is.

    A stopped process keeps its locks: nothing is being written when it stops, so that others go on.
    """

    @property
    def writes(self) -> bool:
        """Whether something is being written."""
        return False

    @property
    def _unix_driver(self) -> Any:
        """Textual's driver, where there is job control."""
        if sys.platform == "win32":
            return None
        from textual.drivers.linux_driver import LinuxDriver

        return self._driver if isinstance(self._driver, LinuxDriver) else None

    def listen_to_job_control(self) -> None:
        """Stop and continue with the whole screen. Call on the main thread, when there is a terminal."""
        if self._unix_driver is not None:
            signal.signal(signal.SIGTSTP, self._stop_asked)
            signal.signal(signal.SIGCONT, self._continued)

    def action_suspend_process(self) -> None:
        """Stop until the shell's `fg`, once everything is written."""
        driver = self._unix_driver
        if driver is None:
            self._tell("this terminal cannot be given back for a while")
        elif os.getsid(0) == os.getpid():
            # Nobody could continue it.
            self._tell("there is no shell to go back to: q or ctrl+q leaves")
        else:
            self.run_worker(self._stop(driver), group="suspend", exclusive=True)

    async def _stop(self, driver: Any) -> None:
        until = time.monotonic() + PATIENCE
        while self.writes:
            if time.monotonic() > until:
                self._tell("still writing: try again in a moment")
                return
            await asyncio.sleep(0.01)
        until = time.monotonic() + ANSWERS
        while self._fences and time.monotonic() < until:
            await asyncio.sleep(0.01)
        self._suspend_signal()
        driver.write(_NO_PIXELS)
        # The whole job, as the terminal itself does it: of a wrapper alone the shell would hear nothing.
        signal.signal(signal.SIGTSTP, signal.SIG_IGN)
        os.killpg(0, signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, self._stop_asked)
        driver._sigtstp_application()

    def _stop_asked(self, number: int, frame: FrameType | None) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.action_suspend_process)

    def _continued(self, number: int, frame: FrameType | None) -> None:
        driver = self._unix_driver
        if driver is None or not driver._auto_restart:
            return
        if not driver._must_signal_resume:
            # Stopped without a word (SIGSTOP): the shell has set the terminal as it likes it.
            driver.suspend_application_mode()
            driver._must_signal_resume = True
        driver._sigcont_application()

    def _tell(self, sentence: str) -> None:
        self.notify(sentence, severity="warning", markup=False)

    def action_redraw(self) -> None:
        """Write all of the screen anew, whatever has written over it."""
        self.resend()

    def on_app_focus(self, _: Any) -> None:
        """In tmux this may be another terminal, which never got the picture."""
        if "TMUX" in os.environ and self.terminal.graphics != "cells":
            self.resend()
