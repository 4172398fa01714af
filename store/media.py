"""Pictures and texts on disk: what they are, and their upright pixels."""

import codecs
import hashlib
import math
import os
import stat
import struct
import threading
import warnings
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from store.errors import Refused
from store.truncation import WHOLE

if TYPE_CHECKING:
    from PIL.Image import Image

IMAGE_EXTENSIONS = frozenset(
    (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff")
)
TEXT_EXTENSIONS = frozenset((".txt",))
EXTENSIONS = IMAGE_EXTENSIONS | TEXT_EXTENSIONS
"""In lower case: what `add` picks up from a folder."""

MAX_PIXELS = 178_956_970
"""Pillow's own line between a large picture and a decompression bomb; 512 MiB of RGB."""
MAX_SIDE = 65_535
"""The longest side that JPEG can name; beyond it, resizing alone is an attack."""
MAX_IMAGE_BYTES = 512 << 20
MAX_TEXT_BYTES = 16 << 20
LARGE_PIXELS = 32_000_000

MAGIC = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
)
ORIENTATION_TAG = 0x0112
UPRIGHT = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
"""EXIF orientation → the transposition that makes the picture upright."""

_one_large_at_a_time = threading.Lock()
_pillow_lock = threading.Lock()
_pillow: Any = None


class MediaError(Refused):
    """A file that cannot be an input, in one sentence without its name, safe to print."""


@dataclass(frozen=True)
class MediaInfo:
    """What one look at a file says."""

    media: str
    """`image` or `text`."""
    sha256: bytes
    """Of the file's content, 32 bytes."""
    size: int
    """Of the file, in bytes."""
    width: int
    """Of the upright picture, in pixels; 0 for a text."""
    height: int
    """Of the upright picture, in pixels; 0 for a text."""
    format: str
    """`JPEG`, `PNG`, `WEBP`, `GIF`, `BMP`, `TIFF` or `TEXT`, by content."""
    orientation: int = 1
    """EXIF orientation, 1..8; already applied to width and height."""


def probe(path: Path) -> MediaInfo:
    """Read a file once and say what it is, by content; raises MediaError for what cannot be an input.

    No pixel is decoded: a file that is damaged in the middle passes here and fails in `open_upright`.
    """
    data = _read(path)
    if not data:
        raise MediaError("The file is empty.")
    digest = hashlib.sha256(data).digest()
    found = _format(data)
    if not found:
        _check_text(path, data)
        return MediaInfo("text", digest, len(data), 0, 0, "TEXT")
    try:
        width, height, orientation = _header(data, found)
    except MediaError:
        raise
    except Exception as error:  # Pillow's plugins raise nearly every kind on hostile headers
        raise _sentence(error) from None
    return MediaInfo("image", digest, len(data), width, height, found, orientation)


def open_upright(path: Path, near: tuple[int, int] | None = None, draft: float = 2.0) -> "Image":
    """The first frame as an upright RGB picture; raises MediaError and nothing else.

    `near` is the size (width, height) that it will be resized to: a JPEG is then decoded at a half, a
    quarter or an eighth if that leaves at least `draft` times that size, which is up to 6 times faster and
    shifts scores by about 0.01. Without `near` every pixel is decoded. Transparency is dropped, not
    blended, as vision tools do; 16-bit greys are scaled to 8, other depths from their own range.
    """
    try:
        with _open_regular(path) as stream:
            image = _image_module().open(stream, formats=_formats(stream.read(16)))
            _check_size(image.size)
            orientation = _turn(image)
            if near is not None:
                width, height = near if orientation < 5 else near[::-1]
                image.draft("RGB", (math.ceil(width * draft), math.ceil(height * draft)))
            with _memory_guard(image.size):
                return _upright(_rgb(image), orientation)
    except MediaError:
        raise
    except Exception as error:  # see probe
        raise _sentence(error) from None


def read_text(path: Path, limit: int) -> str:
    """The first `limit` characters of a text in UTF-8, without its byte order mark; raises MediaError."""
    try:
        with _open_regular(path) as stream:
            data = stream.read(4 * limit + 4)
    except OSError as error:
        raise _sentence(error) from None
    try:
        return codecs.getincrementaldecoder("utf-8-sig")().decode(data, final=len(data) < 4 * limit)[:limit]
    except UnicodeDecodeError:
        raise MediaError("The file is not a text in UTF-8; save it as UTF-8.") from None


def _image_module() -> Any:
    """PIL.Image, imported when the first picture comes: it costs every command 30 ms otherwise."""
    global _pillow
    with _pillow_lock:
        if _pillow is None:
            from PIL import Image

            # Those of our formats alone: all that Pillow has cost 0.1 s and some megabytes.
            Image.preinit()
            for plugin in ("TiffImagePlugin", "WebPImagePlugin"):
                import_module(f"PIL.{plugin}")
            # What Pillow warns of (large pictures, odd EXIF) is decided here; stderr is no place for it.
            warnings.filterwarnings("ignore", module=r"PIL(\.|$)")
            _pillow = Image
    return _pillow


def _open_regular(path: Path) -> BinaryIO:
    """Open a regular file and nothing else: a FIFO would hang, a device might act."""
    try:
        regular = stat.S_ISREG(path.stat().st_mode)
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        descriptor = os.open(path, flags | getattr(os, "O_NOCTTY", 0)) if regular else -1
    except ValueError:  # a NUL in the name
        raise MediaError("The file's name cannot be opened.") from None
    except OSError as error:
        raise _sentence(error) from None
    if not regular or not stat.S_ISREG(os.fstat(descriptor).st_mode):
        if regular:
            os.close(descriptor)
        raise MediaError("This is not a regular file.")
    return os.fdopen(descriptor, "rb")


def _read(path: Path) -> bytes:
    """All bytes of a file of a bearable size."""
    try:
        with _open_regular(path) as stream:
            size = os.fstat(stream.fileno()).st_size
            data = stream.read(MAX_IMAGE_BYTES + 1) if size <= MAX_IMAGE_BYTES else b""
    except OSError as error:
        raise _sentence(error) from None
    if size > MAX_IMAGE_BYTES or len(data) > MAX_IMAGE_BYTES:
        raise MediaError(f"The file is larger than {MAX_IMAGE_BYTES >> 20} MiB, the most that is read.")
    return data


def _format(data: bytes) -> str:
    """Pillow's name of the picture format by its first bytes, or an empty text."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    return next((name for magic, name in MAGIC if data.startswith(magic)), "")


def _formats(start: bytes) -> list[str]:
    found = _format(start)
    if not found:
        raise MediaError("The file is empty." if not start else "The file is not a picture that can be read.")
    return [found]


def _check_text(path: Path, data: bytes) -> None:
    extension = path.suffix.lower()
    if extension in IMAGE_EXTENSIONS:
        raise MediaError("The file is not a picture, whatever its name says.")
    if extension not in TEXT_EXTENSIONS:
        raise MediaError("This kind of file is not supported; pictures and .txt files are.")
    if len(data) > MAX_TEXT_BYTES:
        raise MediaError(f"The text is larger than {MAX_TEXT_BYTES >> 20} MiB, the most that is taken.")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        raise MediaError("The file is not a text in UTF-8; save it as UTF-8.") from None
    if b"\0" in data:
        raise MediaError("The file is not a text in UTF-8: it holds NUL bytes.")


def _header(data: bytes, found: str) -> tuple[int, int, int]:
    """Upright width and height, and orientation, from the header alone."""
    from io import BytesIO

    image = _image_module().open(BytesIO(data), formats=[found])
    _check_size(image.size)
    whole = _tiff_is_whole(image, len(data)) if found == "TIFF" else WHOLE[found](data)
    if not whole:
        raise MediaError("The picture is cut off: the end of the file is missing.")
    width, height = image.size if _turn(image) < 5 else image.size[::-1]
    return width, height, _orientation(image)


def _tiff_is_whole(image: Any, size: int) -> bool:
    """Whether every strip or tile of the first frame ends within `size` bytes."""
    for offsets, counts in ((273, 279), (324, 325)):
        places, lengths = image.tag_v2.get(offsets, ()), image.tag_v2.get(counts, ())
        if any(place + length > size for place, length in zip(places, lengths, strict=False)):
            return False
    return True


def _check_size(size: tuple[int, int]) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise MediaError("The picture has no pixels.")
    if width * height > MAX_PIXELS or max(size) > MAX_SIDE:
        limits = f"{MAX_PIXELS:,} pixels and {MAX_SIDE:,} a side are the most that is opened"
        raise MediaError(f"The picture is too large ({width:,} × {height:,}): {limits}.")


def _orientation(image: Any) -> int:
    """EXIF orientation from what precedes the pixels; anything odd counts as upright."""
    try:
        # Not PngImageFile.getexif, which decodes the whole picture to look behind the pixels.
        value = _image_module().Image.getexif(image).get(ORIENTATION_TAG, 1)
    except Exception:  # see probe
        return 1
    return value if isinstance(value, int) and value in UPRIGHT else 1


def _turn(image: Any) -> int:
    """The orientation that is left to undo: Pillow turns TIFFs by itself, size included."""
    return 1 if image.format == "TIFF" else _orientation(image)


def _memory_guard(size: tuple[int, int]) -> AbstractContextManager[object]:
    """One very large picture at a time, so that many decode threads do not add up to all memory."""
    return _one_large_at_a_time if size[0] * size[1] > LARGE_PIXELS else nullcontext()


def _rgb(image: Any) -> "Image":
    """Decode, and convert to RGB of 8 bits."""
    image.load()
    if image.mode.startswith("I;16"):
        image = image.convert("I").point(lambda value: value * (1 / 256))
    elif image.mode in ("I", "F"):
        low, high = image.getextrema()
        if high > low and math.isfinite(high - low):
            scale = 255 / (high - low)
            image = image.point(lambda value: value * scale - low * scale)
    if image.mode in ("I", "F"):
        image = image.convert("L")
    return image if image.mode == "RGB" else image.convert("RGB")  # type: ignore[no-any-return]


def _upright(image: "Image", orientation: int) -> "Image":
    if orientation == 1:
        return image
    return image.transpose(getattr(_image_module().Transpose, UPRIGHT[orientation]))


def _sentence(error: Exception) -> MediaError:
    """What any failure of reading means to a user; never the error's own words, which hold file content."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return MediaError("The file is not there any more.")
    if isinstance(error, OSError) and error.errno is not None:
        return MediaError(f"The file cannot be read: {os.strerror(error.errno)}.")
    if isinstance(error, MemoryError):
        return MediaError("The picture needs more memory than there is.")
    if type(error).__name__ == "DecompressionBombError":
        return MediaError(f"The picture is too large: {MAX_PIXELS:,} pixels are the most that is opened.")
    if isinstance(error, OSError | EOFError | struct.error) and "truncated" in str(error):
        return MediaError("The picture is cut off: the end of the file is missing.")
    return MediaError("The picture is damaged.")
