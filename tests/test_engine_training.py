"""Training: what is learned from, embeddings that survive, models that tasks use and that learn again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from engine import embedding
from engine.device import choose
from engine.lane import Lane
from engine.opening import Models
from engine.training import train
from store import database, embeddings, labeling, models, reviewing, submitting, suggestions, tasks, training
from store.errors import Denied, NotFound, Refused
from store.plans import Plan
from store.tables import Annotation, Concept, Embedded, Job, Model, Prediction, Task, Training, User
from store.values import JobState, Region, Role, Status, Verdict
from tests.conftest import Project
from tests.pictures import picture
from tests.winnow_process import environment, wait_until, winnow, winnow_json

SIZE = 12


def make_task(project: Project, name: str, concepts: tuple[str, ...] = (), **more: object) -> Task:
    plan = Plan(name, "classification", concepts=concepts, **{"review": "none", **more})  # type: ignore[arg-type]
    return tasks.create(project.owner, plan).task


def label(project: Project, task: Task, input_id: int, **said: int) -> None:
    for concept, value in said.items():
        labeling.add(project.owner, task, input_id, concept, value=value)
    submitting.submit(project.owner, task, input_id)


def plan(*concepts: str, **more: object) -> training.Plan:
    return training.Plan("mine", concepts, **more)  # type: ignore[arg-type]


def known(project: Project, *concepts: str, **more: object) -> list[dict[int, bool]]:
    found = training.examples(training.remember(project.owner, plan(*concepts, **more)))
    return [dict(sorted(mine.items())) for mine in found.values()]


def keep_vectors(version: object, ids: list[int], shown: set[int]) -> None:
    """Embeddings that tell the inputs that show something from the others."""
    chance = np.random.default_rng(1)
    vectors = {key: chance.normal(size=SIZE) + (4 if key in shown else 0) for key in ids}
    with database.write():
        embeddings.keep(version, {key: embedding.packed(one) for key, one in vectors.items()})  # type: ignore[arg-type]


# --- what is learned from


def test_what_is_said_is_known_and_what_is_not_said_only_where_the_input_was_decided(
    project: Project,
) -> None:
    a, b, c, d, e = project.add_inputs(5)
    asks = make_task(project, "asks", ("cat", "dog"))
    other = make_task(project, "other", ("hen",))
    label(project, asks, a, cat=1)
    label(project, asks, b, cat=0, dog=1)
    label(project, asks, c)
    label(project, other, d, hen=1)
    labeling.add(project.owner, asks, e, "cat")  # not handed in
    assert known(project, "cat", "dog") == [{a: True, b: False, c: False}, {a: False, b: True, c: False}]
    assert known(project, "hen") == [{d: True}]


def test_in_a_task_for_any_concept_silence_says_no(project: Project) -> None:
    a, b = project.add_inputs(2)
    task = make_task(project, "anything")
    label(project, task, a, cat=1)
    label(project, task, b, dog=1)
    assert known(project, "cat") == [{a: True, b: False}]


def test_one_label_for_each_input_is_none_of_the_others(project: Project) -> None:
    a, b, c = project.add_inputs(3)
    one, two = make_task(project, "one", ("cat",)), make_task(project, "two", ("dog",))
    label(project, one, a, cat=1)
    label(project, two, b, dog=1)
    label(project, one, c)
    assert known(project, "cat", "dog") == [{a: True, c: False}, {b: True}]
    assert known(project, "cat", "dog", single_label=True) == [
        {a: True, b: False, c: False},
        {a: False, b: True},
    ]


def test_people_who_contradict_each_other_say_nothing_and_regions_show(project: Project) -> None:
    a, b = project.add_inputs(2)
    task = make_task(project, "both", ("cat",), labelers=("olga", "pia"), strategy="full")
    label(project, task, a, cat=1)
    labeling.add(project.owner, task, b, "cat", Region.from_box(0.1, 0.1, 0.5, 0.5))
    submitting.submit(project.owner, task, b)
    pia = User.get(User.name == "pia")
    labeling.add(pia, task, a, "cat", value=0)
    submitting.submit(pia, task, a)
    assert known(project, "cat") == [{b: True}]


def test_of_a_models_annotations_those_count_that_a_person_approved(project: Project) -> None:
    a, b = project.add_inputs(2)
    version = models.find("efficientnet-lite0")
    task = make_task(project, "checked", ("tabby",), review="manual", reviewers=("olga",), own_review=True)
    for key, status in ((a, Status.AWAITING_REVIEW), (b, Status.SUCCESS)):
        Annotation.create(
            input=key, concept=Concept.get(Concept.name == "tabby"), status=status, score=0.9, task=task,
            annotator=version.model.annotator, model_version=version, created_at=0,
        )  # fmt: skip
    assert known(project, "tabby") == [{}]
    submitting.submit(project.owner, task, a)
    reviewing.decide(project.owner, task, [a], Verdict.APPROVE)
    assert known(project, "tabby") == [{a: True}]


def test_too_little_is_refused_with_what_is_missing(project: Project) -> None:
    ids = project.add_inputs(4)
    task = make_task(project, "few", ("cat",))
    label(project, task, ids[0], cat=1)
    row = training.remember(project.owner, plan("cat"))
    with pytest.raises(Refused, match="1 that show 'cat', 0 that do not show 'cat'"):
        training.require_enough(training.examples(row))
    with pytest.raises(NotFound, match="cat"):
        training.remember(project.owner, plan("cta"))
    with pytest.raises(Refused, match="another name"):
        training.remember(project.owner, training.Plan("mobilenet-v2", ["cat"]))
    with pytest.raises(Refused, match="embedding"):
        training.remember(project.owner, plan("cat", embedder="efficientdet-lite0"))
    with pytest.raises(Denied):
        training.remember(User.create(name="eve", role=Role.LABELER.value, created_at=0), plan("cat"))


# --- embeddings


def test_embeddings_are_found_again_and_a_lost_file_only_costs_work(project: Project) -> None:
    ids = project.add_inputs(6)
    version = embeddings.find_embedder("efficientnet-lite0")
    assert embeddings.ask(version, ids) == 6
    assert embeddings.ask(version, ids) == 6  # nothing twice
    keep_vectors(version, ids[:3], set())
    with database.write():
        embeddings.keep(version, {ids[3]: "it is broken"})
    assert embeddings.missing(version, ids) == ids[4:]
    assert embeddings.failures(version, ids) == ["it is broken"]
    found, vectors = embedding.vectors(version, [ids[2], ids[0], ids[5]])
    assert found == [ids[0], ids[2]]
    chance = np.random.default_rng(1)
    expected = [chance.normal(size=SIZE) for _ in range(3)]
    assert np.abs(vectors - np.array([expected[0], expected[2]])).max() < 2e-3

    file = embeddings.file(version)
    # As after a kill between the numbers and the rows, and after a cut in the last one.
    file.write_bytes(file.read_bytes()[:-1])
    assert embeddings.missing(version, ids) == [ids[2], *ids[4:]]
    keep_vectors(version, ids[4:], set())
    assert embeddings.missing(version, ids) == [ids[2]]
    file.unlink()
    assert embeddings.missing(version, ids) == [key for key in ids if key != ids[3]]
    keep_vectors(version, ids[:3], set())
    places = embeddings.places(version)
    assert sorted(places) == ids[:3] and len(set(places.values())) == 3
    assert Embedded.select().where(Embedded.place.is_null(False)).count() == 3


def test_a_rolled_back_chunk_leaves_an_unused_place(project: Project) -> None:
    ids = project.add_inputs(2)
    version = embeddings.find_embedder("efficientnet-lite0")
    keep_vectors(version, ids[:1], set())
    with pytest.raises(ZeroDivisionError), database.write():
        embeddings.keep(version, {ids[1]: embedding.packed(np.full(SIZE, 9.0, np.float32))})
        raise ZeroDivisionError
    assert embeddings.missing(version, ids) == [ids[1]]
    keep_vectors(version, ids[1:], {ids[1]})
    _, vectors = embedding.vectors(version, ids)
    assert vectors[1].mean() == pytest.approx(4, abs=1)


# --- models that were trained


@pytest.fixture
def labeled(project: Project) -> tuple[Task, list[int], set[int]]:
    """Forty inputs with embeddings, of which 24 are labeled cat or not."""
    ids = project.add_inputs(40)
    task = make_task(project, "cats", ("cat",))
    shown = set(ids[::2])
    for key in ids[:24]:
        label(project, task, key, **({"cat": 1} if key in shown else {}))
    keep_vectors(embeddings.find_embedder("efficientnet-lite0"), ids, shown)
    return task, ids, shown


def learn(project: Project, **more: object) -> Training:
    row = training.remember(project.owner, plan("cat", **more))
    train(row, training.examples(row), training.last_event())
    return training.find("mine")


def test_a_trained_model_assists_and_says_it_of_everything_embedded(
    project: Project, labeled: tuple[Task, list[int], set[int]]
) -> None:
    _, ids, shown = labeled
    row = learn(project)
    version = models.find("mine")
    assert (version.number, version.model.family, version.card["concepts"]) == (1, "head", ["cat"])
    assert row.outcome is not None and row.outcome["metrics"]["concepts"]["cat"]["average_precision"] > 0.95
    task = make_task(project, "more", ("cat",), assist="mine")
    for key in ids[24:]:
        said = suggestions.of(task, key, project.owner)
        assert said is not None
        assert any(one.score > 0.5 for one in said) == (key in shown)


def test_the_same_again_is_no_new_version_and_more_is_one_that_assists_at_once(
    project: Project, labeled: tuple[Task, list[int], set[int]]
) -> None:
    cats, ids, _ = labeled
    learn(project)
    learn(project)
    assert models.find("mine").number == 1
    task = make_task(project, "more", ("cat",), assist="mine")
    label(project, cats, ids[24], cat=1)
    learn(project)
    newest = models.find("mine")
    assert newest.number == 2
    assert Task.get_by_id(task.id).assist_id == newest.id
    assert Prediction.select().where(Prediction.model_version == newest).exists()
    folders = sorted(path.name for path in (project.folder / "winnow-models").iterdir())
    assert folders == ["mine-1", "mine-2"]


def test_a_model_learns_again_by_itself_when_the_decisions_are_in(
    project: Project, labeled: tuple[Task, list[int], set[int]]
) -> None:
    cats, ids, shown = labeled
    learn(project, every=4)
    for key in ids[24:28]:
        assert training.ask_due() == 0
        label(project, cats, key, cat=1 if key in shown else 0)
    assert training.new_decisions(training.find("mine")) == 4
    assert training.ask_due() == 1
    assert training.ask_due() == 0  # it is queued already
    stop = threading.Event()
    lane = Lane("me", choose("cpu"), priorities=(0, 10), threads=1, stop=stop, log=lambda line: None)
    worker = threading.Thread(target=lane.run)
    worker.start()
    wait_until(lambda: Job.select().where(Job.state == JobState.DONE).exists())
    stop.set()
    worker.join()
    assert models.find("mine").number == 2
    assert training.new_decisions(training.find("mine")) == 0
    assert training.ask_due() == 0


def test_it_stops_learning_by_itself_when_told_or_removed(
    project: Project, labeled: tuple[Task, list[int], set[int]]
) -> None:
    cats, ids, _ = labeled
    learn(project, every=1)
    label(project, cats, ids[24], cat=1)
    training.again(project.owner, "mine", 0)
    assert training.ask_due() == 0
    training.again(project.owner, "mine", 1)
    Model.update(deleted=True).where(Model.name == "mine").execute()
    assert training.ask_due() == 0
    Model.update(deleted=False).where(Model.name == "mine").execute()
    Model.update(deleted=True).where(Model.name == "efficientnet-lite0").execute()
    training.ask_due()
    assert not Job.select().where(Job.kind == training.KIND).exists()
    assert "efficientnet-lite0" in training.find("mine").outcome["refused"]
    Model.update(deleted=False).where(Model.name == "efficientnet-lite0").execute()
    label(project, cats, ids[25])
    label(project, cats, ids[26], cat=1)
    assert training.ask_due() == 1


def test_a_head_without_its_embedder_is_refused_with_a_sentence(
    project: Project, labeled: tuple[Task, list[int], set[int]]
) -> None:
    learn(project)
    card = project.folder / "winnow-models" / "mine-1" / "card.toml"
    card.write_text(card.read_text().replace('embedder_sha256 = "', 'embedder_sha256 = "0'))
    with pytest.raises(Refused, match="stands on efficientnet-lite0"):
        Models(choose("cpu")).predictor(models.find("mine"))


# --- the commands


def two_kinds(folder: Path, count: int = 12) -> Path:
    """A project of dark and bright pictures, half of each labeled."""
    folder.mkdir()
    winnow(folder, "init")
    lines = []
    for n in range(count):
        for kind, level in (("dark", 0x202020), ("bright", 0xE0D0C0)):
            made = picture(folder / "in" / f"{kind}{n:02}.png", level + n * 0x010203, size=(40, 40))
            if n < count // 2:
                lines.append({"path": str(made), "concept": kind, "value": 1, "status": "SUCCESS"})
    winnow(folder, "add", folder / "in", "--dataset", "all")
    (folder / "labels.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    winnow(folder, "import", "jsonl", "labels.jsonl")
    return folder


WORDS = ("train", "light", "--dataset", "all", "--concept", "dark", "--concept", "bright", "--single-label")


def test_train_predict_and_search_from_the_command_line(tmp_path: Path) -> None:
    folder = two_kinds(tmp_path / "p")
    refusal = winnow(folder, *WORDS[:-1], code=1).stderr
    assert "too little to learn from" in refusal and "do not show 'dark'" in refusal
    trained = winnow_json(folder, *WORDS)
    assert (trained["model"], trained["version"], trained["inputs"]) == ("light", 1, 12)
    assert set(trained["metrics"]) == {"dark", "bright"}
    assert trained["metrics"]["dark"]["positive"] == 6
    live = winnow_json(folder, "model", "predict", "light", "in/dark11.png", "in/bright11.png")
    best = {Path(row["path"]).stem: row["concept"] for row in live if row["score"] > 0.5}
    assert best == {"dark11": "dark", "bright11": "bright"}
    similar = winnow_json(folder, "input", "similar", "dark11.png", "--count", "5")
    assert all("dark" in row["path"] for row in similar) and len(similar) == 5
    # Kept from the embedding or run on the picture: the same score.
    database.connect(folder / "winnow.db")
    stored = {(row.input_id, row.concept.name): row.score for row in Prediction.select()}
    database.close()
    said = winnow_json(folder, "model", "predict", "light", "1")
    assert said and all(stored[1, row["concept"]] == pytest.approx(row["score"], abs=1e-3) for row in said)


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is POSIX")
def test_an_engine_killed_while_embedding_loses_nothing(tmp_path: Path) -> None:
    folder = two_kinds(tmp_path / "p", 80)
    database.connect(folder / "winnow.db")
    version = embeddings.find_embedder("efficientnet-lite0")
    ids = list(range(1, 161))
    embeddings.ask(version, ids)
    for wanted in (0, 1):
        engine = subprocess.Popen(
            [sys.executable, "-m", "engine", "run", "--store", str(folder / "winnow.db"), "--device", "cpu"],
            env=environment(folder), stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        done = Job.select().where(Job.state == JobState.DONE)
        claimed = Job.select().where(Job.state == JobState.CLAIMED)
        wait_until(lambda: done.count() >= wanted and claimed.exists())  # noqa: B023
        os.killpg(engine.pid, signal.SIGKILL)
        engine.wait()
    # What an engine died of twice is given up, and asked for once more.
    winnow(folder, "input", "similar", "1", "--device", "cpu")
    assert embeddings.missing(version, ids) == []
    places = embeddings.places(version)
    assert len(set(places.values())) == 160
    _, vectors = embedding.vectors(version, ids)
    assert (np.abs(vectors).max(axis=1) > 0).all()
    database.close()
