"""Bulk annotation against its limit and a plain loop, and what a person waits while it runs.

Run from the checkout: python -m tests.benchmarks.engine [PICTURES] [ROUNDS]
"""

from __future__ import annotations

import math
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import onnxruntime as ort
from PIL import Image

from engine.device import choose
from engine.families import load_family
from engine.lane import Lane
from engine.session import ModelSession, cpu_count
from store import adding, database, jobs, models, plans, running, supervise, tasks, users, viewing
from store.media import open_upright
from store.tables import Dataset, DatasetInput, Task, User
from tests.benchmarks import scene

MODEL = "efficientnet-lite0"
SIZES = ((1500, 1000), (2448, 1632))
"""Pixels of the pictures, 1.5 and 4 megapixels by turns."""

REQUESTS = 20
LIMIT = 0.95


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with tempfile.TemporaryDirectory() as home:
        pictures = _make_pictures(Path(home) / "pictures", count)
        _bulk(Path(home), pictures, rounds)
        _people(Path(home), pictures)


def _make_pictures(folder: Path, count: int) -> list[Path]:
    """Photos enlarged, each cut differently, as JPEGs."""
    folder.mkdir()
    photos = sorted(scene.PHOTOS.glob("*.jpg"))
    made = []
    for number, photo in enumerate(islice(cycle(photos), count)):
        with Image.open(photo) as image:
            cut = image.convert("RGB").crop((number % 7, number % 11, 500, 340))
            path = folder / f"{number:05}.jpg"
            cut.resize(SIZES[number % 2], Image.Resampling.BICUBIC).save(path, quality=92)
            made.append(path)
    return made


def _bulk(home: Path, pictures: Sequence[Path], rounds: int) -> None:
    """Images a second of the parts, a plain loop and the whole, by turns so that drift cancels."""
    database.connect(database.create(home / "cards", scene.WHO))
    models.sync()
    card = models.card(models.find(MODEL))
    session = ModelSession(card, choose("cpu"))
    family = load_family(card.family)
    near, draft = family.needed_size(card), card.preprocessing.draft

    def prepared(path: Path) -> np.ndarray:
        return family.prepare(open_upright(path, near, draft), card)

    def decode() -> None:
        with ThreadPoolExecutor(cpu_count()) as pool:
            for _ in pool.map(prepared, pictures):
                pass

    batch = np.stack([prepared(path) for path in pictures[: session.batch]])

    def run() -> None:
        for _ in range(math.ceil(len(pictures) / session.batch)):
            session.run(batch)

    rates: dict[str, list[float]] = {"decode": [], "session.run": [], "plain loop": [], "Winnow": []}
    for turn in range(rounds):
        rates["decode"].append(_rate(decode, len(pictures)))
        rates["Winnow"].append(len(pictures) / _winnow(home / f"bulk{turn}", pictures))
        rates["session.run"].append(_rate(run, len(pictures)))
        rates["plain loop"].append(_rate(lambda: _plain(card.path(False), pictures), len(pictures)))
    middle = {name: statistics.median(found) for name, found in rates.items()}
    limit = 1 / (1 / middle["decode"] + 1 / middle["session.run"])
    print(f"{'bulk, ' + MODEL:28}{'images/s':>9}{'of the limit':>14}")
    for name, rate in middle.items():
        print(f"{name:28}{rate:9.1f}{rate / limit:14.2f}")
    shares = [
        whole * (1 / part + 1 / net)
        for whole, part, net in zip(rates["Winnow"], rates["decode"], rates["session.run"], strict=True)
    ]
    print(f"{'1/(1/D + 1/I)':28}{limit:9.1f}")
    print(f"Winnow round by round: {', '.join(f'{share:.2f}' for share in shares)}; to reach {LIMIT}")


def _rate(work: Callable[[], None], count: int) -> float:
    began = time.perf_counter()
    work()
    return count / (time.perf_counter() - began)


def _plain(model: Path, pictures: Sequence[Path]) -> None:
    """One picture after the other, with Pillow and onnxruntime as they come."""
    session = ort.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    for path in pictures:
        image = Image.open(path).convert("RGB").resize((256, 256), Image.Resampling.BICUBIC)
        session.run(None, {"image": np.asarray(image.crop((16, 16, 240, 240)))[None]})


def _winnow(folder: Path, pictures: Sequence[Path]) -> float:
    """Seconds from the new task to its last annotation; the model is open, the inputs are known."""
    database.connect(database.create(folder, scene.WHO), synchronous="NORMAL")
    olga = users.current(scene.WHO)
    models.sync()
    adding.add(olga, pictures[:1], "warm")
    adding.add(olga, pictures, "many")
    stop = threading.Event()
    device = choose("cpu")
    everything = (jobs.INTERACTIVE, jobs.BULK)
    lane = Lane(
        jobs.new_owner(), device, priorities=everything, threads=cpu_count(), stop=stop, log=lambda _: None
    )
    thread = threading.Thread(target=lane.run, daemon=True)
    thread.start()
    viewing.ask(models.find(MODEL), [1], ahead=False)
    while viewing.unpredicted(models.find(MODEL), [1]):
        time.sleep(0.01)
    began = time.perf_counter()
    task = _start_bulk(olga)
    # A count every few milliseconds would take a tenth of what is measured.
    seen, left = -1, 1
    while left:
        time.sleep(0.02)
        version = database.data_version()
        if version != seen:
            seen, left = version, jobs.open_count(task)
    took = time.perf_counter() - began
    assert not viewing.unpredicted(models.find(MODEL), _ids("many"))
    stop.set()
    thread.join()
    return took


def _start_bulk(actor: User) -> Task:
    """A task that the model annotates, its jobs queued."""
    plan = plans.Plan(name="bulk", type="classification", dataset="many", auto=MODEL)
    task = tasks.create(actor, plan).task
    running.start(actor, task)
    return task


def _people(home: Path, pictures: Sequence[Path]) -> None:
    """What a person waits for one input's suggestions, with the real engine idle and at work."""
    database.connect(database.create(home / "people", scene.WHO))
    olga = users.current(scene.WHO)
    models.sync()
    few = 2 * REQUESTS + 2
    adding.add(olga, pictures[:few], "few")
    adding.add(olga, pictures[few:], "many")
    engine = supervise.start_engine("cpu")
    assert engine is not None
    try:
        asked = _ids("few")
        _wait(asked[0])
        idle = [_wait(one) for one in asked[1 : 1 + REQUESTS]]
        task = _start_bulk(olga)
        _wait(asked[-1])
        busy = [took for one in asked[1 + REQUESTS : -1] if (took := _wait(one)) and jobs.open_count(task)]
        memory = _pss(engine.pid)
    finally:
        engine.terminate()
        engine.wait(30)
    print(f"\n{'a person waits for one input':28}{'p50 ms':>9}{'p95 ms':>9}{'n':>5}")
    for name, found in (("engine idle", idle), ("while bulk runs", busy)):
        found.sort()
        late = found[int(0.95 * len(found))] if found else math.nan
        print(f"{name:28}{statistics.median(found or [math.nan]):9.0f}{late:9.0f}{len(found):5}")
    print(f"engine's memory at work: {memory:.0f} MB PSS; p95 to reach: twice the idle one")


def _ids(dataset: str) -> list[int]:
    chosen = DatasetInput.select(DatasetInput.input).join(Dataset).where(Dataset.name == dataset)
    return [row.input_id for row in chosen.order_by(DatasetInput.input)]


def _wait(input_id: int) -> float:
    """Milliseconds from asking to the answer in the store."""
    version = models.find(MODEL)
    began = time.perf_counter()
    viewing.ask(version, [input_id], ahead=False)
    while viewing.unpredicted(version, [input_id]):
        time.sleep(0.002)
    took = 1000 * (time.perf_counter() - began)
    time.sleep(0.1)
    return took


def _pss(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


if __name__ == "__main__":
    main()
