"""Many inputs through a model or workflow: decoding, running, reading overlap, in order, in flat memory."""

import queue
import threading
from collections import deque
from collections.abc import Hashable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from engine.families import Output
from engine.predictor import Predictor
from engine.session import ModelError
from store.media import MediaError

Key = TypeVar("Key", bound=Hashable)
Result = list[Output] | MediaError | ModelError
Decoded = Any
"""What the predictor prepared of a file, or a MediaError."""

LOOK = 0.1
"""Seconds after which a blocked thread looks whether it is still wanted."""


def predict_many(
    items: Iterable[tuple[Key, Path]],
    predictor: Predictor,
    *,
    threads: int,
    batch: int | None = None,
    stop: threading.Event | None = None,
) -> Iterator[tuple[Key, Result]]:
    """What a model or workflow says of each file, in the order of `items`, as soon as its batch is through.

    A file that cannot be decoded gives a MediaError, a model that fails on it a ModelError, in its place;
    the rest goes on. `threads` decode; two batches and `threads` pictures are held at most, and the results
    of four, so a slow consumer slows everything. `items` is read on a thread of its own, and what it raises
    is raised here. When `stop` is set, or the iterator is closed, everything ends after the batch in work,
    and what has not been given out by then never is.
    """
    run = _Run(iter(items), predictor, threads, batch or predictor.batch, stop or threading.Event())
    worker = threading.Thread(target=run.work, name="predict", daemon=True)
    worker.start()
    try:
        yield from run.results()
    finally:
        run.closed.set()
        worker.join()


@dataclass(frozen=True)
class _End:
    """The last thing in the queue."""

    error: BaseException | None = None


class _Run(Generic[Key]):
    """One pass: a feeder of decode threads, the model, and the queue to the consumer."""

    def __init__(
        self,
        items: Iterator[tuple[Key, Path]],
        predictor: Predictor,
        threads: int,
        batch: int,
        stop: threading.Event,
    ) -> None:
        self.items = items
        self.predictor = predictor
        self.threads = threads
        self.batch = batch
        self.stop = stop
        self.closed = threading.Event()
        self.queue: queue.Queue[list[tuple[Key, Result]] | _End] = queue.Queue(maxsize=2)

    def results(self) -> Iterator[tuple[Key, Result]]:
        """On the consumer's thread: what comes out, until the end."""
        while not isinstance(entry := self.queue.get(), _End):
            yield from entry
        if entry.error is not None:
            raise entry.error

    def work(self) -> None:
        """On the worker's thread: everything but decoding."""
        error: BaseException | None = None
        pool = ThreadPoolExecutor(self.threads, thread_name_prefix="decode")
        try:
            for keys, decoded in self._batches(pool):
                if not self._give(list(zip(keys, self._predict(decoded), strict=True))):
                    break
        except BaseException as caught:
            error = caught
        finally:
            pool.shutdown(cancel_futures=True)
            self._give(_End(error), last=True)

    def _batches(self, pool: ThreadPoolExecutor) -> Iterator[tuple[list[Key], list[Decoded]]]:
        """Decoded inputs in order; the window of work ahead is refilled before each wait."""
        ahead: deque[tuple[Key, Future[Decoded]]] = deque()
        keys: list[Key] = []
        decoded: list[Decoded] = []
        more = True
        while not self._unwanted():
            while more and len(ahead) < self.batch + self.threads:
                item = next(self.items, None)
                more = item is not None
                if item is not None:
                    ahead.append((item[0], pool.submit(self._decode, item[1])))
            if ahead:
                key, future = ahead.popleft()
                keys.append(key)
                decoded.append(future.result())
            if len(keys) == self.batch or (keys and not ahead):
                yield keys, decoded
                keys, decoded = [], []
            if not ahead and not more:
                return

    def _decode(self, path: Path) -> Decoded:
        """On a decode thread."""
        try:
            return self.predictor.prepare(path)
        except MediaError as error:
            return error
        except Exception as error:  # one picture's trouble, short memory for one, is not the others'
            return MediaError(f"The picture cannot be prepared for the model ({type(error).__name__}).")

    def _predict(self, decoded: list[Decoded]) -> list[Result]:
        """A result for each; when a batch fails, its pictures are tried alone to find the one at fault."""
        prepared = [entry for entry in decoded if not isinstance(entry, MediaError)]
        try:
            found: list[Result] = [*self.predictor.predict(prepared)]
        except ModelError as error:
            found = [error] if len(prepared) == 1 else [self._alone(entry) for entry in prepared]
        rest = iter(found)
        return [entry if isinstance(entry, MediaError) else next(rest) for entry in decoded]

    def _alone(self, prepared: Any) -> Result:
        try:
            return self.predictor.predict([prepared])[0]
        except ModelError as error:
            return error

    def _unwanted(self) -> bool:
        return self.closed.is_set() or self.stop.is_set()

    def _give(self, entry: list[tuple[Key, Result]] | _End, last: bool = False) -> bool:
        """Wait for room in the queue; False when nobody wants it any more."""
        while not (self.closed.is_set() if last else self._unwanted()):
            try:
                self.queue.put(entry, timeout=LOOK)
            except queue.Full:
                continue
            return True
        return False
