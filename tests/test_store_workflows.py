"""Workflows in a project: kept, replaced, pinned to model versions, undone; and their command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from store import concepts, models, plans, tasks, undoing, users, workflows
from store.errors import Denied, NotFound, Refused
from store.tables import ModelVersion, Workflow
from store.values import Role
from tests.conftest import Project
from tests.winnow_process import winnow, winnow_json

SURE = """\
workflow:
  id: sure
  nodes:
    - {id: look, model: {model_id: efficientnet-lite0}}
    - id: high
      model:
        model_type_id: concept-thresholder
        output_info:
          data: {concepts: [{id: tabby, value: 0.5}, {id: hen, value: 0.7}]}
          params: {concept_threshold_type: GREATER_THAN}
      node_inputs: [{node_id: look}]
    - id: write
      model:
        model_type_id: annotation-writer
        output_info: {params: {annotation_status: ANNOTATION_SUCCESS}}
      node_inputs: [{node_id: high}]
"""


def test_a_workflow_is_found_shown_and_predicts_like_a_model(project: Project) -> None:
    workflows.add(project.owner, SURE)
    (row,) = workflows.listing()
    assert (row["name"], row["models"], row["nodes"], row["default"]) == (
        "sure",
        ["efficientnet-lite0"],
        3,
        False,
    )
    shown = workflows.show(workflows.find("sure"))
    assert shown["concepts"] == ["tabby", "hen"] or shown["concepts"] == ["hen", "tabby"]
    assert [line.split()[0] for line in shown["drawing"]] == ["look", "└─▶", "└─▶"]
    version = models.find("sure")
    assert version.model.family == "workflow"
    assert set(models.concepts(version)) == {"tabby", "hen"}
    assert workflows.pins_of(version) == {"look": models.find("efficientnet-lite0").id}


def test_the_version_changes_with_the_graph_and_only_with_it(project: Project) -> None:
    row = workflows.add(project.owner, SURE)
    first = workflows.current(row)
    workflows.add(project.owner, SURE)
    assert models.find("sure").id == first.id
    workflows.add(project.owner, SURE.replace("0.7", "0.8"))
    assert models.find("sure").number == 2
    undoing.undo(project.owner)
    assert workflows.find("sure").graph == SURE
    assert models.find("sure").card == first.card


def test_undo_takes_a_new_workflow_away_and_redo_brings_it_back(project: Project) -> None:
    workflows.add(project.owner, SURE)
    undoing.undo(project.owner)
    assert workflows.listing() == []
    with pytest.raises(NotFound):
        models.find("sure")
    assert "sure" not in [row["name"] for row in models.listing()]
    undoing.redo(project.owner)
    assert models.find("sure").model.name == "sure"
    workflows.remove(project.owner, workflows.find("sure"))
    with pytest.raises(NotFound):
        workflows.find("sure")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "efficientnet-lite0",
            "efficientnet-lite",
            "line 4: there is no model 'efficientnet-lite': did you mean",
        ),
        (
            "{model_id: efficientnet-lite0}",
            "{model_id: efficientnet-lite0, model_version_id: 9}",
            "no version 9",
        ),
        ("id: hen,", "id: henn,", "line 5: no model before 'high' says 'henn': did you mean 'hen'"),
        ("ANNOTATION_SUCCESS", "ANNOTATION_SUCCESS, annotation_user_id: nobody", "no user 'nobody'"),
        ("id: sure", "id: mobilenet-v2", "give the workflow another id"),
    ],
)
def test_what_cannot_run_is_refused_with_its_line(project: Project, old: str, new: str, words: str) -> None:
    models.sync()
    with pytest.raises(Refused) as caught:
        workflows.add(project.owner, SURE.replace(old, new, 1))
    assert words in str(caught.value)
    assert Workflow.select().count() == 0


def test_only_one_workflow_runs_by_itself_and_leads_say_which(project: Project) -> None:
    one = workflows.add(project.owner, SURE)
    two = workflows.add(project.owner, SURE.replace("id: sure", "id: other"))
    workflows.make_default(project.owner, one)
    workflows.make_default(project.owner, workflows.find("other"))
    assert [row["name"] for row in workflows.listing() if row["default"]] == ["other"]
    undoing.undo(project.owner)
    found = workflows.default()
    assert found is not None and found.id == one.id != two.id
    lena = users.add(project.owner, "lena", Role.LABELER)
    for forbidden in (
        lambda: workflows.add(lena, SURE),
        lambda: workflows.make_default(lena, None),
        lambda: workflows.remove(lena, one),
    ):
        with pytest.raises(Denied):
            forbidden()


def test_relations_are_followed_in_their_direction(project: Project) -> None:
    for source, kind, target in (
        ("cat", "hypernym", "tabby"),
        ("hen", "hyponym", "bird"),
        ("chook", "synonym", "hen"),
    ):
        made = concepts.get_or_make([source, target])
        concepts.relate(project.owner, made[source], kind, made[target])
    assert workflows.related() == {
        "synonym": {"chook": "hen"},
        "hypernym": {"tabby": "cat", "hen": "bird"},
        "hyponym": {"cat": "tabby", "bird": "hen"},
    }


def test_a_workflow_that_maps_follows_what_is_related_later(project: Project) -> None:
    text = (
        "workflow:\n  id: mapped\n  nodes:\n"
        "    - {id: look, model: {model_id: efficientnet-lite0}}\n"
        "    - {id: map, model: {model_type_id: concept-synonym-mapper,"
        " output_info: {params: {relation: hypernym}}}, node_inputs: [{node_id: look}]}\n"
    )
    workflows.add(project.owner, text)
    first = models.find("mapped")
    assert "cat" not in models.concepts(first)
    made = concepts.get_or_make(["cat", "tabby"])
    concepts.relate(project.owner, made["cat"], "hypernym", made["tabby"])
    second = models.find("mapped")
    assert second.number == first.number + 1
    assert "cat" in models.concepts(second) and "tabby" not in models.concepts(second)


def test_a_task_takes_a_workflow_where_it_takes_a_model(project: Project) -> None:
    project.add_inputs(3)
    workflows.add(project.owner, SURE)
    plan = plans.Plan(name="t", type="classification", auto="sure", concepts=("tabby",))
    task = tasks.create(project.owner, plan).task
    assert ModelVersion.get_by_id(task.auto_id).model.name == "sure"


def test_the_command_line(tmp_path: Path) -> None:
    winnow(tmp_path, "init")
    (tmp_path / "sure.yaml").write_text(SURE)
    winnow(tmp_path, "workflow", "add", "sure.yaml")
    winnow(tmp_path, "workflow", "default", "sure")
    (row,) = winnow_json(tmp_path, "workflow", "list")
    assert (row["name"], row["default"]) == ("sure", True)
    assert winnow_json(tmp_path, "workflow", "show", "sure")["graph"] == SURE
    (tmp_path / "bad.yaml").write_text(SURE.replace("look}", "loook}", 1))
    refused = winnow(tmp_path, "workflow", "add", "bad.yaml", code=1).stderr
    assert "line 5" in refused and "did you mean 'look'" in refused


def test_the_readme_s_workflow_is_one(project: Project) -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text("utf-8")
    text = readme.split("```yaml\n")[1].split("```")[0]
    assert workflows.add(project.owner, text).name == "sure-birds"
