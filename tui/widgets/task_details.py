"""What the task list's line has no room for, below the list."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from store.printable import printable
from store.progress import Summary

STATUSES = {"PENDING": "Pending", "IN_PROGRESS": "In progress", "SUCCESS": "Success", "FAILED": "Failed"}

LENGTH = 120
"""Characters of concepts that are shown."""


class TaskDetails(Static):
    """The task under the cursor, in words."""

    DEFAULT_CSS = """
    TaskDetails {
        padding: 0 1;
        border-top: solid $panel;
    }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)

    def show(self, summary: Summary | None) -> None:
        """Tell of another task, or of none."""
        self.display = summary is not None
        if summary is not None:
            self.update(Content("\n").join(_facts(summary)))


def _facts(summary: Summary) -> list[Content]:
    labeling = f"{STATUSES[summary.labeling_status]}, {summary.labeled_percent}% labeled"
    if summary.reviewed_percent is not None:
        labeling += f", {summary.reviewed_percent}% reviewed"
    if summary.failed:
        labeling += f", {summary.failed} inputs failed (t shows why)"
    if summary.paused:
        labeling += ", the model is paused (p lets it go on)"
    if summary.archived:
        labeling += ", archived (z brings it back)"
    facts = {
        "": f"{summary.type} on {summary.inputs} inputs of {summary.dataset}",
        "status": labeling,
        "labelers": ", ".join(summary.labelers) or "nobody",
        "reviewers": ", ".join(summary.reviewers) or "nobody",
        "concepts": _some(summary.concepts) or "any",
    }
    return [_fact(name, value) for name, value in facts.items()]


def _some(concepts: list[str]) -> str:
    """As many as two lines of a narrow screen hold, and how many there are more."""
    shown: list[str] = []
    for concept in concepts:
        if sum(len(name) + 2 for name in shown) + len(concept) > LENGTH:
            return f"{', '.join(shown)} and {len(concepts) - len(shown)} more"
        shown.append(concept)
    return ", ".join(shown)


def _fact(name: str, value: str) -> Content:
    if not name:
        return Content.styled(printable(value), "bold")
    return Content.assemble((f"{name:<10}", "$text-muted"), printable(value))
