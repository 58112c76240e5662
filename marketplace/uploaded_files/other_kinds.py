"""Files that are of two kinds at once: a picture that is a page as well, a PDF that is an archive as well."""

import re
import struct

from ..errors import Invalid

MARKUP = re.compile(rb"<(?:!doctype|html|script|iframe|\?php|(?:svg|body|object|embed)[\s>])", re.IGNORECASE)
"""What a browser would take for a page; by chance it stands in one of 2,000 files of 10 MB at most."""
PDF_HEAD = b"%PDF-"
"""Readers look for it in the first thousand bytes, wherever it stands there."""
END_OF_ARCHIVE, END_SIZE, LONGEST_COMMENT = b"PK\x05\x06", 22, 65_535
"""The record that programs look for at the end of a zip archive (APPNOTE 4.3.16); a comment may follow."""


def refuse_other_kinds(content: bytes) -> None:
    """Raises: Invalid: it is a page, an archive or a PDF as well (`file_of_two_kinds`)."""
    if MARKUP.search(content) or _ends_as_archive(content) or content.find(PDF_HEAD, 1) > 0:
        raise Invalid("file_of_two_kinds", at="file")


def _ends_as_archive(content: bytes) -> bool:
    """Whether a record at the end says of itself that nothing but its comment follows."""
    start = max(0, len(content) - END_SIZE - LONGEST_COMMENT)
    place = content.find(END_OF_ARCHIVE, start)
    while 0 <= place <= len(content) - END_SIZE:
        (comment,) = struct.unpack_from("<H", content, place + END_SIZE - 2)
        if place + END_SIZE + comment <= len(content):
            return True
        place = content.find(END_OF_ARCHIVE, place + 1)
    return False
