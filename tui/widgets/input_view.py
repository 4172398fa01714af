"""The input view: a picture with outlines, a text, or the sentence why there is neither."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Container

from tui.picture.layer import Prepared
from tui.picture.outline import Outline
from tui.widgets.mouse_canvas import MouseCanvas
from tui.widgets.text_pane import TextPane
from tui.widgets.text_view import TextView


class InputView(Container):
    """The large part of a viewer."""

    DEFAULT_CSS = """
    InputView { width: 1fr; height: 1fr; }
    InputView TextView { display: none; }
    """

    def compose(self) -> ComposeResult:
        """One of the two is seen."""
        yield MouseCanvas()
        yield TextView()

    @property
    def canvas(self) -> MouseCanvas:
        """Where pictures are drawn."""
        return self.query_one(MouseCanvas)

    @property
    def text_view(self) -> TextView:
        """Where texts are read, searched and marked."""
        return self.query_one(TextView)

    @property
    def text(self) -> TextPane:
        """The text itself."""
        return self.text_view.pane

    def show_picture(self, picture: Prepared, outlines: Sequence[Outline]) -> None:
        """Show a prepared picture at once."""
        self._turn_to(self.canvas)
        self.canvas.show_prepared(picture, outlines)

    def show_sentence(self, sentence: str) -> None:
        """Say why there is no picture."""
        self._turn_to(self.canvas)
        self.canvas.show_text(sentence)

    def show_text(self, text: str) -> None:
        """Show a text input."""
        self._turn_to(self.text_view)
        self.text_view.show(text)

    def outline(self, outlines: Sequence[Outline]) -> None:
        """Draw other outlines on the same picture."""
        if self.canvas.display and self.canvas.outlines != tuple(outlines):
            self.canvas.set_outlines(outlines)

    def _turn_to(self, child: MouseCanvas | TextView) -> None:
        for part in (self.canvas, self.text_view):
            if part.display != (part is child):
                part.display = part is child
