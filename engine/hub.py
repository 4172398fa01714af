"""The Hugging Face Hub: finding ONNX models there, and fetching one. Nothing that comes from it is run."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from store.cards import file_sha256
from store.errors import Refused
from store.printable import printable

PREFIX = "hf:"
MOST_BYTES = 2 << 30
BESIDE = ("config.json", "preprocessor_config.json")
USUAL = ("onnx/model.onnx", "model.onnx")
"""Where exports lie, the first of which is taken."""


@dataclass(frozen=True)
class Fetched:
    """A model's file from the Hub, in a folder of its own with what lies beside it."""

    path: Path
    name: str
    licence: str | None


def search(words: str, limit: int = 20) -> list[dict[str, Any]]:
    """ONNX models on the Hub, the most downloaded first: name, type, size, licence, downloads.

    Honours HF_ENDPOINT and HF_HUB_OFFLINE. Raises Refused when it cannot be reached or asked.
    """
    expand = ["downloads", "pipeline_tag", "tags", "usedStorage"]
    with _sentences():
        found = _api().list_models(search=words, filter="onnx", sort="downloads", limit=limit, expand=expand)
        return [
            {
                "name": PREFIX + printable(model.id),
                "type": printable(model.pipeline_tag or ""),
                "size": model.used_storage,
                "licence": _licence(model.tags or []) or "",
                "downloads": model.downloads,
            }
            for model in found
        ]


def fetch(address: str, folder: Path) -> Fetched:
    """Fetch `hf:ORG/NAME` or `hf:ORG/NAME/FILE.onnx` into a folder; its sha256 is the one the Hub tells.

    Raises Refused.
    """
    told = re.fullmatch(r"hf:([\w.-]+/[\w.-]+)(?:/(.+\.onnx))?", address)
    if told is None:
        raise Refused("a model of the Hub is hf:ORG/NAME, or hf:ORG/NAME/FILE.onnx for one of its files")
    repository, wanted = told.groups()
    with _sentences():
        info = _api().model_info(repository, files_metadata=True)
    files = {file.rfilename: file for file in info.siblings or []}
    chosen = _chosen(files, wanted, repository)
    size = files[chosen].size or 0
    if size > MOST_BYTES:
        raise Refused(f"{printable(chosen)} is larger than 2 GiB, the most that one ONNX file can be")
    path = _download(repository, info.sha, chosen, folder)
    told_sha = getattr(files[chosen].lfs, "sha256", None)
    if told_sha is not None and file_sha256(path) != told_sha:
        raise Refused(f"{printable(chosen)} is not what the Hub says that it is: its sha256 differs")
    for name in BESIDE:
        if name in files and (files[name].size or 0) < 4 << 20:
            _download(repository, info.sha, name, folder)
    return Fetched(path, repository.split("/")[1], _licence(info.tags or []))


def _chosen(files: dict[str, Any], wanted: str | None, repository: str) -> str:
    there = sorted(name for name in files if name.endswith(".onnx"))
    if wanted is not None:
        there, choices = [wanted] if wanted in there else [], there
    else:
        there, choices = next(([name] for name in USUAL if name in there), there), there
    if len(there) == 1:
        return there[0]
    if not choices:
        raise Refused(f"{repository} has no ONNX file")
    listed = ", ".join(f"hf:{repository}/{printable(name)}" for name in choices[:6])
    raise Refused(f"say which file of {repository}: {listed}")


def _download(repository: str, revision: str, name: str, folder: Path) -> Path:
    from huggingface_hub import hf_hub_download

    with _sentences():
        return Path(hf_hub_download(repository, name, revision=revision, local_dir=folder))


def _licence(tags: list[str]) -> str | None:
    return next((printable(tag[8:]) for tag in tags if tag.startswith("license:")), None)


def _api() -> Any:
    if find_spec("huggingface_hub") is None:
        raise Refused("the Hugging Face Hub needs the extra: install winnow-label[hub]")
    from huggingface_hub import HfApi, get_session
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    api = HfApi()
    # Its own calls try for 25 s to reach a Hub that is not there.
    get_session().head(api.endpoint, timeout=10)
    return api


@contextmanager
def _sentences() -> Iterator[None]:
    """Whatever the Hub's client raises, as one sentence."""
    try:
        yield
    except Refused:
        raise
    except Exception as error:  # its errors come from three libraries
        told = printable((str(error).strip().splitlines() or [type(error).__name__])[0])[:200]
        raise Refused(f"the Hugging Face Hub could not be asked: {told}") from None
