"""What the terminal can show, asked before the app starts.

| terminal | answers | way taken | why |
| --- | --- | --- | --- |
| kitty ≥ 0.28, Ghostty | Kitty | Kitty | Unicode placeholders [1] |
| kitty < 0.28 | Kitty | cells | no placeholders, no Sixel [1] |
| tmux before kitty ≥ 0.31 | Sixel | Kitty | through allow-passthrough, placements beside placeholders [1] |
| tmux before others | Sixel | cells | Sixel through tmux: parts of it in wrong colours [2] |
| screen, tmux over ssh | | cells | what is behind cannot be asked |
| xterm -ti vt340, foot, mlterm, Contour, Windows Terminal ≥ 1.22 | Sixel | Sixel | [3] |
| WezTerm, Konsole, Rio, iTerm2 | Kitty and Sixel | Sixel | Kitty without placeholders [3] |
| mintty | Sixel | Sixel | [3] |
| Warp | Kitty | cells | no placeholders, no Sixel [3] |
| VTE, Alacritty, Apple's Terminal, Linux | | cells | no pictures in pixels [3] |

Every terminal with iTerm2's own images (OSC 1337: iTerm2, WezTerm, mintty, Konsole, Rio) has Sixel too,
with which a step of a box costs a part of the picture only; so they are not used. WINNOW_GRAPHICS overrules.

Tried: kitty 0.41 and xterm 379, each alone and behind tmux 3.5a. The other rows follow what is known of those
terminals, and nobody has tried them with Winnow yet.

[1] https://sw.kovidgoyal.net/kitty/graphics-protocol/ (placeholders 0.28, relative placements 0.31)
[2] https://github.com/tmux/tmux/wiki/FAQ and CHANGES, 3.4: Sixel; seen in 3.5a before xterm 379
[3] https://www.arewesixelyet.com, and what each terminal's own pages say
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, get_args

from tui.tmux import Client, client

try:
    import termios
    import tty
except ImportError:  # Windows has neither; there the picture is made of cells.
    termios = None  # type: ignore[assignment]

Graphics = Literal["kitty", "sixel", "cells"]

OVERRIDE = "WINNOW_GRAPHICS"

_KITTY_QUERY = "\x1b_Gi=4211,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"
_CELL_SIZE_QUERY = "\x1b[16t"
_NAME_QUERY = "\x1b[>0q"
# Every terminal answers this one, and in order: what has not come before it does not come.
_FENCE = "\x1b[c"

_KITTY_REPLY = re.compile(r"\x1b_Gi=4211;([^\x1b]*)\x1b\\")
_CELL_SIZE_REPLY = re.compile(r"\x1b\[6;(\d+);(\d+)t")
_NAME_REPLY = re.compile(r"\x1bP>\|([^\x1b\x07]*)(?:\x1b\\|\x07)")
_FENCE_REPLY = re.compile(r"\x1b\[\?([\d;]*)c")
_UNFINISHED = re.compile(r"\x1b(?:\[[?>\d;]*|[P_][^\x1b]*\x1b?)?\Z")

# They answer the Kitty query but draw no placeholders.
_WITHOUT_PLACEHOLDERS = ("wezterm", "konsole", "warp", "iterm2", "rio")
_FIRST_KITTY = (0, 28)
_TRUE_COLOUR = (
    "kitty", "ghostty", "wezterm", "konsole", "warp", "iterm2", "foot", "contour", "mlterm", "vte", "rio",
    "xterm", "tmux", "alacritty", "windows terminal", "mintty",
)  # fmt: skip
_DRAW_SEXTANTS = ("kitty", "ghostty", "wezterm", "foot", "vte", "contour", "rio")
# As their sources have it (kitty/mouse.c, mouse_encode.zig); foot and xterm count pixels from 1, like cells.
_PIXELS_FROM_ZERO = ("kitty", "ghostty")
_SILENT = ("dumb", "linux", "unknown")


@dataclass(frozen=True)
class Terminal:
    """A terminal and how pictures are shown on it."""

    graphics: Graphics = "cells"
    """The way that pictures are drawn."""
    cell_width: int = 10
    """Pixels across one cell; 10 where the terminal does not say."""
    cell_height: int = 20
    """Pixels down one cell; 20 where the terminal does not say."""
    name: str = ""
    """What it calls itself (XTVERSION), printable, "" if it does not."""
    answered: bool = False
    """Whether it answered at all."""
    milliseconds: float = 0.0
    """How long the answers took."""
    true_colour: bool = False
    """Whether it is known to show 16 million colours."""
    sextants: bool = False
    """Whether it is known to draw sextants itself, so that no font has to have them."""
    reason: str = "no terminal"
    """Why pictures are drawn this way, in words."""
    exchanges: tuple[tuple[str, str], ...] = ()
    """What it was asked and what it answered, printable; "" for no answer."""
    speaks_kitty: bool = False
    """Whether it says that it draws Kitty graphics."""
    speaks_sixel: bool = False
    """Whether it says that it draws Sixel."""
    client: Client | None = None
    """Who looks on from behind tmux, None without tmux or where it cannot be asked."""
    unread: str = ""
    """The beginning of a reply whose end had not come yet: the input parser needs it."""

    @property
    def counts_pixels_from_zero(self) -> bool:
        """Whether its mouse calls the first pixel 0."""
        return _is_one_of(self.name, _PIXELS_FROM_ZERO)

    @property
    def why_not_kitty(self) -> str:
        """Why no Kitty graphics can be shown, "" where they can."""
        if self.client is not None:
            return "" if self.client.places_images else self.client.why_not
        if not self.speaks_kitty:
            return "tmux or screen stands between" if _multiplexed() else "no answer"
        return _lacks_placeholders(self.name)

    @property
    def why_not_sixel(self) -> str:
        """Why no Sixel can be shown, "" where it can."""
        if not self.speaks_sixel:
            return "the terminal does not say that it draws it"
        if _multiplexed():
            return "tmux stands between: it draws parts of a picture in wrong colours"
        return ""

    def looked_at_by(self, client: Client | None) -> Terminal:
        """The same tmux after somebody has attached on another terminal."""
        if client is None or not self.answered or OVERRIDE in os.environ or "NO_COLOR" in os.environ:
            return replace(self, client=client)
        graphics, reason = _graphics_in_tmux(client, knows_cell=True)
        sextants = _is_one_of(client.terminal, _DRAW_SEXTANTS)
        return replace(self, client=client, graphics=graphics, reason=reason, sextants=sextants)


def probe(timeout: float = 1.0) -> Terminal:
    """Asks the terminal, in one round trip of at most `timeout` seconds; never raises.

    Where true colour is known, COLORTERM is set: ssh does not pass it on, and without it there are 16
    colours. Keys typed meanwhile are dropped.
    """
    try:
        terminal = _asked(timeout)
    except (OSError, ValueError) as problem:
        terminal = Terminal(reason=f"the terminal could not be asked: {problem}")
    for wanted in get_args(Graphics):
        if os.environ.get(OVERRIDE) == wanted:
            terminal = replace(terminal, graphics=wanted, reason=f"{OVERRIDE}={wanted}")
    if terminal.true_colour:
        os.environ.setdefault("COLORTERM", "truecolor")
    return terminal


def _asked(timeout: float) -> Terminal:
    """The terminal on standard input, asked with a terminal's own manners."""
    if termios is None or sys.__stdin__ is None or not sys.__stdin__.isatty():
        return Terminal()
    output = next((s for s in (sys.__stdout__, sys.__stderr__) if s is not None and s.isatty()), None)
    if output is None:
        return Terminal()
    if os.environ.get("TERM", "dumb") in _SILENT:
        return Terminal(reason=f"TERM is {os.environ.get('TERM', 'not set')}")
    source = sys.__stdin__.fileno()
    start = time.monotonic()
    with _raw(source):
        # Saved and restored with the line cleared: a terminal that does not know a query may print it.
        # tmux and screen take the Kitty query for the title of their window.
        kitty = "" if _multiplexed() else _KITTY_QUERY
        queries = f"\x1b7{kitty}{_CELL_SIZE_QUERY}{_NAME_QUERY}{_FENCE}\x1b8\x1b[K"
        os.write(output.fileno(), queries.encode("ascii"))
        heard = _heard(source, start + timeout)
    milliseconds = (time.monotonic() - start) * 1000
    return understood(heard, window_cell_size(source), milliseconds, client())


@contextlib.contextmanager
def _raw(descriptor: int) -> Iterator[None]:
    """No echo and no lines while answers are read; the old state afterwards, whatever happens."""
    before = termios.tcgetattr(descriptor)
    try:
        tty.setraw(descriptor, termios.TCSANOW)
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSANOW, before)


def _heard(source: int, deadline: float) -> str:
    """All that comes until the fence's reply or the deadline."""
    heard = b""
    while not _FENCE_REPLY.search(heard.decode("latin-1")):
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([source], [], [], left)[0]:
            break
        data = os.read(source, 4096)
        if not data:
            break
        heard += data
    return heard.decode("latin-1")


def window_cell_size(descriptor: int) -> tuple[int, int] | None:
    """Width and height of a cell in pixels as the kernel knows it, None where it does not."""
    try:
        rows, columns = termios.tcgetwinsize(descriptor)
        width, height = _window_pixels(descriptor)
    except (OSError, ValueError, AttributeError, termios.error):
        return None
    return (width // columns, height // rows) if width and height and columns and rows else None


def _window_pixels(descriptor: int) -> tuple[int, int]:
    import fcntl
    import struct

    answer = fcntl.ioctl(descriptor, termios.TIOCGWINSZ, bytes(8))
    _, _, width, height = struct.unpack("HHHH", answer)
    return width, height


def understood(
    heard: str, window_cell: tuple[int, int] | None, milliseconds: float, client: Client | None = None
) -> Terminal:
    """The terminal that gave these answers. `window_cell` is the cell size by the kernel, if known."""
    fence = _FENCE_REPLY.search(heard)
    kitty = _KITTY_REPLY.search(heard)
    size = _CELL_SIZE_REPLY.search(heard)
    named = _NAME_REPLY.search(heard)
    name = _printable(named[1]) if named else ""
    cell = (int(size[2]), int(size[1])) if size else window_cell
    if cell and not (2 <= cell[0] <= 200 and 2 <= cell[1] <= 400):
        cell = None
    speaks_kitty = bool(kitty and kitty[1].startswith("OK"))
    speaks_sixel = bool(fence and "4" in fence[1].split(";")[1:])
    graphics, reason = _graphics(
        speaks_kitty=speaks_kitty,
        speaks_sixel=speaks_sixel,
        knows_cell=cell is not None,
        name=name,
        client=client,
    )
    if not fence:
        reason = f"no answer within {milliseconds:.0f} ms"
    unfinished = _UNFINISHED.search(heard)
    return Terminal(
        graphics if fence else "cells",
        *(cell or (10, 20)),
        name=name,
        answered=bool(fence),
        milliseconds=milliseconds,
        true_colour=graphics != "cells" or _is_one_of(name, _TRUE_COLOUR),
        sextants=_is_one_of(client.terminal if client else name, _DRAW_SEXTANTS),
        reason=reason,
        exchanges=_exchanges(kitty, size, named, fence),
        speaks_kitty=speaks_kitty,
        speaks_sixel=speaks_sixel,
        client=client,
        unread=unfinished[0] if unfinished else "",
    )


def _graphics(
    *, speaks_kitty: bool, speaks_sixel: bool, knows_cell: bool, name: str, client: Client | None
) -> tuple[Graphics, str]:
    """The best way that works, and why."""
    if "NO_COLOR" in os.environ:
        return "cells", "NO_COLOR is set"
    if _multiplexed():
        return _graphics_in_tmux(client, knows_cell=knows_cell)
    if not knows_cell and (speaks_kitty or speaks_sixel):
        return "cells", "the terminal draws pictures but does not say how large its cells are"
    sixel: tuple[Graphics, str] = ("sixel", "the terminal draws Sixel")
    if speaks_kitty and (lacking := _lacks_placeholders(name)):
        return sixel if speaks_sixel else ("cells", lacking)
    if speaks_kitty:
        return "kitty", "the terminal draws Kitty graphics"
    if speaks_sixel:
        return sixel
    return "cells", "the terminal draws neither Kitty graphics nor Sixel"


def _graphics_in_tmux(client: Client | None, *, knows_cell: bool) -> tuple[Graphics, str]:
    """The best way for tmux or screen and who looks on. Not Sixel: tmux says that it draws it, and smears."""
    if client is None:
        return "cells", "tmux or screen stands before a terminal that cannot be asked"
    if not knows_cell:
        return "cells", "tmux does not say how large the terminal's cells are"
    if client.places_images:
        return "kitty", f"tmux passes Kitty graphics on to {client.terminal}"
    return "cells", client.why_not


def _lacks_placeholders(name: str) -> str:
    """Why Kitty graphics do not work although the terminal has them; "" if they do."""
    hints = f"{name} {os.environ.get('TERM_PROGRAM', '')}".lower()
    if any(lacking in hints for lacking in _WITHOUT_PLACEHOLDERS) or "KONSOLE_VERSION" in os.environ:
        return f"{name or 'the terminal'} has Kitty graphics without Unicode placeholders"
    version = re.match(r"kitty\((\d+)\.(\d+)", name)
    if version and (int(version[1]), int(version[2])) < _FIRST_KITTY:
        return f"{name} is older than 0.28, the first with Unicode placeholders"
    return ""


def _exchanges(*replies: re.Match[str] | None) -> tuple[tuple[str, str], ...]:
    """The queries beside their replies, in the order in which they are sent."""
    queries = (_KITTY_QUERY, _CELL_SIZE_QUERY, _NAME_QUERY, _FENCE)
    asked = zip(queries, replies, strict=True)
    return tuple(
        (_printable(query), _printable(reply[0]) if reply else "")
        for query, reply in asked
        if reply or query != _KITTY_QUERY or not _multiplexed()
    )


def _printable(reply: str) -> str:
    """A reply without control characters."""
    return "".join(c if c.isprintable() else "·" for c in reply.replace("\x1b", "ESC "))


def _multiplexed() -> bool:
    """Whether tmux or screen stands between; ssh passes on TERM, but neither of the variables."""
    return bool({"TMUX", "STY"} & set(os.environ)) or os.environ.get("TERM", "").startswith(
        ("tmux", "screen")
    )


def _is_one_of(name: str, names: tuple[str, ...]) -> bool:
    return name.lower().startswith(names)
