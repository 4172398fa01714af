"""`winnow doctor`: what works here and what does not."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import click

ENGINE_PATIENCE = 60.0


@click.command()
@click.option("--picture", is_flag=True, help="Draw a photo the way the app does, to see whether it works.")
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="For models.",
)
@click.option("--checks", is_flag=True, help="Only look whether the store keeps every rule, row by row.")
@click.option("--mend", is_flag=True, help="With --checks: put right counters and queues, never labels.")
@click.option("--json", "as_json", is_flag=True, help="With --checks: the findings as JSON on stdout.")
@click.pass_obj
def command(project: Any, picture: bool, device: str, checks: bool, mend: bool, as_json: bool) -> int:
    """Say what the terminal can show, what models run on, and how the project is.

    Exit code 1 when something is wrong.
    """
    if checks:
        return _checks(project, mend, as_json)
    if mend or as_json:
        raise click.UsageError("--mend and --json go with --checks")
    from tui import terminal

    found = terminal.probe()
    if picture:
        _draw(found)
    _section("winnow", [(True, "version", f"{version('winnow-label')}, Python {platform.python_version()}")])
    _section("terminal", _terminal(found))
    _specimens(found)
    good = _section("engine", _engine(device))
    return 0 if _section("project", _project(project)) and good else 1


def _checks(project: Any, mend: bool, as_json: bool) -> int:
    from store import checks, database, rights
    from store.output import json_array

    if mend:
        rights.require(project.open(), *rights.LEADS)
    else:
        database.connect(database.locate(project.store))
    found = checks.run(mend)
    if as_json:
        json_array({"what": one.what, "good": one.good, "sentence": one.sentence} for one in found)
    else:
        _section("store", ((one.good, one.what, one.sentence) for one in found), width=22)
    return 0 if all(one.good for one in found) else 1


def _section(title: str, findings: Any, width: int = 10) -> bool:
    from store.printable import printable

    click.secho(title, bold=True)
    good = True
    for fine, what, sentence in findings:
        click.echo(f"  {'✓' if fine else '✗'} {what:<{width}}{printable(sentence)}")
        good = good and fine
    return good


def _terminal(found: Any) -> Iterator[tuple[bool, str, str]]:
    on_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    yield True, "pictures", f"{found.graphics}: {found.reason}"
    if not on_terminal:
        return
    yield found.answered, "answers", f"after {found.milliseconds:.0f} ms" if found.answered else "none"
    yield True, "name", found.name or "it does not say"
    yield True, "cell", f"{found.cell_width}×{found.cell_height} pixels"
    colours = (
        "16 million" if found.true_colour else "not known to show 16 million (COLORTERM=truecolor says so)"
    )
    yield True, "colours", colours
    if found.client is not None:
        features = ", ".join(sorted(found.client.features))
        yield True, "tmux", f"before {found.client.terminal or 'a terminal without a name'}: {features}"
    for query, reply in found.exchanges:
        yield True, "asked", f"{query}  answered: {reply or 'nothing'}"


def _specimens(found: Any) -> None:
    """A small photo in each way that the terminal can; nothing where it is not a terminal that answers."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or "NO_COLOR" in os.environ or not found.answered:
        return
    from tui.specimen import specimens

    click.secho("pictures: each shows a panda in an orange box", bold=True)
    for title, text in specimens(found):
        click.echo(f"  {title}")
        # Not through click, which may take the colours out.
        sys.stdout.write(text)
        sys.stdout.flush()
    click.echo(
        "  another way: WINNOW_GRAPHICS=cells, sixel or kitty; --picture draws one as large as the screen"
    )


def _engine(device: str) -> Iterator[tuple[bool, str, str]]:
    """The engine says itself what it runs on: it is a process of its own."""
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "engine", "device", "--device", device],
            capture_output=True,
            text=True,
            timeout=ENGINE_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        yield False, "device", f"the engine cannot be asked: {error}"
        return
    said = (ran.stdout if ran.returncode == 0 else ran.stderr).strip().splitlines()
    yield ran.returncode == 0, "device", said[-1] if said else f"the engine ended with code {ran.returncode}"


def _project(project: Any) -> Iterator[tuple[bool, str, str]]:
    from store import checkup, database
    from store.errors import NotFound, Refused

    try:
        database.connect(database.locate(project.store))
    except NotFound as none:
        yield project.store is None, "store", str(none)
        return
    except Refused as refused:
        yield False, "store", str(refused)
        return
    for finding in checkup.findings():
        yield finding.good, finding.what, finding.sentence


def _draw(found: Any) -> None:
    from tui.opening import require_terminal
    from tui.sample import SampleApp

    require_terminal()
    seen = SampleApp(found).run()
    if seen is False:
        click.echo("another way may work: WINNOW_GRAPHICS=cells, sixel or kitty")
