"""Ways through a text: words and lines, by what their characters are."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

FAR = 4096
"""Characters that a key looks through at most: a word may be as long as the text."""


@lru_cache(maxsize=1 << 14)
def sort(char: str) -> str:
    """What a character is to words: "space", "word", "mark" (part of what is before it), "sign", or "one"
    for those of scripts that write no spaces."""
    if char.isspace():
        return "space"
    category = unicodedata.category(char)
    if category[0] == "M" or char in "\u200c\u200d":
        return "mark"
    if category == "Lo" and unicodedata.east_asian_width(char) == "W" and not "\uac00" <= char <= "\ud7a3":
        return "one"
    return "word" if category[0] in "LN" or char == "_" else "sign"


def next_word(text: str, at: int) -> int:
    """Where the word after the one at `at` begins, else the text's last character."""
    end = _word_end(text, at) if at < len(text) and sort(text[at]) != "space" else at
    while end < min(len(text), at + FAR) and sort(text[end]) == "space":
        end += 1
    return min(end, max(len(text) - 1, 0))


def last_of_word(text: str, at: int) -> int:
    """The last character of the word at `at`, of the next one from there."""
    begin = at + 1
    while begin < min(len(text), at + FAR) and sort(text[begin]) in ("space", "mark"):
        begin += 1
    if begin >= len(text):
        return max(len(text) - 1, 0)
    return _word_end(text, begin) - 1


def previous_word(text: str, at: int) -> int:
    """Where the word before `at` begins, or the one that `at` is in."""
    begin = at
    while begin > max(0, at - FAR) and sort(text[begin - 1]) == "space":
        begin -= 1
    return _word_start(text, begin - 1) if begin > 0 else 0


def word(text: str, at: int) -> tuple[int, int]:
    """The word, the run of signs or of spaces at a character, [start, end)."""
    start = _word_start(text, at)
    return start, _word_end(text, start)


def next_line(text: str, at: int) -> int:
    """Where the next line of the text begins, not of the screen; else the last character."""
    found = text.find("\n", at) + 1
    return found if 0 < found < len(text) else max(len(text) - 1, 0)


def previous_line(text: str, at: int) -> int:
    """Where the line begins, or the one before where it begins there."""
    return text.rfind("\n", 0, max(at - 1, 0)) + 1


def _word_end(text: str, at: int) -> int:
    wanted, end = sort(text[at]), at + 1
    while end < min(len(text), at + FAR):
        found = sort(text[end])
        if found != "mark" and (found != wanted or wanted == "one"):
            break
        end += 1
    return end


def _word_start(text: str, at: int) -> int:
    least = max(0, at - FAR)
    while at > least and sort(text[at]) == "mark":
        at -= 1
    wanted = sort(text[at])
    start = at
    while wanted != "one" and at > least and sort(text[at - 1]) in (wanted, "mark"):
        at -= 1
        if sort(text[at]) == wanted:
            start = at
    return start
