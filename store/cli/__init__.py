"""The command `winnow`: its nouns are the modules of the rooms' `cli` folders, imported when used.

A module `task.py` gives the noun `task` by its `command`, a click command or group. Where several rooms
have a noun of one name, their verbs come together. Underscores in a module's name read as dashes, one
at its end is dropped (`import_`).
"""

from __future__ import annotations

import functools
import importlib
import os
import pkgutil
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import click

from store.errors import Refused
from store.printable import printable

if TYPE_CHECKING:
    from store.tables import User


ROOMS = ("store.cli", "tui.cli")
"""Where commands of ours without verbs are; the entry points name these and everybody else's."""


@dataclass(frozen=True)
class Project:
    """The project that a command works on, as it was named; opened by the verb that needs it."""

    store: str | None = None
    user: str | None = None

    def open(self) -> User:
        """Open the store; returns the user who acts. Raises Refused without a store or such a user."""
        # Imported here: help and usage errors need no database.
        from store import database, users

        database.connect(database.locate(self.store))
        for warning in (database.sqlite_warning(), database.reading_note()):
            if warning:
                click.echo(f"winnow: {warning}", err=True)
        return users.current(self.user)


class Nouns(click.Group):
    """The group whose commands lie in the folders that the rooms name."""

    def list_commands(self, context: click.Context) -> list[str]:
        """The nouns by name."""
        return sorted(_modules())

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """A noun with the verbs of every room.

        A command of ours without verbs is not looked for elsewhere: reading what all installed packages
        bring takes a tenth of the app's start.
        """
        found = _commands(name, _brought_by(ROOMS))
        if not found or any(isinstance(command, click.Group) for command in found):
            found = _commands(name, _modules())
        if len(found) < 2:
            return found[0] if found else None
        merged = click.Group(name, help=found[0].help)
        for group in found:
            merged.commands.update(group.commands)
        return merged


def _commands(name: str, modules: dict[str, list[str]]) -> list[Any]:
    return [importlib.import_module(module).command for module in modules.get(name, [])]


@functools.cache
def _modules() -> dict[str, list[str]]:
    """Noun → the modules that bring it, ours first."""
    from importlib.metadata import entry_points

    packages = {entry.value for entry in entry_points(group="winnow.commands")}
    return _brought_by(tuple(sorted(packages, key=_ours_first)))


@functools.cache
def _brought_by(packages: tuple[str, ...]) -> dict[str, list[str]]:
    """Noun → the modules of these packages that bring it."""
    nouns: dict[str, list[str]] = {}
    for package in packages:
        try:
            spec = find_spec(package)
        except ModuleNotFoundError:
            continue
        for module in pkgutil.iter_modules(spec.submodule_search_locations if spec else None):
            if not module.name.startswith("_"):
                noun = module.name.rstrip("_").replace("_", "-")
                nouns.setdefault(noun, []).append(f"{package}.{module.name}")
    return nouns


def _ours_first(package: str) -> tuple[bool, str]:
    return package != __name__, package


@click.group(cls=Nouns, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--store", metavar="FILE", help="The project's store; else winnow.db here or in a parent folder."
)
@click.option("--as", "user", metavar="USER", help="Who acts; else $WINNOW_USER or the login name.")
@click.version_option(package_name="winnow-label", message="winnow %(version)s")
@click.pass_context
def winnow(context: click.Context, store: str | None, user: str | None) -> int | None:
    """Label images and text, with models doing the first pass and people reviewing it.

    Without a command it opens the app.
    """
    context.obj = Project(store, user)
    if context.invoked_subcommand is not None:
        return None
    code: int | None = context.invoke(_open(context))
    return code


def _open(context: click.Context) -> click.Command:
    command = context.command.get_command(context, "open") if isinstance(context.command, Nouns) else None
    if command is None:
        raise Refused("the app is not installed here: 'winnow --help' shows the commands")
    return command


def main() -> None:
    """The entry point of the command `winnow`."""
    sys.exit(call(winnow))


def call(command: click.Command, arguments: list[str] | None = None, name: str = "winnow") -> int:
    """Run a command line; returns its exit code: 0 done, 1 refused or failed, 2 wrong usage, 130
    interrupted. Every failure is one sentence on stderr; a traceback only with WINNOW_DEBUG=1."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal of another encoding shows an escape instead of ending the command.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        result = command.main(arguments, prog_name=name, standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        return _wrong_usage(error)
    except (click.Abort, KeyboardInterrupt):
        click.echo(f"{name}: interrupted", err=True)
        return 130
    except BrokenPipeError:
        # Whoever read the output has enough. The interpreter's last flush must find no pipe either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        return _failed(error, name)
    return result if isinstance(result, int) else 0


def _wrong_usage(error: click.ClickException) -> int:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return error.exit_code
    if isinstance(error, click.UsageError) and error.ctx is not None:
        click.echo(error.ctx.get_usage(), err=True)
    click.echo(f"winnow: {printable(error.format_message())}", err=True)
    return error.exit_code


def _failed(error: Exception, name: str) -> int:
    if os.environ.get("WINNOW_DEBUG") == "1":
        import traceback

        traceback.print_exception(error)
    click.echo(f"{name}: {printable(_sentence(error))}", err=True)
    return 1


def _sentence(error: Exception) -> str:
    if isinstance(error, Refused):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    kind = type(error).__name__
    return f"something went wrong that should not ({kind}: {error}); WINNOW_DEBUG=1 shows where"
