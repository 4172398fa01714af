"""Workflows' graphs: read from YAML with the line of each fault, drawn, and what each node passes on."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.errors import Refused
from store.graphs.drawing import draw
from store.graphs.flow import WHOLE, Finding, Flow, View, joined
from store.graphs.graph import Graph
from store.graphs.nodes import (
    COMPARISONS,
    AnnotationWriter,
    ConceptMapper,
    ConceptThresholder,
    ImageCrop,
    ModelNode,
    Node,
    Operator,
    RandomSample,
    RegionThresholder,
    Surroundings,
)
from store.graphs.reading import read
from store.values import Region, Status

TUTORIAL = """\
workflow:
  id: auto-annotation
  nodes:
    - id: activities
      model:
        model_id: park
        model_version_id: 2
    - id: greater-than
      model:
        model_type_id: concept-thresholder
        output_info:
          data:
            concepts:
              - {id: walker, value: 0.9}
              - {id: runner, value: 0.95}
          params:
            concept_threshold_type: GREATER_THAN
      node_inputs:
        - node_id: activities
    - id: write-success
      model:
        model_type_id: annotation-writer
        output_info:
          params:
            annotation_status: ANNOTATION_SUCCESS
            annotation_user_id: anna
      node_inputs:
        - node_id: greater-than
    - id: less-than
      model:
        model_type_id: concept-thresholder
        output_info:
          data:
            concepts:
              - {id: walker, value: 0.9}
          params:
            concept_threshold_type: LESS_THAN_OR_EQUAL
      node_inputs:
        - node_id: activities
    - id: write-pending
      model:
        model_type_id: annotation-writer
        output_info:
          params:
            annotation_status: 24151
      node_inputs:
        - node_id: less-than
"""


def run(graph: Graph, said: dict[str, Flow], around: Surroundings | None = None) -> dict[str, Flow]:
    """What each node passes on when its models say `said`."""
    passed: dict[str, Flow] = {}
    for node in graph:
        flow = graph.incoming(node, passed)
        if isinstance(node, Operator):
            passed[node.id] = node.apply(flow, around or Surroundings())
        else:
            passed[node.id] = said[node.id] if flow.views else Flow()
    return passed


def test_the_tutorial_of_the_portal_is_read_as_it_is_written() -> None:
    graph = read(TUTORIAL)
    assert graph.id == "auto-annotation"
    assert graph.models == (ModelNode("activities", 4, (), "park", 2),)
    assert [(writer.id, writer.status, writer.user) for writer in graph.writers] == [
        ("write-success", Status.SUCCESS, "anna"),
        ("write-pending", Status.PENDING, None),
    ]
    sure, doubtful, other = Finding("walker", 0.91), Finding("runner", 0.95), Finding("bike", 1.0)
    passed = run(graph, {"activities": Flow((sure, doubtful, other), (View(),))})
    assert passed["write-success"].findings == (sure,)
    assert passed["write-pending"].findings == ()
    assert graph.concepts({"activities": ["bike", "runner", "walker"]}, {}) == ["runner", "walker"]


def test_a_drawing_shows_every_node_once() -> None:
    lines = draw(read(TUTORIAL), {"greater-than": "3 passed"})
    assert lines == [
        "activities  [park, version 2]",
        "├─▶ greater-than  [walker > 0.9, runner > 0.95]  · 3 passed",
        "│   └─▶ write-success  [write Success as anna]",
        "└─▶ less-than  [walker ≤ 0.9]",
        "    └─▶ write-pending  [write Pending]",
    ]


FAULTS = [
    ("workflow: [", 1, "not YAML"),
    ("", 1, "empty"),
    ("- a", 1, "mapping"),
    ("flow: 1", 1, "unknown"),
    ("workflow:\n  id: a\n", 2, "needs 'nodes'"),
    (TUTORIAL.replace("model_id: park", "model_ident: park"), 6, "did you mean 'model_id'"),
    (TUTORIAL.replace("value: 0.95", "value: 1.5"), 15, "0 to 1"),
    (TUTORIAL.replace("value: 0.95", "value: .nan"), 15, "0 to 1"),
    (TUTORIAL.replace("type: GREATER_THAN\n", "type: MORE\n"), 17, "GREATER_THAN_OR_EQUAL"),
    (TUTORIAL.replace("ANNOTATION_SUCCESS", "DONE"), 25, "ANNOTATION_PENDING"),
    (TUTORIAL.replace("node_id: greater-than", "node_id: greater"), 20, "did you mean 'greater-than'"),
    (TUTORIAL.replace("id: less-than", "id: greater-than", 1), 29, "line 8"),
    (TUTORIAL.replace("model_id: park", "description: none"), 6, "needs a model_id"),
    (TUTORIAL.replace("id: runner", "id: walker"), 15, "twice"),
    (TUTORIAL.replace("annotation_user_id", "keep_fraction"), 26, "no parameter"),
    (TUTORIAL.replace("anna", '"an\\u001b[31m"'), 26, "control characters"),
    (
        TUTORIAL.replace(
            "model_version_id: 2", "model_version_id: 2\n      node_inputs: [{node_id: less-than}]"
        ),
        4,
        "circle",
    ),
    ("[" * 100_000, None, "YAML"),
    ("a: &a [1]\nb: [*a, *a]", 1, "unknown"),
    ("x" * 300_000, None, "at most"),
    ("workflow: !!python/object/apply:os.system ['true']", 1, "mapping"),
]


@pytest.mark.parametrize(("text", "line", "words"), FAULTS)
def test_a_fault_is_told_with_its_line(text: str, line: int | None, words: str) -> None:
    with pytest.raises(Refused) as caught:
        read(text)
    said = str(caught.value)
    assert words in said
    assert line is None or said.startswith(f"line {line}: ")


@given(text=st.text(alphabet="abid: -[]{}&*!\n'\"|>workflownodes\t", max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read(text)
    except Refused as error:
        assert str(error)


scores = st.floats(0, 1)


@given(score=scores, value=scores)
def test_the_comparisons_of_every_score_are_exhaustive_and_disjoint(score: float, value: float) -> None:
    true = {name for name, compare in COMPARISONS.items() if compare(score, value)}
    strictly = {"GREATER_THAN": score > value, "EQUAL": score == value, "LESS_THAN": score < value}
    assert [name for name, holds in strictly.items() if holds] == [name for name in strictly if name in true]
    assert ("GREATER_THAN_OR_EQUAL" in true) == (not strictly["LESS_THAN"])
    assert ("LESS_THAN_OR_EQUAL" in true) == (not strictly["GREATER_THAN"])


@pytest.mark.parametrize("comparison", COMPARISONS)
def test_nan_passes_no_thresholder(comparison: str) -> None:
    node = ConceptThresholder("t", 1, ("m",), comparison, {"a": 0.5})
    assert node.apply(Flow((Finding("a", math.nan),), (View(),)), Surroundings()) == Flow()


def test_regions_pass_a_region_thresholder_and_what_is_said_of_the_whole_does_not() -> None:
    box = Region.from_box(0, 0, 0.5, 0.5)
    flow = Flow((Finding("a", 0.9), Finding("a", 0.9, box), Finding("b", 0.9, box)), (View(),))
    node = RegionThresholder("t", 1, ("m",), "GREATER_THAN", {"a": 0.5})
    assert node.apply(flow, Surroundings()).findings == (Finding("a", 0.9, box),)


@given(keep=scores, ids=st.sets(st.integers(0, 10_000), min_size=1, max_size=50))
def test_a_random_sample_is_the_same_again_and_grows_with_its_share(keep: float, ids: set[int]) -> None:
    flow = Flow((Finding("a", 1.0),), (View(),))

    def kept(share: float) -> set[int]:
        node = RandomSample("r", 1, (), share)
        return {number for number in ids if node.apply(flow, Surroundings(str(number))) == flow}

    assert kept(keep) == kept(keep)
    assert kept(0.0) == set() <= kept(keep / 2) <= kept(keep) <= kept(1.0) == ids


def test_a_random_sample_keeps_about_its_share() -> None:
    node = RandomSample("r", 1, (), 0.25)
    flow = Flow((Finding("a", 1.0),))
    kept = sum(node.apply(flow, Surroundings(str(number))) == flow for number in range(4000))
    assert 900 < kept < 1100


def test_a_mapper_says_the_related_concept_and_keeps_the_higher_score() -> None:
    flow = Flow((Finding("pup", 0.4), Finding("dog", 0.6), Finding("cat", 0.5)), (View(),))
    around = Surroundings(related={"hypernym": {"pup": "dog"}})
    mapped = ConceptMapper("m", 1, ("x",), "hypernym").apply(flow, around)
    assert set(mapped.findings) == {Finding("dog", 0.6), Finding("cat", 0.5)}
    assert ConceptMapper("m", 1, ("x",)).apply(flow, around) == flow


def test_crops_are_one_view_a_region_within_the_input() -> None:
    box = Region.from_box(0.5, 0.5, 1, 1)
    flow = Flow((Finding("a", 0.9, box), Finding("b", 0.8, box), Finding("c", 1.0)), (View(),))
    (view,) = ImageCrop("c", 1, ("d",), 2.0).apply(flow, Surroundings()).views
    assert (view.box, view.subject) == ((0.25, 0.25, 1.0, 1.0), box)
    assert view.place(Finding("collie", 0.7)) == Finding("collie", 0.7, box)
    inner = view.place(Finding("eye", 0.7, Region.from_box(0, 0, 0.5, 1)))
    assert inner.region == Region.from_box(0.25, 0.25, 0.625, 1)


unit = st.floats(0, 1)
corners = st.tuples(unit, unit, unit, unit).filter(lambda b: b[2] - b[0] > 1e-3 and b[3] - b[1] > 1e-3)


@given(outer=corners, inner=corners, margin=st.floats(0.1, 10))
def test_what_is_found_in_a_crop_lies_in_the_crop(
    outer: tuple[float, ...], inner: tuple[float, ...], margin: float
) -> None:
    region = Region.from_box(*outer)
    (view,) = (
        ImageCrop("c", 1, ("d",), margin).apply(Flow((Finding("a", 1.0, region),)), Surroundings()).views
    )
    placed = view.place(Finding("b", 1.0, Region.from_box(*inner))).region
    assert placed is not None and placed.box is not None
    x0, y0, x1, y1 = view.box
    assert x0 - 1e-9 <= placed.box[0] < placed.box[2] <= x1 + 1e-9
    assert y0 - 1e-9 <= placed.box[1] < placed.box[3] <= y1 + 1e-9
    assert 0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1


def test_a_model_behind_a_node_that_passes_nothing_is_not_run() -> None:
    graph = read(
        TUTORIAL + "    - {id: second, model: {model_id: x}, node_inputs: [{node_id: greater-than}]}\n"
    )
    low = Flow((Finding("walker", 0.1),), (View(),))
    high = Flow((Finding("walker", 0.99),), (View(),))
    second = Flow((Finding("boots", 0.5),), (View(),))
    assert run(graph, {"activities": low, "second": second})["second"] == Flow()
    assert run(graph, {"activities": high, "second": second})["second"] == second


def test_what_comes_together_is_each_thing_once() -> None:
    one, two = Finding("a", 0.5), Finding("b", 0.5)
    assert joined((Flow((one, two), (View(),)), Flow((two,), (View(), View(WHOLE))))) == Flow(
        (one, two), (View(),)
    )


@given(data=st.data())
def test_nodes_run_behind_what_they_get_something_from(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 12))
    nodes: list[Node] = [ModelNode("0", 1, (), "m")]
    for number in range(1, count):
        chosen = data.draw(st.sets(st.integers(0, number - 1), min_size=1, max_size=3))
        nodes.append(AnnotationWriter(str(number), number + 1, tuple(map(str, sorted(chosen)))))
    shuffled = data.draw(st.permutations(nodes))
    order = [node.id for node in Graph("g", tuple(shuffled))]
    assert sorted(order) == sorted(node.id for node in nodes)
    for node in nodes:
        for before, after in pairwise([*node.inputs, node.id]):
            assert after != node.id or order.index(before) < order.index(after)
        assert all(order.index(wanted) < order.index(node.id) for wanted in node.inputs)


def test_a_graph_without_a_model_or_with_nothing_behind_it_is_refused() -> None:
    with pytest.raises(Refused, match="no model"):
        Graph("g", (RandomSample("r", 1, (), 0.5),))
    with pytest.raises(Refused, match="line 2: 'w' gets nothing"):
        Graph("g", (ModelNode("m", 1, (), "x"), AnnotationWriter("w", 2, ())))
