"""A PDF that only shows pages: it starts nothing, holds no other file, and needs no password.

It is kept byte by byte, as its signature may cover each of them. So it is not cleaned but refused: every
object that it has is looked at, wherever it lies (ISO 32000-2). A faulty table of objects is mended by the
library as readers do it; names that only a script, a start or a file needs are looked for in all bytes as
well, whichever objects the table leaves out.
"""

import base64
import re
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any, NoReturn

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, StreamObject

from ..errors import Invalid
from .bounds import MOST_UNPACKED, MOST_UNPACKED_STREAM, STEP, require, require_size

HEAD = re.compile(rb"%PDF-(?:1\.[0-7]|2\.0)[\r\n \t]")
BEHIND_END = b"\0\t\n\f\r "
"""What may follow the last mark of the end."""
MOST_OBJECTS, MOST_DEPTH, MOST_PAGES = 100_000, 50, 2000
MOST_PACKED_OTHERWISE = 1_000_000
"""Bytes packed in a way that is not counted by unpacking: LZW unpacks to a thousand times as much at most."""
ACTIVE_KEYS = {
    "/JS", "/JavaScript", "/AA", "/EmbeddedFiles", "/EF", "/AF", "/XFA", "/RichMediaContent", "/Collection",
    "/OPI",
}  # fmt: skip
"""Scripts, what runs by itself, files within the file, forms of the old kind."""
ACTIONS = {
    "/JavaScript", "/Launch", "/GoToR", "/GoToE", "/GoToDp", "/SubmitForm", "/ImportData", "/ResetForm",
    "/Rendition", "/Movie", "/Sound", "/GoTo3DView", "/RichMediaExecute", "/Hide", "/SetState",
}  # fmt: skip
"""Actions other than going to a page and following a link to a page of the web."""
KINDS = {
    "/EmbeddedFile", "/FileAttachment", "/RichMedia", "/Screen", "/Movie", "/Sound", "/3D", "/PS",
    "/Projection",
}  # fmt: skip
"""What objects are that play, run, or hold a file."""
IN_ALL_BYTES = (
    "JavaScript", "Launch", "EmbeddedFile", "RichMedia", "ImportData", "SubmitForm", "Rendition", "GoToR",
    "GoToE", "Movie",
)  # fmt: skip
"""Names so long that no compressed data has one by chance."""
MOST_OF_OBJECTS = 20_000_000
"""Bytes that a stream of objects unpacks to; its names are looked for as in all other bytes."""
WEB = re.compile(rb"(?:https?|mailto):", re.IGNORECASE)
UNPACKING = {"/FlateDecode", "/Fl", "/LZWDecode", "/LZW", "/RunLengthDecode", "/RL"}
FLATE = ("/FlateDecode", "/Fl")
MOST_SHOWN = 30
"""Characters of a name that a refusal shows."""
BROKEN = (
    PyPdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError, RecursionError,
    NotImplementedError, OverflowError, zlib.error,
)  # fmt: skip
"""What a damaged file may raise while pypdf reads it."""


def _spelt(name: str) -> bytes:
    """A pattern of a name, whichever of its letters is written as a number."""
    return b"/" + b"".join(b"(?:%c|#%02x|#%02X)" % (letter, letter, letter) for letter in name.encode())


ACTIVE_BYTES = re.compile(b"|".join(map(_spelt, IN_ALL_BYTES)))


def cleaned(data: bytes) -> bytes:
    """The file as it is.

    Raises:
        Invalid: broken (`file_unreadable`), encrypted (`file_encrypted`), able to start something
            (`file_active`), or too large inside (`file_bomb`).
    """
    if not HEAD.match(data) or data[data.rfind(b"%%EOF") + 5 :].strip(BEHIND_END):
        _refuse()
    _search(data)
    try:
        _check(data)
    except BROKEN as error:
        raise Invalid("file_unreadable", at="file") from error
    return data


def _search(data: bytes) -> None:
    """Raises: Invalid: the bytes have the name of something that starts or holds something."""
    if found := ACTIVE_BYTES.search(data):
        _refuse_active(found[0].decode())


def _check(data: bytes) -> None:
    reader = PdfReader(BytesIO(data))
    if "/Encrypt" in reader.trailer:
        raise Invalid("file_encrypted", at="file")
    reader.strict = True  # a key that stands twice in an object may mean one thing to us, another to others
    reader.resolved_objects.clear()
    left = MOST_UNPACKED
    _check_value(reader.trailer)
    for value in _objects(reader):
        _check_value(value)
        if isinstance(value, StreamObject):
            left -= _unpacked_size(value)
            require(left >= 0)
    _check_opening(reader.trailer["/Root"])
    pages = len(reader.pages)
    require(pages <= MOST_PAGES)
    if not pages:
        _refuse()


def _objects(reader: PdfReader) -> Iterator[Any]:
    """Every object that a table of the file names, also those that no page shows."""
    ids = {(number, generation) for generation, known in reader.xref.items() for number in known}
    ids |= {(number, 0) for number in reader.xref_objStm}
    require(len(ids) <= MOST_OBJECTS)
    for number, generation in sorted(ids):
        yield reader.get_object(IndirectObject(number, generation, reader))


def _check_value(value: Any, depth: int = 0) -> None:
    """Raises: Invalid: an object, or one within it, could start something or holds a file."""
    require(depth <= MOST_DEPTH)
    if isinstance(value, DictionaryObject):
        _check_dictionary(value)
        inner = list(dict.values(value))  # what `value[...]` would look up is an object of its own
    else:
        inner = list(value) if isinstance(value, ArrayObject) else []
    for below in inner:
        if isinstance(below, DictionaryObject | ArrayObject):
            _check_value(below, depth + 1)


def _check_dictionary(value: DictionaryObject) -> None:
    for key in dict.keys(value):
        if key in ACTIVE_KEYS:
            _refuse_active(key)
    for key, refused in (("/S", ACTIONS), ("/Type", KINDS), ("/Subtype", KINDS)):
        name = _entry(value, key)
        if isinstance(name, str) and name in refused:
            _refuse_active(name)
    if isinstance(value, StreamObject) and "/F" in value:
        _refuse_active("/F")  # its content lies in another file
    address = _entry(value, "/URI")
    if isinstance(address, str | bytes) and not WEB.match(_bytes_of(address)):
        _refuse_active("/URI")


def _entry(value: DictionaryObject, key: str) -> Any:
    """What a dictionary says, wherever that lies; None if nothing."""
    return _looked_up(dict.get(value, key))


def _looked_up(value: Any) -> Any:
    return value.get_object() if isinstance(value, IndirectObject) else value


def _bytes_of(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "replace")


def _check_opening(root: Any) -> None:
    """Raises: Invalid: opening the file does more than show a page."""
    opening = _entry(root, "/OpenAction")
    if isinstance(opening, DictionaryObject) and _entry(opening, "/S") != "/GoTo":
        _refuse_active("/OpenAction")


def _unpacked_size(stream: StreamObject) -> int:
    """Bytes that a stream unpacks to.

    Raises:
        Invalid: too many, or packed more than once (`file_bomb`).
    """
    if _entry(stream, "/Subtype") == "/Image":
        require_size(int(_entry(stream, "/Width") or 0), int(_entry(stream, "/Height") or 0))
    filters = _entry(stream, "/Filter") or []
    names = [str(_looked_up(name)) for name in (filters if isinstance(filters, list) else [filters])]
    packings = [name for name in names if name in UNPACKING]
    require(len(packings) <= 1)
    packed: bytes = stream._data  # as it lies in the file: `get_data` would unpack all of it at once
    if packings and packings[0] not in FLATE:
        require(len(packed) <= MOST_PACKED_OTHERWISE)
    if not packings or packings[0] not in FLATE:
        return len(packed)
    if _entry(stream, "/Type") == "/ObjStm":
        inflate = zlib.decompressobj()
        objects = inflate.decompress(packed, MOST_OF_OBJECTS)
        require(not inflate.unconsumed_tail)
        _search(objects)
        return len(objects)
    return _inflated_size(_without_letters(packed, names[: names.index(packings[0])]))


def _without_letters(packed: bytes, names: list[str]) -> bytes:
    """What was packed, before it was written as letters."""
    for name in names:
        if name in ("/ASCIIHexDecode", "/AHx"):
            packed = bytes.fromhex(packed.decode("ascii").rstrip(" \r\n>"))
        elif name in ("/ASCII85Decode", "/A85"):
            packed = base64.a85decode(packed.strip().removesuffix(b"~>"))
        else:
            _refuse()
    return packed


def _inflated_size(packed: bytes) -> int:
    inflate, waiting, size = zlib.decompressobj(), packed, 0
    while waiting and not inflate.eof:
        size += len(inflate.decompress(waiting, STEP))
        waiting = inflate.unconsumed_tail
        require(size <= MOST_UNPACKED_STREAM)
    return size


def _refuse_active(found: str) -> NoReturn:
    raise Invalid("file_active", at="file", found=found[:MOST_SHOWN])


def _refuse() -> NoReturn:
    """Raises: Invalid: the file is broken, or made as no program makes it (`file_unreadable`)."""
    raise Invalid("file_unreadable", at="file")
