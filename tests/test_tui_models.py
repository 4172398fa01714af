"""The Models screen: what is registered, what runs, what failed."""

from __future__ import annotations

from store import jobs, models, workflows
from store.tables import Predicted
from tests.conftest import Project
from tests.frame_scene import opened, screen, shows, until
from tui.screens.models import ModelsScreen
from tui.screens.tasks import TasksScreen


async def test_it_shows_what_is_loaded_and_what_failed(project: Project) -> None:
    project.add_inputs(2)
    version = models.find("efficientnet-lite0")
    Predicted.create(input=1, model_version=version, kept_from=0.01, error="it is broken", created_at=0)
    said = [{"model": "efficientnet-lite0", "version": str(version.number), "provider": "cpu"}]
    jobs.beat(jobs.new_owner(), device="cpu", sessions=said, activity="")
    async with opened(project.owner) as (app, pilot):
        await pilot.press("M")
        await shows(pilot, "efficientnet-lite0")
        assert isinstance(app.screen, ModelsScreen)
        row = next(row for row in screen(pilot) if row.startswith(" efficientnet-lite0"))
        assert row.split()[:2] == ["efficientnet-lite0", "classif…"] and row.split()[-1] == "1"
        while app.screen.query_one("NumberTable").current != app.screen._lines.index(
            next(line for line in app.screen._lines if line.name == "efficientnet-lite0")
        ):
            await pilot.press("j")
        await shows(pilot, "The engine has it open on cpu.")
        await shows(pilot, "It could not look at 1 inputs")
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, TasksScreen))


async def test_stats_and_models_are_opened_by_name_from_other_screens(project: Project) -> None:
    async with opened(project.owner) as (app, pilot):
        await pilot.press("s", "colon", *"models", "enter")
        await until(pilot, lambda: isinstance(app.screen, ModelsScreen))
        await shows(pilot, "Runs on")


async def test_a_workflow_is_drawn(project: Project) -> None:
    workflows.add(
        project.owner,
        """workflow:
  id: a-workflow
  nodes:
    - {id: look, model: {model_id: efficientnet-lite0}}
    - id: sure
      model:
        model_type_id: concept-thresholder
        output_info:
          data: {concepts: [{id: tabby, value: 0.5}]}
          params: {concept_threshold_type: GREATER_THAN}
      node_inputs: [{node_id: look}]
""",
    )
    async with opened(project.owner) as (_, pilot):
        await pilot.press("M")
        await shows(pilot, "look  [efficientnet-lite0]")
        await shows(pilot, "└─▶ sure  [tabby > 0.5]")
