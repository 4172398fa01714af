"""Cards: the shipped ones are whole, bad ones are refused with a sentence that says what to change."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.cards import Card, CardError, card_folders, find_cards, load_card, verify

GOOD = """
name = "tiny"
version = "1"
family = "classify"
task = "classification"
licence = "MIT"
source = "a test"
file = "tiny.onnx"
sha256 = "{digest}"
size = 4
concepts = ["cat", "dog"]
[preprocessing]
size = 8
[outputs]
scores = "probs"
"""


def write(folder: Path, text: str = GOOD, content: bytes = b"onnx") -> Path:
    (folder / "tiny.onnx").write_bytes(content)
    path = folder / "tiny.toml"
    path.write_text(text.replace("{digest}", hashlib.sha256(b"onnx").hexdigest()), "utf-8")
    return path


def refusal(path: Path) -> str:
    with pytest.raises(CardError) as caught:
        load_card(path)
    sentence = str(caught.value)
    assert sentence.endswith(".") and sentence.isprintable()
    return sentence


def test_a_card_is_read_with_its_defaults(tmp_path: Path) -> None:
    card = load_card(write(tmp_path))
    assert (card.name, card.title, card.concepts) == ("tiny", "tiny", ("cat", "dog"))
    assert (card.floor, card.keep, card.multi_label) == (0.01, 20, False)
    assert card.preprocessing.crop == 0.875
    assert card.path() == card.path(gpu=True) == tmp_path / "tiny.onnx"
    hash(card)
    verify(card)


def test_shipped_cards_are_found_and_their_files_are_the_ones_named() -> None:
    cards = {card.name: card for card in find_cards()}
    assert {"deeplabv3", "efficientnet-lite0", "efficientdet-lite0", "mobilenet-v2"} <= cards.keys()
    assert len(cards["efficientnet-lite0"].concepts) == 1000
    assert len(cards["efficientdet-lite0"].concepts) == 80
    for card in cards.values():
        verify(card)
        verify(card, gpu=True)
        assert card.path().stat().st_size == card.size
        assert card.licence and card.source


def test_detection_keeps_more_and_from_a_higher_floor(tmp_path: Path) -> None:
    card = load_card(write(tmp_path, GOOD.replace('"classification"', '"detection"')))
    assert (card.floor, card.keep, card.multi_label) == (0.05, 100, True)


def test_concepts_come_from_a_file_beside_the_card(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_bytes(b"\xef\xbb\xbfcat\r\ndog \n")
    card = load_card(
        write(tmp_path, GOOD.replace('concepts = ["cat", "dog"]', 'concepts_file = "names.txt"'))
    )
    assert card.concepts == ("cat", "dog")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('name = "tiny"', 'name = "Tiny Model"', "name must be lower case"),
        ('name = "tiny"', "", "name is missing"),
        ('name = "tiny"', "name = 7", "name must be a text"),
        ('task = "classification"', 'task = "poetry"', "task must be one of"),
        ('sha256 = "{digest}"', 'sha256 = "abc"', "64 hex digits"),
        ("size = 4", "size = -1", "size must be a whole number"),
        ("size = 4", "size = true", "size must be a whole number"),
        ("size = 4", "size = 4\nfloor = nan", "floor must be a number from 0 to 1"),
        ("size = 4", "size = 4\nfloor = 2", "floor must be a number from 0 to 1"),
        ("size = 4", "size = 4\nkeep = 0", "keep must be"),
        ("size = 4", "size = 4\nflour = 0.5", "flour is not a field"),
        ("size = 4", 'size = 4\n"\\u001b[2J" = 1', "is not a field"),
        ("size = 4", 'size = 4\nnotes = "\\u001b[2J"', "control characters"),
        ('concepts = ["cat", "dog"]', "concepts = []", "at least one concept"),
        ('concepts = ["cat", "dog"]', "concepts = [1]", "each a text"),
        ('concepts = ["cat", "dog"]', 'concepts = ["cat", "\\u0007"]', "unprintable name at number 2"),
        ('concepts = ["cat", "dog"]', "", "one of the two"),
        ('concepts = ["cat", "dog"]', 'concepts_file = "none.txt"', "is not there"),
        ('concepts = ["cat", "dog"]', 'concepts_file = "../x.txt"', "leads out"),
        ('file = "tiny.onnx"', 'file = "missing.onnx"', "is not there"),
        ('file = "tiny.onnx"', 'file = "/etc/passwd"', "leads out"),
        ('file = "tiny.onnx"', 'file = "../../etc/passwd"', "leads out"),
        ('file = "tiny.onnx"', 'file = "link.onnx"', "leads out"),
        ('file = "tiny.onnx"', 'file = "."', "is not there"),
        ('file = "tiny.onnx"', 'file = "tiny.onnx"\ngpu_file = "tiny.onnx"', "gpu_sha256 is missing"),
        ("[preprocessing]\nsize = 8", "", "[preprocessing]: size is missing"),
        ("size = 8", "size = 9000000", "size must be a whole number from 1 to 4096"),
        ("size = 8", 'size = 8\nresize = "fit"', "resize must be one of short-side, stretch, letterbox"),
        ("size = 8", "size = 8\nstd = [1, 0, 1]", "std must be three numbers above 0"),
        ("size = 8", "size = 8\nmean = [1]", "mean must be three numbers"),
        ('scores = "probs"', "", "name the graph's outputs"),
        ("[outputs]", "[parameters]\nx = [1]\n[outputs]", "x must be a number"),
        ('name = "tiny"', 'name = "tiny', "not TOML"),
    ],
)
def test_a_bad_card_is_refused(tmp_path: Path, old: str, new: str, says: str) -> None:
    outside = tmp_path / "outside.onnx"
    outside.write_bytes(b"onnx")
    folder = tmp_path / "cards"
    folder.mkdir()
    (folder / "link.onnx").symlink_to(outside)
    assert old in GOOD
    sentence = refusal(write(folder, GOOD.replace(old, new, 1)))
    assert sentence.startswith("tiny.toml")
    assert says in sentence


def test_a_missing_or_binary_card_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    assert "not TOML" in refusal(tmp_path / "binary.toml")


@given(st.text(max_size=200))
def test_any_text_is_a_card_or_a_sentence(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text(text, "utf-8", newline="")
    refusal(path)


def test_verify_refuses_another_file(tmp_path: Path) -> None:
    card: Card = load_card(write(tmp_path, content=b"other"))
    with pytest.raises(CardError, match="sha256 differs"):
        verify(card)
    card.path().unlink()
    with pytest.raises(CardError, match="cannot be read"):
        verify(card)


def test_a_broken_card_hides_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path)
    (tmp_path / "broken.toml").write_text("name = 1")
    (tmp_path / "twin.toml").write_text((tmp_path / "tiny.toml").read_text())
    monkeypatch.setattr("store.cards.card_folders", lambda: [tmp_path, *card_folders()])
    problems: list[CardError] = []
    names = [card.name for card in find_cards(problems)]
    assert "tiny" in names and "mobilenet-v2" in names and names.count("tiny") == 1
    assert len(problems) == 2
    with pytest.raises(CardError):
        find_cards()
