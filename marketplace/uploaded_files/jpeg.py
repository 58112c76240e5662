"""A JPEG without what is not the picture: no place, no camera, no thumbnail, no comment, nothing behind it.

The compressed picture is kept as it is, so that nothing of its quality is lost; all around it is written anew
from what was understood (ITU-T T.81). It is not decoded: whether the picture is a good one, nobody checks.
"""

import re
import struct
from typing import NoReturn

from ..errors import Invalid
from .bounds import MOST_SCANS, require, require_size

START, END, SCAN = b"\xff\xd8", b"\xff\xd9", 0xDA
FRAMES = {0xC0, 0xC1, 0xC2}
"""Baseline, extended and progressive: what programs write; browsers show no other."""
TABLES = {0xC4, 0xDB, 0xDD}
"""Of Huffman codes, of quantities, of how often the decoder starts again."""
DROPPED = {*range(0xE0, 0xF0), 0xFE}
"""What applications and people add."""
NEXT_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""Where compressed data ends: at a marker that is no stuffing and no restart."""
ADOBE = 0xEE
"""Says how colours are coded, without which a picture of four colours is shown inverted."""
ORIENTATION = 0x0112
EXIF = b"Exif\0\0"
FULL_BYTE = 8


def cleaned(data: bytes) -> bytes:
    """The picture alone, and how it is to be turned. Raises: Invalid (`file_unreadable`, `file_bomb`)."""
    parts, place, scans, has_frame = [START], len(START), 0, False
    while True:
        marker, place = _marker(data, place)
        if marker == END[1]:
            break
        body = _segment(data, place)
        place += 2 + len(body)
        if marker in FRAMES:
            _check_frame(body, has_frame)
            has_frame = True
        if marker == SCAN:
            scans += 1
            require(scans <= MOST_SCANS)
            end = _end_of_scan(data, place)
            parts += [_written(SCAN, body), data[place:end]]
            place = end
        elif marker in FRAMES | TABLES:
            parts.append(_written(marker, body))
        elif marker in DROPPED:
            parts += _kept_of_application(marker, body)
        else:
            _refuse()
    if not (has_frame and scans):
        _refuse()
    return b"".join([*parts, END])


def _marker(data: bytes, place: int) -> tuple[int, int]:
    """The marker at a place, and where what belongs to it begins."""
    start = place
    while data[place : place + 1] == b"\xff":
        place += 1
    if place == start or place >= len(data):
        _refuse()
    return data[place], place + 1


def _segment(data: bytes, place: int) -> bytes:
    if place + 2 > len(data):
        _refuse()
    (length,) = struct.unpack_from(">H", data, place)
    if length < 2 or place + length > len(data):
        _refuse()
    return data[place + 2 : place + length]


def _end_of_scan(data: bytes, place: int) -> int:
    found = NEXT_MARKER.search(data, place)
    if found is None:
        _refuse()
    return found.start()


def _check_frame(body: bytes, has_frame: bool) -> None:
    """Raises: Invalid: a second frame, or one whose picture is empty, too large, or of odd colours."""
    if has_frame or len(body) < 6:
        _refuse()
    precision, height, width, components = struct.unpack_from(">BHHB", body)
    if precision != FULL_BYTE or components not in (1, 3, 4) or len(body) != 6 + 3 * components:
        _refuse()
    require_size(width, height)


def _kept_of_application(marker: int, body: bytes) -> list[bytes]:
    """What a picture needs to be shown as it was meant; all else that applications add is dropped."""
    if marker == 0xE0 and body.startswith(b"JFIF\0") and len(body) >= 14:
        return [_written(marker, body[:12] + b"\0\0")]  # without its thumbnail
    if marker == ADOBE and body.startswith(b"Adobe") and len(body) == 12:
        return [_written(marker, body)]
    if marker == 0xE1 and body.startswith(EXIF):
        turned = _orientation(body[len(EXIF) :])
        return [_written(marker, _exif(turned))] if turned else []
    return []


def _orientation(tiff: bytes) -> int | None:
    """How the picture is to be turned (Exif 2.32, 4.6.4); None if it lies as it should or nobody says."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return None
    (place,) = struct.unpack_from(f"{order}I", tiff, 4)
    if place + 2 > len(tiff):
        return None
    (count,) = struct.unpack_from(f"{order}H", tiff, place)
    for entry in range(place + 2, min(place + 2 + 12 * count, len(tiff) - 11), 12):
        tag, _, _, value = struct.unpack_from(f"{order}HHIH", tiff, entry)
        if tag == ORIENTATION:
            return value if 2 <= value <= 8 else None
    return None


def _exif(turned: int) -> bytes:
    """A table of one entry: how the picture is turned."""
    return EXIF + b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, ORIENTATION, 3, 1, turned, 0, 0)


def _written(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _refuse() -> NoReturn:
    """Raises: Invalid: the file is broken, or made as no program makes it (`file_unreadable`)."""
    raise Invalid("file_unreadable", at="file")
