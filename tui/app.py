"""The app: lifecycle, what works on every screen, and nothing about labeling."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
from collections.abc import Callable, Mapping
from functools import partial
from types import FrameType
from typing import Any, ClassVar

from textual.actions import ActionParseResult
from textual.app import App
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.reactive import reactive
from textual.screen import Screen
from textual.theme import Theme

import themes
from store import sessions, undoing
from store.errors import Refused
from store.printable import printable
from store.tables import User
from tui import keys
from tui.commands import LiveCommands
from tui.engine_link import EngineLink, EngineState
from tui.key_showing import KeyShowing
from tui.keystrokes import OrderedKeys
from tui.places import HOME, Place, Placed, screen_at
from tui.reader import Reader
from tui.suspending import Suspending
from tui.terminal import Terminal
from tui.turns import TakingTurns
from tui.watch import Watch
from tui.writer import Writer

HANGUP_CODE = 129
TERMINATED_CODE = 143


class WinnowApp(KeyShowing[None], OrderedKeys[None], Suspending[None]):
    """Labeling and reviewing in a terminal. The store is open and belongs to this process."""

    TITLE = "Winnow"
    CSS_PATH = themes.STYLE
    COMMANDS = {LiveCommands}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,f1", "help", "Help", id="app.help"),
        Binding("ctrl+p", "command_palette", "Commands", id="app.palette", show=False, priority=True),
        Binding("colon", "command_line", "Command line", id="app.command", show=False),
        Binding("u", "undo", "Undo", id="app.undo", show=False),
        Binding("ctrl+r", "redo", "Redo", id="app.redo", show=False),
        Binding("ctrl+z", "suspend_process", "Stop until fg", id="app.suspend", show=False, priority=True),
        Binding("ctrl+l", "redraw", "Draw the screen again", id="app.redraw", show=False, priority=True),
        Binding("ctrl+c,ctrl+q", "quit", "Quit", id="app.quit", show=False, priority=True),
    ]

    engine_state: reactive[EngineState] = reactive(EngineState())
    """How the engine is; the top bar shows it."""
    opening: reactive[bool] = reactive(False)
    """Whether a screen is about to lie on the task list, which is there first; the top bar says so."""

    def __init__(
        self,
        actor: User,
        terminal: Terminal,
        *,
        device: str = "auto",
        first: Place | None = None,
        with_engine: bool = True,
    ) -> None:
        super().__init__(terminal=terminal)
        self.actor = actor
        self.writer = Writer(self)
        self.reader = Reader(self)
        self.store_watch = Watch(self)
        self.engine = EngineLink(self, self.writer, device) if with_engine else None
        self._reopening = first
        self._remembered: Place | None = None
        for palette in themes.palettes().values():
            self.register_theme(Theme(**palette))
        self._use_first_theme(sessions.recall(actor, "theme", "dark"))
        self._use_keymap(sessions.recall(actor, "keymap"))

    def _use_first_theme(self, name: str) -> None:
        """Before there is anything to be styled: to style all of it again takes a tenth of the start."""
        self.set_reactive(App.theme, name if name in self.available_themes else "dark")
        self.set_class(self.current_theme.dark, "-dark-mode", update=False)
        self.set_class(not self.current_theme.dark, "-light-mode", update=False)
        self.stylesheet.set_variables(self.get_css_variables())

    def use_keymap(self, name: str) -> None:
        """Change to a shipped keymap, now and from now on; the user's own file goes before it."""
        self.writer.submit(
            lambda: sessions.remember(self.actor, "keymap", name), lambda _: self._use_keymap(name)
        )

    def _use_keymap(self, chosen: str | None) -> None:
        try:
            self.set_keymap(keys.load(chosen))
        except Refused as refused:
            self.call_later(self.notify, printable(refused), severity="error", markup=False, timeout=20)

    def get_default_screen(self) -> Screen[Any]:
        """The task list: everything else lies on it."""
        from tui.screens.tasks import TasksScreen

        return TasksScreen()

    def on_mount(self) -> None:
        """Open where the user was, and look after store and engine once the first frame is there."""
        self._reopening = self._reopening or Place.from_json(sessions.recall(self.actor, "place"))
        self.watch(self, "theme", self._keep_theme, init=False)
        self.opening = self._reopening != HOME
        # A viewer is not there as soon as the task list is; what is typed meanwhile is for the viewer.
        go_on = self.hold_keys()
        self.call_after_refresh(self._reopen, self._reopening, go_on)

    def _reopen(self, place: Place, go_on: Callable[[], None]) -> None:
        if (screen := screen_at(place)) is not None:
            self.push_screen(screen)
        self._reopening, self.opening = None, False
        go_on()
        self.call_after_refresh(self._settle)

    @property
    def has_reopened(self) -> bool:
        """Whether it is where the user was."""
        return self._reopening is None and self._running

    @property
    def writes(self) -> bool:
        """Whether a decision is being written."""
        return not self.writer.idle

    def _settle(self) -> None:
        if not gc.isenabled():
            # All that is left stays: a search for garbage that went through it would be seen as a stall.
            gc.collect()
            gc.freeze()
            gc.enable()
        self.listen_to_job_control()
        self.store_watch.start()
        self.remember_place()
        self.set_interval(1.0, self.remember_place)
        if self.engine is not None:
            self.engine.start(self._show_engine)

    def _show_engine(self, state: EngineState) -> None:
        self.engine_state = state

    def _keep_theme(self, theme: str) -> None:
        self.writer.submit(lambda: sessions.remember(self.actor, "theme", theme))

    def remember_place(self) -> None:
        """Keep where the user is, so that the app reopens there whatever ends it."""
        placed = next((screen for screen in reversed(self.screen_stack) if isinstance(screen, Placed)), None)
        place = self._reopening or (placed.place() if placed is not None else HOME)
        if place != self._remembered:
            self._remembered = place
            self.writer.submit(lambda: sessions.remember(self.actor, "place", place.to_json()))

    def action_help(self) -> None:
        """Show every key that works here."""
        from tui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.screen))

    async def action_command_line(self) -> None:
        """Type a command's name."""
        from tui.widgets.command_line import CommandLine

        if not self.screen.query(CommandLine):
            await self.screen.mount(CommandLine())

    def action_undo(self) -> None:
        """Take back this user's last step."""
        self.writer.submit(lambda: undoing.undo(self.actor), lambda name: self._say(f"undone: {name}"))

    def action_redo(self) -> None:
        """Do the step again that was taken back last."""
        self.writer.submit(lambda: undoing.redo(self.actor), lambda name: self._say(f"done again: {name}"))

    def _say(self, sentence: str) -> None:
        self.notify(printable(sentence), markup=False, timeout=3)

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """As everywhere, but what is typed after leaving does nothing: its screen is being taken down."""
        return not self._exit and await super().run_action(action, default_namespace, namespaces)

    async def action_quit(self) -> None:
        """Go, once what was typed before is done. Everything is saved then."""
        go: Callable[[], None] = self.leave
        for screen in self.screen_stack:
            if isinstance(screen, TakingTurns) and screen.is_mounted:
                go = partial(screen.turns.take, go)
        go()

    def leave(self, code: int = 0) -> None:
        """Remember the place and exit."""
        self.remember_place()
        self.exit(return_code=code)

    def _fatal_error(self) -> None:
        # No traceback on the terminal: `open_app` raises the mistake again, to be told in one sentence.
        self._close_messages_no_wait()

    def listen_to_signals(self) -> None:
        """A hangup or a kill ends the app with everything written. Call before `run`, on its thread."""
        signal.signal(signal.SIGTERM, self._terminated)
        if hasattr(signal, "SIGHUP"):
            signal.signal(signal.SIGHUP, self._hung_up)

    def _terminated(self, number: int, frame: FrameType | None) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.leave, TERMINATED_CODE)

    def _hung_up(self, number: int, frame: FrameType | None) -> None:
        # The terminal is gone: Textual would wait for it to take what it writes, for ever.
        self.writer.close()
        with contextlib.suppress(Exception):
            if self.engine is not None:
                self.engine.leave()
        os._exit(HANGUP_CODE)
