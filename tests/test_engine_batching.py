"""The pipeline: in order, no error spreads, early ends are clean, memory stays flat."""

import dataclasses
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from engine.batching import Result, predict_many
from engine.device import choose
from engine.families import Output, classify
from engine.predictor import ModelPredictor
from engine.session import Array, ModelError, ModelSession
from store.media import MediaError
from tests import tiny_model

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}


@pytest.fixture
def session(tmp_path: Path) -> ModelSession:
    return ModelSession(tiny_model.card(tmp_path), choose("cpu"), threads=1)


def classifier(session: ModelSession) -> ModelPredictor:
    return ModelPredictor(session, classify)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """One picture of each colour, and files that are none."""
    made = {name: tmp_path / f"{name}.png" for name in COLOURS}
    for name, path in made.items():
        Image.new("RGB", (20, 12), COLOURS[name]).save(path)
    made["cut"] = tmp_path / "cut.png"
    made["cut"].write_bytes(made["red"].read_bytes()[:-30])
    made["gone"] = tmp_path / "gone.png"
    return made


def wait_for(what: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def working_threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith(("predict", "decode"))]


def colour(result: Result) -> str:
    assert isinstance(result, list) and len(result) == 1
    assert isinstance(result[0], Output) and result[0].score == pytest.approx(1)
    return ("red", "green", "blue")[result[0].concept]


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("batch", [1, 3, 8, 100])
def test_results_come_in_order_and_errors_in_their_place(
    session: ModelSession, files: dict[str, Path], threads: int, batch: int
) -> None:
    names = ["red", "cut", "green", "gone", "blue", "blue", "cut"] * 7
    items = [((number, name), files[name]) for number, name in enumerate(names)]
    found = list(predict_many(items, classifier(session), threads=threads, batch=batch))
    assert [key for key, _ in found] == [key for key, _ in items]
    for (_, name), result in found:
        if name in COLOURS:
            assert colour(result) == name
        else:
            assert isinstance(result, MediaError)
    assert not working_threads()


def test_nothing_in_nothing_out(session: ModelSession, files: dict[str, Path]) -> None:
    assert list(predict_many([], classifier(session), threads=2)) == []
    only_errors = list(predict_many([(1, files["gone"])] * 9, classifier(session), threads=2))
    assert len(only_errors) == 9


class Fragile(ModelSession):
    """Fails on every batch with a green picture in it."""

    def run(self, batch: Array) -> dict[str, Array]:
        if (batch[:, 0, 0, 1] > 200).any():
            raise ModelError("The model tiny failed: out of memory.")
        return super().run(batch)


def test_a_model_that_fails_on_one_picture_serves_the_others(tmp_path: Path, files: dict[str, Path]) -> None:
    session = Fragile(tiny_model.card(tmp_path), choose("cpu"), threads=1)
    names = ["red", "green", "blue", "red", "green", "blue", "blue", "red"]
    items = [(number, files[name]) for number, name in enumerate(names)]
    found = dict(predict_many(items, classifier(session), threads=2, batch=4))
    for number, name in enumerate(names):
        if name == "green":
            assert isinstance(found[number], ModelError)
        else:
            assert colour(found[number]) == name


def test_a_card_of_other_concepts_fails_each_input_not_the_run(
    tmp_path: Path, files: dict[str, Path]
) -> None:
    session = ModelSession(tiny_model.card(tmp_path, concepts=("red",)), choose("cpu"), threads=1)
    found = list(predict_many([(1, files["red"]), (2, files["gone"])], classifier(session), threads=1))
    assert [type(result) for _, result in found] == [ModelError, MediaError]


def endless(files: dict[str, Path], taken: list[int]) -> Iterator[tuple[int, Path]]:
    for number in range(10**9):
        taken.append(number)
        yield number, files["red"]


def settled(taken: list[int]) -> int:
    """How many were taken once nothing moves any more."""
    before = -1
    deadline = time.monotonic() + 20
    while len(taken) != before and time.monotonic() < deadline:
        before = len(taken)
        time.sleep(0.3)
    return before


def test_a_slow_consumer_slows_everything(session: ModelSession, files: dict[str, Path]) -> None:
    taken: list[int] = []
    results = predict_many(endless(files, taken), classifier(session), threads=3, batch=4)
    for given in (1, 2, 3):
        next(results)
        assert settled(taken) - given <= 4 * 6 + 3
    assert len(taken) > 8  # it did work ahead
    results.close()
    assert not working_threads()


def test_a_consumer_that_leaves_ends_all_threads(session: ModelSession, files: dict[str, Path]) -> None:
    taken: list[int] = []
    for _, result in predict_many(endless(files, taken), classifier(session), threads=4, batch=2):
        assert colour(result) == "red"
        break
    wait_for(lambda: not working_threads())
    after = len(taken)
    assert settled(taken) == after


def test_stop_ends_an_endless_run(session: ModelSession, files: dict[str, Path]) -> None:
    taken: list[int] = []
    stop = threading.Event()
    given = 0
    for key, _ in predict_many(endless(files, taken), classifier(session), threads=2, batch=2, stop=stop):
        assert key == given
        given += 1
        if given == 5:
            stop.set()
    assert 5 <= given < len(taken) + 1 and given < 30
    assert not working_threads()


def test_stop_before_the_start_gives_nothing(session: ModelSession, files: dict[str, Path]) -> None:
    stop = threading.Event()
    stop.set()
    assert list(predict_many(endless(files, []), classifier(session), threads=2, stop=stop)) == []


def test_an_error_of_the_source_reaches_the_consumer(session: ModelSession, files: dict[str, Path]) -> None:
    def broken() -> Iterator[tuple[int, Path]]:
        yield 1, files["red"]
        raise RuntimeError("the store is gone")

    with pytest.raises(RuntimeError, match="the store is gone"):
        list(predict_many(broken(), classifier(session), threads=2))
    assert not working_threads()


def test_a_picture_that_cannot_be_prepared_is_that_pictures_error(
    session: ModelSession, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = classify.prepare

    def prepare(image: Image.Image, card: object) -> Array:
        if image.getpixel((0, 0)) == COLOURS["blue"]:
            raise MemoryError
        return whole(image, session.card)

    monkeypatch.setattr(classify, "prepare", prepare)
    found = dict(predict_many([(n, files[n]) for n in COLOURS], classifier(session), threads=2))
    assert isinstance(found["blue"], MediaError)
    assert colour(found["red"]) == "red" and colour(found["green"]) == "green"


def test_a_jpeg_is_decoded_small_unless_told_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    Image.effect_noise((1600, 1600), 120).convert("RGB").save(path, quality=95)
    wanted = dataclasses.replace(tiny_model.card(tmp_path).preprocessing, size=8, filter="bilinear")
    session = ModelSession(
        tiny_model.card(tmp_path, preprocessing=wanted, floor=0.0), choose("cpu"), threads=1
    )
    sizes: list[tuple[int, int]] = []

    class Watching:
        needed_size = staticmethod(classify.needed_size)
        decode = staticmethod(classify.decode)

        @staticmethod
        def prepare(image: Image.Image, card: object) -> Array:
            sizes.append(image.size)
            return classify.prepare(image, session.card)

    for draft in (2.0, 0.0):
        list(predict_many([(1, path)], ModelPredictor(session, Watching(), draft), threads=1))
    assert sizes == [(200, 200), (1600, 1600)]
