"""winnow doctor tells what the terminal answered and draws a photo in each way that it can."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.pty_rig import Kind, PtyRig

COMMAND = [str(Path(sys.executable).with_name("winnow")), "doctor"]
ORANGE = (255, 140, 0)


def orange(rig: PtyRig) -> int:
    """How many pixels of the screen have about the colour of the box."""
    return int((np.abs(np.asarray(rig.picture()).astype(int) - ORANGE).max(2) < 24).sum())


@pytest.mark.parametrize(
    ("kind", "shown", "left_out"),
    [
        ("kitty", "Kitty graphics  <- taken", "Sixel: the terminal does not say"),
        ("sixel", "Sixel  <- taken", "Kitty graphics: no answer"),
        ("cells", "cells, half blocks  <- taken", "Sixel: the terminal does not say"),
    ],
)
def test_each_way_is_drawn_below_the_other(kind: Kind, shown: str, left_out: str, tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "PYTHONPATH": str(Path.cwd())}
    with PtyRig(COMMAND, kind=kind, rows=90, directory=tmp_path, environment=environment) as rig:
        rig.wait_for("project", 60)
        rig.wait_for_exit(60)
        text = rig.text
        assert shown in text and left_out in text
        assert "ESC [16t  answered: ESC [6;20;10t" in text
        assert "cells, sextants" in text
        rows = rig.screen()
        assert sum("▀" in row for row in rows) >= 7
        assert orange(rig) > (1500 if kind != "cells" else 200)
        if kind == "sixel":
            assert rig.emulator.counts.sixels == 1
        assert not rig.strays


def test_without_a_terminal_it_draws_nothing(tmp_path: Path) -> None:
    ran = subprocess.run(
        COMMAND,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        text=True,
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PYTHONPATH": str(Path.cwd()), "PATH": "/usr/bin:/bin"},
        timeout=120,
        check=False,
    )
    assert "no terminal" in ran.stdout
    assert "\x1b" not in ran.stdout and "▀" not in ran.stdout
    assert "engine" in ran.stdout
