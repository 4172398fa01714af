"""Opening: the models that are open on a device, each once, and the predictors that stand on them."""

from __future__ import annotations

from collections.abc import Callable

from engine.device import Device
from engine.embedding import Embedder
from engine.families import load_family
from engine.families.head import HeadSession, embedder_of
from engine.predictor import ModelPredictor, Predictor
from engine.session import ModelSession
from engine.workflow import WorkflowPredictor
from store import models, training, workflows
from store.cards import Card
from store.tables import ModelVersion


class Models:
    """Model versions that were opened, and stay so."""

    def __init__(self, device: Device, log: Callable[[str], None] = lambda line: None) -> None:
        self._device = device
        self._log = log
        self._open: dict[int, tuple[ModelVersion, ModelPredictor]] = {}

    def described(self) -> list[dict[str, str]]:
        """The model, version and provider of each session, for the heartbeat."""
        return [
            {
                "model": predictor.card.name,
                "version": str(version.number),
                "provider": predictor.session.provider,
            }
            for version, predictor in list(self._open.values())
        ]

    def predictor(self, version: ModelVersion) -> Predictor:
        """What predicts as this model version, a model or a workflow; what it needs is opened.

        Raises ModelError, and NotFound when it is not installed on this machine.
        """
        if version.card["family"] != workflows.FAMILY:
            return self._model(version)
        pins = workflows.pins_of(version)
        nodes = {node: self._model(ModelVersion.get_by_id(pinned)) for node, pinned in pins.items()}
        graph, concepts = workflows.graph_of(version), version.card["concepts"]
        return WorkflowPredictor(graph, nodes, concepts, workflows.related())

    def embedder(self, version: ModelVersion) -> Embedder:
        """What embeds as this model version. Raises ModelError, and NotFound as `predictor` does."""
        return Embedder(self._model(version))

    def _model(self, version: ModelVersion) -> ModelPredictor:
        if version.id not in self._open:
            card = models.card(version)
            family = load_family(card.family)
            session = self._session(card)
            self._open[version.id] = version, ModelPredictor(session, family)
            self._log(f"{card.name} runs on {session.provider}")
        return self._open[version.id][1]

    def _session(self, card: Card) -> ModelSession:
        """A head stands on the session of its embedder, which may serve others as well."""
        if card.family == training.FAMILY:
            return HeadSession(card, self._model(embedder_of(card)).session)
        return ModelSession(card, self._device)
