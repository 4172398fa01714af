"""What the shipped models say of the demo photos, by plain Pillow, NumPy and onnxruntime.

Nothing of `engine` is used: this is what the engine is compared with. Run as a script it writes
tests/golden/*.json anew: `python tests/by_hand.py`.
"""

import json
from pathlib import Path

import numpy as np
import onnxruntime as ort
from PIL import Image

ROOT = Path(__file__).parent.parent
MODELS = ROOT / "engine" / "cards" / "models"
PHOTOS = [ROOT / "store" / "demo" / "photos" / f"{number:03}.jpg" for number in range(0, 100, 6)]
GOLDEN = Path(__file__).parent / "golden"
CLASSIFIERS = {
    "efficientnet-lite0": "efficientnet_lite0_int8_u8.onnx",
    "mobilenet-v2": "mobilenet_v2_int8_u8.onnx",
}


def names(file: str) -> list[str]:
    return (MODELS / file).read_text("utf-8").splitlines()


def run(file: str, pixels: np.ndarray) -> list[np.ndarray]:
    session = ort.InferenceSession(str(MODELS / file), providers=["CPUExecutionProvider"])
    return session.run(None, {"image": pixels[None]})


def classify(model: str, photo: Path) -> dict[str, float]:
    """Concept → score, those of 0.01 and more."""
    image = Image.open(photo).convert("RGB")
    w, h = image.size
    scale = 256 / min(w, h)
    image = image.resize((int(w * scale + 1e-9), int(h * scale + 1e-9)), Image.BICUBIC)
    x, y = (image.width - 224) // 2, (image.height - 224) // 2
    probs = run(CLASSIFIERS[model], np.asarray(image)[y : y + 224, x : x + 224])[0][0]
    found: dict[str, float] = {}
    for name, score in zip(names("imagenet_labels_1000.txt"), probs.tolist(), strict=True):
        if score >= 0.01:
            found[name] = max(score, found.get(name, 0.0))
    return dict(sorted(found.items(), key=lambda pair: -pair[1])[:20])


def overlap(a: list[float], b: list[float]) -> float:
    """Intersection over union."""
    across = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    down = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    shared = across * down
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def detect(photo: Path) -> list[tuple[str, float, list[float]]]:
    """(concept, score, box), those of 0.05 and more, after greedy suppression above an IoU of 0.5."""
    image = Image.open(photo).convert("RGB").resize((320, 320), Image.BILINEAR)
    boxes, scores, classes = (
        out[0].tolist() for out in run("efficientdet_lite0_int8.onnx", np.asarray(image))
    )
    kept: list[tuple[str, float, list[float]]] = []
    labels = names("coco80.txt")
    for score, box, index in sorted(zip(scores, boxes, classes, strict=True), key=lambda row: -row[0]):
        same = [other for concept, _, other in kept if concept == labels[index]]
        if score >= 0.05 and all(overlap(box, other) <= 0.5 for other in same):
            kept.append((labels[index], score, box))
    return kept[:100]


def main() -> None:
    GOLDEN.mkdir(exist_ok=True)
    tables: dict[str, dict[str, object]] = {
        model: {photo.name: classify(model, photo) for photo in PHOTOS} for model in CLASSIFIERS
    }
    tables["efficientdet-lite0"] = {photo.name: detect(photo) for photo in PHOTOS}
    for model, table in tables.items():
        (GOLDEN / f"{model}.json").write_text(json.dumps(table, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
