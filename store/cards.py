"""A model's card: what its ONNX file is, takes and gives, read from TOML."""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from importlib.util import find_spec
from pathlib import Path

from store.fields import CardError, Fields
from store.printable import printable

RESIZES = ("short-side", "stretch", "letterbox")
FILTERS = ("bicubic", "bilinear")
LAYOUTS = ("NHWC", "NCHW")
DTYPES = ("uint8", "float32", "float16")
TASKS = ("classification", "detection", "segmentation", "text")
FLOORS = {"classification": 0.01, "detection": 0.05}
KEEPS = {"classification": 20, "detection": 100}


@dataclass(frozen=True)
class Preprocessing:
    """How an upright RGB picture becomes the model's tensor."""

    size: int
    """Side of the square that the model takes, in pixels."""
    resize: str = "stretch"
    """`short-side`: short side to size / crop, then its centre square. `stretch`: the whole picture.
    `letterbox`: the whole picture in its own proportions, `padding` around it."""
    crop: float = 0.875
    """The part of the short side that the centre square keeps; only for `short-side`."""
    padding: int = 114
    """The grey, 0..255, beside a picture that does not fill its square; only for `letterbox`."""
    filter: str = "bilinear"
    """`bicubic` or `bilinear`, as Pillow understands them. It changes results more than decoding does."""
    layout: str = "NHWC"
    """Order of the tensor's axes, `NHWC` or `NCHW`."""
    dtype: str = "uint8"
    """`uint8` 0..255 with the normalisation in the graph, or `float32` or `float16`: (value / 255 - mean) /
    std."""
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Mean of R, G, B in 0..1; not for `uint8`."""
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Standard deviation of R, G, B in 0..1; not for `uint8`."""
    draft: float = 2.0
    """JPEGs may be decoded at a fraction of their size that is no less than so many times the size needed;
    0: every pixel is decoded. At 2 a 12 megapixel photo decodes 6 times faster and classifiers keep their
    first concept for 95%, but detectors lose small things."""


@dataclass(frozen=True)
class Card:
    """One model, as its author describes it. Valid at birth when made by `load_card`."""

    folder: Path
    """The folder of the card, which holds every file that it names."""
    name: str
    """What people type: lower case, digits, `.`, `_` and `-`."""
    version: str
    """Grows when the file changes; predictions are kept per name and version."""
    family: str
    """The engine's file that prepares inputs and decodes outputs: `classify`, `detect`…"""
    task: str
    """The type of task that its predictions serve: classification, detection, segmentation or text."""
    file: str
    """The ONNX file, relative to the card's folder."""
    sha256: str
    """Of the ONNX file, 64 hex digits."""
    size: int
    """Of the ONNX file, in bytes."""
    licence: str
    """SPDX name of the weights' licence."""
    source: str
    """Where the weights come from."""
    concepts: tuple[str, ...]
    """Names by the model's own index. A name may stand twice: the higher score counts."""
    preprocessing: Preprocessing
    outputs: Mapping[str, str] = field(hash=False)
    """What the family calls an output → what the graph calls it."""
    parameters: Mapping[str, float | int | str | bool] = field(default_factory=dict, hash=False)
    """What else the family wants to know, such as `nms_iou`."""
    title: str = ""
    """The name that people read."""
    description: str = ""
    """One sentence on what it does."""
    notes: str = ""
    """What a user should know before trusting it."""
    multi_label: bool = False
    """Whether several concepts can be true of one input, so that the scores do not sum to 1."""
    floor: float = 0.01
    """Predictions with a score below this are not kept."""
    keep: int = 20
    """At most so many predictions are kept per input, the highest scores first."""
    batch: int = 0
    """At most so many pictures are given to it at once; 0: as many as suit the device."""
    gpu_file: str = ""
    """A variant for GPUs, where int8 is slow; empty when `file` serves both."""
    gpu_sha256: str = ""
    """Of the variant for GPUs."""

    def path(self, gpu: bool = False) -> Path:
        """The ONNX file to open, on a GPU the variant for GPUs where there is one."""
        return self.folder / (self.gpu_file if gpu and self.gpu_file else self.file)

    def digest(self, gpu: bool = False) -> str:
        """The sha256 that `path` must have."""
        return self.gpu_sha256 if gpu and self.gpu_file else self.sha256


CARD_FIELDS = frozenset({field.name for field in fields(Card)} - {"folder"} | {"concepts_file"})
PREPROCESSING_FIELDS = frozenset(field.name for field in fields(Preprocessing))


def load_card(path: Path) -> Card:
    """Read and check a card. Whether the engine knows its family is the engine's to say.

    Raises CardError naming the file, the field and what to change.
    """
    where = printable(path.name)
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise CardError(f"{where}: the card cannot be read ({error.strerror}).") from None
    except ValueError as error:  # TOML that does not parse and bytes that are not UTF-8
        raise CardError(f"{where}: this is not TOML in UTF-8 ({printable(str(error))}).") from None
    except RecursionError:
        raise CardError(f"{where}: this TOML is nested too deeply; flatten it.") from None
    return _card(Fields(where, values, CARD_FIELDS), path.parent)


def _card(table: Fields, folder: Path) -> Card:
    name = table.text("name")
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", name):
        raise table.error("name", "must be lower case letters, digits, '.', '_' and '-', at most 64")
    task = table.choice("task", TASKS)
    gpu = "gpu_file" in table.values
    return Card(
        folder=folder,
        name=name,
        version=table.text("version"),
        family=table.text("family"),
        task=task,
        file=table.beside("file", folder),
        sha256=table.digest("sha256"),
        size=table.whole("size", 1, 1 << 40),
        licence=table.text("licence"),
        source=table.text("source"),
        concepts=_concepts(table, folder),
        preprocessing=_preprocessing(table.table("preprocessing", PREPROCESSING_FIELDS)),
        outputs=_outputs(table.table("outputs")),
        parameters=_parameters(table.table("parameters")),
        title=table.text("title", name),
        description=table.text("description", ""),
        notes=table.text("notes", ""),
        multi_label=table.flag("multi_label", task == "detection"),
        floor=table.number("floor", 0, 1, FLOORS.get(task, 0.01)),
        keep=table.whole("keep", 1, 100_000, KEEPS.get(task, 100)),
        batch=table.whole("batch", 0, 1024, 0),
        gpu_file=table.beside("gpu_file", folder) if gpu else "",
        gpu_sha256=table.digest("gpu_sha256") if gpu else "",
    )


def _preprocessing(table: Fields) -> Preprocessing:
    std = table.three("std", (1.0, 1.0, 1.0))
    if min(std) <= 0:
        raise table.error("std", "must be three numbers above 0")
    return Preprocessing(
        size=table.whole("size", 1, 4096),
        resize=table.choice("resize", RESIZES, "stretch"),
        crop=table.number("crop", 0.1, 1, 0.875),
        padding=table.whole("padding", 0, 255, 114),
        filter=table.choice("filter", FILTERS, "bilinear"),
        layout=table.choice("layout", LAYOUTS, "NHWC"),
        dtype=table.choice("dtype", DTYPES, "uint8"),
        mean=table.three("mean", (0.0, 0.0, 0.0)),
        std=std,
        draft=table.number("draft", 0, 16, 2.0),
    )


def _outputs(table: Fields) -> dict[str, str]:
    if not table.values:
        raise CardError(f"{table.where}: is missing or empty; name the graph's outputs there.")
    return {key: table.text(key) for key in table.values}


def _parameters(table: Fields) -> dict[str, float | int | str | bool]:
    for key, value in table.values.items():
        if not isinstance(value, float | int | str | bool):
            raise table.error(printable(key), "must be a number, a text in quotes, true or false")
    return dict(table.values)


def _concepts(table: Fields, folder: Path) -> tuple[str, ...]:
    if ("concepts" in table.values) == ("concepts_file" in table.values):
        raise table.error("concepts", "or concepts_file must be there, one of the two")
    if "concepts" in table.values:
        key, names = "concepts", table.values["concepts"]
    else:
        key = "concepts_file"
        try:
            names = (folder / table.beside(key, folder)).read_text("utf-8-sig").splitlines()
        except (OSError, ValueError):
            raise table.error(key, "must be a text in UTF-8 with one concept a line") from None
    if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
        raise table.error(key, "must list at least one concept, each a text")
    names = [name.strip() for name in names]
    for number, name in enumerate(names, 1):
        if not name or not name.isprintable():
            raise table.error(key, f"holds an empty or unprintable name at number {number}; change it")
    return tuple(names)


def card_folders() -> list[Path]:
    """The folders registered under the entry-point group `winnow.cards`, ours and other packages'."""
    # Imported here: it costs the app's start 20 ms, and the first frame needs no card.
    from importlib.metadata import entry_points

    folders = []
    for entry in entry_points(group="winnow.cards"):
        try:
            spec = find_spec(entry.module)
        except ModuleNotFoundError:
            continue
        folders += [Path(place) for place in (spec.submodule_search_locations if spec else None) or ()]
    return list(dict.fromkeys(folders))


def find_cards(problems: list[CardError] | None = None) -> list[Card]:
    """Every card in the registered folders, by name; the first of two with one name and version counts.

    A card that cannot be used goes to `problems`; without that list its CardError is raised.
    """
    cards: dict[tuple[str, str], Card] = {}
    for path in (path for folder in card_folders() for path in sorted(folder.glob("*.toml"))):
        try:
            card = load_card(path)
            if cards.setdefault((card.name, card.version), card) is not card:
                raise CardError(f"{path.name}: there is another card {card.name} of version {card.version}.")
        except CardError as error:
            if problems is None:
                raise
            problems.append(error)
    return sorted(cards.values(), key=lambda card: (card.name, card.version))


def file_sha256(path: Path) -> str:
    """Hex sha256 of a file, streamed. Raises OSError."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def verify(card: Card, gpu: bool = False) -> None:
    """Check that the ONNX file is the one that the card means; raises CardError where it is not."""
    path = card.path(gpu)
    try:
        found = file_sha256(path)
    except OSError as error:
        raise CardError(f"{card.name}: {path.name} cannot be read ({error.strerror}).") from None
    if found != card.digest(gpu):
        raise CardError(f"{card.name}: {path.name} is not the file that the card names (its sha256 differs).")
