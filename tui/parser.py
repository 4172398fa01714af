"""Keeps the terminal's late replies from becoming key presses, and makes its mouse exact to the pixel."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from weakref import WeakKeyDictionary

from textual import constants
from textual._xterm_parser import XTermParser
from textual.message import Message

PATIENCE = 1.0
"""Seconds that the rest of a reply is waited for; after that, what has come of it is dropped."""

FENCE_REPLY = "\x1b[0n"

# Replies of one shape each: device attributes, status, window sizes, keyboard flags; then strings with
# an end: XTVERSION, unit id, DECRQSS, XTGETTCAP, Kitty graphics, colours.
_STRAY = re.compile(
    r"\x1b\[[?>=][\d;]*c"
    r"|\x1b\[\??[\d;]+n"
    r"|\x1b\[[4689];\d+;\d+t"
    r"|\x1b\[\?[\d;]*u"
    r"|\x1b(?:P(?:>\||!\||[01][$+]r)|_G|\]\d+;)[^\x1b\x07]*(?:\x1b\\|\x07)"
)
_BEGINNING = re.compile(
    r"\x1b(?:"
    r"\[(?:[?>=]?[\d;]*)?"
    r"|P(?:[>!]|[01][$+]?)?"
    r"|_"
    r"|\]\d*"
    r"|(?:P(?:>\||!\||[01][$+]r)|_G|\]\d+;)[^\x1b\x07]*\x1b?"
    r")?\Z"
)
# No key begins like this: if the rest does not come, it may be dropped.
_CERTAIN = re.compile(r"\x1b(?:\[[?>=]\d|P(?:>\||!\||[01][$+]r)|_G|\]\d+;)")


class StrayFilter:
    """Takes replies out of a stream of characters, also when they come in pieces."""

    def __init__(self, unread: str = "") -> None:
        self._held = unread
        self._since = time.monotonic()

    def passed(self, data: str, on_fence: Callable[[], None] | None = None) -> str:
        """The characters that are no replies; a possible beginning of one is held back."""
        text = self._held + data
        if on_fence is not None:
            for _ in range(text.count(FENCE_REPLY)):
                on_fence()
        text = _STRAY.sub("", text)
        beginning = _BEGINNING.search(text)
        held = beginning[0] if beginning else ""
        if not (self._held and held.startswith(self._held)):
            self._since = time.monotonic()
        self._held = held
        return text[: len(text) - len(self._held)]

    def overdue(self) -> str:
        """What was held back for too long to be a reply, to be taken as keys."""
        if not self._held:
            return ""
        waited = time.monotonic() - self._since
        certain = _CERTAIN.match(self._held) is not None
        if waited < (PATIENCE if certain else constants.ESCAPE_DELAY):
            return ""
        held, self._held = self._held, ""
        return "" if certain else held


_MOUSE = re.compile(r"\x1b\[<(\d+);(-?\d+);(-?\d+)([Mm])\Z")

_feed = XTermParser.feed
_tick = XTermParser.tick
_parse_mouse_code = XTermParser.parse_mouse_code
_filters: WeakKeyDictionary[XTermParser, StrayFilter] = WeakKeyDictionary()
_fence_hook: list[Callable[[], None]] = []
_unread: list[str] = []


def install(unread: str = "", *, pixels_from_zero: bool = False) -> None:
    """Filters all input of Textual's drivers from now on; `unread` is what a probe had of a late reply.

    `pixels_from_zero`: the terminal's mouse counts cells from 1, as all do, but pixels from 0.
    """
    _unread[:] = [unread]
    XTermParser.feed = _filtered_feed  # type: ignore[method-assign, assignment]
    XTermParser.tick = _filtered_tick  # type: ignore[method-assign, assignment]
    mouse = _parse_from_zero if pixels_from_zero else _parse_mouse_code
    XTermParser.parse_mouse_code = mouse  # type: ignore[method-assign, assignment]


def on_fence(hook: Callable[[], None] | None) -> None:
    """Sets what is called, on the input thread, for each reply to a fence (CSI 5 n)."""
    _fence_hook[:] = [hook] if hook else []


def _filter_of(parser: XTermParser) -> StrayFilter:
    if parser not in _filters:
        _filters[parser] = StrayFilter(_unread.pop() if _unread else "")
    return _filters[parser]


def _filtered_feed(parser: XTermParser, data: str) -> Iterable[Message]:
    if not data:
        # The end of the input; it would also be taken for the end if a reply left nothing over.
        return _feed(parser, data)
    text = _filter_of(parser).passed(data, _fence_hook[0] if _fence_hook else None)
    return _feed(parser, text) if text else ()


def _parse_from_zero(parser: XTermParser, code: str) -> Message | None:
    """Textual takes pixels to be counted from 1: the first of them would be lost, the others be one less."""
    report = _MOUSE.match(code)
    if report is not None and parser.mouse_pixels:
        code = f"\x1b[<{report[1]};{int(report[2]) + 1};{int(report[3]) + 1}{report[4]}"
    return _parse_mouse_code(parser, code)


def _filtered_tick(parser: XTermParser) -> Iterator[Message]:
    held = _filter_of(parser).overdue()
    if held:
        yield from _feed(parser, held)
        # The delay that tells Escape from a sequence has already passed.
        if parser._timeout_time is not None:
            parser._timeout_time = 0.0
    yield from _tick(parser)
