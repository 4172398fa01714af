"""Names that people give to users, concepts, datasets and tasks: cleaned, checked, and compared."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable

from store.errors import NotFound, Refused
from store.printable import printable

LONGEST = 200


def clean(name: str, what: str) -> str:
    """`name` in Unicode's composed form without spaces around it; `what` says what it is ("a concept").

    Raises Refused when nothing is left, beyond 200 characters, or with control or format characters.
    """
    cleaned = unicodedata.normalize("NFC", name.strip())
    if not cleaned:
        raise Refused(f"{what} cannot be empty")
    if len(cleaned) > LONGEST:
        raise Refused(f"{what} has at most {LONGEST} characters, not {len(cleaned)}")
    if printable(cleaned) != cleaned:
        raise Refused(f"{what} cannot hold control characters: '{cleaned}'")
    return cleaned


def close(name: str, known: Iterable[str]) -> list[str]:
    """Up to five of the `known` names that `name` may have meant, the likeliest first."""
    by_folded: dict[str, str] = {}
    for candidate in known:
        by_folded.setdefault(candidate.casefold(), candidate)
    wanted = name.casefold()
    similar = difflib.get_close_matches(wanted, by_folded, n=5, cutoff=0.6)
    within = [folded for folded in by_folded if len(wanted) > 2 and wanted in folded]
    chosen = dict.fromkeys([*similar, *sorted(within, key=len)])
    return [by_folded[folded] for folded in chosen][:5]


def did_you_mean(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """The end of a sentence about a name that nothing has: ": did you mean 'cat'?" or `otherwise`."""
    near = close(name, known)
    hint = f"did you mean {_or(near)}?" if near else otherwise
    return f": {hint}" if hint else ""


def not_found(what: str, name: str, known: Iterable[str], otherwise: str = "") -> NotFound:
    """The error for a name that nothing has."""
    return NotFound(f"there is no {what} '{name}'{did_you_mean(name, known, otherwise)}")


def _or(choices: list[str]) -> str:
    quoted = [f"'{choice}'" for choice in choices]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
