"""Threads: what people say to each other about an input or a region of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from store import comments, reviewing, rights
from store.comments import Thread
from store.errors import Refused
from store.printable import printable
from store.tables import Review, Task
from store.times import local
from store.values import Region, Verdict
from tui.messages import StoreChanged
from tui.widgets.ask_line import AskLine

if TYPE_CHECKING:
    from tui.app import WinnowApp

SAID = {
    Verdict.APPROVE: "approved it",
    Verdict.REQUEST_CHANGES: "asked for changes",
    Verdict.REJECT: "rejected it",
}
NOBODY = "Nobody has said anything yet. c begins a thread."


class ThreadsScreen(ModalScreen[None]):
    """Lies over the list at the right: the input stays in sight, with the region that is spoken of."""

    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    ThreadsScreen {
        align: right top;
        background: transparent;
        #panel { width: 38%; min-width: 36; max-width: 60; height: 1fr; margin-bottom: 1; }
        #panel { background: $surface; border-left: vkey $primary; }
        #title { padding: 0 1; text-style: bold; color: $text-accent; height: 1; text-wrap: nowrap; }
        VerticalScroll { height: 1fr; scrollbar-size-vertical: 1; }
        .thread { padding: 0 1; margin-bottom: 1; border-left: blank; }
        .thread.-current { border-left: thick $primary; background: $panel; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,r", "reply", "Answer", id="threads.reply"),
        Binding("c", "begin", "New thread", id="threads.new"),
        Binding("b", "begin_on_region", "On the region", id="threads.new_on_region"),
        Binding("x", "resolve", "Resolve, open again", id="threads.resolve"),
        Binding("j,down", "move(1)", "Next thread", id="threads.down", show=False),
        Binding("k,up", "move(-1)", "Thread before", id="threads.up", show=False),
        Binding("escape,q,C", "leave", "Back", id="threads.back"),
    ]

    def __init__(
        self,
        task: Task,
        input_id: int,
        region: Region | None = None,
        name: str = "",
        point: Callable[[Region], None] = lambda region: None,
    ) -> None:
        """`region`, called `name`, is what a new thread can be about; `point` shows a thread's region."""
        super().__init__()
        self._of, self._input = task, input_id
        self._region, self._called, self._point = region, name, point
        self._threads: list[Thread] = []
        self._at = 0

    @property
    def _app(self) -> WinnowApp:
        return cast("WinnowApp", self.app)

    def compose(self) -> ComposeResult:
        """Title, threads, a field."""
        with Vertical(id="panel"):
            yield Static(id="title", markup=False)
            yield VerticalScroll(can_focus=False)
        yield AskLine()
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """The newest thread that is open is where one begins."""
        self._threads = comments.threads(self._of, self._input)
        still = [place for place, thread in enumerate(self._threads) if not thread.first.resolved]
        self._at = still[-1] if still else max(len(self._threads) - 1, 0)
        self.call_next(self._show)

    @on(StoreChanged)
    def look_again(self) -> None:
        """Somebody may have answered."""
        before = self._current
        self._threads = comments.threads(self._of, self._input)
        places = {thread.first.id: place for place, thread in enumerate(self._threads)}
        if before is not None and before.first.id in places:
            self._at = places[before.first.id]
        self._at = min(self._at, max(len(self._threads) - 1, 0))
        self.call_next(self._show)

    @property
    def _current(self) -> Thread | None:
        return self._threads[self._at] if self._at < len(self._threads) else None

    async def _show(self) -> None:
        still = sum(not thread.first.resolved for thread in self._threads)
        title = f"Comments · {still} open" if self._threads else "Comments"
        self.query_one("#title", Static).update(title)
        shown = self.query_one(VerticalScroll)
        await shown.remove_children()
        verdicts = [_verdict(said) for said in reviewing.comments(self._of, self._input)]
        told = [Static(Content("\n").join(verdicts), classes="thread")] if verdicts else []
        for place, thread in enumerate(self._threads):
            current = place == self._at
            told.append(Static(_told(thread), classes="thread -current" if current else "thread"))
        if not self._threads:
            told.append(Static(NOBODY, classes="thread dim", markup=False))
        await shown.mount_all(told)
        for block in shown.query(".-current"):
            block.scroll_visible(animate=False)
        self._tell_region()
        self.refresh_bindings()

    def _tell_region(self) -> None:
        if self._current is not None and self._current.region is not None:
            self._point(self._current.region)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what is possible now, and allowed to this person, is offered."""
        if self.is_mounted and self.query_one(AskLine).is_open:
            return False
        if action in ("reply", "resolve") and self._current is None:
            return False
        if action == "begin_on_region" and self._region is None:
            return False
        writes = action in ("reply", "resolve", "begin", "begin_on_region")
        return not writes or self._app.actor.role in rights.PEOPLE

    def action_move(self, by: int) -> None:
        """Go to another thread."""
        self._at = min(max(self._at + by, 0), max(len(self._threads) - 1, 0))
        self.call_next(self._show)

    def action_reply(self) -> None:
        """Answer the thread, which opens it again."""
        self.query_one(AskLine).ask("reply", "Answer", hint="enter sends it, escape leaves")

    def action_begin(self) -> None:
        """Begin a thread on the whole input."""
        self.query_one(AskLine).ask("begin", "On this input", hint="enter sends it, escape leaves")

    def action_begin_on_region(self) -> None:
        """Begin a thread on the region that was highlighted."""
        self.query_one(AskLine).ask("region", f"On {printable(self._called)}", hint="enter sends it")

    def on_ask_line_answered(self, event: AskLine.Answered) -> None:
        """Send what was typed; what is refused is asked again with its text."""
        actor, task, input_id, text = self._app.actor, self._of, self._input, event.text
        current = self._current
        purpose, region = event.purpose, self._region if event.purpose == "region" else None

        def send() -> object:
            if purpose == "reply" and current is not None:
                return comments.reply(actor, comments.find(current.first.id), text)
            return comments.add(actor, task, input_id, text, region=region)

        def refused(why: Refused) -> None:
            self._refused(why)
            self.query_one(AskLine).ask(purpose, "Again", text)

        self._app.writer.submit(send, lambda _: self._sent(new=purpose != "reply"), refused)

    def _sent(self, *, new: bool) -> None:
        if self.is_attached:
            self.look_again()
            if new:
                self._at = max(len(self._threads) - 1, 0)

    def action_resolve(self) -> None:
        """Close the thread, or open it again."""
        current = self._current
        if current is not None:
            actor, first = self._app.actor, current.first
            self._app.writer.submit(
                lambda: comments.resolve(actor, comments.find(first.id), not first.resolved),
                lambda _: self._sent(new=False),
                self._refused,
            )

    def _refused(self, refused: Refused) -> None:
        self.notify(printable(refused), severity="error", markup=False)

    def action_leave(self) -> None:
        """Back to the input."""
        self.dismiss()


def _verdict(said: Review) -> Content:
    what = f"{printable(said.reviewer.name)} {SAID[Verdict(said.verdict)]}"
    comment = f"\n{_safe(said.comment)}" if said.comment else ""
    return Content.assemble(
        (what, "bold $text-warning"), (f"  {local(said.created_at)}", "$text-muted"), comment
    )


def _told(thread: Thread) -> Content:
    about = "" if thread.region is None else " · on a region"
    state = ("✓ resolved", "$text-success") if thread.first.resolved else ("open", "$text-warning")
    parts = [Content.assemble(state, (about, "$text-muted"))]
    for comment in (thread.first, *thread.replies):
        who = Content.styled(printable(comment.author.name), "bold")
        when = Content.styled(f"  {local(comment.created_at)}", "$text-muted")
        parts.append(Content.assemble(who, when, "\n", _safe(comment.text)))
    return Content("\n").join(parts)


def _safe(text: str) -> str:
    return "\n".join(printable(line) for line in text.splitlines())
