"""Adding a model: from a file to a folder of the project, tried before it is kept."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from engine.device import choose
from engine.families import load_family
from engine.guessing import Guess, Told, guess
from engine.offered import MOST_TEXT, Offered, in_order, read
from engine.predictor import ModelPredictor
from engine.session import ModelSession
from store import model_folders, models
from store.cards import Card, load_card
from store.errors import Refused
from store.printable import printable
from store.tables import ModelVersion, User

FILE, NAMES = "model.onnx", "concepts.txt"


@dataclass(frozen=True)
class Added:
    """A model that was added, and what was guessed of it."""

    version: ModelVersion
    notes: list[str]
    trial: str


def add(actor: User, path: Path, name: str | None, told: Told) -> Added:
    """Read a file, guess its card, run it once, and keep both beside the store. For owners and leads.

    Raises Refused for what is no model, what cannot be known without being told, and what fails its trial.
    """
    models.require_adding(actor)
    name = name or _name(path)
    models.require_free(name)
    offered = read(path)
    made = guess(offered, told)
    number = models.next_number(name)
    files = {
        model_folders.CARD: _toml(name, number, offered, made).encode(),
        NAMES: "".join(f"{concept}\n" for concept in made.concepts).encode(),
        FILE: offered.data,
    }
    trial = _try(files)
    card = load_card(model_folders.put(name, number, files) / model_folders.CARD)
    try:
        return Added(models.add(actor, card), made.notes, trial)
    except BaseException:
        model_folders.drop(name, number)
        raise


def labels_in(path: Path) -> tuple[str, ...]:
    """The concepts' names in a file: one a line, or a JSON list or object. Raises Refused."""
    try:
        if path.stat().st_size > MOST_TEXT:
            raise Refused(f"{printable(path.name)} is too large for a list of names")
        text = path.read_text("utf-8-sig")
    except (OSError, ValueError):
        raise Refused(f"{printable(path.name)} is not there, or no text in UTF-8") from None
    if path.suffix.lower() == ".json":
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            raise Refused(f"{printable(path.name)} is not JSON") from None
        names = in_order(found.get("id2label", found) if isinstance(found, dict) else found)
    else:
        names = tuple(printable(line).strip() for line in text.splitlines())
        while names and not names[-1]:
            names = names[:-1]
    if not names or not all(names):
        raise Refused(f"{printable(path.name)} must hold the name of each concept, one a line")
    return names


def _name(path: Path) -> str:
    """What to call a model after its file, or after its folder where every file is called so."""
    stem = path.stem if path.stem.lower() != "model" else path.resolve().parent.name
    name = re.sub(r"[^a-z0-9._-]+", "-", stem.lower()).strip("-._")[:64]
    if not name:
        raise Refused("there is no name in the file's: say --name")
    return name


def _try(files: dict[str, bytes]) -> str:
    """Run the model on a picture the whole way, before anything is kept. Raises Refused."""
    with tempfile.TemporaryDirectory(prefix="winnow-model-") as place:
        for file, data in files.items():
            (Path(place) / file).write_bytes(data)
        card = load_card(Path(place) / model_folders.CARD)
        return _trial(card)


def _trial(card: Card) -> str:
    predictor = ModelPredictor(ModelSession(card, choose("cpu")), load_family(card.family))
    seen = predictor.prepare_image(Image.radial_gradient("L").resize((640, 480)).convert("RGB"))
    began = time.perf_counter()
    (said,) = predictor.predict([seen])
    took = (time.perf_counter() - began) * 1000
    best = f", first {card.concepts[said[0].concept]} {said[0].score:.2f}" if said else ""
    return f"trial run on the CPU: {len(said)} predictions of a grey picture{best}, {took:.0f} ms"


def _toml(name: str, number: int, offered: Offered, made: Guess) -> str:
    fields: dict[str, Any] = {
        "name": name,
        "version": str(number),
        "family": made.family,
        "task": made.task,
        "licence": made.licence,
        "source": made.source,
        "file": FILE,
        "sha256": hashlib.sha256(offered.data).hexdigest(),
        "size": len(offered.data),
        "concepts_file": NAMES,
        "multi_label": made.multi_label,
        "batch": made.batch,
    }
    tables = {
        "preprocessing": made.preprocessing,
        "outputs": made.outputs,
        "parameters": made.parameters,
    }
    lines = [f"{key} = {_value(value)}" for key, value in fields.items()]
    for table, values in tables.items():
        lines += ["", f"[{table}]", *(f"{key} = {_value(value)}" for key, value in values.items())]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    """A value as TOML writes it, of which JSON's texts, numbers and lists are a part."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"[{', '.join(repr(float(one)) for one in value)}]"
    return json.dumps(value).replace("\x7f", "\\u007f")
