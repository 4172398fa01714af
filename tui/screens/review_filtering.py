"""Filtering a review queue: what it shows and in which order; it stays so until it is refreshed."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from textual import on, work
from textual.binding import Binding, BindingType

from store import tasks
from store.queues import Order
from tui.queue_filter import EVERYTHING, ORDERS, QueueFilter
from tui.review_queue import View
from tui.screens.review_frame import ReviewFrame
from tui.widgets.ask_line import AskLine


def filtering() -> list[BindingType]:
    """The keys of this part."""
    return [
        Binding("slash", "filter", "Find", id="review.filter"),
        Binding("f", "choose_filter", "Filter", id="review.choose_filter"),
        Binding("o", "order", "Order", id="review.order", show=False),
        Binding("escape", "unfilter", "Show all, unmark", id="review.unfilter", show=False),
        Binding("R", "refresh", "Refresh", id="review.refresh", show=False),
    ]


class ReviewFiltering(ReviewFrame):
    """Reads are made where writes are, after those that were typed before; keys typed ahead wait for both."""

    def action_refresh(self) -> None:
        """Open the queue anew: what is open now, with the same filter."""
        self.turns.take(self._refresh)

    def _refresh(self) -> None:
        queue = self.queue
        self.turns.write(partial(queue.read, queue.filter, queue.order), self._opened)

    def _opened(self, view: View) -> None:
        again = bool(self.queue.inputs)
        news = self.queue.open(view)
        self._waiting = 0
        self.table.range_start = None
        self.show()
        self.tell_pace()
        if again:
            self.say(news)
        if self._at_input is not None and self._at_input in view.inputs:
            self.table.go_to(self._at_input)
            self.action_open()
        self._at_input = None

    def action_open(self) -> None:
        """Look at the input under the cursor."""
        raise NotImplementedError

    def action_filter(self) -> None:
        """Type words of what the table shall show."""
        hint = "words of path, concept or labeler; all must match"
        self.query_one(AskLine).ask("filter", "/", " ".join(self.queue.filter.words), hint)

    @on(AskLine.Answered)
    def filtered(self, event: AskLine.Answered) -> None:
        """Ask the store; what is typed next waits for it."""
        words = tuple(event.text.split())
        self.turns.take(lambda: self._arrange(replace(self.queue.filter, words=words), self.queue.order))

    def _arrange(self, wanted: QueueFilter, order: Order) -> None:
        self.turns.write(partial(self.queue.arranged, wanted, order), self._arranged)

    def _arranged(self, view: View) -> None:
        self.queue.take(view)
        self.table.range_start = None
        self.show()
        self.table.cursor = 0

    @work
    async def action_choose_filter(self) -> None:
        """Filter by task, labeler, concept, status and score in a form."""
        from tui.screens.queue_filter import Chosen, QueueFilterScreen

        chosen: Chosen | None
        form = QueueFilterScreen(self.task_row, self.queue.filter, self.queue.order)
        chosen = await self.app.push_screen_wait(form)
        if chosen is not None and self.is_current:
            self.turns.take(partial(self._chosen, chosen.task, chosen.filter, chosen.order))

    def _chosen(self, task: str, wanted: QueueFilter, order: Order) -> None:
        if task == self.task_row.uid:
            self._arrange(wanted, order)
        else:
            other = type(self)(tasks.find(task))
            other.begin(wanted, order)
            self.app.switch_screen(other)

    def begin(self, wanted: QueueFilter, order: Order) -> None:
        """What the queue shall be opened with. Call before the screen is mounted."""
        self._first = wanted, order

    def action_order(self) -> None:
        """The next order."""
        orders = list(ORDERS)
        self.turns.take(
            lambda: self._arrange(
                self.queue.filter, orders[(orders.index(self.queue.order) + 1) % len(orders)]
            )
        )

    def action_unfilter(self) -> None:
        """Show everything; a second time takes the marks away."""
        self.turns.take(self._unfilter)

    def _unfilter(self) -> None:
        if self.table.range_start is not None:
            self.table.range_start = None
        elif self.queue.filter.sentence:
            here = self.table.current
            inputs = self.queue.inputs
            self.queue.take(View(inputs, inputs, EVERYTHING, self.queue.order))
            self.show()
            # Once it is laid out with its new length: it would scroll to nowhere.
            self.call_after_refresh(self.table.go_to, here)
            return
        else:
            self.queue.marked.clear()
        self.show()
