"""Annotations listed, exported and imported: filters, order, round trips, hostile files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import (
    adding,
    annotations,
    concepts,
    database,
    datasets,
    exchange,
    formats,
    history,
    inputs,
    labeling,
    undoing,
    users,
)
from store.errors import Denied, Refused
from store.formats import jsonl
from store.tables import Annotation, User
from store.values import Region, Role, Status, region_columns
from tests.conftest import Project
from tests.exchange_scene import page, sizes
from tests.pictures import picture

KEYS = [
    "id",
    "input",
    "path",
    "concept",
    "value",
    "status",
    "score",
    "region",
    "annotator",
    "task",
    "created_at",
]


def say(actor: User, input_id: int, concept: str, status: Status, score: float | None = None) -> Annotation:
    with history.step(actor, "say") as recorder:
        kind, packed, key = region_columns(None)
        return recorder.insert(
            Annotation,
            input=input_id,
            concept=concepts.join_named(recorder, concept),
            status=status,
            score=score,
            region_kind=kind,
            region=packed,
            region_key=key,
            annotator=actor,
            created_at=database.now(),
        )


def ids(**filters: Any) -> list[int]:
    return [row["id"] for row in annotations.listing(**filters)]


def test_listed_by_input_then_score_with_exactly_the_keys(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(annotations, "WINDOW", 2)
    first, *_, last = project.add_inputs(7)
    low = say(project.owner, last, "cat", Status.SUCCESS, 0.2)
    none = say(project.owner, last, "dog", Status.SUCCESS)
    high = say(project.owner, last, "cow", Status.SUCCESS, 0.9)
    early = say(project.owner, first, "cat", Status.PENDING)
    assert ids() == [early.id, high.id, low.id, none.id]
    row = next(annotations.listing())
    assert list(row) == KEYS
    assert (row["status"], row["annotator"], row["region"], row["task"]) == ("PENDING", "olga", None, None)
    inputs.delete(project.owner, [inputs.find(str(last))])
    assert ids() == [early.id]


def test_filters_match_each_kind_or_any(project: Project) -> None:
    one, two = project.add_inputs(2)
    anna = users.add(project.owner, "anna")
    a = say(project.owner, one, "cat", Status.SUCCESS)
    b = say(anna, one, "cat", Status.PENDING)
    c = say(anna, two, "dog", Status.SUCCESS)
    cat, dog = concepts.find("cat"), concepts.find("dog")
    assert ids(concepts=[cat, dog], labelers=[anna]) == [b.id, c.id]
    assert ids(concepts=[cat], labelers=[anna], statuses=[Status.SUCCESS]) == []
    assert ids(concepts=[dog], labelers=[project.owner], match_any=True) == [a.id, c.id]
    assert ids(dataset=datasets.add(project.owner, "d", [two])) == [c.id]


def test_outside_of_tasks_only_its_maker_or_a_lead_removes(project: Project) -> None:
    (one,) = project.add_inputs(1)
    anna = users.add(project.owner, "anna")
    hers, his = say(anna, one, "cat", Status.SUCCESS), say(project.owner, one, "cat", Status.SUCCESS)
    with pytest.raises(Denied):
        labeling.remove(anna, his)
    labeling.remove(anna, hers)
    labeling.remove(project.owner, his)
    assert ids() == []


def fill(project: Project) -> None:
    for number, name in enumerate(("a.png", "caf\udce9.png")):
        picture(project.folder / "pictures" / name, number)
    adding.add(project.owner, [project.folder])
    say(project.owner, 1, "cat", Status.SUCCESS, 0.1 + 0.2)
    say(project.owner, 2, "d\u00f6g", Status.AWAITING_REVIEW)


def test_out_and_into_another_project_and_out_again_is_the_same(project: Project, tmp_path: Path) -> None:
    fill(project)
    out = project.folder / "out.jsonl"
    assert exchange.export("jsonl", out).annotations == 2
    said = [json.loads(line) for line in out.read_text("ascii").splitlines()]
    assert list(said[0]) == [*KEYS, "width", "height", "sha256"]
    assert exchange.take_in(project.owner, "jsonl", out).here == 2, "nothing is said twice"
    other = tmp_path / "other"
    (project.folder / "pictures").rename(tmp_path / "pictures")
    database.connect(database.create(other, "olga"))
    (tmp_path / "pictures").rename(other / "pictures")
    out.rename(other / "in.jsonl")
    report = exchange.take_in(users.current("olga"), "jsonl", other / "in.jsonl", "taken")
    assert (report.added, report.refused) == (2, 0)
    assert datasets.size(datasets.find("taken").id) == 2
    exchange.export("jsonl", other / "again.jsonl")
    again = [json.loads(line) for line in (other / "again.jsonl").read_text().splitlines()]
    changes = {"id": 0, "created_at": 0}
    assert [{**row, **changes} for row in again] == [{**row, **changes} for row in said]


def test_an_import_is_one_step(project: Project) -> None:
    fill(project)
    exchange.export("jsonl", project.folder / "out.jsonl")
    undoing.undo(project.owner)
    undoing.undo(project.owner)
    assert exchange.take_in(project.owner, "jsonl", project.folder / "out.jsonl").added == 2
    undoing.undo(project.owner)
    assert ids() == []


def test_an_import_reaches_no_file_outside(project: Project, tmp_path: Path) -> None:
    secret = picture(tmp_path / "secret.png", 5)
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "link.png").symlink_to(secret)
    paths = ["../secret.png", str(secret), "link.png", "..", ""]
    lines = [json.dumps({"path": path, "concept": "cat"}) for path in paths]
    (folder / "in.jsonl").write_text("\n".join(lines))
    report = exchange.take_in(project.owner, "jsonl", folder / "in.jsonl")
    assert (report.added, report.refused, list(inputs.listing())) == (0, len(paths), [])


@pytest.mark.parametrize(
    "line",
    [
        "no json",
        "[1]",
        "{}",
        '{"concept": 5}',
        '{"concept": "a", "value": 2}',
        '{"concept": "a", "score": NaN}',
        '{"concept": "a", "status": "DONE"}',
        '{"concept": "a", "region": {"box": [0, 0, 2, 1]}}',
        '{"concept": "a", "region": {"box": ["0", null]}}',
        "[" * 100_000,
        '{"concept": "\\u001b[31m", "path": "1.png"}',
    ],
)
def test_what_is_no_annotation_is_refused_with_its_line(project: Project, line: str) -> None:
    picture(project.folder / "1.png")
    source = project.folder / "in.jsonl"
    source.write_text(f"\n{line}\n")
    try:
        refused = exchange.take_in(project.owner, "jsonl", source).sentences
    except Refused as error:
        refused = [str(error)]
    assert len(refused) == 1 and refused[0].startswith("line 2") and ids() == []


def test_a_failed_export_leaves_what_was_there(project: Project) -> None:
    out = project.folder / "out.jsonl"
    out.write_text("precious")

    def lines() -> Any:
        yield page({"id": 1})
        raise Refused("stop")

    with pytest.raises(Refused):
        jsonl.write(lines(), out)
    assert (out.read_text(), len(list(project.folder.glob(".out*")))) == ("precious", 0)
    for hopeless in (project.folder, Path(), project.folder / "no" / "folder.jsonl"):
        with pytest.raises(Refused):
            exchange.export("jsonl", hopeless)


def test_formats_are_the_modules_of_their_folder(project: Project) -> None:
    assert "jsonl" in formats.known("write") and "jsonl" in formats.known("read")
    with pytest.raises(Refused, match="did you mean 'jsonl'"):
        formats.load("json", "write")


unit = st.floats(0, 1, allow_nan=False)
boxes = st.tuples(unit, unit, unit, unit).filter(lambda b: b[0] != b[2] and b[1] != b[3])
regions = st.one_of(
    st.none(),
    boxes.map(lambda box: Region.from_box(*box)),
    st.lists(st.tuples(unit, unit), min_size=3, max_size=6).map(lambda ring: Region.from_rings([ring])),
    st.tuples(st.integers(0, 99), st.integers(1, 99)).map(lambda s: Region.from_span(s[0], s[0] + s[1])),
)


@given(region=regions, score=st.none() | unit, value=st.integers(0, 1), status=st.sampled_from(Status))
def test_a_line_says_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, region: Any, score: Any, value: int, status: Status
) -> None:
    path = tmp_path_factory.mktemp("lines") / "one.jsonl"
    line = {"path": "caf\udce9\n", "concept": "c", "value": value, "status": status.name, "score": score}
    jsonl.write([page({**line, "region": None if region is None else region.to_json()})], path)
    (read,) = jsonl.read(path, sizes)
    assert (read.region, read.score, read.value, read.status) == (region, score, value, status)
    assert read.path == "caf\udce9\n"


def test_importing_is_for_leads(project: Project) -> None:
    lena = users.add(project.owner, "lena", Role.LABELER)
    with pytest.raises(Denied):
        exchange.take_in(lena, "jsonl", project.folder / "x.jsonl")
