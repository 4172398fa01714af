"""Dataset versions: frozen, compared, exported to the same bytes later, restored; what an export selects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from store import (
    adding,
    concepts,
    database,
    dataset_versions,
    datasets,
    exchange,
    history,
    inputs,
    restoring,
    undoing,
)
from store.errors import NotFound, Refused
from store.exchange import Selection
from store.tables import Annotation, Assignment, Dataset, DatasetVersionInput, Input
from store.tables import database as opened
from store.values import Region, Side, Status, region_columns
from tests.conftest import Project
from tests.pictures import picture


def say(project: Project, input_id: int, concept: str, **others: Any) -> Annotation:
    with history.step(project.owner, "say") as recorder:
        kind, packed, key = region_columns(others.pop("region", None))
        columns = {"status": Status.SUCCESS, "score": None, **others}
        return recorder.insert(
            Annotation,
            input=input_id,
            concept=concepts.join_named(recorder, concept),
            region_kind=kind,
            region=packed,
            region_key=key,
            annotator=project.owner,
            created_at=database.now(),
            **columns,
        )


@pytest.fixture
def dataset(project: Project) -> Dataset:
    """Four inputs: a cat, a box and a doubt, nothing, nothing."""
    ids = project.add_inputs(4)
    say(project, ids[0], "cat", score=0.5)
    say(project, ids[1], "dog", region=Region.from_box(0.25, 0.25, 0.5, 0.5))
    say(project, ids[1], "cow", status=Status.PENDING)
    return datasets.add(project.owner, "animals", ids)


def exported(project: Project, format: str, **selected: Any) -> bytes:
    out = project.folder / "out"
    exchange.export(format, out, Selection(**selected))
    return out.read_bytes()


def ids() -> list[int]:
    return [int(row.id) for row in Input.select().order_by(Input.id)]


@pytest.mark.parametrize("format", ["jsonl", "coco", "csv", "label-studio"])
def test_a_version_is_exported_to_the_same_bytes_whatever_happens(
    project: Project, dataset: Dataset, format: str
) -> None:
    frozen = dataset_versions.freeze(project.owner, dataset)
    before = exported(project, format, dataset=dataset, version=frozen)
    assert b"dog" in before and b"cow" not in before
    say(project, ids()[2], "bird")
    Annotation.update(score=0.9).where(Annotation.score == 0.5).execute()
    concepts.rename(project.owner, concepts.find("dog"), "hound")
    Input.update(path="moved.jpg", width=1, sha256=b"x" * 32).where(Input.id == ids()[1]).execute()
    inputs.delete(project.owner, [Input.get_by_id(ids()[0])])
    assert exported(project, format, dataset=dataset, version=frozen) == before
    assert dataset_versions.freeze(project.owner, dataset).number == 2


def test_only_the_asked_statuses_are_frozen(project: Project, dataset: Dataset) -> None:
    frozen = dataset_versions.freeze(project.owner, dataset, statuses=[Status.SUCCESS, Status.PENDING])
    said = [line["concept"] for one in dataset_versions.frozen(frozen) for line in one.annotations]
    assert said == ["cat", "dog", "cow"]
    row = dataset_versions.listing(dataset)[0]
    assert (row["number"], row["inputs"], row["statuses"]) == (1, 4, ["SUCCESS", "PENDING"])
    with pytest.raises(NotFound, match="its newest is 1"):
        dataset_versions.find(dataset, 2)


def changes(dataset: Dataset) -> list[tuple[str, int, str | None]]:
    first = dataset_versions.find(dataset, 1)
    now = dataset_versions.as_it_is(dataset, first.selection)
    found = dataset_versions.compare(dataset_versions.frozen(first), now)
    return [(one["change"], one["input"], one["concept"]) for one in found]


def test_what_came_went_and_changed_since_a_version(project: Project, dataset: Dataset) -> None:
    one, two, three, four = ids()
    dataset_versions.freeze(project.owner, dataset)
    assert changes(dataset) == []
    say(project, three, "bird")
    say(project, four, "doubt", status=Status.AWAITING_REVIEW)
    Annotation.update(score=0.9).where(Annotation.score == 0.5).execute()
    Annotation.update(deleted=True).where(Annotation.input == two).execute()
    inputs.delete(project.owner, [Input.get_by_id(four)])
    with history.step(project.owner, "more") as recorder:
        datasets.add_inputs(recorder, dataset, project.add_inputs(1))
    assert changes(dataset) == [
        ("annotation changed", one, "cat"),
        ("annotation removed", two, "dog"),
        ("annotation added", three, "bird"),
        ("input removed", four, None),
        ("input added", ids()[4], None),
    ]


def test_a_version_is_restored_into_a_new_dataset_as_one_step(project: Project, dataset: Dataset) -> None:
    frozen = dataset_versions.freeze(project.owner, dataset)
    kept = [one.annotations[0]["concept"] for one in dataset_versions.frozen(frozen) if one.annotations]
    inputs.delete(project.owner, [Input.get_by_id(ids()[1])])
    made, added = restoring.restore(project.owner, frozen, "as it was")
    assert (datasets.size(made.id), added) == (4, 1)
    again = dataset_versions.freeze(project.owner, made)
    assert [
        one.annotations[0]["concept"] for one in dataset_versions.frozen(again) if one.annotations
    ] == kept
    with pytest.raises(Refused, match="already"):
        restoring.restore(project.owner, frozen, "as it was")
    undoing.undo(project.owner)
    assert opened.execute_sql("SELECT count(*) FROM annotation WHERE deleted = 0").fetchone() == (1,)


def test_a_version_of_the_first_winnow_is_still_read(project: Project, dataset: Dataset) -> None:
    frozen = dataset_versions.freeze(project.owner, dataset)
    old = [{"concept": "cat", "value": 1, "score": 0.5, "region": None, "annotator": "olga"}]
    rows = DatasetVersionInput.update(annotations=old)
    rows.where(DatasetVersionInput.dataset_version == frozen, DatasetVersionInput.input == ids()[0]).execute()
    first = next(dataset_versions.frozen(frozen))
    assert (first.path, first.annotations[0]["status"]) == ("000000.jpg", "SUCCESS")


def images(project: Project, **selected: Any) -> list[int]:
    return [one["id"] for one in json.loads(exported(project, "coco", **selected))["images"]]


def test_only_inputs_that_somebody_has_been_through_count_as_showing_nothing(
    project: Project, dataset: Dataset
) -> None:
    _, two, three, four = ids()
    assert images(project) == [two], "of the first input only a whole-input label is known"
    lines = {"task": 1, "side": Side.LABEL, "user": project.owner, "changed_at": 0}
    opened.execute_sql("PRAGMA foreign_keys = 0")
    Assignment.insert(**lines, input=three, status=Status.SUCCESS, open=False).execute()
    Assignment.insert(**lines, input=four, status=Status.PENDING).execute()
    assert images(project) == [two, three]
    assert images(project, every_input=True) == [two, three, four]
    assert images(project, every_input=True, dataset=dataset, statuses=(Status.PENDING,)) == [three, four]


def test_an_import_knows_inputs_by_content_place_and_name(project: Project, tmp_path: Path) -> None:
    mine = picture(project.folder / "pictures" / "mine.png", 1)
    adding.add(project.owner, [project.folder])
    source = tmp_path / "source"
    (source / "deep").mkdir(parents=True)
    (source / "deep" / "same.png").write_bytes(mine.read_bytes())
    picture(source / "new.png", 2)
    text = (
        "path,concept\ndeep/same.png,same\nnew.png,new\nelsewhere/mine.png,named\nmine,stem\nno.png,nobody\n"
    )
    (source / "in.csv").write_text(text)
    report = exchange.take_in(project.owner, "csv", source / "in.csv", "taken")
    assert (report.added, report.refused, len(report.inputs.added)) == (4, 1, 1)
    assert report.sentences == ["line 6: the input no.png is not in the project"]
    said = Annotation.select(Annotation).order_by(Annotation.id)
    assert [(row.input_id, row.concept.name) for row in said] == [
        (1, "same"),
        (2, "new"),
        (1, "named"),
        (1, "stem"),
    ]
    assert datasets.size(datasets.find("taken").id) == 2
    again = exchange.take_in(project.owner, "csv", source / "in.csv")
    assert (again.added, again.here) == (0, 4)


def test_a_name_that_several_have_is_nobodys(project: Project, tmp_path: Path) -> None:
    for number, folder in enumerate("ab"):
        picture(project.folder / folder / "one.png", number)
    adding.add(project.owner, [project.folder])
    (tmp_path / "in.csv").write_text("path,concept\none.png,x\nfar/b/one.png,y\n")
    report = exchange.take_in(project.owner, "csv", tmp_path / "in.csv")
    assert (report.added, report.sentences) == (
        1,
        ["line 2: several inputs are called one.png: a/one.png, b/one.png"],
    )


@pytest.mark.parametrize("format", ["yolo", "voc", "imagefolder"])
def test_a_folder_goes_out_and_comes_back_to_the_same_inputs(project: Project, format: str) -> None:
    for folder, number in (("a", 1), ("b", 2)):
        picture(project.folder / folder / "one.png", number, (64, 48))
    adding.add(project.owner, [project.folder])
    region = None if format == "imagefolder" else Region.from_box(8 / 64, 6 / 48, 20 / 64, 30 / 48)
    for input_id in ids():
        say(project, input_id, f"c{input_id}", region=region)
    out = project.folder / "out"
    assert exchange.export(format, out).annotations == 2
    report = exchange.take_in(project.owner, format, out)
    assert (report.added, report.here, report.refused, len(report.inputs.duplicates)) == (0, 2, 0, 2)
    assert ids() == [1, 2]
