"""The zip container of an XLSX file, held to its bounds before anybody unpacks it."""

import struct
import zipfile

from ..errors import Invalid

MOST_UNPACKED = 100_000_000
MOST_ENTRIES = 1000
MOST_DIRECTORY = 256 * 1024
MOST_RATIO = 200
ALWAYS_ALLOWED_BYTES = 10_000_000
"""Below so many bytes unpacked, a high ratio is only a dull sheet."""


def check_directory(data: bytes) -> None:
    """Hold the zip's directory to its bounds before anybody reads it."""
    place = data.rfind(b"PK\x05\x06")
    if place < 0 or len(data) - place < 22:
        raise Invalid("sheet_unreadable", at="file")
    entries, size = struct.unpack_from("<HI", data, place + 10)
    if (
        entries > MOST_ENTRIES
        or size > MOST_DIRECTORY
        or data[max(place - 20, 0) :].startswith(b"PK\x06\x07")
    ):
        raise Invalid("sheet_bomb", at="file")


def check_entries(entries: list[zipfile.ZipInfo]) -> int:
    """Bytes that all entries unpack to; zipfile never reads more of one than its directory says."""
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if unpacked > MOST_UNPACKED or unpacked > max(ALWAYS_ALLOWED_BYTES, packed * MOST_RATIO):
        raise Invalid("sheet_bomb", at="file")
    names = [entry.filename.lower() for entry in entries]
    if len(set(names)) < len(names):  # which one is meant differs from program to program
        raise Invalid("sheet_unreadable", at="file")
    if any(name.endswith("vbaproject.bin") or "/macrosheets/" in name for name in names):
        raise Invalid("sheet_has_macros", at="file")
    if any(entry.flag_bits & 1 or entry.compress_type not in (0, 8) for entry in entries):
        raise Invalid("sheet_unreadable", at="file")
    return unpacked
