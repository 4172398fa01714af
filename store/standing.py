"""Standing: what people and models have said of inputs, added to without saying anything twice."""

from __future__ import annotations

from store import database, datasets
from store.concepts import join_named
from store.formats import Statement
from store.history import Recorder
from store.tables import Annotation, Concept, User
from store.tables import database as opened
from store.values import region_columns


class Standing:
    """What stands on one input after the other, within a step; statements on one input come together."""

    def __init__(self, recorder: Recorder, dataset: str | None = None) -> None:
        """Every input that is gone to joins the dataset of this name, made where there is none."""
        self._recorder = recorder
        self._dataset = None if dataset is None else datasets.find_or_create(recorder, dataset)
        self._concepts: dict[str, Concept] = {}
        self._users: dict[str, User] = {}
        self._input_id: int | None = None
        self._there: set[tuple[int, int, int]] = set()
        """(concept, annotator, region key) of all that stands on that input."""

    def go_to(self, input_id: int) -> None:
        """Speak of another input from now on."""
        if input_id == self._input_id:
            return
        self._input_id = input_id
        said = opened.execute_sql(
            "SELECT concept_id, annotator_id, region_key FROM annotation WHERE input_id = ? AND deleted = 0",
            (input_id,),
        )
        self._there = set(said.fetchall())
        if self._dataset is not None:
            datasets.add_inputs(self._recorder, self._dataset, [input_id])

    def say(self, statement: Statement) -> bool | None:
        """Add what is stated; returns whether it was new, None where nothing but the input is named."""
        if statement.concept is None:
            return None
        concept, annotator = self._concept(statement.concept), self._annotator(statement.annotator)
        kind, packed, key = region_columns(statement.region)
        identity = (int(concept.id), int(annotator.id), key)
        if identity in self._there:
            return False
        self._recorder.insert(
            Annotation,
            input=self._input_id,
            concept=concept,
            value=statement.value,
            status=statement.status,
            score=statement.score,
            region_kind=kind,
            region=packed,
            region_key=key,
            annotator=annotator,
            created_at=database.now(),
        )
        self._there.add(identity)
        return True

    def _concept(self, name: str) -> Concept:
        if name not in self._concepts:
            self._concepts[name] = join_named(self._recorder, name)
        return self._concepts[name]

    def _annotator(self, name: str | None) -> User:
        name = name or str(self._recorder.actor.name)
        if name not in self._users:
            self._users[name] = User.get_or_none(User.name == name) or self._recorder.actor
        return self._users[name]
