"""Files that prove something: a PDF or a picture, known by its first bytes and never run by a browser."""

from ..errors import Invalid, UnsupportedMedia

PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"
SIGNATURES = {PDF: b"%PDF-", JPEG: b"\xff\xd8\xff", PNG: b"\x89PNG\r\n\x1a\n"}
"""The first bytes of each kind of file that is taken."""
ENDINGS = {PDF: b"%%EOF", JPEG: b"\xff\xd9", PNG: b"IEND\xaeB`\x82"}
"""What each ends with, but for a little that follows: a file that was cut off lacks it."""
TAIL = 1024
DOCUMENT_TYPES = tuple(SIGNATURES)
PICTURE_TYPES = (JPEG, PNG)
EXTENSIONS = {PDF: "pdf", JPEG: "jpg", PNG: "png"}
MAX_DOCUMENT = 10 * 1024 * 1024
"""Bytes of one file; our own choice."""


def document_type(content: bytes, declared: str) -> str:
    """The media type of a file by its content.

    Args:
        declared: the media type that the sender names; a form names none (`multipart/form-data`).
    Raises:
        Invalid: it is empty (`file_empty`) or was cut off (`file_incomplete`).
        UnsupportedMedia: it is none of the three, or not what it is declared as (`media_type_document`).
    """
    if not content:
        raise Invalid("file_empty", at="file")
    found = next((kind for kind, start in SIGNATURES.items() if content.startswith(start)), None)
    if found is None or (declared in SIGNATURES and declared != found):
        raise UnsupportedMedia("media_type_document")
    if ENDINGS[found] not in content[-TAIL:]:
        raise Invalid("file_incomplete", at="file")
    return found
