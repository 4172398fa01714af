"""The task list's lines: which columns fit, and a bar of how far the labeling is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from store.printable import printable
from store.progress import Summary
from tui.widgets.item_rows import Piece, Rows, fitted

BAR = 10


@dataclass(frozen=True)
class Column:
    """A column: its heading, its least width, its share of the width that is left, what right-aligns it."""

    name: str
    width: int
    share: int = 0
    right: bool = False


_ALWAYS = {
    "Task": Column("Task", 14, 3),
    "Inputs": Column("Inputs", 7, right=True),
    "Labeling": Column("Labeling", 20),
    "Reviewed": Column("Reviewed", 9, right=True),
    "You can": Column("You can", 24),
}
# In the order in which they come as the screen grows wider.
_WIDER = {
    "Type": Column("Type", 14),
    "Concepts": Column("Concepts", 16, 3),
    "Dataset": Column("Dataset", 12, 2),
    "Labelers": Column("Labelers", 14, 2),
}
# In the order in which they go where even the others do not fit: what one can do stays readable.
_GIVEN_UP = ("Inputs", "Reviewed", "Labeling")
_ORDER = ("Task", "Type", "Dataset", "Concepts", "Labelers", "Inputs", "Labeling", "Reviewed", "You can")


def columns(width: int) -> list[tuple[Column, int]]:
    """The columns that fit into `width` cells and how wide each is; one cell lies between two."""
    chosen = dict(_ALWAYS)
    for name in _GIVEN_UP:
        if _least(chosen) > width:
            del chosen[name]
    for name, column in _WIDER.items():
        if _least(chosen) + column.width + 1 <= width:
            chosen[name] = column
    spare = max(0, width - _least(chosen))
    shares = sum(column.share for column in chosen.values()) or 1
    ordered = [chosen[name] for name in _ORDER if name in chosen]
    return [(column, column.width + spare * column.share // shares) for column in ordered]


def _least(chosen: dict[str, Column]) -> int:
    return sum(column.width + 1 for column in chosen.values()) + 1


def heading(width: int) -> str:
    """The line above the list."""
    return " " + " ".join(fitted(column.name, wide, right=column.right) for column, wide in columns(width))


def line(summary: Summary, width: int) -> Sequence[Piece]:
    """One task."""
    pieces: list[Piece] = [(" ", "")]
    for column, wide in columns(width):
        if column.name == "Labeling":
            pieces += labeling(summary, wide)
        else:
            text, style = _cell(summary, column.name)
            pieces.append((fitted(text, wide, right=column.right), style))
        pieces.append((" ", ""))
    return pieces


def labeling(summary: Summary, width: int) -> list[Piece]:
    """A bar, the percentage, and how many inputs failed."""
    done = BAR * summary.labeled_percent // 100
    style = {"SUCCESS": "rows--good", "FAILED": "rows--bad", "PENDING": "rows--dim"}.get(
        summary.labeling_status, "rows--doubtful"
    )
    failed = " ‖" if summary.paused else ""
    failed += f" !{summary.failed}" if summary.failed else ""
    words = f" {summary.labeled_percent:3}%"
    room = width - BAR - len(words)
    return [
        ("█" * done, style),
        ("░" * (BAR - done), "rows--dim"),
        (words, ""),
        (fitted(failed, room), "rows--bad"),
    ]


def can_do(summary: Summary) -> str:
    """What is left for the person who looks: "2 sent back · Label 12 · Review 3"."""
    parts = [f"{summary.sent_back} sent back"] if summary.sent_back else []
    parts += [f"Label {summary.to_label}"] if summary.to_label else []
    parts += [f"Review {summary.to_review}"] if summary.to_review else []
    return " · ".join(parts)


def _cell(summary: Summary, name: str) -> Piece:
    match name:
        case "Task":
            return printable(summary.name), "rows--strong"
        case "Type":
            return summary.type, ""
        case "Dataset":
            return printable(summary.dataset), ""
        case "Concepts":
            return printable(", ".join(summary.concepts)) or "any", ""
        case "Labelers":
            return printable(", ".join(summary.labelers)), "rows--dim"
        case "Inputs":
            return str(summary.inputs), ""
        case "Reviewed":
            return "–" if summary.reviewed_percent is None else f"{summary.reviewed_percent}%", ""
    return can_do(summary) or "–", "rows--doubtful" if summary.sent_back else ""


class TaskRows(Rows[Summary]):
    """The tasks, each on one line."""

    def __init__(self) -> None:
        super().__init__(line, lambda summary: summary.id, id="tasks")
