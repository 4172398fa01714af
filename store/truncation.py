"""Whether a picture's bytes reach as far as its format says, without decoding a pixel."""

import struct
from collections.abc import Callable


def jpeg_is_whole(data: bytes) -> bool:
    """An end marker after the segments, where thumbnails have theirs; cameras add bytes after it."""
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker, length = data[place + 1], int.from_bytes(data[place + 2 : place + 4], "big")
        if marker == 0xDA:
            break
        place += 1 if marker == 0xFF else 2 + length
    return data.rfind(b"\xff\xd9", place) > 0


def png_is_whole(data: bytes) -> bool:
    """Every chunk up to IEND."""
    place = 8
    while place + 12 <= len(data):
        if data[place + 4 : place + 8] == b"IEND":
            return True
        place += 12 + int.from_bytes(data[place : place + 4], "big")
    return False


def webp_is_whole(data: bytes) -> bool:
    """As many bytes as the RIFF header names."""
    return len(data) >= 12 and 8 + int.from_bytes(data[4:8], "little") <= len(data)


def gif_is_whole(data: bytes) -> bool:
    """The trailer byte, after which some programs leave zeros."""
    return data.rstrip(b"\0").endswith(b";")


def bmp_is_whole(data: bytes) -> bool:
    """All rows of an uncompressed bitmap; compressed ones are taken as they are."""
    if len(data) < 26:
        return False
    offset, header = struct.unpack_from("<II", data, 10)
    if header == 12:
        width, height, _, bits = struct.unpack_from("<HHHH", data, 18)
        compression = 0
    elif len(data) >= 34:
        width, height, _, bits, compression = struct.unpack_from("<iiHHI", data, 18)
    else:
        return False
    stride = (abs(width) * bits + 31) // 32 * 4
    return compression not in (0, 3) or offset + stride * abs(height) <= len(data)


WHOLE: dict[str, Callable[[bytes], bool]] = {
    "JPEG": jpeg_is_whole,
    "PNG": png_is_whole,
    "WEBP": webp_is_whole,
    "GIF": gif_is_whole,
    "BMP": bmp_is_whole,
}
"""Pillow's name of a format → its check. TIFF's strips stand in tags, which Pillow reads (media.py)."""
