"""Work: one claimed job as inputs to look at, and what came of them."""

from __future__ import annotations

import importlib
import math
import pkgutil
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, cast

from engine import jobs as kinds
from engine.families import Output
from engine.opening import Models
from engine.session import ModelError
from store import models
from store.names import clean
from store.predictions import Answer, Said
from store.tables import Job, ModelVersion


@dataclass
class Work:
    """A claimed job: which inputs its model must look at, and the answers so far, by input id."""

    job: Job
    version: ModelVersion
    pending: list[tuple[int, Path]]
    """Inputs that the model has to look at, with their files."""
    wanted: Mapping[int, float] = field(default_factory=dict)
    """By concept id: keep its score from here up, however low and however many there are."""
    stored: dict[int, list[Said]] = field(default_factory=dict)
    """Answers that the store had already."""
    fresh: dict[int, Answer] = field(default_factory=dict)
    written: dict[int, list[tuple[str, Said]]] = field(default_factory=dict)
    """By input: what a workflow's annotation writers (node ids) got of it."""
    kept_from: dict[int, float] = field(default_factory=dict)
    """By input: every score from here up is among its fresh answer."""

    @property
    def complete(self) -> bool:
        """Whether every pending input has its answer."""
        return len(self.fresh) == len(self.pending)


class Kind(Protocol):
    """What a file of `engine/jobs` defines: a kind of job whose work is to look at inputs."""

    def plan(self, job: Job) -> Work | None:
        """What there is to do for a claimed job; None when nothing is left of it."""

    def write(self, work: Work, owner: str) -> None:
        """Keep the answers and finish the job, in one transaction. Raises Conflict when the lease is lost."""


@dataclass(frozen=True)
class Bench:
    """What a job that is an errand may use."""

    owner: str
    models: Models
    threads: int
    """For decoding."""
    stop: threading.Event
    """Set when the engine ends: an errand that is not done by then leaves its job as it is."""
    log: Callable[[str], None]


class Errand(Protocol):
    """What a file of `engine/jobs` defines instead for a job that is not one model's answers to inputs."""

    def run(self, job: Job, bench: Bench) -> None:
        """Do all of it and finish the job. Raises Conflict when the lease is lost."""


def kind_of(job: Job) -> Kind:
    """The file of `engine/jobs` that a job's kind names. Raises ModelError when there is none."""
    known = [module.name for module in pkgutil.iter_modules(kinds.__path__)]
    if job.kind not in known:
        raise ModelError(f"this engine knows no jobs of the kind {job.kind}")
    return cast(Kind, importlib.import_module(f"{kinds.__name__}.{job.kind}"))


def errand_of(job: Job) -> Errand | None:
    """The same for a job that is an errand; None for another. Raises ModelError."""
    kind = kind_of(job)
    return cast(Errand, kind) if hasattr(kind, "run") else None


class Listener:
    """Turns a model's outputs into what is kept of them."""

    def __init__(self, version: ModelVersion) -> None:
        card = version.card
        self.title = str(version.model.name)
        self.floor, self.keep = float(card["floor"]), int(card["keep"])
        by_name = models.concepts(version)
        self._concepts = [by_name[clean(name, "a concept")].id for name in card["concepts"]]

    def hear(self, outputs: Sequence[Output], wanted: Mapping[int, float]) -> tuple[list[Said], float]:
        """What is kept, highest score first, and the score from which on all is kept.

        The card's `keep` highest above its `floor`, and every wanted concept from its own score up.
        """
        kept: list[Said] = []
        kept_from = self.floor
        said = [output for output in outputs if output.said]
        for rank, output in enumerate(sorted(said, key=lambda output: -output.score)):
            concept = self._concepts[output.concept]
            regular = rank < self.keep and output.score >= self.floor
            if regular or output.score >= wanted.get(concept, math.inf):
                kept.append(self._said(output))
            if rank == self.keep and output.score >= kept_from:
                kept_from = math.nextafter(output.score, 2.0)
        return kept, kept_from

    def written(self, outputs: Sequence[Output]) -> list[tuple[str, Said]]:
        """What a workflow's annotation writers (node ids) write."""
        return [(writer, self._said(output)) for output in outputs for writer in sorted(output.writers)]

    def _said(self, output: Output) -> Said:
        return Said(self._concepts[output.concept], output.score, output.region)
