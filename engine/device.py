"""Where models run: the CPU or a GPU that was really tried."""

import io
import os
import re
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from typing import Any, BinaryIO

import numpy as np
import onnxruntime as ort

from engine.graph import FLOAT, INT8, INT32, UINT8, Node, Value, model
from store.errors import Refused

CPU_PROVIDER = "CPUExecutionProvider"
CUDA_PROVIDER = "CUDAExecutionProvider"
REQUESTS = ("auto", "cpu", "cuda")

_outputs_lock = threading.RLock()

# What onnxruntime has to say comes back as exceptions; its own lines would land between the app's.
ort.set_default_logger_severity(4)


class DeviceError(Refused):
    """A requested device that is not there, in one sentence that says what to do."""


@dataclass(frozen=True)
class Device:
    """A device that models can run on."""

    name: str
    """`cpu` or `cuda`."""
    provider: str
    """onnxruntime's execution provider; a session that opens with another one is refused."""
    note: str
    """One sentence for people: what was taken, and why not the GPU."""


def choose(requested: str) -> Device:
    """The device to run on: `cpu`, `cuda`, or `auto` for the GPU where one works.

    onnxruntime lists CUDA and says "GPU" on machines without one, so a GPU counts only after a graph has
    run on it. Raises DeviceError for a GPU that was asked for and does not work, never takes the CPU instead.
    """
    if requested not in REQUESTS:
        raise DeviceError(f"There is no device of that name; choose one of {', '.join(REQUESTS)}.")
    if requested == "cpu":
        return Device("cpu", CPU_PROVIDER, "Running on the CPU, as requested.")
    problem = cuda_problem()
    if not problem:
        return Device("cuda", CUDA_PROVIDER, "Running on the GPU (CUDA).")
    if requested == "auto":
        return Device("cpu", CPU_PROVIDER, f"Running on the CPU; no GPU can be used: {problem}.")
    advice = "install the extra winnow-label[cuda] and an NVIDIA driver, or use --device cpu"
    raise DeviceError(f"The GPU cannot be used: {problem}; {advice}.")


def cuda_problem() -> str:
    """Why no graph can run on CUDA here, in a few words, or an empty text when one did."""
    if CUDA_PROVIDER not in ort.get_available_providers():
        return "this onnxruntime was built without CUDA"
    with native_output_hidden() as said:
        try:
            preload_libraries()
            providers = _run_on_cuda()
        except Exception as error:  # onnxruntime raises several kinds, all of which mean no
            return _cause(f"{error}\n{said()}")
        if providers[0] != CUDA_PROVIDER:
            return _cause(said())
    return ""


def preload_libraries() -> None:
    """Load CUDA and cuDNN from the wheels of the extra `cuda`, where they are installed."""
    preload: Callable[..., None] | None = getattr(ort, "preload_dlls", None)
    if preload:
        preload()


def _run_on_cuda() -> list[str]:
    options = ort.SessionOptions()
    options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
    options.log_severity_level = 3
    value = Value("x", FLOAT, [1]), Value("y", FLOAT, [1])
    graph = model([Node("Add", ["x", "x"], ["y"])], value[:1], value[1:])
    session: Any = ort.InferenceSession(graph, options, providers=[CUDA_PROVIDER])
    session.run(None, {"x": np.ones(1, np.float32)})
    return list(session.get_providers())


@cache
def sums_overflow() -> bool:
    """Whether onnxruntime's int8 sums are wrong on this processor, as on x86 without VNNI: they stop at 16
    bits. A graph of one operator tells, in 1 ms."""
    values = Value("a", UINT8, [1, 4]), Value("b", INT8, [4, 1]), Value("y", INT32, [1, 1])
    graph = model([Node("MatMulInteger", ["a", "b"], ["y"])], values[:2], values[2:])
    session: Any = ort.InferenceSession(graph, providers=[CPU_PROVIDER])
    a, b = np.full((1, 4), 255, np.uint8), np.full((4, 1), 127, np.int8)
    return bool(session.run(None, {"a": a, "b": b})[0][0, 0] != 4 * 255 * 127)


def _cause(said: str) -> str:
    """The telling part of what the provider printed."""
    missing = re.search(r"(lib[\w+-]+\.so[.\d]*|\w+\.dll): cannot open|depends on \"?([\w.+-]+\.dll)", said)
    if missing:
        return f"{missing[1] or missing[2]} is missing"
    if "driver" in said.lower():
        return "there is no NVIDIA driver, or it is older than CUDA needs"
    return "CUDA finds no GPU that works"


@contextmanager
def native_output_hidden() -> Iterator[Callable[[], str]]:
    """Keep what native code (and Python) prints off the outputs; yields a function that gives it as text.

    File descriptors belong to the whole process: what other threads print meanwhile is hidden as well.
    """
    printed = io.StringIO()
    with _outputs_lock, tempfile.TemporaryFile() as kept:
        _flush()
        saved = [os.dup(1), os.dup(2)]
        try:
            os.dup2(kept.fileno(), 1)
            os.dup2(kept.fileno(), 2)
            with redirect_stdout(printed), redirect_stderr(printed):
                yield lambda: printed.getvalue() + _text_of(kept)
        finally:
            _flush()
            for descriptor, original in enumerate(saved, 1):
                os.dup2(original, descriptor)
                os.close(original)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            stream.flush()


def _text_of(kept: BinaryIO) -> str:
    kept.seek(0)
    return kept.read().decode("utf-8", "replace")
