"""What the terminal answers decides how pictures are drawn, and late answers are never keys."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual import events
from textual._xterm_parser import XTermParser

from tests.pty_rig import Kind, PtyRig
from tui import parser
from tui.parser import StrayFilter
from tui.terminal import Terminal, probe, understood
from tui.tmux import Client, client

KITTY_OK = "\x1b_Gi=4211;OK\x1b\\"
CELL = "\x1b[6;20;10t"


def name(text: str) -> str:
    return f"\x1bP>|{text}\x1b\\"


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("TMUX", "STY", "TERM_PROGRAM", "KONSOLE_VERSION", "NO_COLOR", "WINNOW_GRAPHICS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.mark.parametrize(
    ("heard", "graphics"),
    [
        (KITTY_OK + CELL + name("kitty(0.42.1)") + "\x1b[?62;c", "kitty"),
        (KITTY_OK + CELL + name("ghostty 1.2.0") + "\x1b[?62;22c", "kitty"),
        (KITTY_OK + CELL + name("kitty(0.26.5)") + "\x1b[?62;c", "cells"),
        (KITTY_OK + CELL + name("WezTerm 20240203") + "\x1b[?65;4;6;18;22c", "sixel"),
        (KITTY_OK + CELL + name("Konsole 24.02") + "\x1b[?62;1;4c", "sixel"),
        (KITTY_OK + CELL + name("Warp(v0.2026)") + "\x1b[?62c", "cells"),
        (CELL + name("XTerm(379)") + "\x1b[?64;1;2;4;22c", "sixel"),
        (CELL + name("XTerm(379)") + "\x1b[?64;1;2;22c", "cells"),
        (CELL + "\x1b[?4c", "cells"),
        ("\x1b[?62;4c", "cells"),
        ("", "cells"),
    ],
)
def test_the_way_to_draw_follows_the_answers(heard: str, graphics: str) -> None:
    assert understood(heard, None, 5.0).graphics == graphics


@pytest.mark.parametrize(
    ("client", "graphics", "reason"),
    [
        (Client("1", "kitty(0.41.1)", frozenset(), True), "kitty", "passes Kitty graphics on"),
        (Client("1", "kitty(0.41.1)", frozenset(), False), "cells", "set -g allow-passthrough on"),
        (Client("1", "kitty(0.28.0)", frozenset(), True), "cells", "only kitty 0.31"),
        (Client("1", "XTerm(379)", frozenset({"sixel"}), False), "cells", "in wrong colours"),
        (Client("1", "XTerm(379)", frozenset({"RGB"}), False), "cells", "only kitty 0.31"),
        (None, "cells", "cannot be asked"),
    ],
)
def test_behind_tmux_it_counts_who_looks_on(
    client: Client | None, graphics: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """tmux 3.5a says Sixel whatever terminal shows it, and gives each part of a picture other colours."""
    monkeypatch.setenv("TMUX", "/tmp/tmux")
    terminal = understood(CELL + name("tmux 3.5a") + "\x1b[?1;2;4c", None, 5.0, client)
    assert terminal.graphics == graphics
    assert reason in terminal.reason


def test_who_attaches_later_decides_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMUX", "/tmp/tmux")
    kitty, xterm = (
        Client(number, said, frozenset(), True) for number, said in (("1", "kitty(0.41.1)"), ("2", ""))
    )
    terminal = understood(CELL + "\x1b[?1;2;4c", None, 5.0, kitty)
    assert terminal.looked_at_by(xterm).graphics == "cells"
    assert terminal.looked_at_by(xterm).looked_at_by(kitty).graphics == "kitty"
    monkeypatch.setenv("WINNOW_GRAPHICS", "cells")
    assert terminal.looked_at_by(kitty).graphics == terminal.graphics


def test_tmux_that_cannot_be_asked_is_no_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client() is None
    monkeypatch.setenv("TMUX", "/tmp/tmux")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert client() is None
    script = tmp_path / "tmux"
    script.write_text("#!/bin/sh\nprintf '12\\tkitty(0.41.1)\\tRGB,sixel\\ton\\n'\n")
    script.chmod(0o755)
    assert client() == Client("12", "kitty(0.41.1)", frozenset({"RGB", "sixel"}), True)


def test_the_kernel_knows_the_cell_where_the_terminal_does_not_say() -> None:
    terminal = understood("\x1b[?62;4c", (9, 18), 5.0)
    assert (terminal.graphics, terminal.cell_width, terminal.cell_height) == ("sixel", 9, 18)
    assert (understood(CELL + "\x1b[?62;4c", (9, 18), 5.0).cell_width) == 10


def test_without_colours_there_are_only_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert understood(KITTY_OK + CELL + "\x1b[?62;4c", None, 5.0).graphics == "cells"


def test_what_a_terminal_says_is_made_printable() -> None:
    terminal = understood(name("evil\x07") + CELL + name("bad\tname") + "\x1b[?62;c", None, 5.0)
    assert terminal.name.isprintable()
    assert all(part.isprintable() for exchange in terminal.exchanges for part in exchange)
    assert terminal.reason


def test_the_beginning_of_a_late_reply_is_kept_for_the_parser() -> None:
    assert understood(KITTY_OK + "\x1b[?62;", None, 1000).unread == "\x1b[?62;"
    assert understood("abc" + CELL, None, 1000).unread == ""


def test_without_a_terminal_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "__stdin__", None)
    assert probe() == Terminal()
    monkeypatch.setenv("WINNOW_GRAPHICS", "sixel")
    assert probe().graphics == "sixel"


ASK = """
import json, os, sys, termios
from dataclasses import asdict
before = termios.tcgetattr(0)
from tui.terminal import probe
terminal = probe({timeout})
assert termios.tcgetattr(0) == before, "the terminal's state has changed"
print(json.dumps([terminal.graphics, terminal.answered, terminal.cell_width, os.environ.get("COLORTERM")]))
print("done", terminal.milliseconds < 1000 * {timeout} + 500)
"""


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("kitty", ["kitty", True, 10, "truecolor"]),
        ("sixel", ["sixel", True, 10, "truecolor"]),
        ("cells", ["cells", True, 10, "truecolor"]),
        ("mute", ["cells", False, 10, None]),
    ],
)
def test_a_real_terminal_is_asked_in_one_round_trip(kind: Kind, told: list[object]) -> None:
    script = ASK.format(timeout=0.4 if kind == "mute" else 5)
    with PtyRig([sys.executable, "-c", script], kind=kind, directory=Path.cwd()) as rig:
        rig.wait_for("done True")
        assert json.loads(next(line for line in rig.screen() if line.startswith("["))) == told
        assert not rig.strays


@pytest.mark.parametrize("term", ["tmux-256color", "screen-256color"])
def test_tmux_is_not_asked_for_kitty_graphics(term: str) -> None:
    """It would take the question for the title of its window."""
    script = ASK.format(timeout=5)
    environment = {"TERM": term}
    command = [sys.executable, "-c", script]
    with PtyRig(command, kind="kitty", directory=Path.cwd(), environment=environment) as rig:
        rig.wait_for("done True")
        assert b"\x1b_" not in bytes(rig.output)
        assert json.loads(next(line for line in rig.screen() if line.startswith("[")))[:2] == ["cells", True]


REPLIES = [
    "\x1b[?62;4;22c",
    "\x1b[>41;379;0c",
    "\x1b[0n",
    "\x1b[?997;1n",
    "\x1b[6;20;10t",
    "\x1b[4;480;800t",
    "\x1b[8;24;80t",
    "\x1b[?31u",
    "\x1bP>|XTerm(379)\x1b\\",
    "\x1bP1$r0m\x1b\\",
    "\x1b_Gi=4211;OK\x1b\\",
    "\x1b]11;rgb:1212/1212/1212\x1b\\",
    "\x1b]11;rgb:1212/1212/1212\x07",
]


def keys_of(pieces: list[str]) -> list[str]:
    """The keys that Textual makes of input in pieces, with all delays passed at the end."""
    reader = XTermParser()
    messages = []
    for piece in pieces:
        messages += list(reader.feed(piece))
        messages += list(reader.tick())
    return [message.key for message in messages if isinstance(message, events.Key)]


@pytest.fixture
def filtered() -> Iterator[None]:
    """The filter is installed for one test."""
    feed, tick = XTermParser.feed, XTermParser.tick
    parser.install()
    yield
    XTermParser.feed, XTermParser.tick = feed, tick  # type: ignore[method-assign]
    parser.on_fence(None)


@pytest.mark.usefixtures("filtered")
@pytest.mark.parametrize("reply", REPLIES, ids=repr)
def test_a_reply_is_never_a_key_wherever_it_is_cut(reply: str) -> None:
    whole = f"a{reply}b"
    for cut in range(1, len(whole)):
        assert keys_of([whole[:cut], whole[cut:]]) == ["a", "b"], cut
    assert keys_of(list(whole)) == ["a", "b"]


def test_without_the_filter_a_reply_is_typed() -> None:
    """The reason for the filter; when this fails, Textual has learned it."""
    assert keys_of(["\x1bP>|XTerm(379)\x1b\\", "b"]) != ["b"]


@pytest.mark.usefixtures("filtered")
@pytest.mark.parametrize(
    ("sequence", "keys"),
    [
        ("\x1b[A", ["up"]),
        ("\x1b[3~", ["delete"]),
        ("\x1b[1;5C", ["ctrl+right"]),
        ("\x1bOP", ["f1"]),
        ("\x1b[97;5u", ["ctrl+a"]),
        ("\x1b[Z", ["shift+tab"]),
        ("é", ["é"]),
    ],
)
def test_keys_pass_wherever_they_are_cut(sequence: str, keys: list[str]) -> None:
    expected = keys_of([sequence])
    for cut in range(1, len(sequence)):
        assert keys_of([sequence[:cut], sequence[cut:]]) == expected
    if sequence != "é":
        assert expected == keys


@pytest.mark.usefixtures("filtered")
def test_mode_reports_and_resizes_still_reach_textual() -> None:
    reader = XTermParser()
    names = [type(message).__name__ for message in reader.feed("\x1b[?2026;2$y\x1b[48;24;80;480;800t")]
    assert names == ["TerminalSupportsSynchronizedOutput", "Resize"]


@pytest.mark.usefixtures("filtered")
def test_a_fence_is_heard_once_however_it_is_cut() -> None:
    for cut in range(1, 4):
        heard: list[int] = []
        parser.on_fence(lambda heard=heard: heard.append(1))  # type: ignore[misc]
        assert keys_of(["\x1b[0n"[:cut], "\x1b[0n"[cut:]]) == []
        assert heard == [1]


@pytest.mark.usefixtures("filtered")
def test_the_end_of_a_reply_that_the_probe_began_is_no_key() -> None:
    parser.install("\x1b[?62;")
    assert keys_of(["4;22cx"]) == ["x"]


def test_escape_alone_is_a_key_after_its_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(parser.time, "monotonic", lambda: now[0])
    stray = StrayFilter()
    assert stray.passed("\x1b") == ""
    assert stray.overdue() == ""
    now[0] = 0.2
    assert stray.overdue() == "\x1b"
    assert stray.overdue() == ""


def test_half_a_reply_is_dropped_and_half_a_key_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(parser.time, "monotonic", lambda: now[0])
    for held, overdue in (
        ("\x1b[?62;4", ""),
        ("\x1b_Gi=1;O", ""),
        ("\x1bP", "\x1bP"),
        ("\x1b[1;5", "\x1b[1;5"),
    ):
        stray = StrayFilter()
        assert stray.passed(held) == ""
        now[0] += 2
        assert stray.overdue() == overdue
        assert stray.passed("x") == "x"
