"""Commands: whatever has a binding now, by name, for the palette and the command line."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.screen import Screen

import themes
from tui.places import Place, screen_at

if TYPE_CHECKING:
    from tui.app import WinnowApp


@dataclass(frozen=True)
class Command:
    """Something that can be done now."""

    name: str
    """What it does, in lower case: "new task"."""
    id: str
    """Its binding's id ("tasks.new"), which keymaps use; "" for what has no key."""
    key: str
    """The keys that do it, as they are shown; "" for what has no key."""
    run: Callable[[], Awaitable[Any] | Any]

    @property
    def scope(self) -> str:
        """Where it works: the id's part before the dot."""
        return self.id.partition(".")[0]


_EVERYDAY = {"list", "choice", "bar", "picker", "command"}
"""Scopes of what everybody knows: it comes last."""


def live(screen: Screen[Any]) -> list[Command]:
    """What works on `screen` now: what is particular to it, what works everywhere, moving about."""
    app = cast("WinnowApp", screen.app)
    found: dict[str, Command] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        if not binding.id or not binding.description or not active.enabled:
            continue
        known = found.get(binding.id)
        key = app.get_key_display(binding)
        run = partial(app.run_action, binding.action, active.node)
        keys = f"{known.key} {key}" if known else key
        found[binding.id] = Command(binding.description.lower(), binding.id, keys, run)
    ordered = sorted(found.values(), key=lambda command: command.scope in _EVERYDAY)
    return [*ordered, *_appearances(app)]


def _appearances(app: WinnowApp) -> list[Command]:
    looks = [
        Command(f"theme {name}", "", "", partial(setattr, app, "theme", name)) for name in themes.palettes()
    ]
    keymaps = [Command(f"keymap {name}", "", "", partial(app.use_keymap, name)) for name in themes.keymaps()]
    shows = "hide keys" if app.shows_keys else "show keys"
    return [*_screens(app), *looks, *keymaps, Command(shows, "", "", app.turn_key_showing)]


def _screens(app: WinnowApp) -> list[Command]:
    """What the task list opens by a key, from wherever one is."""
    at_home = any(active.binding.id == "tasks.models" for active in app.screen.active_bindings.values())
    names = () if at_home else ("stats", "models")
    return [Command(name, "", "", partial(_open, app, name)) for name in names]


def _open(app: WinnowApp, name: str) -> None:
    opened = screen_at(Place(name))
    if opened is not None:
        app.push_screen(opened)


class LiveCommands(Provider):
    """The commands of the screen that the palette was opened on."""

    async def discover(self) -> Hits:
        """Everything, before anything is typed."""
        for command in live(self.screen):
            yield DiscoveryHit(command.name.capitalize(), command.run, help=_help(command))

    async def search(self, query: str) -> Hits:
        """What matches, fuzzily."""
        matcher = self.matcher(query)
        for command in live(self.screen):
            score = matcher.match(command.name)
            if score > 0:
                shown = matcher.highlight(command.name.capitalize())
                yield Hit(score, shown, command.run, help=_help(command))


def _help(command: Command) -> str | None:
    return f"{command.key}   {command.id}" if command.key else None
