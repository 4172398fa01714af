"""JSON that is too large to hold: the items of its arrays, one at a time."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from store.errors import Refused

CHUNK = 1 << 18
"""Bytes that are read at once."""
LARGEST = 256 << 20
"""Characters of one item, and of all of a file that is in no array."""


def items(source: Path, name: str = "") -> Iterator[Any]:
    """The items of the array that a file's object has under `name`, or that the file is.

    Raises Refused for what is no JSON; where there is no such array, there are no items.
    """
    try:
        with source.open("rb") as file:
            yield from _Reader(iter(lambda: file.read(CHUNK), b"")).items(name)
    except OSError as error:
        raise Refused(f"{source} cannot be read: {error.strerror}") from None
    except json.JSONDecodeError as error:
        raise Refused(f"{source.name} is not JSON: {error.msg}, near {error.doc!r}") from None
    except UnicodeDecodeError:
        raise Refused(f"{source.name} is not JSON: it is not in UTF-8") from None
    except (ValueError, RecursionError):
        raise Refused(f"{source.name} is not JSON that can be read") from None


class _Reader:
    """A stretch of the file's text, in which whole values are found."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._decode = codecs.getincrementaldecoder("utf-8-sig")()
        self._scan = json.JSONDecoder(parse_constant=_no_number).raw_decode
        self._text = ""
        self._at = 0
        self._ended = False

    def items(self, name: str) -> Iterator[Any]:
        """See the function of this name."""
        if self._next() == "[":
            yield from self._array() if not name else ()
            return
        self._take("{")
        if self._next() == "}":
            return
        while True:
            key = self._value()
            self._take(":")
            if key == name and self._next() == "[":
                yield from self._array()
            elif self._next() == "[":
                for _ in self._array():
                    pass
            else:
                self._value()
            if not self._goes_on("}"):
                return

    def _array(self) -> Iterator[Any]:
        self._take("[")
        if self._next() == "]":
            self._at += 1
            return
        while True:
            yield self._value()
            if not self._goes_on("]"):
                return

    def _goes_on(self, end: str) -> bool:
        if self._next() == end:
            self._at += 1
            return False
        self._take(",")
        return True

    def _value(self) -> Any:
        self._next()
        while True:
            try:
                value, end = self._scan(self._text, self._at)
                # A number may go on behind what has been read of it.
                if end < len(self._text) or self._ended:
                    self._at = end
                    return value
            except json.JSONDecodeError as error:
                if self._ended:
                    raise self._wrong(error.msg) from None
            if len(self._text) - self._at > LARGEST:
                raise self._wrong("a value is too large")
            self._read(len(self._text) - self._at)

    def _next(self) -> str:
        """The character that comes, behind white space; empty at the end."""
        while True:
            while self._at < len(self._text):
                char = self._text[self._at]
                if char not in " \t\r\n":
                    return char
                self._at += 1
            if self._ended:
                return ""
            self._read(0)

    def _take(self, wanted: str) -> None:
        if self._next() != wanted:
            raise self._wrong(f"'{wanted}' is missing")
        self._at += 1

    def _read(self, kept: int) -> None:
        """Read on, at least as much as is `kept`, so that a long value is looked at few times."""
        parts = [self._text[self._at :]]
        fresh = 0
        while not self._ended and fresh <= kept:
            chunk = next(self._chunks, b"")
            self._ended = not chunk
            parts.append(self._decode.decode(chunk, final=self._ended))
            fresh += len(parts[-1]) or 1
        self._text, self._at = "".join(parts), 0

    def _wrong(self, message: str) -> json.JSONDecodeError:
        near = self._text[self._at : self._at + 40]
        return json.JSONDecodeError(message, near, 0)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON")
