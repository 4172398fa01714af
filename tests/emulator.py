"""A graphics terminal for tests: bytes of a PTY become a grid of text and a picture. No X, no GPU.

Text is pyte's; Kitty graphics (transmission in chunks, virtual placements with Unicode placeholders,
placements with offsets, deletion) and Sixel are decoded here. Writing text over a Sixel erases it, as
xterm does. What it does not know is kept in `unknown`.
"""

from __future__ import annotations

import base64
import io
import re
import zlib
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pyte
from PIL import Image, ImageDraw, ImageFont

from tui.picture.cells import SEXTANTS
from tui.picture.kitty import DIACRITICS, PLACEHOLDER

_NUMBER_OF = {character: number for number, character in enumerate(DIACRITICS)}
_SEQUENCE = re.compile(
    rb"\x1bPtmux;(?P<wrapped>(?:[^\x1b]|\x1b\x1b)*)\x1b\\"
    rb"|\x1b_G(?P<kitty>[^\x1b]*)\x1b\\"
    rb"|\x1bP[0-9;]*q(?P<sixel>[^\x1b]*)\x1b\\"
    rb"|\x1b[P\]X^_](?P<string>[^\x1b\x07]*)(?:\x1b\\|\x07)"
    rb"|\x1b\[(?P<private>[<=>?][0-9;]*[ -/]*[@-~])"
    rb"|\x1b\[(?P<other>[0-9;]*[ -/]+[@-~]|[0-9;]*[tnuc])"
)
_UNFINISHED = re.compile(
    rb"\x1b(?:Ptmux;(?:[^\x1b]|\x1b\x1b)*\x1b?|[P_\]X^][^\x07\x1b]*\x1b?|\[[0-9;<=>?]*[ -/]*)?\Z"
)
_KNOWN_MODES = {7, 25, 1000, 1003, 1004, 1006, 1015, 1016, 1049, 2004, 2026, 2048}
_SIXEL_PART = re.compile(rb"#(\d+)(?:;2;(\d+);(\d+);(\d+))?|!(\d+)([?-~])|([?-~])|([$-])")


def decode_sixel(body: bytes) -> np.ndarray:
    """Height × width × RGBA of a Sixel's body (what follows the q); unset pixels are transparent."""
    raster = re.match(rb'"(\d+);(\d+);(\d+);(\d+)', body)
    assert raster, "a Sixel without raster attributes"
    width, height = int(raster[3]), int(raster[4])
    pixels = np.zeros((height + 6, width, 4), np.uint8)
    palette: dict[int, tuple[int, ...]] = {}
    colour, x, y = 0, 0, 0
    for number, red, green, blue, count, repeated, single, move in _SIXEL_PART.findall(body, raster.end()):
        if number:
            colour = int(number)
            if red:
                palette[colour] = tuple(round(int(part) * 255 / 100) for part in (red, green, blue))
        elif move:
            x, y = 0, y + (6 if move == b"-" else 0)
        else:
            bits, length = (repeated or single)[0] - 63, int(count or 1)
            for line in range(6):
                if bits >> line & 1:
                    pixels[y + line, x : x + length] = (*palette[colour], 255)
            x += length
    return pixels[:height]


class _Text(pyte.Screen):
    """pyte's screen, which also says which cells are written."""

    def __init__(self, columns: int, rows: int, touched: np.ndarray) -> None:
        self.touched = touched
        super().__init__(columns, rows)

    def draw(self, data: str) -> None:
        for character in data:
            super().draw(character)
            last = max(self.cursor.x - 1, 0)
            self.touched[self.cursor.y, max(last - 1, 0) if self._is_wide(last) else last : last + 1] = True

    def _is_wide(self, column: int) -> bool:
        return self.buffer[self.cursor.y][column].data == ""

    def erase_in_line(self, how: int = 0, private: bool = False) -> None:
        super().erase_in_line(how, private)
        self.touched[self.cursor.y] = True

    def erase_in_display(self, how: int = 0, *args: object, **kwargs: object) -> None:
        super().erase_in_display(how, *args, **kwargs)
        self.touched[:] = True

    def report_device_status(self, *args: object, **kwargs: object) -> None:
        pass

    def report_device_attributes(self, *args: object, **kwargs: object) -> None:
        pass


@dataclass
class Counts:
    """How much of what has been seen."""

    kitty_bytes: int = 0
    sixel_bytes: int = 0
    images: int = 0
    placements: int = 0
    sixels: int = 0


@dataclass
class Placed:
    """One placement: its pixel on the screen and the keys it was made with."""

    x: int
    y: int
    keys: dict[str, str] = field(default_factory=dict)


class Emulator:
    """Feed it bytes, then look at `screen()`, `picture()`, `images`, `placements`, `unknown`."""

    def __init__(self, columns: int = 80, rows: int = 24, cell: tuple[int, int] = (10, 20)) -> None:
        self.cell = cell
        self.counts = Counts()
        self.images: dict[int, Image.Image] = {}
        """Kitty images whose data the terminal keeps, by number."""
        self.placements: dict[tuple[int, str], Placed] = {}
        """Kitty placements on the screen, by image and placement number."""
        self.virtual: dict[int, tuple[int, int]] = {}
        """Columns and rows of virtual placements, by image number."""
        self.unknown: list[bytes] = []
        """Control sequences that no terminal is asked to understand here."""
        self._rest = b""
        self._chunks: tuple[dict[str, str], list[bytes]] | None = None
        self.resize(columns, rows)

    def resize(self, columns: int, rows: int) -> None:
        """Changes the size; what was on the screen is lost, as the app has to draw it again anyway."""
        self.columns, self.rows = columns, rows
        self._touched = np.zeros((rows, columns), np.bool_)
        self._text = _Text(columns, rows, self._touched)
        self._stream = pyte.ByteStream(self._text)
        self._sixel = np.zeros((rows * self.cell[1], columns * self.cell[0], 4), np.uint8)

    def lose_everything(self) -> None:
        """Another terminal takes its place: no text, no images."""
        self.images, self.placements, self.virtual = {}, {}, {}
        self.resize(self.columns, self.rows)

    def feed(self, data: bytes) -> None:
        """Takes output of a program; a sequence may be cut anywhere."""
        data = self._rest + data
        unfinished = _UNFINISHED.search(data)
        self._rest = unfinished[0] if unfinished else b""
        data = data[: len(data) - len(self._rest)]
        at = 0
        for match in _SEQUENCE.finditer(data):
            self._feed_text(data[at : match.start()])
            at = match.end()
            self._sequence(match)
        self._feed_text(data[at:])

    def _feed_text(self, data: bytes) -> None:
        if data:
            self._stream.feed(data)
            for row, column in np.argwhere(self._touched):
                self._erase_sixel(int(row), int(column))
            self._touched[:] = False

    def _erase_sixel(self, row: int, column: int) -> None:
        width, height = self.cell
        self._sixel[row * height : (row + 1) * height, column * width : (column + 1) * width] = 0

    def _sequence(self, match: re.Match[bytes]) -> None:
        if match["wrapped"] is not None:
            # The cursor of the terminal is not that of the program inside tmux.
            inner = _SEQUENCE.fullmatch(match["wrapped"].replace(b"\x1b\x1b", b"\x1b"))
            assert inner, "tmux passes on whole commands"
            self._sequence(inner)
        elif match["kitty"] is not None:
            self.counts.kitty_bytes += len(match[0])
            self._kitty(match["kitty"])
        elif match["sixel"] is not None:
            self.counts.sixel_bytes += len(match[0])
            self._draw_sixel(match["sixel"])
        elif match["private"] is not None:
            self._private(match[0], match["private"].decode("ascii"))
        elif match["string"] is not None and not match[0].startswith((b"\x1b]", b"\x1bP+q")):
            self.unknown.append(match[0])

    def _private(self, whole: bytes, body: str) -> None:
        mode = re.fullmatch(r"\?([\d;]+)(h|l|\$p)", body)
        if mode and all(int(number) in _KNOWN_MODES for number in mode[1].split(";")):
            if mode[2] != "$p" and mode[1] in ("7", "25"):
                self._stream.feed(whole)
        elif not re.fullmatch(r"[<>=?]\d*[uq]", body):
            self.unknown.append(whole)

    @property
    def _cursor_pixel(self) -> tuple[int, int]:
        cursor = self._text.cursor
        return cursor.x * self.cell[0], cursor.y * self.cell[1]

    def _draw_sixel(self, body: bytes) -> None:
        self.counts.sixels += 1
        x, y = self._cursor_pixel
        pixels = decode_sixel(body)
        target = self._sixel[y : y + pixels.shape[0], x : x + pixels.shape[1]]
        pixels = pixels[: target.shape[0], : target.shape[1]]
        drawn = pixels[..., 3] > 0
        target[drawn] = pixels[drawn]

    def _kitty(self, body: bytes) -> None:
        head, _, payload = body.partition(b";")
        keys = dict(pair.split("=", 1) for pair in head.decode("ascii").split(",") if pair)
        if self._chunks is not None:
            self._chunks[1].append(payload)
            if keys.get("m") != "1":
                (keys, parts), self._chunks = self._chunks, None
                self._command(keys, b"".join(parts))
        elif keys.get("m") == "1":
            self._chunks = (keys, [payload])
        else:
            self._command(keys, payload)

    def _command(self, keys: dict[str, str], payload: bytes) -> None:
        action, number = keys.get("a", "t"), int(keys.get("i", 0))
        if action in "tT":
            self._delete(number, data=True)
            self.images[number] = _decoded(keys, payload)
            self.counts.images += 1
        if action in "pT":
            if keys.get("U") == "1":
                self.virtual[number] = int(keys["c"]), int(keys["r"])
            elif number in self.images:
                self.counts.placements += 1
                x, y = self._cursor_pixel
                place = Placed(x + int(keys.get("X", 0)), y + int(keys.get("Y", 0)), keys)
                self.placements[(number, keys.get("p", "0"))] = place
        if action == "d":
            self._delete_command(keys, number)

    def _delete_command(self, keys: dict[str, str], number: int) -> None:
        which = keys.get("d", "a")
        if which in "aA":
            self.placements.clear()
        elif which in "iI" and "p" in keys:
            self.placements.pop((number, keys["p"]), None)
        elif which in "iI":
            self._delete(number, data=which == "I")

    def _delete(self, number: int, *, data: bool) -> None:
        self.placements = {key: place for key, place in self.placements.items() if key[0] != number}
        self.virtual.pop(number, None)
        if data:
            self.images.pop(number, None)

    def screen(self) -> list[str]:
        """The text, row by row; a photo's cells are blank."""
        rows = []
        for y in range(self.rows):
            cells = (self._text.buffer[y][x].data for x in range(self.columns))
            rows.append("".join(" " if text.startswith(PLACEHOLDER) else text for text in cells))
        return rows

    def picture(self) -> Image.Image:
        """The whole screen in RGB, `cell` pixels for each cell."""
        width, height = self.cell
        image = Image.new("RGBA", (self.columns * width, self.rows * height))
        draw = ImageDraw.Draw(image)
        for y in range(self.rows):
            for x in range(self.columns):
                self._draw_cell(image, draw, x, y)
        image.alpha_composite(Image.fromarray(self._sixel, "RGBA"))
        for (number, _), placed in sorted(
            self.placements.items(), key=lambda item: int(item[1].keys.get("z", 0))
        ):
            if number in self.images:
                image.alpha_composite(_cut(self.images[number], placed.keys), self._corner(placed))
        return image.convert("RGB")

    def _corner(self, placed: Placed) -> tuple[int, int]:
        """The pixel of a placement: its own, or counted from the placeholders of its parent."""
        if "P" not in placed.keys:
            return placed.x, placed.y
        red, green, blue = int(placed.keys["P"]).to_bytes(3, "big")
        ink = f"{red:02x}{green:02x}{blue:02x}"
        cells = [
            (x, y)
            for y in range(self.rows)
            for x in range(self.columns)
            if (cell := self._text.buffer[y][x]).data.startswith(PLACEHOLDER) and cell.fg == ink
        ]
        column = min(x for x, _ in cells) + int(placed.keys.get("H", 0))
        row = min(y for _, y in cells) + int(placed.keys.get("V", 0))
        return (
            column * self.cell[0] + int(placed.keys.get("X", 0)),
            row * self.cell[1] + int(placed.keys.get("Y", 0)),
        )

    def _draw_cell(self, image: Image.Image, draw: ImageDraw.ImageDraw, x: int, y: int) -> None:
        cell = self._text.buffer[y][x]
        text = cell.data or " "
        foreground, background = _colour(cell.fg, (221, 221, 221)), _colour(cell.bg, (0, 0, 0))
        if cell.reverse:
            foreground, background = background, foreground
        width, height = self.cell
        left, top = x * width, y * height
        draw.rectangle((left, top, left + width - 1, top + height - 1), fill=background)
        if text[0] == PLACEHOLDER:
            self._draw_placeholder(image, text, foreground, left, top)
        elif text == "▀":
            draw.rectangle((left, top, left + width - 1, top + height // 2 - 1), fill=foreground)
        elif text in SEXTANTS.characters:
            self._draw_sextant(draw, SEXTANTS.characters.index(text), foreground, left, top)
        else:
            draw.text((left, top), text, font=_font(height), fill=foreground)

    def _draw_sextant(
        self, draw: ImageDraw.ImageDraw, bits: int, colour: tuple[int, int, int], left: int, top: int
    ) -> None:
        width, height = self.cell
        for part in range(6):
            if bits >> part & 1:
                x0, x1 = (left + round(width * (part % 2 + edge) / 2) for edge in (0, 1))
                y0, y1 = (top + round(height * (part // 2 + edge) / 3) for edge in (0, 1))
                draw.rectangle((x0, y0, x1 - 1, y1 - 1), fill=colour)

    def _draw_placeholder(
        self, image: Image.Image, text: str, colour: tuple[int, int, int], left: int, top: int
    ) -> None:
        number = colour[0] << 16 | colour[1] << 8 | colour[2]
        if number not in self.virtual or number not in self.images or len(text) < 3:
            return
        row, column = (_NUMBER_OF[character] for character in text[1:3])
        width, height = self.cell
        columns, rows = self.virtual[number]
        photo = self.images[number]
        # Fitted into its cells and centred, as the protocol says; a padded photo fits exactly.
        assert photo.size == (columns * width, rows * height), "the photo does not fill its cells"
        box = (column * width, row * height, (column + 1) * width, (row + 1) * height)
        image.alpha_composite(photo.crop(box), (left, top))


def _decoded(keys: dict[str, str], payload: bytes) -> Image.Image:
    data = base64.b64decode(payload)
    if keys.get("o") == "z":
        data = zlib.decompress(data)
    if keys.get("f") == "100":
        return Image.open(io.BytesIO(data)).convert("RGBA")
    mode = "RGB" if keys.get("f") == "24" else "RGBA"
    return Image.frombytes(mode, (int(keys["s"]), int(keys["v"])), data).convert("RGBA")


def _cut(image: Image.Image, keys: dict[str, str]) -> Image.Image:
    x, y = int(keys.get("x", 0)), int(keys.get("y", 0))
    right, bottom = (
        x + int(keys.get("w", image.width - x)),
        y + int(keys.get("h", image.height - y)),
    )
    return image.crop((x, y, min(right, image.width), min(bottom, image.height)))


def _colour(name: str, default: tuple[int, int, int]) -> tuple[int, int, int]:
    if name == "default":
        return default
    if re.fullmatch("[0-9a-f]{6}", name):
        return int(name[:2], 16), int(name[2:4], 16), int(name[4:], 16)
    plain = {"brown": (205, 205, 0), "black": (0, 0, 0), "red": (205, 0, 0), "green": (0, 205, 0)}
    plain |= {"blue": (0, 0, 238), "magenta": (205, 0, 205), "cyan": (0, 205, 205), "white": (229, 229, 229)}
    return plain.get(name.replace("bright", ""), default)


@lru_cache(maxsize=4)
def _font(cell_height: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    try:
        return ImageFont.truetype("DejaVuSansMono.ttf", int(cell_height * 0.78))
    except OSError:
        return ImageFont.load_default()
