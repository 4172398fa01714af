"""One model opened for running: checked, on a known device, with numbers in and numbers out."""

import hashlib
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from engine.device import CPU_PROVIDER, CUDA_PROVIDER, Device, native_output_hidden, sums_overflow
from engine.graph import GraphError, refuse_external_data
from store.cards import Card
from store.errors import Refused
from store.printable import printable

Array = npt.NDArray[Any]
GPU_BATCHES = (1, 4, 8, 16, 32)
"""On CUDA each new batch size costs a search for kernels: batches are filled up to one of these."""
BATCHES = {"cpu": 8, "cuda": 32}
"""The largest batch by device: on the CPU more gains nothing and costs memory, 180 MB at 8, 825 at 64."""
MOST = 1 << 20
"""Pictures at once, before memory has ever run short."""
NO_MEMORY = re.compile("allocate memory|out of memory|bad_alloc|ALLOC_FAILED", re.IGNORECASE)
"""What onnxruntime, CUDA, cuBLAS and cuDNN say then."""
TENSORS = {"uint8": "tensor(uint8)", "float32": "tensor(float)", "float16": "tensor(float16)"}
PADDING_MASK = "pixel_mask"
"""A second input that exports of DETR take: 1 where there is picture, and here there is nothing else."""


class ModelError(Refused):
    """A model that cannot be opened or run, in one sentence."""


class OutOfMemory(ModelError):
    """There was no memory for so many pictures at once."""


def cpu_count() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class ModelSession:
    """A model ready to run on one device. `run` may be called from several threads."""

    def __init__(self, card: Card, device: Device, threads: int | None = None) -> None:
        """Open, check and warm up; `threads` is for the arithmetic, by default one for each core.

        Raises ModelError when the file is not the card's, reaches outside itself, does not fit the card, or
        would run on another device than the given one.
        """
        self.card = card
        self.device = device
        self.batch = BATCHES[device.name]
        self._most = MOST
        self._session = _open(card, device, threads or cpu_count())
        self.provider: str = self._session.get_providers()[0]
        if self.provider != device.provider:
            raise self._error(f"was to run on {device.provider} but opened on {self.provider}")
        self._masks: dict[str, tuple[int, ...]] = {}
        self._input = self._checked_input()
        self._names = self._checked_outputs()
        self._scale = _scale(card)
        self._run_options = ort.RunOptions()
        if device.provider == CPU_PROVIDER:
            self._run_options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        side = card.preprocessing.size
        self.warm = self.run(np.zeros((1, side, side, 3), np.uint8))
        """What the model says of one black picture: enough to check a family's view of the outputs."""

    def run(self, batch: Array) -> dict[str, Array]:
        """Outputs by the family's names for pictures uint8 [N, S, S, 3]; NaN passes through.

        Where memory does not reach, half as many are given at once from then on. Raises ModelError when
        onnxruntime fails, also when there is no memory for a single one.
        """
        parts: list[dict[str, Array]] = []
        while len(batch):
            some = batch[: self._most]
            try:
                parts.append(self._run(some))
            except OutOfMemory:
                if len(some) == 1 or self._fixed:
                    raise
                self._most = len(some) // 2
            else:
                batch = batch[len(some) :]
        if len(parts) == 1:
            return parts[0]
        return {key: np.concatenate([part[key] for part in parts]) for key in self.card.outputs}

    def _run(self, batch: Array) -> dict[str, Array]:
        count = len(batch)
        if self._fixed or self.device.name == "cuda":
            batch = _filled(batch, (self.batch,) if self._fixed else GPU_BATCHES)
        feeds = {self._input: self._tensor(batch)}
        feeds |= {name: np.ones((len(batch), *shape), np.int64) for name, shape in self._masks.items()}
        try:
            arrays = self._session.run(self._names, feeds, self._run_options)
        except Exception as error:  # onnxruntime's errors share no other ancestor
            kind = OutOfMemory if NO_MEMORY.search(str(error)) else ModelError
            raise kind(str(self._error(f"failed: {_first_line(error)}"))) from None
        outputs = zip(self.card.outputs, arrays, strict=True)
        # What was not filled up may have outputs that do not count by picture.
        return {key: array if len(batch) == count else array[:count] for key, array in outputs}

    def _tensor(self, batch: Array) -> Array:
        if self._scale is not None:
            scale, shift = self._scale
            batch = batch.astype(np.float32) * scale + shift
        if self.card.preprocessing.layout == "NCHW":
            batch = np.ascontiguousarray(batch.transpose(0, 3, 1, 2))
        if self.card.preprocessing.dtype == "float16":
            batch = batch.astype(np.float16)
        return batch if self._many else batch[0]

    def _checked_input(self) -> str:
        """Also how many pictures it takes at once: what the graph fixes, or what suits card and device."""
        inputs = self._session.get_inputs()
        side = self.card.preprocessing.size
        for value in inputs[1:]:
            if value.name == PADDING_MASK:
                self._masks[value.name] = tuple(n if isinstance(n, int) else side for n in value.shape[1:])
        if len(inputs) != 1 + len(self._masks):
            raise self._error(f"takes {len(inputs)} inputs where one picture is given")
        self._many = len(inputs[0].shape) != 3
        first = inputs[0].shape[0] if self._many else 1
        self._fixed = isinstance(first, int)
        if self._fixed:
            self.batch = first
        elif self.card.batch:
            self.batch = min(self.batch, self.card.batch)
        wanted = TENSORS[self.card.preprocessing.dtype]
        if inputs[0].type != wanted:
            raise self._error(
                f"takes {inputs[0].type} where its card says {wanted}; change dtype on the card"
            )
        return str(inputs[0].name)

    def _checked_outputs(self) -> list[str]:
        there = [value.name for value in self._session.get_outputs()]
        for key, name in self.card.outputs.items():
            if name not in there:
                listed = printable(", ".join(there))
                raise self._error(f"has no output {name} ({key} on its card); it has {listed}")
        return list(self.card.outputs.values())

    def _error(self, problem: str) -> ModelError:
        return ModelError(f"The model {self.card.name} {problem}.")


def _open(card: Card, device: Device, threads: int) -> Any:
    data = _checked_bytes(card, gpu=device.name == "cuda")
    cuda = {"cudnn_conv_algo_search": "HEURISTIC", "arena_extend_strategy": "kSameAsRequested"}
    providers: Sequence[Any] = [(CUDA_PROVIDER, cuda), CPU_PROVIDER]
    try:
        if device.provider == CPU_PROVIDER:
            return _open_on_cpu(data, threads)
        with native_output_hidden():
            return ort.InferenceSession(data, _options(threads), providers=providers)
    except Exception as error:  # see run
        raise ModelError(f"The model {card.name} cannot be opened: {_first_line(error)}.") from None


def _checked_bytes(card: Card, gpu: bool) -> bytes:
    """The file's bytes, which are hashed, checked and opened as they are: nobody can swap them meanwhile."""
    path = card.path(gpu)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"The model {card.name} cannot be read: {error.strerror}.") from None
    if hashlib.sha256(data).hexdigest() != card.digest(gpu):
        raise ModelError(f"The model {card.name} is not the file that its card names: the sha256 differs.")
    try:
        refuse_external_data(data)
    except GraphError as error:
        raise ModelError(f"The model {card.name} is refused: {error}.") from None
    return data


def _open_on_cpu(data: bytes, threads: int) -> Any:
    """Where int8 sums overflow they are done in 16 bits, so that scores are the same everywhere.

    With VNNI that would take twice the time for nothing. onnxruntime cannot convert graphs whose nodes share
    a zero point; such a model runs as it is.
    """
    if sums_overflow():
        with suppress(Exception):  # see ModelSession.run
            return ort.InferenceSession(data, _options(threads, exact=True), providers=[CPU_PROVIDER])
    return ort.InferenceSession(data, _options(threads), providers=[CPU_PROVIDER])


def _options(threads: int, exact: bool = False) -> Any:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = 4
    # Spinning threads burn 5 times the CPU of the work itself at a request every 200 ms.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.add_session_config_entry("session.load_model_format", "ONNX")
    if exact:
        options.add_session_config_entry("session.x64quantprecision", "1")
    return options


def _scale(card: Card) -> tuple[Array, Array] | None:
    """Factor and summand by channel that turn 0..255 into the card's float32, or None for uint8."""
    wanted = card.preprocessing
    if wanted.dtype == "uint8":
        return None
    mean, std = np.array(wanted.mean, np.float32), np.array(wanted.std, np.float32)
    return np.float32(1 / 255) / std, -mean / std


def _filled(batch: Array, sizes: Sequence[int]) -> Array:
    wanted = next((size for size in sizes if size >= len(batch)), len(batch))
    rest = np.zeros((wanted - len(batch), *batch.shape[1:]), batch.dtype)
    return np.concatenate([batch, rest]) if len(rest) else batch


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return printable(lines[0])[:300].rstrip(". ")
