"""A PNG without what is not the picture: no text, no place, no profile, nothing behind its end.

Its pixels are unpacked once, in pieces, to see that there are exactly as many as its head says (W3C PNG).
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from ..errors import Invalid
from .bounds import MOST_UNPACKED_STREAM, STEP, require, require_size

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
"""Numbers in a pixel, and bits that each may have, by type of colour."""
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""First column and row and steps of both in each pass of an interlaced picture (Adam7)."""
PALETTE, PIXELS, LAST = b"PLTE", b"IDAT", b"IEND"
KEPT = {PALETTE, b"tRNS", b"gAMA", b"sRGB", b"pHYs"}
"""What the picture needs to be shown as it was meant. Profiles, texts, times and places are dropped."""
IS_ANCILLARY = 0x20
"""The bit of a name that says: who does not know this may pass over it."""
MOST_FILTER = 4


@dataclass(frozen=True, slots=True)
class Head:
    width: int
    height: int
    depth: int
    colour: int
    interlaced: bool

    def rows(self) -> list[tuple[int, int]]:
        """(rows, bytes of each with its filter) of each pass."""
        sizes = [(self.width, self.height)]
        if self.interlaced:
            sizes = [
                (-((left - self.width) // across), -((top - self.height) // down))
                for left, top, across, down in PASSES
            ]
        bits = self.depth * CHANNELS[self.colour]
        return [(height, 1 + (width * bits + 7) // 8) for width, height in sizes if width > 0 and height > 0]


def cleaned(data: bytes) -> bytes:
    """The picture alone. Raises: Invalid (`file_unreadable`, `file_bomb`)."""
    head: Head | None = None
    raw_head, before, pixels = b"", [], []
    for name, body in _chunks(data):
        if head is None:
            head, raw_head = _head(name, body), body
        elif name == PIXELS:
            pixels.append(body)
        elif name in KEPT and not pixels:
            before.append(_written(name, body))
        elif not name[0] & IS_ANCILLARY and name not in (PALETTE, LAST):
            _refuse()
    if head is None or not pixels:
        _refuse()
    packed = _checked_pixels(head, b"".join(pixels))
    return b"".join(
        [SIGNATURE, _written(b"IHDR", raw_head), *before, _written(PIXELS, packed), _written(LAST, b"")]
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(name, content) up to the last one; what follows that is left out."""
    place = len(SIGNATURE)
    while place + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, place)
        end = place + 12 + length
        if end > len(data) or not name.isalpha():
            _refuse()
        body = data[place + 8 : end - 4]
        if zlib.crc32(name + body) != struct.unpack_from(">I", data, end - 4)[0]:
            _refuse()
        yield name, body
        if name == LAST:
            return
        place = end
    _refuse()


def _head(name: bytes, body: bytes) -> Head:
    if name != b"IHDR" or len(body) != 13:
        _refuse()
    width, height, depth, colour, packing, filtering, interlacing = struct.unpack(">IIBBBBB", body)
    if depth not in DEPTHS.get(colour, ()) or (packing, filtering) != (0, 0) or interlacing > 1:
        _refuse()
    require_size(width, height)
    return Head(width, height, depth, colour, bool(interlacing))


def _checked_pixels(head: Head, packed: bytes) -> bytes:
    """The packed pixels without what follows them.

    Raises:
        Invalid: there are not as many as the head says, or a row is coded as none may be.
    """
    rows = head.rows()
    expected = sum(count * length for count, length in rows)
    require(expected <= MOST_UNPACKED_STREAM)
    starts, done = _row_starts(rows), 0
    next_row: int | None = next(starts)
    inflate = zlib.decompressobj()
    for piece in _unpacked(inflate, packed):
        while next_row is not None and next_row < done + len(piece):
            if piece[next_row - done] > MOST_FILTER:
                _refuse()
            next_row = next(starts, None)
        done += len(piece)
        if done > expected:
            _refuse()
    if done != expected or not inflate.eof:
        _refuse()
    return packed[: len(packed) - len(inflate.unused_data)]


def _row_starts(rows: list[tuple[int, int]]) -> Iterator[int]:
    """Where each row begins, with the byte that says how it is coded."""
    place = 0
    for count, length in rows:
        for _ in range(count):
            yield place
            place += length


def _unpacked(inflate: "zlib._Decompress", packed: bytes) -> Iterator[bytes]:
    """What was packed, piece by piece; what follows its end stays in `inflate.unused_data`."""
    try:
        waiting = packed
        while not inflate.eof:
            piece = inflate.decompress(waiting, STEP)
            waiting = inflate.unconsumed_tail
            if not piece and not waiting:
                return
            yield piece
    except zlib.error:
        _refuse()


def _written(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _refuse() -> NoReturn:
    """Raises: Invalid: the file is broken, or made as no program makes it (`file_unreadable`)."""
    raise Invalid("file_unreadable", at="file")
