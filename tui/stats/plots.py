"""Plots: numbers as characters, drawn away from the UI thread: one takes up to 13 ms.

Nothing is told by colour alone: series have marks of their own, and the table beside has every number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rich.cells import cell_len
from rich.text import Text

from store.printable import printable

RGB = tuple[int, int, int]

MARKS = ("█", "▒", "/", "x", "o", "+", "=", "*")
LABEL = 22
"""Cells that a bar's name may take."""


@dataclass(frozen=True)
class Look:
    """How large a plot is, in cells, and the colours of its series, the first the strongest."""

    width: int
    height: int
    colours: tuple[RGB, ...]


Draw = Callable[[Look], Text | None]
"""Draws a plot; None where there is nothing to see or no room."""


def _blank(look: Look) -> Any:
    # Imported here: 75 ms, that only who opens the Stats screen pays.
    from textual_plotext.plot import Plot

    plot: Any = Plot()
    plot.plotsize(look.width, look.height)
    # `plotsize` alone leaves rows unevenly spread; textual-plotext's own widget does the same.
    plot._set_size(look.width, look.height)
    plot.theme("clear")
    return plot


def _drawn(plot: Any) -> Text:
    return Text.from_ansi(plot.build(), no_wrap=True, overflow="crop")


def _fits(look: Look) -> bool:
    return look.width >= 24 and look.height >= 7


def _label(name: str, number: int) -> str:
    """A name that is as many cells wide as characters long, or the number of its row in the table."""
    name = printable(name)
    if cell_len(name) != len(name):
        return f"row {number}"
    return name if len(name) <= LABEL else f"{name[: LABEL - 1]}…"


def bars(values: Sequence[tuple[str, float]], *, whole: float | None = None) -> Draw:
    """A bar for each (name, value), the first at the top; as many as fit. `whole` is where the axis ends."""

    def draw(look: Look) -> Text | None:
        some = [(_label(name, n), value) for n, (name, value) in enumerate(values, 1)]
        some = some[: look.height - 3]
        if not some or not _fits(look):
            return None
        plot = _for_bars(look, len(some))
        names = [name for name, _ in reversed(some)]
        plot.bar(
            _unique(names),
            [value for _, value in reversed(some)],
            orientation="horizontal",
            width=THIN,
            marker=MARKS[0],
            color=look.colours[0],
        )
        _one_row_each(plot, look, len(some))
        if whole is not None:
            plot.xlim(min(0.0, *(value for _, value in some)), whole)
        else:
            _axis_of_counts(plot, max(value for _, value in some), along="x")
        return _drawn(plot)

    return draw


FRAME = 3
"""Rows of a plot that its frame and the numbers below it take."""
THIN = 0.01
"""So thick a bar is one row: plotext rounds its two edges to rows."""


def _airy(look: Look, count: int) -> bool:
    """Whether there is room for a free row around each bar."""
    return count == 1 or look.height - FRAME >= 2 * count + 1


def _for_bars(look: Look, count: int) -> Any:
    """A plot that is as high as so many bars."""
    return _blank(replace(look, height=(2 * count + 1 if _airy(look, count) else count) + FRAME))


def _one_row_each(plot: Any, look: Look, count: int) -> None:
    """The bars at 1, 2, 3… each meet one row. To be said after the bars: they set the axis too."""
    if _airy(look, count):
        plot.ylim(0.5, count + 0.5)
    else:
        plot.ylim(1, count)


def _unique(names: Sequence[str]) -> list[str]:
    """No two alike: a plot puts bars of one name in one place."""
    found: list[str] = []
    for name in names:
        while name in found:
            name += " "
        found.append(name)
    return found


def stacked(values: Sequence[tuple[str, Sequence[float]]], parts: Sequence[str]) -> Draw:
    """A bar for each name, made of the parts."""

    def draw(look: Look) -> Text | None:
        some = [(_label(name, n), value) for n, (name, value) in enumerate(values, 1)]
        some = some[: look.height - 4]
        used = [n for n in range(len(parts)) if any(value[n] for _, value in some)]
        if not used or not _fits(look):
            return None
        below = replace(look, height=look.height - 1)
        plot = _for_bars(below, len(some))
        plot.stacked_bar(
            _unique([name for name, _ in reversed(some)]),
            [[value[n] for _, value in reversed(some)] for n in used],
            orientation="horizontal",
            width=THIN,
            marker=[MARKS[n] for n in used],
            color=[look.colours[n % len(look.colours)] for n in used],
        )
        _one_row_each(plot, below, len(some))
        _axis_of_counts(plot, max(sum(value) for _, value in some), along="x")
        drawn = _drawn(plot)
        return _legend([(parts[n], MARKS[n], look.colours[n % len(look.colours)]) for n in used]) + drawn

    return draw


def _legend(entries: Sequence[tuple[str, str, RGB]]) -> Text:
    """A line above the plot: plotext's own legend lies on the bars."""
    line = Text(" ")
    for name, mark, colour in entries:
        line.append(mark * 2, style=f"rgb({colour[0]},{colour[1]},{colour[2]})")
        line.append(f" {name}   ")
    return line.append("\n")


def _axis_of_counts(plot: Any, highest: float, *, along: str) -> None:
    """Whole numbers on the axis that counts, from 0."""
    top = max(1, int(highest))
    step = max(1, -(-top // 4))
    ticks = list(range(0, top + 1, step))
    names = [f"{tick:,}" for tick in ticks]
    if along == "x":
        plot.xticks(ticks, names)
        plot.xlim(0, top)
    else:
        plot.yticks(ticks, names)
        plot.ylim(0, top)


def over_time(starts: Sequence[str], people: Mapping[str, Mapping[str, int]]) -> Draw:
    """Decisions of each person at each start, as lines of their own marks; the busiest people first."""

    def draw(look: Look) -> Text | None:
        if not starts or not _fits(look):
            return None
        plot = _blank(replace(look, height=look.height - 1))
        busiest = sorted(people, key=lambda name: -sum(people[name].values()))[: len(look.colours)]
        places = range(len(starts))
        entries = []
        for n, name in enumerate(busiest):
            said = people[name]
            plot.plot(
                places,
                [said.get(start, 0) for start in starts],
                marker=MARKS[n] if n else "•",
                color=look.colours[n],
            )
            entries.append((_label(name, n + 1), MARKS[n] if n else "•", look.colours[n]))
        _axis_of_counts(plot, max(max(said.values(), default=0) for said in people.values()), along="y")
        shown = list(places)[:: max(1, len(starts) * 8 // look.width + 1)]
        plot.xticks(shown, [_short(starts[place]) for place in shown])
        return _legend(entries) + _drawn(plot)

    return draw


def _short(start: str) -> str:
    """A day without its year: that has no room."""
    return start[5:] if len(start) == len("2026-11-21") else start


def histogram(counts: Sequence[int], lower: float, upper: float) -> Draw:
    """How many scores lie in each part of 0..1, with lines where the thresholds are."""

    def draw(look: Look) -> Text | None:
        if not any(counts) or not _fits(look):
            return None
        plot = _blank(look)
        width = 1 / len(counts)
        plot.bar(
            [(n + 0.5) * width for n in range(len(counts))],
            list(counts),
            width=0.9,
            marker=MARKS[0],
            color=look.colours[0],
        )
        plot.xlim(0, 1)
        plot.xticks([n / 10 for n in range(11)], [f"{n / 10:.1f}" for n in range(11)])
        _axis_of_counts(plot, max(counts), along="y")
        for threshold in (lower, upper):
            plot.vline(threshold, look.colours[1])
        return _drawn(plot)

    return draw
