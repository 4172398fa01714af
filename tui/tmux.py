"""What stands behind tmux: the terminal of the client that looks on, and what tmux passes on to it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

PATIENCE = 1.0

_ASKED = "#{client_pid}\t#{client_termtype}\t#{client_termfeatures}\t#{allow-passthrough}"
# The first that places images relative to the cells of another one.
_FIRST_KITTY = (0, 31)


@dataclass(frozen=True)
class Client:
    """The client that was last active, with its terminal."""

    number: str
    """Its process: another one after detaching and attaching."""
    terminal: str
    """What its terminal calls itself (XTVERSION), "" if it does not."""
    features: frozenset[str]
    """What tmux knows that it can, "sixel" among them."""
    passes: bool
    """Whether tmux passes on what a program wraps for the terminal."""

    @property
    def places_images(self) -> bool:
        """Whether it is a kitty that can be reached and draws pictures without a cursor of its own."""
        version = re.match(r"kitty\((\d+)\.(\d+)", self.terminal)
        return self.passes and bool(version and (int(version[1]), int(version[2])) >= _FIRST_KITTY)

    @property
    def why_not(self) -> str:
        """Why there are no pictures in pixels, and what would help."""
        if self.terminal.startswith("kitty") and not self.passes:
            return "tmux passes no graphics on to kitty: tmux set -g allow-passthrough on"
        terminal = self.terminal or "the terminal"
        if "sixel" in self.features:
            return f"tmux passes Sixel on to {terminal}, but parts of a picture in wrong colours"
        return (
            f"tmux stands before {terminal}: in front of it only kitty 0.31 or newer shows pictures in pixels"
        )


def client() -> Client | None:
    """Asks the tmux around this program, which takes some milliseconds; None without one."""
    if "TMUX" not in os.environ:
        return None
    # Imported here: whoever starts without tmux does not pay for it.
    import subprocess

    # Without a pane tmux would answer for the session that was used last, maybe another one.
    pane = ["-t", os.environ["TMUX_PANE"]] if "TMUX_PANE" in os.environ else []
    try:
        asked = subprocess.run(
            ["tmux", "display-message", "-p", *pane, _ASKED],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=True,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    number, terminal, features, passes, *_ = [*asked.stdout.rstrip("\n").split("\t"), "", "", "", ""]
    terminal = "".join(c for c in terminal if c.isprintable())
    return Client(number, terminal, frozenset(features.split(",")), passes in ("on", "all", "1", "2"))
