"""Preparing pictures off the screen's thread; what nobody waits for any more is never begun."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from textual.timer import Timer
from textual.widget import Widget
from textual.worker import Worker

from tui.picture.layer import Prepared

PATIENCE = 0.3
"""Seconds of preparing after which the old picture makes way for a word."""

_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="winnow-picture")


class Preparing:
    """Makes one picture at a time ready for a widget; of those wanted meanwhile, only the newest.

    What is begun is shown although something newer is wanted: while a key is held the picture moves.
    """

    def __init__(
        self,
        widget: Widget,
        ready: Callable[[Prepared], None],
        broken: Callable[[str], None],
        slow: Callable[[], None],
    ) -> None:
        self._widget, self._ready, self._broken, self._slow = widget, ready, broken, slow
        self._timer: Timer | None = None
        self._wanted: Callable[[], Prepared] | None = None
        self._worker: Worker[None] | None = None

    def begin(self, make: Callable[[], Prepared], *, patient: bool) -> None:
        """Calls `make` on the other thread; unless `patient`, says so if it lasts."""
        self._stop_waiting()
        if not patient:
            self._timer = self._widget.set_timer(PATIENCE, self._slow)
        self._wanted = make
        if self._worker is None or self._worker.is_cancelled or self._worker.is_finished:
            self._worker = self._widget.run_worker(self._make_wanted(), group="prepare")

    def stop(self) -> None:
        """Nobody waits any more."""
        self._stop_waiting()
        self._wanted = None
        self._widget.workers.cancel_group(self._widget, "prepare")

    async def _make_wanted(self) -> None:
        while (make := self._wanted) is not None:
            self._wanted = None
            try:
                prepared = await asyncio.get_running_loop().run_in_executor(_thread, make)
            except (OSError, ValueError, SyntaxError, MemoryError) as problem:
                if self._wanted is None:
                    self._stop_waiting()
                    self._broken(f"This picture cannot be shown: {problem}")
                continue
            if self._wanted is None:
                self._stop_waiting()
            self._ready(prepared)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
