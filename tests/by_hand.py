"""What the shipped models say of the demo photos, by plain Pillow, NumPy and onnxruntime.

Nothing of `engine` is used: this is what the engine is compared with. Run as a script it writes
tests/golden/*.json anew: `python tests/by_hand.py`. They hold what the float models say, which is the same on
every processor; of mobilenet-v2 there is only the int8 one.
"""

import json
from functools import cache
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
DETECTOR = "efficientdet_lite0_int8.onnx"
SEGMENTER = "deeplabv3_mnv2_voc21.onnx"
FLOATS = {
    "efficientnet-lite0": "efficientnet_lite0_fp16_u8.onnx",
    "efficientdet-lite0": "efficientdet_lite0_f32.onnx",
}
"""Made for GPUs; on a CPU they run as float32."""


def names(file: str) -> list[str]:
    return (MODELS / file).read_text("utf-8").splitlines()


@cache
def opened(file: str) -> ort.InferenceSession:
    options = ort.SessionOptions()
    if file not in FLOATS.values():
        options.add_session_config_entry("session.x64quantprecision", "1")  # else int8 sums may overflow
    return ort.InferenceSession(str(MODELS / file), options, providers=["CPUExecutionProvider"])


def run(file: str, pixels: np.ndarray) -> list[np.ndarray]:
    return opened(file).run(None, {"image": pixels[None]})


def classify(model: str, photo: Path, file: str = "") -> dict[str, float]:
    """Concept → score, those of 0.01 and more, by the int8 model or the one in `file`."""
    image = Image.open(photo).convert("RGB")
    w, h = image.size
    scale = 256 / min(w, h)
    image = image.resize((int(w * scale + 1e-9), int(h * scale + 1e-9)), Image.BICUBIC)
    x, y = (image.width - 224) // 2, (image.height - 224) // 2
    probs = run(file or CLASSIFIERS[model], np.asarray(image)[y : y + 224, x : x + 224])[0][0]
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


def detect(photo: Path, file: str = DETECTOR) -> list[tuple[str, float, list[float]]]:
    """(concept, score, box), those of 0.05 and more, after greedy suppression above an IoU of 0.5."""
    image = Image.open(photo).convert("RGB").resize((320, 320), Image.BILINEAR)
    boxes, scores, classes = (out[0].tolist() for out in run(file, np.asarray(image)))
    kept: list[tuple[str, float, list[float]]] = []
    labels = names("coco80.txt")
    for score, box, index in sorted(zip(scores, boxes, classes, strict=True), key=lambda row: -row[0]):
        same = [other for concept, _, other in kept if concept == labels[index]]
        if score >= 0.05 and all(overlap(box, other) <= 0.5 for other in same):
            kept.append((labels[index], score, box))
    return kept[:100]


def flood(mask: np.ndarray) -> list[tuple[int, np.ndarray]]:
    """(value, pixels) of each stretch of one value whose pixels touch by their sides."""
    height, width = mask.shape
    seen, found = np.zeros(mask.shape, bool), []
    for start in np.ndindex(mask.shape):
        if seen[start]:
            continue
        pixels, waiting = np.zeros(mask.shape, bool), [start]
        seen[start] = True
        while waiting:
            y, x = waiting.pop()
            pixels[y, x] = True
            for near in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                inside = 0 <= near[0] < height and 0 <= near[1] < width
                if inside and not seen[near] and mask[near] == mask[start]:
                    seen[near] = True
                    waiting.append(near)
        found.append((int(mask[start]), pixels))
    return found


def painted(rings: list[list[list[float]]], shape: tuple[int, int]) -> np.ndarray:
    """The pixels [H, W] whose middle lies within an odd number of rings, given in 0..1 of the picture."""
    height, width = shape
    y, x = np.mgrid[:height, :width] + 0.5
    inside = np.zeros(shape, bool)
    for ring in rings:
        points = np.array(ring) * (width, height)
        for (x0, y0), (x1, y1) in zip(points, np.roll(points, -1, axis=0), strict=True):
            if y0 != y1:
                crossed = ((y0 <= y) != (y1 <= y)) & (x < x0 + (y - y0) / (y1 - y0) * (x1 - x0))
                inside ^= crossed
    return inside


def segment(photo: Path) -> list[tuple[str, float, np.ndarray]]:
    """(concept, mean confidence, pixels), those that fill a thousandth of the mask and more, best first."""
    image = Image.open(photo).convert("RGB").resize((257, 257), Image.BILINEAR)
    mask, confidence = (out[0] for out in run(SEGMENTER, np.asarray(image)))
    labels = names("voc20.txt")
    found = [
        (labels[value - 1], float(confidence[pixels].mean(dtype=np.float64)), pixels)
        for value, pixels in flood(mask)
        if value > 0 and pixels.sum() >= 0.001 * mask.size
    ]
    return sorted(found, key=lambda row: -row[1])


def main() -> None:
    GOLDEN.mkdir(exist_ok=True)
    tables: dict[str, dict[str, object]] = {
        model: {photo.name: classify(model, photo, FLOATS.get(model, "")) for photo in PHOTOS}
        for model in CLASSIFIERS
    }
    found = {photo.name: detect(photo, FLOATS["efficientdet-lite0"]) for photo in PHOTOS}
    tables["efficientdet-lite0"] = found
    for model, table in tables.items():
        (GOLDEN / f"{model}.json").write_text(json.dumps(table, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
