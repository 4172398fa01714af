"""A workflow at work: its graph run over a batch of pictures, node by node."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from PIL import Image

from engine.families import Output
from engine.predictor import ModelPredictor
from engine.session import ModelError
from store.cards import file_sha256
from store.graphs.flow import WHOLE, Finding, Flow, View
from store.graphs.graph import Graph, Relations
from store.graphs.nodes import ImageCrop, ModelNode, Operator, RandomSample, Surroundings
from store.media import MediaError, open_upright
from store.names import clean

LONGEST = 2048
"""Pixels of a picture's long side that are kept for cutting parts out of it: a batch stays below 130 MB."""

SMALLEST = 2
"""Pixels of a side below which a part is too small to be looked at."""


@dataclass(frozen=True)
class Picture:
    """One prepared input: upright, RGB, and what chance is drawn from."""

    image: Image.Image
    seed: str


class WorkflowPredictor:
    """A graph with a model for each of its model nodes. What it says is what its last nodes pass on."""

    def __init__(
        self,
        graph: Graph,
        models: Mapping[str, ModelPredictor],
        concepts: Sequence[str],
        related: Relations,
    ) -> None:
        """`models` by node id; `concepts` are what outputs count in; `related` as Surroundings has it."""
        self.graph = graph
        self.models = models
        self.batch = min(model.batch for model in models.values())
        self.related = related
        self._index = {concept: index for index, concept in enumerate(concepts)}
        self._draws = any(isinstance(node, RandomSample) for node in graph)
        self._crops = any(isinstance(node, ImageCrop) for node in graph)

    def lowered(self, floor: float) -> WorkflowPredictor:
        """The same, whose models say every score from `floor` up."""
        models = {node: model.lowered(floor) for node, model in self.models.items()}
        return WorkflowPredictor(self.graph, models, list(self._index), self.related)

    def prepare(self, path: Path) -> Picture:
        """Decoded as finely as the neediest model wants it. Raises MediaError."""
        needed = [model.needed for model in self.models.values()]
        sizes = [size for size in needed if size is not None]
        if self._crops or len(sizes) < len(needed):
            image = open_upright(path)
            image.thumbnail((LONGEST, LONGEST), reducing_gap=2.0) if self._crops else None
        else:
            near = max(width for width, _ in sizes), max(height for _, height in sizes)
            image = open_upright(path, near, max(model.draft for model in self.models.values()))
        try:
            return Picture(image, file_sha256(path) if self._draws else "")
        except OSError as error:
            raise MediaError(f"The file cannot be read: {error.strerror}.") from None

    def predict(self, prepared: Sequence[Picture]) -> list[list[Output]]:
        """What the workflow says and writes of each, highest score first. Raises ModelError."""
        return [self._outputs(passed) for passed in self.follow(prepared)]

    def follow(self, prepared: Sequence[Picture]) -> list[dict[str, Flow]]:
        """For each picture what every node (id) passes on. Raises ModelError."""
        passed: list[dict[str, Flow]] = [{} for _ in prepared]
        for node in self.graph:
            flows = [self.graph.incoming(node, done) for done in passed]
            if isinstance(node, ModelNode):
                results = self._look(self.models[node.id], prepared, flows)
            else:
                assert isinstance(node, Operator)
                results = [
                    node.apply(flow, Surroundings(picture.seed, self.related))
                    for picture, flow in zip(prepared, flows, strict=True)
                ]
            for done, result in zip(passed, results, strict=True):
                done[node.id] = result
        return passed

    def _look(self, model: ModelPredictor, pictures: Sequence[Picture], flows: Sequence[Flow]) -> list[Flow]:
        """One model over all the views of a batch, a full batch at a time."""
        found: list[list[Finding]] = [[] for _ in flows]
        parts = _parts(pictures, flows)
        while some := list(islice(parts, model.batch)):
            outputs = model.predict([model.prepare_image(image) for _, _, image in some])
            for (index, view, _), said in zip(some, outputs, strict=True):
                found[index] += [view.place(_finding(output, model)) for output in said]
        return [Flow(tuple(said), flow.views) for said, flow in zip(found, flows, strict=True)]

    def _outputs(self, passed: Mapping[str, Flow]) -> list[Output]:
        writers: dict[Finding, set[str]] = {}
        for writer in self.graph.writers:
            for finding in passed[writer.id].findings:
                writers.setdefault(finding, set()).add(writer.id)
        said = set(self.graph.said(passed).findings)
        outputs = [
            Output(
                self._number(finding.concept),
                finding.score,
                finding.region,
                frozenset(writers.get(finding, ())),
                finding in said,
            )
            for finding in said | writers.keys()
        ]
        return sorted(outputs, key=lambda output: (-output.score, output.concept, _where(output)))

    def _number(self, concept: str) -> int:
        if concept not in self._index:
            raise ModelError(f"The workflow says '{concept}', which it could not when it was added.")
        return self._index[concept]


def _parts(pictures: Sequence[Picture], flows: Sequence[Flow]) -> Iterator[tuple[int, View, Image.Image]]:
    """What is to be looked at, cut out when it is asked for: the picture's number, the view in whole pixels,
    and the pixels. A part that is too small is left out."""
    for index, flow in enumerate(flows):
        image = pictures[index].image
        for view in flow.views:
            if view.box == WHOLE:
                yield index, view, image
            elif (cut := _pixels(image, view)) is not None:
                left, top, right, bottom = cut
                box = left / image.width, top / image.height, right / image.width, bottom / image.height
                yield index, View(box, view.subject), image.crop(cut)


def _pixels(image: Image.Image, view: View) -> tuple[int, int, int, int] | None:
    """The whole pixels that a view touches."""
    x0, y0, x1, y1 = view.box
    left, top = math.floor(x0 * image.width), math.floor(y0 * image.height)
    right = min(image.width, math.ceil(x1 * image.width))
    bottom = min(image.height, math.ceil(y1 * image.height))
    small = right - left < SMALLEST or bottom - top < SMALLEST
    return None if small else (left, top, right, bottom)


def _finding(output: Output, model: ModelPredictor) -> Finding:
    name = clean(model.session.card.concepts[output.concept], "a concept")
    return Finding(name, output.score, output.region)


def _where(output: Output) -> bytes:
    """Something to order outputs of one score and concept by."""
    return b"" if output.region is None else output.region.pack()
