"""What a file is, and whether it may be kept: its content decides, never its name or media type."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from flask import current_app

from .. import sandbox
from ..errors import Invalid, Unavailable, UnsupportedMedia
from ..http.documents import JPEG, PDF, PICTURE_TYPES, PNG, SIGNATURES
from ..settings import Settings

READER = f"{__package__}.answers"
ENDINGS = {PDF: b"%%EOF", JPEG: b"\xff\xd9", PNG: b"IEND\xaeB`\x82"}
"""What each ends with, but for a little that follows: a file that was cut off lacks it."""
TAIL = 1024
HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
"""What photos of some telephones begin with, behind `ftyp` (ISO 23008-12); few browsers show them."""


@dataclass(frozen=True, slots=True)
class JudgedFile:
    """A file that may be kept.

    Attributes:
        content: what is to be kept: a PDF as it was sent, a picture without what is not the picture.
        sha256: of `content`, in hexadecimal.
    """

    media_type: str
    content: bytes
    sha256: str


def judged(upload: bytes, declared: str) -> JudgedFile:
    """A file whose content is that of a harmless PDF, JPEG or PNG.

    Args:
        declared: the media type that the sender names; a form names none (`multipart/form-data`).
    Raises:
        UnsupportedMedia: it is of another kind, or not what it is declared as (`media_type_document`), or a
            photo as telephones of one maker keep it (`media_type_heic`).
        Invalid: it is empty (`file_empty`), cut off (`file_incomplete`), broken (`file_unreadable`), under a
            password (`file_encrypted`), could start something (`file_active`), is another kind of file as
            well (`file_of_two_kinds`), or would take too much to open (`file_bomb`).
        Unavailable: too many files are being read (`files_busy`).
    """
    media_type = _media_type(upload, declared)
    first, _, content = _answer(media_type, upload).partition(b"\n")
    said = json.loads(first)
    if "refusal" in said:
        raise Invalid(said["refusal"], at="file", **said["facts"])
    return JudgedFile(media_type, content, hashlib.sha256(content).hexdigest())


def judged_picture(upload: bytes, declared: str) -> JudgedFile:
    """A picture that may be kept: the picture only, without place, camera or comment.

    Raises:
        UnsupportedMedia: it is no JPEG or PNG (`media_type_photo`).
        UnsupportedMedia, Invalid, Unavailable: as `judged`.
    """
    file = judged(upload, declared)
    if file.media_type not in PICTURE_TYPES:
        raise UnsupportedMedia("media_type_photo")
    return file


def _media_type(content: bytes, declared: str) -> str:
    """What a file calls itself by its first and last bytes."""
    if not content:
        raise Invalid("file_empty", at="file")
    if content[4:8] == b"ftyp" and content[8:12] in HEIC_BRANDS:
        raise UnsupportedMedia("media_type_heic")
    found = next((kind for kind, start in SIGNATURES.items() if content.startswith(start)), None)
    if found is None or (declared in SIGNATURES and declared != found):
        raise UnsupportedMedia("media_type_document")
    if ENDINGS[found] not in content[-TAIL:]:
        raise Invalid("file_incomplete", at="file")
    return found


def _answer(media_type: str, upload: bytes) -> bytes:
    settings: Settings = current_app.config["SETTINGS"]
    asked: dict[str, Any] = {"media_type": media_type}
    limits = {"seconds": settings.sheet_cpu_s, "megabytes": settings.sheet_memory_mb}
    try:
        return sandbox.answer(READER, asked, upload, **limits)
    except sandbox.TooBusy as error:
        raise Unavailable("files_busy") from error
    except sandbox.LimitReached as error:
        raise Invalid("file_bomb", at="file") from error
    except sandbox.ReaderFailed as error:
        raise Invalid("file_unreadable", at="file") from error
