"""XML from strangers: its elements one at a time, with no document type and so no entities."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element
from xml.parsers import expat

from store.errors import Refused

CHUNK = 1 << 16
DEEPEST = 50
LARGEST = 64 << 20
"""Characters of one element."""


def elements(source: Path, name: str) -> Iterator[tuple[int, Element]]:
    """The elements of this name, each with the line that it begins on.

    Raises Refused for what is no XML, or has a document type: nothing that we read needs one, and billions of
    entities come out of a small one.
    """
    builder = _Builder(name)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda tag, attributes: builder.start(
        tag, attributes, parser.CurrentLineNumber
    )
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        with source.open("rb") as file:
            while chunk := file.read(CHUNK):
                parser.Parse(chunk, False)
                yield from builder.done()
            parser.Parse(b"", True)
            yield from builder.done()
    except OSError as error:
        raise Refused(f"{source} cannot be read: {error.strerror}") from None
    except Refused as error:
        raise Refused(f"{source.name}, line {parser.CurrentLineNumber}: {error}") from None
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise Refused(f"{source.name} is not XML: {error}") from None


def _refuse_doctype(*declared: Any) -> None:
    raise Refused("a document type is not taken")


class _Builder:
    """Makes elements of what the parser tells; nothing outside of the wanted ones is kept."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._open: list[Element] = []
        self._depth = 0
        self._size = 0
        self._line = 0
        self._done: list[tuple[int, Element]] = []

    def start(self, tag: str, attributes: dict[str, str], line: int) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise Refused(f"elements lie more than {DEEPEST} deep in each other")
        if not self._open and tag != self._name:
            return
        made = Element(tag, attributes)
        if self._open:
            self._open[-1].append(made)
        else:
            self._line, self._size = line, 0
        self._open.append(made)
        self._grow(sum(map(len, attributes.values())) + len(tag))

    def text(self, said: str) -> None:
        if self._open:
            self._open[-1].text = (self._open[-1].text or "") + said
            self._grow(len(said))

    def end(self, tag: str) -> None:
        self._depth -= 1
        if self._open:
            made = self._open.pop()
            if not self._open:
                self._done.append((self._line, made))

    def done(self) -> Iterator[tuple[int, Element]]:
        """Those that are complete, each once."""
        while self._done:
            yield self._done.pop(0)

    def _grow(self, by: int) -> None:
        self._size += by + 16
        if self._size > LARGEST:
            raise Refused(f"<{self._name}> is larger than {LARGEST >> 20} MiB")


def number(said: str | None, what: str) -> float:
    """A number as XML has it. Raises Refused."""
    try:
        value = float(said or "")
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise Refused(f"{what} must be a number")
    return value


def holds(text: str) -> bool:
    """Whether XML can hold a text: no control characters, no bytes that are no UTF-8."""
    return all(
        char >= " " and not "\ud800" <= char <= "\udfff" and char not in "\ufffe\uffff" for char in text
    )
