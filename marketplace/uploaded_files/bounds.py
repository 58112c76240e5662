"""What opening one file may cost whoever opens it; all of it is our own choice."""

from ..errors import Invalid

MOST_PIXELS = 100_000_000
"""Of one picture: A3 scanned at 600 dots an inch has 70 million."""
MOST_SIDE = 30_000
MOST_UNPACKED = 1_000_000_000
"""Bytes of all streams of a PDF, or of the pixels of a PNG: ten pages scanned in colour have 300 million."""
MOST_UNPACKED_STREAM = 400_000_000
"""Bytes of one of them."""
MOST_SCANS = 100
"""Passes in which a progressive JPEG may be drawn; programs write about ten."""
STEP = 1 << 20
"""Bytes that are unpacked at one time."""


def require_size(width: int, height: int) -> None:
    """Raises: Invalid: a picture is empty (`file_unreadable`) or too large (`file_bomb`)."""
    if width < 1 or height < 1:
        raise Invalid("file_unreadable", at="file")
    require(width <= MOST_SIDE and height <= MOST_SIDE and width * height <= MOST_PIXELS)


def require(within: bool) -> None:
    """Raises: Invalid: it is not (`file_bomb`)."""
    if not within:
        raise Invalid("file_bomb", at="file")
