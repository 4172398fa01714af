"""ctrl+z and fg in a shell with job control: the terminal is the shell's in between, then all is back."""

import os
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.pty_rig import Kind, PtyRig
from tests.winnow_process import environment, winnow, winnow_json


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A photo and a task for boxes."""
    folder = tmp_path / "p"
    folder.mkdir()
    winnow(folder, "init")
    Image.linear_gradient("L").resize((600, 400)).convert("RGB").save(folder / "a.png")
    winnow(folder, "add", ".")
    winnow(folder, "task", "create", "boxes", "--type", "detection", "--concept", "goat")
    return folder


def shell(folder: Path, kind: Kind) -> PtyRig:
    """A shell, and the app started from it."""
    settings: dict[str, str | None] = {**environment(folder), "PS1": "shell> "}
    settings |= dict.fromkeys(("NO_COLOR", "COLUMNS", "LINES"))
    rig = PtyRig(["bash", "--norc", "-i"], kind=kind, environment=settings, directory=folder)
    rig.wait_for("shell>")
    rig.send(f"{sys.executable} -m store.cli open boxes --label\r")
    rig.wait_for("a.png")
    rig.wait_until_quiet()
    return rig


def photo(rig: PtyRig) -> np.ndarray:
    """The pixels of the screen's left half, where the photo is."""
    return np.asarray(rig.picture().convert("RGB"))[:400, :380]


def modes(rig: PtyRig, since: int) -> dict[str, bool]:
    """The private modes that were set or reset from a place of the output on."""
    found = {}
    for part in bytes(rig.output[since:]).split(b"\x1b[?")[1:]:
        number = part[: len(part) - len(part.lstrip(b"0123456789"))]
        if part[len(number) : len(number) + 1] in (b"h", b"l"):
            found[number.decode()] = part[len(number) : len(number) + 1] == b"h"
    return found


@pytest.mark.parametrize("kind", ["kitty", "sixel", "cells"])
def test_the_shell_has_its_terminal_and_fg_shows_everything_again(project: Path, kind: Kind) -> None:
    with shell(project, kind) as rig:
        before, start = photo(rig), len(rig.output)
        rig.press("ctrl+z")
        rig.wait_for("Stopped")
        off = modes(rig, start)
        assert not any(off[mode] for mode in ("1000", "1003", "1006", "1049", "1004", "1016"))
        assert off["25"] and off["7"]
        # What is typed is echoed and read in lines.
        rig.send("echo one$((1+1))three\r")
        rig.wait_for("one2three")
        rig.send("fg\r")
        rig.wait_for(lambda: np.array_equal(photo(rig), before))
        rig.wait_until_quiet()
        assert "a.png" in rig.text and "one2three" not in rig.text and rig.strays == []
        rig.press("b", "space", "L", "J", "enter")
        rig.wait_for("What is in the region?")
        rig.press("enter")
        rig.wait_for("goat.1")
    assert len(winnow_json(project, "annotation", "list")) == 1


def test_a_terminal_that_was_resized_meanwhile_is_filled(project: Path) -> None:
    with shell(project, "kitty") as rig:
        rig.press("ctrl+z")
        rig.wait_for("Stopped")
        rig.resize(120, 40)
        rig.send("fg\r")
        rig.wait_for(lambda: "Help" in rig.screen()[39])
        rig.wait_for(lambda: "a.png" in rig.screen()[0][100:])
        rig.wait_until_quiet()
        assert np.asarray(rig.picture().convert("RGB"))[300:500, 500:650].std() > 1


def test_a_stop_from_outside_leaves_nothing_half_shown(project: Path) -> None:
    with shell(project, "kitty") as rig:
        before = photo(rig)
        (child,) = Path(f"/proc/{rig.process.pid}/task/{rig.process.pid}/children").read_text().split()
        for stop in (signal.SIGSTOP, signal.SIGTSTP):
            seen = bytes(rig.output).count(b"Stopped")
            os.kill(int(child), stop)
            rig.wait_for(lambda seen=seen: bytes(rig.output).count(b"Stopped") > seen)
            rig.send("fg\r")
            rig.wait_for(lambda: "a.png" in rig.screen()[0] and np.array_equal(photo(rig), before))
            rig.wait_until_quiet()
        assert rig.strays == []


def test_ctrl_l_draws_over_what_another_program_has_written(project: Path) -> None:
    with shell(project, "kitty") as rig:
        before = photo(rig)
        rig.lose_everything()
        rig.press("ctrl+l")
        rig.wait_for(lambda: "a.png" in rig.screen()[0] and np.array_equal(photo(rig), before))
