"""The demo's pictures: 100 photos with what they show."""

from pathlib import Path


def photos_folder() -> Path:
    """The folder of the 100 JPEGs of 512×512 (two are a row taller), named 000.jpg to 099.jpg."""
    return Path(__file__).parent / "photos"


def labels_file() -> Path:
    """A CSV of what each photo shows: columns `file`, `coarse` (mammal, bird, object…), `fine`."""
    return Path(__file__).parent / "labels.csv"
