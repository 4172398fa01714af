"""A user's work in a task: the list, the pace, what was skipped and why."""

import pytest

from store import database, history, pace, skips, steps, submitting, worklist
from store.errors import Conflict, Refused
from store.tables import Event
from store.values import Side
from tests.conftest import Project
from tests.labeling_scene import add_pictures, task


def test_a_work_list_knows_what_is_done_and_what_comes_next(project: Project) -> None:
    olga = project.owner
    first, second, third, fourth = add_pictures(project.folder, olga)
    made = task(olga, concepts=["cat"])
    submitting.submit(olga, made, second)
    work = worklist.of(made, Side.LABEL, olga)
    assert list(work.inputs) == [first, second, third, fourth]
    assert (work.done, work.left) == (1, 3)
    assert work.next_open(1) == 2 and work.first_from(second) == 2 and work.first_from(None) == 0
    for input_id in (third, fourth):
        work.mark(input_id, is_open=False)
    assert work.next_open(1) == 0
    work.mark(first, is_open=False)
    assert work.next_open(0) == 4 and work.left == 0
    assert work.place(999) is None and work.is_done(999)


def test_what_was_sent_back_comes_before_all_others_until_it_is_done_or_left(project: Project) -> None:
    olga = project.owner
    first, second, third, fourth = add_pictures(project.folder, olga)
    made = task(olga, concepts=["cat"])
    submitting.submit(olga, made, second)
    work = worklist.of(made, Side.LABEL, olga, [fourth, second, third])
    assert work.first == [fourth, third]
    assert work.first_from(None) == 3 and work.first_from(first) == 0 and work.first_from(second) == 3
    work.pass_over(fourth)
    assert work.next_open(1) == 2
    work.mark(third, is_open=False)
    assert work.next_open(1) == 3 and work.next_open(0) == 0


def test_a_name_is_found_literally(project: Project) -> None:
    olga = project.owner
    ids = add_pictures(project.folder, olga)
    (project.folder / "a_b%.txt").write_text("x")
    made = task(olga, concepts=["cat"])
    assert worklist.search(made, Side.LABEL, olga, "0") == ids
    assert worklist.search(made, Side.LABEL, olga, "2.p") == [ids[2]]
    assert worklist.search(made, Side.LABEL, olga, "_") == []
    assert worklist.paths(ids[:1]) == {ids[0]: "00.png"}


def test_breaks_do_not_count(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    olga = project.owner
    ids = add_pictures(project.folder, olga)
    made = task(olga, concepts=["cat"])
    clock = database.now() + 10_000_000
    monkeypatch.setattr(history, "now", lambda: clock)
    for input_id, after in zip(ids, (0, 10_000, 3_600_000, 20_000), strict=True):
        clock += after
        submitting.submit(olga, made, input_id)
    got = pace.of(olga, made, Side.LABEL)
    assert got.done == 4
    assert 30_000 <= got.milliseconds < 35_000
    assert got.per_hour is not None and 410 < got.per_hour <= 480
    assert pace.of(olga, made, Side.REVIEW).per_hour is None


def test_a_skipped_input_stays_open_with_its_reason_until_it_is_undone(project: Project) -> None:
    olga = project.owner
    first, second, *_ = add_pictures(project.folder, olga)
    made = task(olga, concepts=["cat"])
    skips.skip(olga, made, Side.LABEL, first, " too dark ")
    assert skips.reason(olga, made, Side.LABEL, first) == "too dark"
    assert skips.reason(olga, made, Side.LABEL, second) == ""
    assert first in worklist.of(made, Side.LABEL, olga).inputs
    assert not worklist.of(made, Side.LABEL, olga).is_done(first)
    assert [event.after for event in Event.select().where(Event.kind == "note")][-1] == {
        "skipped": "too dark"
    }
    skips.skip(olga, made, Side.LABEL, first, "blurred")
    assert steps.undo(olga, made).inputs == [first]
    assert skips.reason(olga, made, Side.LABEL, first) == "too dark"
    steps.undo(olga, made)
    assert skips.reason(olga, made, Side.LABEL, first) == ""
    steps.redo(olga, made)
    assert skips.reason(olga, made, Side.LABEL, first) == "too dark"


def test_a_skip_needs_a_reason_and_an_open_input(project: Project) -> None:
    olga = project.owner
    first, *_ = add_pictures(project.folder, olga)
    made = task(olga, concepts=["cat"])
    with pytest.raises(Refused, match="say in at most"):
        skips.skip(olga, made, Side.LABEL, first, "  ")
    submitting.submit(olga, made, first)
    with pytest.raises(Conflict, match="no longer open"):
        skips.skip(olga, made, Side.LABEL, first, "late")
