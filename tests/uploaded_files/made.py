"""Files that tests send: sound ones, and hostile ones built part by part."""

import io
import itertools
import struct
import zlib

from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, TextStringObject


def numbered():
    """Names of cases whose files differ from one making to the next, as passwords and clocks do."""
    return map(str, itertools.count(1))


SIGNATURE = b"\x89PNG\r\n\x1a\n"


def raw_pdf(*objects: str | bytes, root: str = "", head: bytes = b"%PDF-1.7\n", behind: bytes = b"") -> bytes:
    """A PDF of one empty page, and of further objects, which begin with number 4.

    Args:
        root: what the catalogue says besides.
    """
    page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>"
    parts = [
        f"<</Type/Catalog/Pages 2 0 R{root}>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", page, *objects,
    ]  # fmt: skip
    out, places = head, []
    for number, part in enumerate(parts, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, part.encode() if isinstance(part, str) else part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size, start = len(parts) + 1, len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<</Size %d/Root 1 0 R>>\n" % (size, table, size)
    return out + b"startxref\n%d\n%%%%EOF\n" % start + behind


PDF = raw_pdf()
"""A sound one, all of it ASCII."""


def stream(content: bytes, about: str = "") -> bytes:
    """An object that is a stream."""
    return b"<<%b/Length %d>>stream\n%b\nendstream" % (about.encode(), len(content), content)


def written(change) -> bytes:
    """A PDF of one page as pypdf writes it, changed before."""
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def with_script(writer):
    script = dictionary(S=NameObject("/JavaScript"), JS=TextStringObject("app.alert('x')"))
    writer.root_object[NameObject("/OpenAction")] = script


def with_attachment(writer):
    writer.add_attachment("run.exe", b"MZ")


def with_password(writer):
    writer.encrypt("secret", algorithm="AES-256")


def with_rights_only(writer):
    """Opens without a password, and still nobody but a reader that knows how can look into it."""
    writer.encrypt("", "owner", algorithm="RC4-128")


def dictionary(**entries) -> DictionaryObject:
    return DictionaryObject({NameObject(f"/{name}"): value for name, value in entries.items()})


def with_opening_action(action: str):
    """Does something when it is opened."""

    def change(writer):
        opening = dictionary(S=NameObject(action), F=TextStringObject("other.pdf"))
        writer.root_object[NameObject("/OpenAction")] = opening

    return change


def with_link(address: str):
    """Has a link on its page."""

    def change(writer):
        action = dictionary(S=NameObject("/URI"), URI=TextStringObject(address))
        link = dictionary(Type=NameObject("/Annot"), Subtype=NameObject("/Link"), A=action)
        writer.pages[0][NameObject("/Annots")] = ArrayObject([writer._add_object(link)])

    return change


def with_form_of_the_old_kind(writer):
    form = DecodedStreamObject()
    form.set_data(b"<xdp/>")
    writer.root_object[NameObject("/AcroForm")] = dictionary(XFA=writer._add_object(form))


def packed_objects(content: str) -> bytes:
    """A PDF whose object 5 lies in a packed stream of objects; only a packed table names it."""
    page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>"
    parts = {
        1: b"<</Type/Catalog/Pages 2 0 R/Extra 5 0 R>>",
        2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: page.encode(),
        4: stream(zlib.compress(b"5 0 " + content.encode()), "/Type/ObjStm/N 1/First 4/Filter/FlateDecode"),
    }
    out, rows = b"%PDF-1.7\n", [(0, 0, 65535)]
    for number, part in parts.items():
        rows.append((1, len(out), 0))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, part)
    rows += [(2, 4, 0), (1, len(out), 0)]
    table = b"".join(struct.pack(">BIH", *row) for row in rows)
    about = f"/Type/XRef/Size {len(rows)}/W[1 4 2]/Root 1 0 R/Filter/FlateDecode"
    start = len(out)
    out += b"6 0 obj\n%b\nendobj\n" % stream(zlib.compress(table), about)
    return out + b"startxref\n%d\n%%%%EOF\n" % start


# ---------------------------------------------------------------- pictures


def chunk(name: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(
    width: int = 3, height: int = 2, *, rows: bytes | None = None, before: bytes = b"", behind: bytes = b"",
    colour: int = 2, depth: int = 8, interlaced: int = 0, packed: bytes | None = None,
) -> bytes:  # fmt: skip
    """A PNG; its pixels are black unless `rows` (with the filter of each row) or `packed` says otherwise."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    if rows is None and packed is None:
        rows = bytes(height * (1 + (width * channels * depth + 7) // 8))
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    pixels = zlib.compress(rows or b"") if packed is None else packed
    return b"".join([SIGNATURE, chunk(b"IHDR", head), before, chunk(b"IDAT", pixels), chunk(b"IEND"), behind])


PNG = png()


def segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def exif(orientation: int) -> bytes:
    """Exif with the way the camera was held and the place where it stood."""
    entries = struct.pack("<HHIHHHHII", 0x0112, 3, 1, orientation, 0, 0x8825, 4, 1, 38)
    place = struct.pack("<H", 1) + struct.pack("<HHI4s", 1, 2, 2, b"N\0\0\0") + b"GPS 30.0301N 120.5801E"
    return b"Exif\0\0" + b"II*\0" + struct.pack("<IH", 8, 2) + entries + struct.pack("<I", 0) + place


def jpeg(*segments: bytes, width: int = 8, height: int = 8, scans: int = 1, behind: bytes = b"") -> bytes:
    """A grey JPEG, with further segments at its head."""
    table = bytes([1] + [0] * 15)
    scan = segment(0xDA, bytes([1, 1, 0, 0, 63, 0])) + b"\x3f"
    return b"".join(
        [
            b"\xff\xd8", segment(0xE0, b"JFIF\0\x01\x02\x01\0\x48\0\x48\0\0"), *segments,
            segment(0xDB, bytes([0] + [1] * 64)),
            segment(0xC0, struct.pack(">BHHBBBB", 8, height, width, 1, 1, 0x11, 0)),
            segment(0xC4, b"\x00" + table + b"\0"), segment(0xC4, b"\x10" + table + b"\0"),
            scan * scans, b"\xff\xd9", behind,
        ]
    )  # fmt: skip


JPEG = jpeg()


def archive(content: bytes = b"MZ") -> bytes:
    """A zip archive of one file."""
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("run.exe", content)
    return out.getvalue()
