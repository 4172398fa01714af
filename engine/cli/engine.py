"""`winnow engine`: run it here, see what runs, stop it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from store import database, jobs
from store.errors import NotFound
from store.printable import printable


@click.group()
def command() -> None:
    """Run models in the background for a store."""


def _connect(given: Path | None, context: click.Context) -> Path:
    explicit = str(given) if given else context.find_root().params.get("store")
    return database.locate(explicit)


_STORE = click.option("--store", type=click.Path(path_type=Path), help="The store to work for.")


@command.command()
@_STORE
@click.option(
    "--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", help="What models run on."
)
@click.option("--until-idle", is_flag=True, help="End when there is nothing left to do.")
@click.option("--while", "during", type=int, metavar="PID", help="End once that process is gone, when idle.")
@click.pass_context
def run(
    context: click.Context, store: Path | None, device: str, until_idle: bool, during: int | None
) -> None:
    """Work in the foreground until ctrl+c or SIGTERM."""
    from engine.loop import serve

    serve(_connect(store, context), device, until_idle=until_idle, during=during)


@command.command()
@_STORE
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def status(context: click.Context, store: Path | None, as_json: bool) -> None:
    """Show the living engines, what they run on and what they do."""
    database.connect(_connect(store, context))
    found = [
        {
            "host": engine.host,
            "pid": engine.pid,
            "device": engine.device,
            "sessions": engine.sessions,
            "activity": engine.activity,
            "started_at": engine.started_at,
            "heartbeat_age": jobs.age(engine),
        }
        for engine in jobs.living()
    ]
    if as_json:
        click.echo(json.dumps(found))
        return
    if not found:
        click.echo("no engine is running; the app starts one, or: winnow engine run", err=True)
    for engine in found:
        click.echo(printable(f"{engine['host']} process {engine['pid']} on {engine['device']}"))
        click.echo(printable(f"  doing: {engine['activity'] or 'nothing'}"))
        for session in engine["sessions"]:
            click.echo(printable(f"  {session['model']} {session['version']}: {session['provider']}"))


@command.command()
@_STORE
@click.option("--wait", default=30.0, show_default=True, help="Seconds to wait until it has ended.")
@click.pass_context
def stop(context: click.Context, store: Path | None, wait: float) -> None:
    """Ask every engine of the store to finish what it has begun and end; for owners and leads."""
    from store import users
    from store.supervise import wait_for

    database.connect(_connect(store, context))
    if not jobs.ask_to_stop(users.current(context.find_root().params.get("user"))):
        raise NotFound("no engine is running")
    if not wait_for(lambda: not jobs.living(), wait):
        raise NotFound(f"the engine is still at work after {wait:g} seconds; it ends after its chunk")
    click.echo("stopped", err=True)


@command.command()
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto")
def device(device: str) -> None:
    """Say what models would run on here, and why."""
    from engine.device import choose

    click.echo(choose(device).note)
