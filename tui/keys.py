"""Keys: which key does what, from the shipped keymaps and the user's own."""

from __future__ import annotations

import os
import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from textual.keys import Keys, format_key

import themes
from store.errors import Refused
from store.names import did_you_mean
from store.printable import printable

Keymap = dict[str, str]
"""Binding ids ("label.accept") and their keys, with commas between several ("a,y")."""

ANYWHERE = "app"
"""The scope whose keys work on every screen."""
LIST = "list"
WITH_LIST = ("models", "stats", "tasks", "troubles", "whose", "menu")
"""The keys that move in a list, and the screens on which they do."""

_NAMED = {key.value for key in Keys}
_MODIFIERS = {"ctrl", "shift"}
# Terminals do not tell them apart from other keys, or tmux and screen take them.
_UNSAFE = re.compile(r"(?:^|\+)(?:alt|meta|super|hyper)\+|^ctrl\+(?:enter|b|a|space)$")


def default() -> Keymap:
    """Every binding's id with the keys it has unless a keymap says otherwise."""
    return _read(themes.keymaps()["default"])


def own_file() -> Path:
    """The user's keymap: `keymap.toml` in Winnow's folder of the user's configuration."""
    if sys.platform == "win32":
        folder = Path(os.environ.get("APPDATA", "~")).expanduser()
    else:
        folder = Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser()
    return folder / "winnow" / "keymap.toml"


def load(chosen: str | None = None) -> Keymap:
    """The keys that differ from the code's own: of `$WINNOW_KEYMAP` (a file, or a shipped keymap's name),
    else of the user's file, else of the shipped keymap `chosen`.

    Raises Refused for unknown ids, unknown keys, and a key that would do two things.
    """
    named = os.environ.get("WINNOW_KEYMAP")
    if named and named in themes.keymaps():
        return checked(_read(themes.keymaps()[named]), named)
    path = Path(named).expanduser() if named else own_file()
    if named or path.is_file():
        return checked(_read(path), str(path))
    if chosen in themes.keymaps():
        return checked(_read(themes.keymaps()[chosen]), chosen)
    return {}


def checked(keymap: Keymap, origin: str) -> Keymap:
    """`keymap` if it fits the app's bindings, with nothing doubled. Raises Refused with the reason."""
    known = default()
    for binding, keys in keymap.items():
        if binding not in known:
            raise Refused(f"{origin}: there is no binding {binding}{did_you_mean(binding, known)}")
        for key in keys.split(","):
            _require_key(key.strip(), binding, origin)
    _require_single({**known, **keymap}, origin)
    return keymap


def _read(path: Path) -> Keymap:
    """A keymap file: one table a screen, in it action = "key, key"; `extends` names a shipped one."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise Refused(f"the keymap {path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused(f"the keymap {path} is no TOML: {printable(error)}") from None
    extended = data.pop("extends", None)
    if extended is not None and extended not in themes.keymaps():
        raise Refused(f"{path}: there is no keymap {extended}{did_you_mean(str(extended), themes.keymaps())}")
    keymap = _read(themes.keymaps()[extended]) if extended else {}
    for scope, bindings in data.items():
        keymap.update(_scope(path, scope, bindings))
    return keymap


def _scope(path: Path, scope: str, bindings: Any) -> Keymap:
    if not isinstance(bindings, Mapping) or not all(isinstance(keys, str) for keys in bindings.values()):
        raise Refused(f'{path}: write tables of the form [{scope}] with lines like accept = "a, y"')
    return {
        f"{scope}.{action}": ",".join(key.strip() for key in re.split(r",\s*(?=\S)", keys))
        for action, keys in bindings.items()
    }


def _require_key(key: str, binding: str, origin: str) -> None:
    *modifiers, name = key.split("+") if len(key) > 1 else [key]
    if _UNSAFE.search(key):
        raise Refused(f"{origin}: {binding} cannot be {key}: terminals or tmux do not pass it on")
    known = len(name) == 1 or key in _NAMED or name in _NAMED or len(format_key(name)) == 1
    if not known or not set(modifiers) <= _MODIFIERS:
        raise Refused(f"{origin}: {binding} is set to {key!r}, which is no key: write a, ctrl+d, enter, f2…")


def _require_single(keymap: Keymap, origin: str) -> None:
    """Within a screen, with what works on it beside its own keys, a key does one thing."""
    scopes: dict[str, dict[str, str]] = defaultdict(dict)
    for binding, keys in keymap.items():
        scope = binding.partition(".")[0]
        for key in keys.split(","):
            other = scopes[scope].setdefault(key, binding)
            if other != binding:
                raise _doubled(origin, key, other, binding)
    for scope, taken in scopes.items():
        for beside in (ANYWHERE, LIST) if scope in WITH_LIST else (ANYWHERE,):
            for key in taken.keys() & scopes[beside].keys() if scope != beside else ():
                # A screen may do the same thing in its own way: review.undo goes before app.undo.
                if taken[key].partition(".")[2] != scopes[beside][key].partition(".")[2]:
                    raise _doubled(origin, key, scopes[beside][key], taken[key])


def _doubled(origin: str, key: str, one: str, other: str) -> Refused:
    return Refused(f"{origin}: the key {key} is set for both {one} and {other}")
