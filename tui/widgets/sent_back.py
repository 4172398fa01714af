"""The sent-back note: who wants what changed on the input that is shown, above everything else."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from store.printable import printable
from store.times import local


class SentBack(Static):
    """Seen only on inputs that came back from their reviewer."""

    DEFAULT_CSS = """
    SentBack {
        display: none; height: auto; max-height: 8; padding: 0 1;
        background: $warning-muted; color: $foreground; border-left: outer $warning;
    }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._told: tuple[str, str, int] | None = None

    def tell(self, reviewer: str, comment: str, at: int) -> None:
        """Show who sent it back when, and why."""
        if self._told != (reviewer, comment, at):
            self._told = (reviewer, comment, at)
            who = Content.styled(f"↩ Sent back by {printable(reviewer)}", "bold $text-warning")
            when = Content.styled(f"  {local(at)}", "$text-muted")
            self.update(Content.assemble(who, when, "\n", printable(comment)))
            self.display = True

    def clear(self) -> None:
        """This input did not come back."""
        if self._told is not None:
            self._told = None
            self.display = False
