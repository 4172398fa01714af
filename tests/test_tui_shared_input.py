"""What several people do to one input: threads of comments, and edits that come too late."""

from pathlib import Path

import pytest

from store import comments, labeling, newer, submitting, users
from store.tables import Annotation, Comment, User
from store.values import Region, Status
from tests.conftest import Project
from tests.labeling_scene import Stage, add_pictures, opened, rows, task
from tests.test_tui_review import Scene
from tui.places import Place
from tui.screens.threads import ThreadsScreen


@pytest.fixture(autouse=True)
def own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def scene(project: Project) -> Scene:
    return Scene(project)


async def typed(stage: Stage, key: str, text: str) -> None:
    """Press a key that asks something, and answer."""
    await stage.press(key, *["space" if letter == " " else letter for letter in text], "enter")


async def test_a_thread_is_begun_answered_and_resolved_by_both_sides(scene: Scene) -> None:
    async with scene.open(scene.inputs[0]) as stage:
        await stage.press("C")
        assert isinstance(stage.screen, ThreadsScreen)
        assert "Nobody has said anything yet" in stage.text()
        await typed(stage, "c", "is it one")
        await stage.until(lambda: "is it one" in stage.text(), "the comment is shown")
        await stage.press("escape")
        assert "1 open comment: C reads them" in " ".join(stage.text().split())
    async with opened(scene.anna, Place("label", str(scene.task.uid), scene.inputs[0])) as stage:
        await stage.press("g", "g", "C")
        assert "olga" in stage.text() and "is it one" in stage.text()
        await typed(stage, "r", "yes")
        await stage.until(lambda: "yes" in stage.text(), "the answer is shown")
        (thread,) = comments.threads(scene.task, scene.inputs[0])
        assert [one.author.name for one in (thread.first, *thread.replies)] == ["olga", "anna"]
        await stage.press("x")
        await stage.until(lambda: "✓ resolved" in stage.text(), "it is resolved")
        assert comments.unresolved(scene.task) == []
        await stage.press("x")
        await stage.until(lambda: "1 open" in stage.text(), "it is open again")
        assert comments.unresolved(scene.task) == [scene.inputs[0]]


async def test_a_thread_is_about_the_region_that_was_highlighted(project: Project) -> None:
    scene = Scene(project, type="detection")
    async with scene.open(scene.inputs[0]) as stage:
        await stage.press("C")
        await typed(stage, "b", "too wide")
        await stage.until(lambda: "on a region" in stage.text(), "the thread is shown")
        assert comments.threads(scene.task, scene.inputs[0])[0].region == Region.from_box(0.1, 0.1, 0.5, 0.5)


async def test_an_empty_comment_is_asked_again_and_a_viewer_only_reads(scene: Scene) -> None:
    comments.add(scene.anna, scene.task, scene.inputs[0], "hello [b]there\x1b[2J")
    async with scene.open(scene.inputs[0]) as stage:
        await stage.press("C")
        assert "hello [b]there\\x1b[2J" in stage.text()
        await stage.press("r", "enter")
        await stage.until(lambda: "Again" in stage.text(), "it is asked again")
        assert "a comment cannot be empty" in stage.said()[-1]
        await stage.press("escape", "escape")
        User.update(role="viewer").where(User.name == "anna").execute()
    async with opened(users.find("anna"), Place("label", str(scene.task.uid), scene.inputs[0])) as stage:
        await stage.press("g", "g", "C", "r", "c", "x")
        assert Comment.select().count() == 1
        assert not Comment.get().resolved


async def test_an_edit_that_comes_too_late_is_refused_beside_what_is_newer(scene: Scene) -> None:
    first = scene.inputs[0]
    async with scene.open(first) as stage:
        entry = stage.screen.rows.current
        stale = Annotation.get_by_id(entry.annotation.id)
        labeling.reassign(scene.anna, Annotation.get(Annotation.input == first), "tabby")
        stage.screen.turns.write(lambda: labeling.reassign(scene.olga, stale, "lynx"), lambda _: None)
        await stage.settle()
        shown = " ".join(stage.text().split())
        assert "Not written" in shown and "anna" in shown
        assert "tabby · anna · Awaiting" in shown
        assert newer.on_input(scene.task, first, scene.olga).did == "call it tabby"
        assert rows(input=first) == [("tabby", 1, "anna")]
        await stage.press("escape")
        assert "Not written" not in stage.text()


async def test_what_is_refused_for_another_reason_says_nothing_of_others(project: Project) -> None:
    olga = project.owner
    inputs = add_pictures(project.folder, olga, 1)
    made = task(olga, concepts=["cat"], labelers=["olga"])
    async with opened(olga, Place("label", str(made.uid), inputs[0])) as stage:
        await stage.press("u")
        assert stage.said() and "Not written" not in stage.text()


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_answers_of_several_are_compared_one_is_taken_and_approved(
    project: Project, size: tuple[int, int]
) -> None:
    plan = {"labelers": ["anna", "bob"], "reviewers": ["olga"], "strategy": "full", "review": "manual"}
    (first,) = add_pictures(project.folder, project.owner, 1)
    made = task(project.owner, concepts=["cat", "dog"], **plan)
    for name, said in (("anna", ["cat", "dog"]), ("bob", ["cat", "sofa"])):
        for concept in said:
            labeling.add(users.find(name), made, first, concept)
        submitting.submit(users.find(name), made, first)
    async with opened(project.owner, Place("review", str(made.uid), first), size=size) as stage:
        assert "2 labelers: S shows them" in " ".join(stage.text().split())
        await stage.press("S")
        shown = [line.split() for line in stage.text().splitlines()]
        assert ["cat", "=", "2/2", "▸✓", "✓"] in shown
        assert ["sofa", "≠", "1/2", "▸·", "✓"] in shown
        await stage.press("l", "t")
        await stage.until(lambda: "dog" not in str(rows(input=first)), "bob's are taken")
        assert rows(input=first) == [("cat", 1, "anna"), ("cat", 1, "bob"), ("sofa", 1, "bob")]
        await stage.press("a")
        await stage.settle()
        assert {row.status for row in Annotation.select().where(Annotation.deleted == False)} == {
            Status.SUCCESS
        }
