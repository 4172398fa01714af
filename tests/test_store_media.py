"""Media: what a file is and its upright pixels; hostile files end in one sentence."""

import hashlib
import io
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageOps

from store.demo import labels_file, photos_folder
from store.media import MAX_PIXELS, MediaError, open_upright, probe, read_text

# pytest undoes the process-wide filter that store.media sets, which has a test of its own.
pytestmark = pytest.mark.filterwarnings("ignore:::PIL")

FORMATS = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp", "GIF": ".gif", "BMP": ".bmp", "TIFF": ".tif"}


def picture(size: tuple[int, int] = (40, 24)) -> Image.Image:
    """Red at the left, green growing downwards: no two orientations look alike."""
    width, height = size
    image = Image.new("RGB", size)
    image.putdata(
        [(200 if x < width // 3 else 20, 230 * y // height, 60) for y in range(height) for x in range(width)]
    )
    return image


def encoded(form: str, size: tuple[int, int] = (40, 24), **options: object) -> bytes:
    stream = io.BytesIO()
    picture(size).save(stream, form, **options)
    return stream.getvalue()


def refusal(path: Path) -> str:
    """The one sentence that both doors refuse the file with, or the first door's where they differ."""
    sentences = []
    for door in (probe, open_upright):
        with pytest.raises(MediaError) as caught:
            door(path)
        sentences.append(str(caught.value))
        assert sentences[-1].endswith(".") and sentences[-1].isprintable()
    return sentences[0]


def nearly_equal(left: Image.Image, right: Image.Image, tolerance: int) -> bool:
    if left.size != right.size:
        return False
    pairs = zip(left.tobytes(), right.tobytes(), strict=True)
    return sum(abs(a - b) for a, b in pairs) / (3 * left.width * left.height) <= tolerance


@pytest.mark.parametrize("form", FORMATS)
def test_probe_says_what_a_picture_is(tmp_path: Path, form: str) -> None:
    data = encoded(form)
    path = tmp_path / f"a{FORMATS[form]}"
    path.write_bytes(data)
    info = probe(path)
    assert (info.media, info.format, info.width, info.height, info.size) == ("image", form, 40, 24, len(data))
    assert info.sha256 == hashlib.sha256(data).digest()


def test_content_counts_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded("PNG"))
    assert probe(path).format == "PNG"
    path = tmp_path / "a.txt"
    path.write_bytes(encoded("GIF"))
    assert probe(path).media == "image"


def test_all_demo_photos_pass() -> None:
    photos = sorted(photos_folder().iterdir())
    assert len(photos) == 100
    assert all(info.width == 512 and info.height in (512, 513) for info in map(probe, photos))
    assert len(labels_file().read_text("utf-8").splitlines()) == 101


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_ends_upright(tmp_path: Path, form: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 95} if form == "JPEG" else {"lossless": True} if form == "WEBP" else {}
    path = tmp_path / f"a{FORMATS[form]}"
    path.write_bytes(encoded(form, exif=exif, **options))
    expected = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    info, upright = probe(path), open_upright(path)
    assert info.orientation == orientation
    assert (info.width, info.height) == upright.size == expected.size == ((40, 24), (24, 40))[orientation > 4]
    assert nearly_equal(upright, expected, 0)


def test_odd_exif_is_upright(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    for exif in (b"Exif\0\0garbage", b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\2\0\0\0\1" + b"A\0\0\0" * 2):
        path.write_bytes(encoded("JPEG", exif=exif))
        assert (probe(path).orientation, open_upright(path).size) == (1, (40, 24))


@pytest.mark.parametrize("orientation", [1, 6])
def test_draft_leaves_twice_the_size_needed(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded("JPEG", (1600, 800), exif=exif))
    assert sorted(open_upright(path).size) == [800, 1600]
    assert sorted(open_upright(path, near=(100, 100)).size) == [200, 400]
    near = (400, 100) if orientation == 1 else (100, 400)
    assert sorted(open_upright(path, near=near).size) == [400, 800]
    assert sorted(open_upright(path, near=(100, 100), draft=4.5).size) == [800, 1600]


def test_other_depths_and_colours_become_rgb(tmp_path: Path) -> None:
    grey = Image.linear_gradient("L")
    deep = grey.convert("I").point(lambda v: v * 257).convert("I;16")
    deep.save(tmp_path / "deep.png")
    assert nearly_equal(open_upright(tmp_path / "deep.png"), grey.convert("RGB"), 0)
    grey.convert("F").save(tmp_path / "float.tif")
    assert nearly_equal(open_upright(tmp_path / "float.tif"), grey.convert("RGB"), 1)
    for mode, name in (
        ("P", "a.png"),
        ("1", "b.png"),
        ("LA", "c.png"),
        ("RGBA", "d.webp"),
        ("CMYK", "e.jpg"),
    ):
        picture().convert(mode).save(tmp_path / name)
        expected = Image.open(tmp_path / name).convert("RGB")
        assert nearly_equal(open_upright(tmp_path / name), expected, 0)
    lab = ImageCms.applyTransform(
        picture(),
        ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"),
    )
    lab.save(tmp_path / "lab.tif")
    assert open_upright(tmp_path / "lab.tif").mode == "RGB"


def test_an_animation_shows_its_first_frame(tmp_path: Path) -> None:
    second = Image.new("RGB", (40, 24), "blue")
    picture().save(tmp_path / "a.webp", save_all=True, append_images=[second], lossless=True)
    assert nearly_equal(open_upright(tmp_path / "a.webp"), picture(), 0)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("part", [0.5, 0.9])
def test_a_cut_picture_is_refused_at_once(tmp_path: Path, form: str, part: float) -> None:
    data = encoded(form, (200, 120))
    path = tmp_path / f"a{FORMATS[form]}"
    path.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(MediaError, match=r"cut off|damaged"):
        probe(path)


def test_a_cut_jpeg_with_a_thumbnail_is_seen_as_cut(tmp_path: Path) -> None:
    thumbnail = encoded("JPEG", (16, 16))
    exif = b"Exif\0\0II*\0\x08\0\0\0\0\0" + thumbnail
    whole = encoded("JPEG", (400, 300), exif=exif)
    path = tmp_path / "a.jpg"
    path.write_bytes(whole)
    assert probe(path).width == 400
    path.write_bytes(whole[: len(whole) // 2])
    assert "cut off" in refusal(path)
    path.write_bytes(whole + b"a camera's trailer")
    assert probe(path).width == 400


def png_header(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    end = b"\0\0\0\0IEND\xaeB`\x82"
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body)) + end


@pytest.mark.parametrize("size", [(30_000, 30_000), (2**31 - 1, 1), (100_000, 10), (70_000, 2)])
def test_absurd_sizes_are_refused_with_the_limit(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png_header(*size))
    assert f"{MAX_PIXELS:,}" in refusal(path)


def test_large_pictures_and_odd_exif_print_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png_header(12_000, 12_000))
    odd = tmp_path / "b.jpg"
    odd.write_bytes(encoded("JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\5\0\x12\1"))
    code = "import sys; from pathlib import Path; from store.media import probe\n"
    code += "for path in sys.argv[1:]: sys.stdout.write(str(probe(Path(path)).width) + '\\n')"
    command = [sys.executable, "-W", "always", "-c", code, str(path), str(odd)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.stdout, ended.stderr) == ("12000\n40\n", "")


def test_no_pixels_no_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png_header(0, 5))
    refusal(path)


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.jpg", b"", "empty"),
        ("a.jpg", b"<html>404</html>", "not a picture"),
        ("a.pdf", b"%PDF-1.7", "not supported"),
        ("a.jpg", b"\xff\xd8\xff", "damaged"),
        ("a.txt", b"a\0b", "NUL"),
        ("a.txt", b"caf\xe9", "not a text in UTF-8"),
        ("a.txt", "caf\xe9".encode("utf-16"), "not a text in UTF-8"),
        ("a.txt", b"", "empty"),
    ],
)
def test_what_is_no_input_is_refused(tmp_path: Path, name: str, data: bytes, says: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    assert says in refusal(path)


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.jpg")
    assert "not a regular file" in refusal(tmp_path / "fifo.jpg")
    assert "not a regular file" in refusal(tmp_path)
    assert "not a regular file" in refusal(Path("/dev/zero"))
    assert "not there" in refusal(tmp_path / "gone\n\x1b[2J.jpg")
    assert "name" in refusal(Path("nul\0.jpg"))
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    refusal(tmp_path / "loop.jpg")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_forbidden_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded("PNG"))
    path.chmod(0)
    assert "Permission denied" in refusal(path)


def test_a_file_beyond_the_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.bmp"
    with path.open("wb") as stream:
        stream.truncate(600 << 20)
    with pytest.raises(MediaError, match="512 MiB"):
        probe(path)


def test_texts_are_read_up_to_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbf" + "zwölf\r\n🐑".encode() * 3)
    info = probe(path)
    assert (info.media, info.width, info.format) == ("text", 0, "TEXT")
    assert read_text(path, 100) == "zwölf\r\n🐑" * 3
    assert read_text(path, 3) == "zwö"
    for limit in range(1, 25):
        assert read_text(path, limit) == ("zwölf\r\n🐑" * 3)[:limit]
    path.write_bytes(b"ok \xe2\x82")
    with pytest.raises(MediaError, match="UTF-8"):
        read_text(path, 100)
    with pytest.raises(MediaError, match="not there"):
        read_text(tmp_path / "none.txt", 5)


SEEDS = [encoded(form, (33, 17)) for form in FORMATS] + [
    encoded(
        "JPEG",
        (33, 17),
        progressive=True,
        exif=b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0",
    ),
    encoded("TIFF", (33, 17), compression="tiff_lzw"),
    encoded("TIFF", (33, 17), compression="jpeg"),
    encoded("PNG", (33, 17), exif=b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0"),
]
damage = st.tuples(st.integers(0, 4000), st.binary(min_size=0, max_size=8), st.integers(0, 8))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(SEEDS), st.lists(damage, min_size=1, max_size=6), st.floats(0, 1))
def test_mutated_pictures_open_or_are_refused(
    tmp_path: Path,
    seed: bytes,
    damages: list[tuple[int, bytes, int]],
    cut: float,
) -> None:
    data = bytearray(seed)
    for place, patch, length in damages:
        data[place % len(data) : place % len(data) + length] = patch
        data = data or bytearray(b"\xff")
    if cut < 0.5:
        del data[int(len(data) * 2 * cut) :]
    path = tmp_path / "mutated.jpg"
    path.write_bytes(data)
    info = None
    try:
        info = probe(path)
    except MediaError as error:
        assert str(error).isprintable()
    try:
        image = open_upright(path, near=(8, 8))
    except MediaError as error:
        assert str(error).isprintable()
    else:
        assert image.mode == "RGB" and min(image.size) > 0
        if info and info.format != "JPEG":  # a JPEG's draft is smaller by design
            assert image.size == (info.width, info.height)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([seed[:12] for seed in SEEDS]), st.binary(max_size=300))
def test_any_bytes_behind_a_magic_number(tmp_path: Path, magic: bytes, rest: bytes) -> None:
    path = tmp_path / "any.png"
    path.write_bytes(magic + rest)
    for door in (probe, open_upright):
        try:
            door(path)
        except MediaError as error:
            assert str(error).isprintable()
