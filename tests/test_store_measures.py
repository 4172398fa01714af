"""Agreement against published examples, and pace and confusion against small stories."""

from __future__ import annotations

import json
from collections import Counter
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import (
    cli,
    comparison,
    decisions,
    labeling,
    models,
    plans,
    predictions,
    reviewing,
    scores,
    stats,
    submitting,
    tasks,
)
from store.agreement import (
    box_agreement,
    cohen_kappa,
    fleiss_kappa,
    kappa_of_table,
    krippendorff_alpha,
    mean_box_agreement,
)
from store.tables import Assignment, Review, Task, User
from store.values import Region, Side, Verdict
from tests.conftest import Project


def test_cohen_two_grant_readers() -> None:
    """The example of Wikipedia's article "Cohen's kappa": 50 grant proposals, two readers, 0.4; and its
    pair of tables with the same observed agreement, 0.1304 and 0.2593."""
    assert kappa_of_table({("y", "y"): 20, ("y", "n"): 5, ("n", "y"): 10, ("n", "n"): 15}) == pytest.approx(
        0.4
    )
    first = {("y", "y"): 45, ("y", "n"): 15, ("n", "y"): 25, ("n", "n"): 15}
    second = {("y", "y"): 25, ("y", "n"): 35, ("n", "y"): 5, ("n", "n"): 35}
    assert kappa_of_table(first) == pytest.approx(0.1304, abs=5e-5)
    assert kappa_of_table(second) == pytest.approx(0.2593, abs=5e-5)
    assert cohen_kappa([]) is None and cohen_kappa([("y", "y")] * 3) is None
    assert cohen_kappa([("y", "y"), ("n", "n")]) == 1


def test_fleiss_fourteen_raters_ten_subjects() -> None:
    """The worked example of Wikipedia's article "Fleiss' kappa": 14 raters, 10 subjects, 5 categories:
    0.210."""
    rows = [
        (0, 0, 0, 0, 14),
        (0, 2, 6, 4, 2),
        (0, 0, 3, 5, 6),
        (0, 3, 9, 2, 0),
        (2, 2, 8, 1, 1),
        (7, 7, 0, 0, 0),
        (3, 2, 6, 3, 0),
        (2, 5, 3, 2, 2),
        (6, 5, 2, 1, 0),
        (0, 2, 2, 3, 7),
    ]
    assert fleiss_kappa(rows) == pytest.approx(0.210, abs=5e-4)
    with pytest.raises(ValueError, match="same number"):
        fleiss_kappa([(1, 1), (2, 1)])


def test_fleiss_thirty_patients_six_psychiatrists() -> None:
    """Fleiss (1971), table 1: 30 patients, 6 psychiatrists, 5 diagnoses: 0.430."""
    rows = """0 0 0 6 0/0 3 0 0 3/0 1 4 0 1/0 0 0 0 6/0 3 0 3 0/2 0 4 0 0/0 0 4 0 2/2 0 3 1 0/2 0 0 4 0
        0 0 0 0 6/1 0 0 5 0/1 1 0 4 0/0 3 3 0 0/1 0 0 5 0/0 2 0 3 1/0 0 5 0 1/3 0 0 1 2/5 1 0 0 0/0 2 0 4 0
        1 0 2 0 3/0 0 0 0 6/0 1 0 5 0/0 2 0 1 3/2 0 0 4 0/1 0 0 4 1/0 5 0 1 0/4 0 0 0 2/0 2 0 4 0/1 0 5 0 0
        0 0 0 0 6"""
    table = [[int(n) for n in row.split()] for line in rows.splitlines() for row in line.split("/")]
    assert len(table) == 30
    assert fleiss_kappa(table) == pytest.approx(0.430, abs=5e-4)


def test_krippendorff_four_observers_twelve_units() -> None:
    """Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", part C: four observers, twelve
    units, missing data, nominal: 0.743."""
    observers = ("1 2 3 3 2 1 4 1 2 . . .", "1 2 3 3 2 2 4 1 2 5 . 3", ". 3 3 3 2 3 4 2 2 5 1 .",
                 "1 2 3 3 2 4 4 1 2 5 1 .")  # fmt: skip
    units = [
        [value for value in unit if value != "."]
        for unit in zip(*(row.split() for row in observers), strict=True)
    ]
    assert krippendorff_alpha(units) == pytest.approx(0.743, abs=5e-4)
    assert krippendorff_alpha([["a", "a"]]) is None and krippendorff_alpha([["a"], ["b"]]) is None


def test_krippendorff_two_observers_binary() -> None:
    """Krippendorff (2011), part A: two observers, ten units, binary: 0.095."""
    units = zip("0100000010", "1110010000", strict=True)
    assert krippendorff_alpha(units) == pytest.approx(0.095, abs=5e-4)


ratings = st.lists(st.tuples(*[st.sampled_from("abc")] * 3), min_size=1, max_size=20)


@given(ratings)
def test_coefficients_do_not_depend_on_who_is_first_nor_on_names(items: list[tuple[str, str, str]]) -> None:
    def fleiss(rows: list[tuple[str, str, str]]) -> float | None:
        return fleiss_kappa([[row.count(value) for value in "abcxyz"] for row in rows])

    renamed = [tuple({"a": "z", "b": "x", "c": "y"}[value] for value in row) for row in items]
    for turned in [[tuple(row[i] for i in order) for row in items] for order in permutations(range(3))]:
        assert fleiss(turned) == pytest.approx(fleiss(items))
        assert krippendorff_alpha(turned) == pytest.approx(krippendorff_alpha(items))
    assert fleiss(renamed) == pytest.approx(fleiss(items))
    pairs = [row[:2] for row in items]
    assert cohen_kappa([(b, a) for a, b in pairs]) == pytest.approx(cohen_kappa(pairs))
    alpha = krippendorff_alpha(items)
    assert alpha is None or alpha <= 1
    assert (alpha == 1) == all(len(set(row)) == 1 for row in items) or alpha is None


def test_boxes_are_paired_once_and_what_is_left_counts_against() -> None:
    whole, half, far = (0.0, 0.0, 1.0, 1.0), (0.0, 0.0, 0.5, 1.0), (0.8, 0.8, 0.9, 0.9)
    assert box_agreement([whole], [whole]) == 1 and box_agreement([], []) == 1
    assert box_agreement([whole], [half]) == pytest.approx(0.5)
    assert box_agreement([half], [far]) == 0 and box_agreement([half], []) == 0
    assert box_agreement([whole, far], [whole]) == pytest.approx(0.5)
    assert box_agreement([half, whole], [whole]) == pytest.approx(0.5)
    assert mean_box_agreement([[whole], [half], [whole]]) == pytest.approx((0.5 + 1 + 0.5) / 3)
    assert mean_box_agreement([[whole]]) is None


def several(project: Project, said: dict[str, list[str]]) -> Task:
    """A full task that each person labels: name → for each input the concepts, by spaces."""
    project.add_inputs(len(next(iter(said.values()))))
    plan = plans.Plan(
        name="t",
        type="classification",
        concepts=("cat", "dog", "cow"),
        labelers=tuple(said),
        reviewers=("rob",),
        strategy="full",
        review="manual",
    )
    task = tasks.create(project.owner, plan).task
    for name, answers in said.items():
        user = User.get(User.name == name)
        for input_id, concepts in enumerate(answers, 1):
            for concept in concepts.split():
                labeling.add(user, task, input_id, concept)
            submitting.submit(user, task, input_id)
    return task


def test_agreement_of_a_task_is_that_of_its_ratings(project: Project) -> None:
    said = {
        "ann": ["cat", "dog", "cat dog", ""],
        "bob": ["cat", "cow", "cat", ""],
        "cid": ["cat", "dog", "", "cow"],
    }
    task = several(project, said)
    found = comparison.of_task(task).agreement()
    units = [
        [concept in said[name][n].split() for name in said]
        for n in range(4)
        for concept in ("cat", "dog", "cow")
    ]
    assert found["inputs"] == 4
    assert found["krippendorff"] == pytest.approx(krippendorff_alpha(units))
    assert found["fleiss"] == pytest.approx(fleiss_kappa([[sum(u), 3 - sum(u)] for u in units]))
    cohen = {tuple(line["people"]): line["kappa"] for line in found["cohen"]}
    assert cohen["ann", "bob"] == pytest.approx(cohen_kappa([(u[0], u[1]) for u in units]))
    assert cohen["bob", "cid"] == pytest.approx(cohen_kappa([(u[1], u[2]) for u in units]))
    assert found["iou"] is None


def test_boxes_of_people_are_compared_by_overlap(project: Project) -> None:
    task = several(project, {"ann": ["", ""], "bob": ["", ""]})
    Assignment.update(status=24151, open=True, version=0).where(Assignment.side == Side.LABEL).execute()
    for name, x1 in (("ann", 1.0), ("bob", 0.5)):
        user = User.get(User.name == name)
        labeling.add(user, task, 1, "cat", Region.from_box(0, 0, x1, 1))
        for input_id in (1, 2):
            submitting.submit(user, task, input_id)
    assert comparison.of_task(task).agreement()["iou"] == pytest.approx(0.5)


def test_confusion_counts_who_says_what_instead(project: Project) -> None:
    task = several(project, {"ann": ["cat", "dog", "cat", ""], "bob": ["cat", "cow", "", ""]})
    table = {
        (row["one"], row["other"]): row["count"]
        for row in comparison.of_task(task).confusion()
        if row["between"] == "people"
    }
    assert table == {("cat", "cat"): 1, ("dog", "cow"): 1, ("cat", None): 1}


def test_pace_counts_verdicts_and_leaves_out_the_time_away(project: Project) -> None:
    task = several(project, {"ann": ["cat"] * 4})
    rob = User.get(User.name == "rob")
    reviewing.decide(rob, task, [1], Verdict.APPROVE)
    reviewing.decide(rob, task, [2], Verdict.REJECT)
    reviewing.decide(rob, task, [3, 4], Verdict.APPROVE)
    for input_id, at in (
        (1, 0),
        (2, 10_000),
        (3, 10_000 + decisions.IDLE + 1),
        (4, 10_000 + decisions.IDLE + 1),
    ):
        Review.update(created_at=at).where(Review.input == input_id).execute()
    lines = {line["name"]: line for line in decisions.of_task(task).people()}
    assert lines["rob"] == {
        "name": "rob",
        "submitted": 0,
        "approved": 3,
        "rejected": 1,
        "changes_requested": 0,
        "decisions": 3,
        "seconds_per_decision": 10.0,
        "median_seconds": 10.0,
    }
    assert lines["ann"]["submitted"] == 4 and decisions.of_task().people() == decisions.of_task(task).people()


def test_confusion_of_one_person_begins_with_what_they_say(project: Project) -> None:
    task = several(project, {"ann": ["cat", "dog"], "bob": ["cow", "dog"], "cid": ["cat", "cow"]})
    bob = User.get(User.name == "bob")
    table = {
        (row["one"], row["other"]): row["count"]
        for row in comparison.of_task(task).confusion(bob)
        if row["between"] == "people"
    }
    assert table == {("cow", "cat"): 2, ("dog", "dog"): 1, ("dog", "cow"): 1}


def test_walking_in_small_windows_finds_the_same(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    task = several(
        project, {"ann": ["cat", "dog", "", "cow", "cat"], "bob": ["cat", "cow", "", "cow", "dog"]}
    )
    reviewing.decide(User.get(User.name == "rob"), task, [1, 2, 3], Verdict.APPROVE)
    whole = stats.of_task(task)
    monkeypatch.setattr("store.annotations.WINDOW", 2)
    monkeypatch.setattr("store.decisions.PAGE", 2)
    shares = list(comparison.Comparison(task).walk())
    assert shares == [0.4, 0.8, 1.0]
    assert stats.of_task(task) == whole
    assert whole["concepts"][0] == {"name": "cat", "there": 3, "not_there": 0}
    assert sum(whole["statuses"].values()) == 8


def test_decisions_are_counted_by_the_hour_and_over_long_by_the_day(project: Project) -> None:
    task = several(project, {"ann": ["cat"] * 4})
    hour = decisions.HOUR
    noon = 1_700_000_000_000 // (24 * hour) * 24 * hour + 12 * hour
    for input_id, at in ((1, noon), (2, noon + 1000), (3, noon + hour), (4, noon + 2 * hour)):
        Assignment.update(changed_at=at).where(Assignment.input == input_id).execute()
    lines = decisions.of_task(task).over_time()
    assert [(line["hours"], line["name"], line["decisions"]) for line in lines] == [
        (1, "ann", 2),
        (1, "ann", 1),
        (1, "ann", 1),
    ]
    Assignment.update(changed_at=noon + 10 * 24 * hour).where(Assignment.input == 4).execute()
    lines = decisions.of_task(task).over_time()
    assert [(line["hours"], line["decisions"]) for line in lines] == [(24, 3), (24, 1)]
    assert [line["start"][10:16] for line in lines] == ["T00:00"] * 2


def test_scores_are_counted_by_the_stored_number_on_either_side_of_a_threshold(project: Project) -> None:
    project.add_inputs(7)
    plan = plans.Plan(
        name="t", type="classification", auto="efficientnet-lite0", concepts=("tabby",), lower=0.5, upper=0.9
    )
    task = tasks.create(project.owner, plan).task
    tabby, other = (models.concepts(task.auto)[name].id for name in ("tabby", "tiger cat"))
    for n, score in enumerate((0.02, 0.4999999, 0.5, 0.52, 0.8999999, 0.9, 1.0), 1):
        said = [predictions.Said(tabby, score), predictions.Said(other, 0.01)]
        predictions.keep(task.auto, {n: said}, 0.0)
    found = scores.of_task(task).histogram()
    assert found is not None
    assert found["bands"] == {"success": 2, "review": 3, "dropped": 2}
    assert [n for n, line in enumerate(found["bins"]) for _ in range(line["predictions"])] == [
        0,
        9,
        10,
        10,
        17,
        18,
        19,
    ]
    task.lower = task.upper = 1.0
    task.save()
    found = scores.of_task(task).histogram()
    assert found is not None and found["bands"] == {"success": 1, "review": 0, "dropped": 6}


def test_the_command_line_prints_them(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    several(project, {"ann": ["cat", "dog"], "bob": ["cat", "cow"]})
    monkeypatch.chdir(project.folder)
    monkeypatch.setenv("WINNOW_USER", "olga")

    def printed(*arguments: str) -> Any:
        assert cli.call(cli.winnow, list(arguments)) == 0
        return json.loads(capsys.readouterr().out)

    assert printed("stats", "agreement", "--task", "t", "--json")["inputs"] == 2
    assert {row["name"] for row in printed("stats", "pace", "--json")} == {"ann", "bob"}
    counted = Counter(row["count"] for row in printed("stats", "confusion", "--task", "t", "--json"))
    assert sum(counted.values()) >= 2
    assert printed("stats", "--json")["inputs"] == 2
    assert printed("stats", "--task", "t", "--json") == stats.of_task(tasks.find("t"))
    assert {
        row["name"] for row in printed("stats", "--task", "t", "--person", "bob", "--json")["people"]
    } == {"bob"}
    assert sum(row["decisions"] for row in printed("stats", "over-time", "--json")) == 4
    assert cli.call(cli.winnow, ["stats", "--person", "bob"]) == 2
    assert cli.call(cli.winnow, ["stats", "scores", "--task", "t"]) == 1
    for verb in (["--task", "t"], ["agreement", "--task", "t"], ["pace"], ["confusion", "--task", "t"]):
        assert cli.call(cli.winnow, ["stats", *verb]) == 0
