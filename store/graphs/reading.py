"""Reading a workflow's YAML, in the words of Clarifai's own files. Every fault is told with its line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import yaml

from store.errors import Refused
from store.graphs.graph import Graph
from store.graphs.nodes import (
    COMPARISONS,
    RELATIONS,
    AnnotationWriter,
    ConceptMapper,
    ConceptThresholder,
    ImageCrop,
    ModelNode,
    Node,
    RandomSample,
    RegionThresholder,
)
from store.names import clean, did_you_mean
from store.printable import printable
from store.values import Status

MOST_CHARACTERS = 200_000

STATUSES = {
    "ANNOTATION_SUCCESS": Status.SUCCESS,
    "ANNOTATION_PENDING": Status.PENDING,
    "ANNOTATION_AWAITING_REVIEW": Status.AWAITING_REVIEW,
}
"""What an annotation writer can write, by Clarifai's names; ours and the codes are understood as well."""


class Place:
    """One value of the file and where it stands. Each getter raises Refused with the line of the fault."""

    def __init__(self, name: str, node: yaml.Node) -> None:
        self.name = name
        self._node = node

    @property
    def line(self) -> int:
        """Counted from 1."""
        return self._node.start_mark.line + 1

    def refused(self, problem: str) -> Refused:
        """The error to raise about this place."""
        return Refused(f"line {self.line}: {printable(self.name)} {problem}")

    def fields(self, *known: str) -> dict[str, Place]:
        """The fields of a mapping, of which only the known ones may be there; those that are null are not."""
        found: dict[str, Place] = {}
        for key, value in self._pairs():
            if key not in known:
                hint = did_you_mean(key, known, f"known are {', '.join(known)}")
                raise Place(f"'{key}'", value).refused(f"is unknown in {self.name}{hint}")
            if key in found:
                raise Place(f"'{key}'", value).refused(f"stands twice in {self.name}: keep one")
            if value.tag != "tag:yaml.org,2002:null":
                found[key] = Place(key, value)
        return found

    def _pairs(self) -> Iterable[tuple[str, yaml.Node]]:
        if not isinstance(self._node, yaml.MappingNode):
            raise self.refused("must be a mapping: lines of 'name: value' below it")
        for key, value in self._node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise Place(self.name, key).refused("has a field without a plain name")
            yield key.value, value

    def items(self) -> list[Place]:
        """The items of a list."""
        if not isinstance(self._node, yaml.SequenceNode):
            raise self.refused("must be a list: lines that begin with '- '")
        return [Place(self.name, item) for item in self._node.value]

    def text(self) -> str:
        """A printable text of 1 to 200 characters; a number is taken as it is written."""
        if not isinstance(self._node, yaml.ScalarNode):
            raise self.refused("must be a text")
        try:
            return clean(self._node.value, self.name)
        except Refused as error:
            raise Refused(f"line {self.line}: {error}") from None

    def number(self, low: float, high: float) -> float:
        """A number between two bounds, both allowed."""
        try:
            value = float(self.text())
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise self.refused(f"must be a number from {low:g} to {high:g}")
        return value

    def choice(self, choices: Iterable[str]) -> str:
        """One of these words."""
        choices = tuple(choices)
        value = self.text()
        if value not in choices:
            raise self.refused(f"must be one of {', '.join(choices)}")
        return value


Fields = Mapping[str, Place]


def read(text: str) -> Graph:
    """The graph that a workflow's YAML describes. Raises Refused with the line of the first fault."""
    workflow = _root(text).fields("workflow")
    if "workflow" not in workflow:
        raise Refused("line 1: a workflow's file begins with 'workflow:'")
    fields = workflow["workflow"].fields("id", "nodes", "description")
    name = _needed(fields, "id", workflow["workflow"]).text()
    return Graph(name, tuple(map(_node, _needed(fields, "nodes", workflow["workflow"]).items())))


def _root(text: str) -> Place:
    if len(text) > MOST_CHARACTERS:
        raise Refused(f"a workflow has at most {MOST_CHARACTERS} characters, not {len(text)}")
    try:
        # Composed, not loaded: nothing is made of it but nodes with their lines, and no alias is expanded.
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = (error.problem_mark.line + 1) if error.problem_mark else 1
        raise Refused(f"line {line}: this is not YAML ({printable(error.problem or '')})") from None
    except (yaml.YAMLError, RecursionError) as error:
        first = str(error).partition("\n")[0]
        raise Refused(f"this is not YAML ({printable(first)})") from None
    if root is None:
        raise Refused("line 1: the file is empty; a workflow's file begins with 'workflow:'")
    return Place("the file", root)


def _needed(fields: Fields, name: str, within: Place) -> Place:
    if name not in fields:
        raise within.refused(f"needs '{name}'")
    return fields[name]


def _node(place: Place) -> Node:
    place.name = "a node"
    fields = place.fields("id", "model", "node_inputs")
    name = _needed(fields, "id", place).text()
    inputs = tuple(_input(item) for item in fields["node_inputs"].items()) if "node_inputs" in fields else ()
    model = _needed(fields, "model", place)
    model.name = f"the model of '{name}'"
    about = model.fields(
        "model_id", "model_version_id", "model_type_id", "output_info", "description", "user_id", "app_id"
    )
    common: dict[str, Any] = {"id": name, "line": place.line, "inputs": inputs}
    kind = about.get("model_type_id")
    if kind is not None and kind.text() in _OPERATORS:
        return _OPERATORS[kind.text()](common, *_output_info(about))
    if "model_id" not in about:
        known = ", ".join(_OPERATORS)
        raise model.refused(f"needs a model_id, or a model_type_id that is one of {known}")
    if "output_info" in about:
        raise about["output_info"].refused("is for operators: set a task's concepts and thresholds instead")
    version = about.get("model_version_id")
    number = None if version is None else int(version.number(1, 1_000_000))
    return ModelNode(**common, model=about["model_id"].text(), version=number)


def _input(place: Place) -> str:
    place.name = "an input of a node"
    return _needed(place.fields("node_id"), "node_id", place).text()


def _output_info(about: Fields) -> tuple[dict[str, Place], dict[str, Place], Place]:
    """The fields of `data` and of `params`, and the place to name where one is missing."""
    if "output_info" not in about:
        return {}, {}, about["model_type_id"]
    info = about["output_info"].fields("data", "params")
    data = info["data"].fields("concepts") if "data" in info else {}
    params = info["params"].fields(*_PARAMS) if "params" in info else {}
    return data, params, about["output_info"]


_PARAMS = (
    "concept_threshold_type",
    "annotation_status",
    "annotation_user_id",
    "keep_fraction",
    "relation",
    "margin",
)

Made = Callable[[dict[str, Any], dict[str, Place], dict[str, Place], Place], Node]


def _only(params: Fields, *allowed: str) -> None:
    for name, place in params.items():
        if name not in allowed:
            raise place.refused("is no parameter of this kind of node")


def _thresholder(made: type[ConceptThresholder]) -> Made:
    def make(common: dict[str, Any], data: dict[str, Place], params: dict[str, Place], place: Place) -> Node:
        _only(params, "concept_threshold_type")
        comparison = _needed(params, "concept_threshold_type", place).choice(COMPARISONS)
        values: dict[str, float] = {}
        for item in _needed(data, "concepts", place).items():
            item.name = "a concept"
            fields = item.fields("id", "name", "value")
            named = fields.get("name") or _needed(fields, "id", item)
            if named.text() in values:
                raise named.refused(f"'{named.text()}' stands twice: keep one")
            values[named.text()] = _needed(fields, "value", item).number(0, 1)
        if not values:
            raise data["concepts"].refused("is empty: name at least one, with its value")
        return made(**common, comparison=comparison, values=values)

    return make


def _writer(common: dict[str, Any], data: dict[str, Place], params: dict[str, Place], place: Place) -> Node:
    _only(params, "annotation_status", "annotation_user_id")
    place = _needed(params, "annotation_status", place)
    by_name = STATUSES | {status.name: status for status in STATUSES.values()}
    by_name |= {str(int(status)): status for status in STATUSES.values()}
    status = by_name[place.text()] if place.text() in by_name else STATUSES[place.choice(STATUSES)]
    user = params.get("annotation_user_id")
    return AnnotationWriter(**common, status=status, user=None if user is None else user.text())


def _sample(common: dict[str, Any], data: dict[str, Place], params: dict[str, Place], place: Place) -> Node:
    _only(params, "keep_fraction")
    return RandomSample(**common, keep=_needed(params, "keep_fraction", place).number(0, 1))


def _mapper(common: dict[str, Any], data: dict[str, Place], params: dict[str, Place], place: Place) -> Node:
    _only(params, "relation")
    relation = params["relation"].choice(RELATIONS) if "relation" in params else "synonym"
    return ConceptMapper(**common, relation=relation)


def _crop(common: dict[str, Any], data: dict[str, Place], params: dict[str, Place], place: Place) -> Node:
    _only(params, "margin")
    return ImageCrop(**common, margin=params["margin"].number(0.1, 10) if "margin" in params else 1.0)


_OPERATORS: dict[str, Made] = {
    "concept-thresholder": _thresholder(ConceptThresholder),
    "region-thresholder": _thresholder(RegionThresholder),
    "annotation-writer": _writer,
    "random-sample": _sample,
    "concept-synonym-mapper": _mapper,
    "image-crop": _crop,
}
