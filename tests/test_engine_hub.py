"""The Hugging Face Hub, as a small server on loopback answers like it."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.onnx_files import saying
from tests.winnow_process import environment, winnow, winnow_json

MODEL = saying({"logits": np.array([[2.0, 0.0]], np.float32)}, name="pixel_values")
CONFIG = json.dumps({"id2label": {"0": "cat", "1": "dog"}}).encode()
PREPROCESSOR = json.dumps(
    {"size": {"height": 64, "width": 64}, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
).encode()
FILES = {"onnx/model.onnx": MODEL, "config.json": CONFIG, "preprocessor_config.json": PREPROCESSOR}
COMMIT = "a" * 40
TAGS = ["onnx", "license:mit"]


class Hub(BaseHTTPRequestHandler):
    asked: list[str] = []
    sha256 = hashlib.sha256(MODEL).hexdigest()

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        self.asked.append(self.path)
        path, _, _ = self.path.partition("?")
        if path == "/api/models":
            self.say(
                json.dumps(
                    [
                        {
                            "id": "org/pets",
                            "downloads": 7,
                            "pipeline_tag": "image-classification",
                            "tags": TAGS,
                            "usedStorage": 900,
                        }
                    ]
                ).encode()
            )
        elif path.startswith("/api/models/org/pets"):
            files = [
                {"rfilename": name, "size": len(data), "blobId": "b" * 40}
                | (
                    {"lfs": {"sha256": self.sha256, "size": len(data), "pointerSize": 1}}
                    if name.endswith("onnx")
                    else {}
                )
                for name, data in FILES.items()
            ]
            self.say(json.dumps({"id": "org/pets", "sha": COMMIT, "tags": TAGS, "siblings": files}).encode())
        elif "/resolve/" in path and path.split(f"/{COMMIT}/")[-1] in FILES:
            self.say(FILES[path.split(f"/{COMMIT}/")[-1]])
        else:
            self.send_error(404)

    def say(self, data: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{hashlib.sha256(data).hexdigest()}"')
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Hub]]:
    class Mine(Hub):
        asked = []

    server = ThreadingHTTPServer(("127.0.0.1", 0), Mine)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    yield Mine
    server.shutdown()
    thread.join()
    server.server_close()


def test_search_shows_those_here_and_those_of_the_hub(tmp_path: Path, hub: type[Hub]) -> None:
    assert "HF_ENDPOINT" in environment(tmp_path)
    winnow(tmp_path, "init")
    rows = winnow_json(tmp_path, "model", "search", "cat")
    assert rows[-1] == {
        "name": "hf:org/pets",
        "type": "image-classification",
        "size": 900,
        "licence": "mit",
        "downloads": 7,
    }
    assert {"deeplabv3", "efficientdet-lite0"} <= {row["name"] for row in rows}
    assert any("search=cat" in asked and "filter=onnx" in asked for asked in hub.asked)


def test_a_model_of_the_hub_is_fetched_and_added(tmp_path: Path, hub: type[Hub]) -> None:
    winnow(tmp_path, "init")
    added = winnow_json(tmp_path, "model", "add", "hf:org/pets")
    assert (added["name"], added["concepts"], added["licence"]) == ("pets", ["cat", "dog"], "mit")
    said = winnow(tmp_path, "model", "add", "hf:org/pets/other.onnx", code=1).stderr
    assert "hf:org/pets/onnx/model.onnx" in said
    assert "hf:ORG/NAME" in winnow(tmp_path, "model", "add", "hf:pets", code=1).stderr
    assert "could not be asked" in winnow(tmp_path, "model", "add", "hf:org/none", code=1).stderr


def test_another_file_than_the_hub_tells_is_refused(tmp_path: Path, hub: type[Hub]) -> None:
    hub.sha256 = "c" * 64
    winnow(tmp_path, "init")
    assert "sha256 differs" in winnow(tmp_path, "model", "add", "hf:org/pets", code=1).stderr
    assert not (tmp_path / "winnow-models").exists()


def test_offline_only_those_here_are_shown(
    tmp_path: Path, hub: type[Hub], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    winnow(tmp_path, "init")
    done = winnow(tmp_path, "model", "search", "outlines", "--json")
    assert [row["name"] for row in json.loads(done.stdout)] == ["deeplabv3"]
    assert "could not be asked" in done.stderr and hub.asked == []
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # where nothing answers
    (said,) = winnow(tmp_path, "model", "search", "outlines").stderr.splitlines()
    assert "could not be asked" in said
