"""Foresight: has the engine look at the inputs that a person comes to next."""

from __future__ import annotations

from collections.abc import Sequence

from store import viewing
from tui.writer import Writer

AHEAD = 8
"""Inputs for which suggestions are asked ahead of time."""


class Foresight:
    """Asks for each input once; what nobody has looked at yet goes before what comes next."""

    def __init__(self, writer: Writer, model_version: int | None) -> None:
        self._writer = writer
        self._version = model_version
        self._asked_ahead: set[int] = set()
        self._asked_now: set[int] = set()

    def look_ahead(self, current: int, following: Sequence[int]) -> None:
        """Ask for the current input and those that follow, where that was not done yet.

        What was asked ahead and is not there when a person comes to it is asked again, as urgent.
        """
        self._ask([current], self._asked_now, ahead=False)
        fresh = [input_id for input_id in following if input_id not in self._asked_ahead]
        if 2 * len(fresh) >= len(following):
            # By halves: a job for each single step would cost a batch each.
            self._ask(fresh, self._asked_ahead, ahead=True)

    def _ask(self, inputs: Sequence[int], asked: set[int], *, ahead: bool) -> None:
        version = self._version
        wanted = [input_id for input_id in inputs if input_id not in asked]
        if version is not None and wanted:
            asked.update(wanted)
            self._writer.submit(lambda: viewing.ask(version, wanted, ahead=ahead))
