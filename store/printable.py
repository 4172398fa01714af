"""Strangers' text made safe to show: no control character ever reaches a terminal."""

from __future__ import annotations

import unicodedata

# C0, DEL and C1 act on terminals; Cf holds the bidirectional overrides that make text lie; lone
# surrogates stand for bytes of a file name that are no UTF-8.
_UNSAFE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
# Zero-width joiners and variation selectors shape emoji and several scripts.
_KEPT = {"\u200c", "\u200d"}


def printable(text: object) -> str:
    """`text` on one line with every control, format or undecodable character written as an escape."""
    shown = str(text)
    if shown.isascii() and shown.isprintable():
        return shown
    return "".join(_escape(char) for char in shown)


def _escape(char: str) -> str:
    code = ord(char)
    if code >= 0x10FF00:
        return f"\\x{code - 0x10FF00:02x}"
    if char in _KEPT or unicodedata.category(char) not in _UNSAFE:
        return char
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(char)
    return named or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
