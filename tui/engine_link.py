"""The engine link: sees the store's engine, starts one when there is none, and says how it is."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from textual.app import App

from store import jobs, supervise
from store.errors import Refused
from store.printable import printable
from tui.writer import Writer

SECONDS = 1.0
"""Between two looks at the heartbeat."""
PATIENCE = (2.0, 5.0, 15.0, 60.0)
"""Seconds before the next try after each engine that did not live."""


@dataclass(frozen=True)
class EngineState:
    """The engine as the screen shows it."""

    running: bool = False
    device: str = ""
    """The provider that its sessions really use, or the device it was started on before any is open."""
    says: str = ""
    """What it does, or why there is none."""

    @property
    def line(self) -> str:
        """One line without markup."""
        said = printable(self.says)
        if not self.running:
            return f"engine {said}" if said else "engine off"
        return f"engine on {printable(self.device)}" + (f" · {said}" if said else "")


class EngineLink:
    """Keeps an engine available while the app is open."""

    def __init__(self, app: App[Any], writer: Writer, device: str = "auto") -> None:
        self._app = app
        self._writer = writer
        self._device = device
        self._child: subprocess.Popen[bytes] | None = None
        self._starting = False
        self._tries = 0
        self._not_before = 0.0
        self._dismissed = False
        self._show: Callable[[EngineState], None] = lambda state: None

    def start(self, show: Callable[[EngineState], None]) -> None:
        """Begin to look, on the app's event loop; `show` hears of every state."""
        self._show = show
        self._app.set_interval(SECONDS, self.look, name="engine")
        self.look()

    def look(self) -> None:
        """See what lives, and start an engine when nothing does and it is time to."""
        living = jobs.living()
        if living:
            self._tries = 0
            engine = living[0]
            # One that goes, whoever asked it to, is not replaced until there is work.
            self._dismissed = True
            self._show(EngineState(True, _runs_on(engine.device, engine.sessions), engine.activity))
        elif self._starting or (self._child is not None and self._child.poll() is None):
            self._show(EngineState(says="starting…"))
        else:
            self._look_after_none()

    def _look_after_none(self) -> None:
        ended, self._child = self._child, None
        if ended is not None and ended.returncode == 0:
            # Somebody asked it to stop: it stays away until there is work for it.
            self._dismissed = True
            self._show(EngineState(says="stopped"))
        elif ended is not None:
            self._fell(_ended(ended.returncode))
        elif self._dismissed and not _work_waits():
            self._show(EngineState(says="stopped"))
        elif time.monotonic() >= self._not_before:
            self._dismissed = False
            self._starting = True
            self._show(EngineState(says="starting…"))
            self._writer.submit(self._begin, failed=self._refused)

    def _begin(self) -> None:
        """On the writer's thread, so that an app which is left meanwhile still knows its engine."""
        self._child = supervise.start_engine(self._device)
        self._starting = False

    def _refused(self, refused: Refused) -> None:
        self._starting = False
        self._fell(f"stopped: {refused}")

    def _fell(self, why: str) -> None:
        patience = PATIENCE[min(self._tries, len(PATIENCE) - 1)]
        self._tries += 1
        self._dismissed = False
        self._not_before = time.monotonic() + patience
        self._show(EngineState(says=f"{why}, starting again…"))

    def leave(self) -> bool:
        """The app goes: an engine it started ends now if it has nothing to do; True if it works on."""
        if self._child is None or self._child.poll() is not None:
            return False
        if _work_waits() or any(engine.activity for engine in jobs.living()):
            return True
        self._child.terminate()
        return False


def _ended(code: int) -> str:
    """How an engine ended. The log of a killed one says nothing of its end."""
    if code < 0:
        return f"killed by signal {-code}"
    return f"stopped: {supervise.last_words() or f'it ended with code {code}'}"


def _work_waits() -> bool:
    return jobs.waiting((jobs.INTERACTIVE, jobs.BULK))


def _runs_on(device: str, sessions: list[dict[str, Any]]) -> str:
    providers = {str(session.get("provider", "")) for session in sessions} - {""}
    names = sorted(providers) or [device]
    return ", ".join(name.removesuffix("ExecutionProvider").lower() for name in names)
