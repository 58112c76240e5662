"""Files that prove something hold pages or a picture and nothing else; these are built to hold more."""

import re
import struct
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.errors import Invalid, UnsupportedMedia
from marketplace.uploaded_files import jpeg, judging, pdf, png
from marketplace.uploaded_files.answers import answers
from tests.uploaded_files import made


def refused(reader, content):
    """The code with which a reader refuses a file."""
    with pytest.raises(Invalid) as refusal:
        reader.cleaned(content)
    assert refusal.value.at == "file"
    return refusal.value.code


# ---------------------------------------------------------------- what it is


@pytest.mark.parametrize(
    ("content", "declared", "code"),
    [
        (made.PNG, "application/pdf", "media_type_document"),
        (made.PDF, "image/jpeg", "media_type_document"),
        (b"GIF89a" + bytes(30), "image/png", "media_type_document"),
        (b"MZ" + bytes(30) + made.PNG, "", "media_type_document"),
        (b"\0\0\0\x18ftypheic" + bytes(30), "image/jpeg", "media_type_heic"),
        (made.PNG[:-8], "image/png", "file_incomplete"),
        (made.JPEG[:-2] + bytes(2_000), "", "file_incomplete"),
        (b"", "", "file_empty"),
    ],
    ids=made.numbered(),
)
def test_the_first_and_last_bytes_say_what_a_file_is_and_not_who_sends_it(content, declared, code):
    with pytest.raises((UnsupportedMedia, Invalid)) as refusal:
        judging._media_type(content, declared)
    assert refusal.value.code == code
    assert judging._media_type(made.PNG, "multipart/form-data") == "image/png"


# ---------------------------------------------------------------- PDF


@pytest.mark.parametrize(
    "content",
    [
        made.PDF,
        made.written(lambda writer: None),
        made.written(made.with_link("https://sthjt.zj.gov.cn/")),
        made.written(made.with_opening_action("/GoTo")),
        made.packed_objects("<</Type/Annot/Subtype/Text>>"),
        made.raw_pdf(made.stream(zlib.compress(b"0 0 m" * 1000), "/Filter/FlateDecode")),
        made.raw_pdf(behind=b"\r\n\0"),
    ],
    ids=made.numbered(),
)
def test_a_pdf_of_pages_is_kept_byte_by_byte(content):
    assert pdf.cleaned(content) == content


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (made.written(made.with_script), "/JavaScript"),
        (made.written(made.with_attachment), "/EmbeddedFile"),
        (made.written(made.with_opening_action("/Launch")), "/Launch"),
        (made.written(made.with_opening_action("/GoToR")), "/GoToR"),
        (made.written(made.with_opening_action("/Named")), "/OpenAction"),
        (made.written(made.with_form_of_the_old_kind), "/XFA"),
        (made.written(made.with_link("javascript:alert(1)")), "/URI"),
        (made.written(made.with_link("file:///c:/run.exe")), "/URI"),
        (made.raw_pdf("<</S/J#61vaScript/JS(app.alert(1))>>"), "/J#61vaScript"),
        (made.raw_pdf("<</S 5 0 R>>", "/Sound"), "/Sound"),
        (made.raw_pdf("<</AA<</O 1 0 R>>>>"), "/AA"),
        (made.raw_pdf("[[<</Subtype/3D>>]]"), "/3D"),
        (made.raw_pdf(made.stream(b"x", "/F(other.bin)")), "/F"),
        (made.packed_objects("<</S/JavaScript/JS(app.alert(1))>>"), "/JavaScript"),
        (made.PDF.replace(b"xref\n", b"9 0 obj\n<</S/Launch>>\nendobj\nxref\n", 1), "/Launch"),
    ],
    ids=made.numbered(),
)
def test_a_pdf_that_starts_or_holds_something_is_refused(content, found):
    with pytest.raises(Invalid) as refusal:
        pdf.cleaned(content)
    assert (refusal.value.code, refusal.value.facts["found"].rstrip("s")) == ("file_active", found)


def test_an_object_that_an_update_hid_is_still_found():
    """The first revision has a script, the second replaces the object: a reader can go back to the first."""
    first = made.raw_pdf("<</AA<</O 1 0 R>>/Type/Annot>>")
    start = len(first)
    update = b"4 0 obj\n<</Type/Annot>>\nendobj\n"
    table = b"xref\n4 1\n%010d 00000 n \ntrailer\n<</Size 5/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n"
    content = first + update + table % (start, first.rfind(b"xref\n0"), start + len(update))
    script = content.replace(b"<</AA<</O 1 0 R>>/Type/Annot>>", b"<</S/JavaScript/JS 5 0 R    >>")

    assert pdf.cleaned(content) == content, "what no reader runs any more does no harm"
    assert refused(pdf, script) == "file_active"


@pytest.mark.parametrize("protect", [made.with_password, made.with_rights_only])
def test_a_pdf_that_nobody_can_look_into_is_refused(protect):
    assert refused(pdf, made.written(protect)) == "file_encrypted"


BOMB = zlib.compress(bytes(5_000_000), 9)


@pytest.fixture
def small_bounds(monkeypatch):
    """So that no test has to unpack hundreds of megabytes."""
    monkeypatch.setattr(pdf, "MOST_UNPACKED_STREAM", 4_000_000)
    monkeypatch.setattr(pdf, "MOST_UNPACKED", 6_000_000)


@pytest.mark.parametrize(
    "content",
    [
        made.raw_pdf(made.stream(BOMB, "/Filter/FlateDecode")),
        made.raw_pdf(*[made.stream(zlib.compress(bytes(3_000_000)), "/Filter/FlateDecode")] * 3),
        made.raw_pdf(made.stream(zlib.compress(BOMB, 9), "/Filter[/FlateDecode/FlateDecode]")),
        made.raw_pdf(made.stream(b"x", "/Subtype/Image/Width 100000/Height 100000")),
        made.raw_pdf("[" * 60 + "]" * 60),
        made.raw_pdf(made.stream(bytes(2_000_000), "/Filter/LZWDecode")),
    ],
    ids=made.numbered(),
)
@pytest.mark.usefixtures("small_bounds")
def test_a_pdf_that_unpacks_to_far_more_than_it_is_is_refused(content):
    assert refused(pdf, content) == "file_bomb"


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7\n%%EOF\n",
        b"%PDF-9.9\n" + made.PDF,
        b"\n" + made.PDF,
        made.raw_pdf(behind=b"x"),
        made.raw_pdf(behind=b"\n" + made.archive()),
        made.PDF.replace(b"/Pages 2 0 R", b"/Pages 9 0 R"),
        made.PDF.replace(b"/Kids[3 0 R]/Count 1", b"/Kids[]/Count 0     "),
        made.raw_pdf(made.stream(b"no zlib", "/Filter/FlateDecode")),
        made.raw_pdf("<</S/URI/S/Sound>>"),
        made.packed_objects("<</S/URI/S/Sound>>"),
        made.PDF.replace(b"<</Type/Catalog", b"<</Type/Catalog/AA 1/AA 2", 1),
    ],
    ids=made.numbered(),
)
def test_a_broken_pdf_is_refused(content):
    assert refused(pdf, content) == "file_unreadable"


@given(place=st.integers(0, len(made.PDF) - 1), value=st.integers(0, 255))
def test_a_pdf_with_any_byte_changed_is_kept_as_it_is_or_refused(place, value):
    content = made.PDF[:place] + bytes([value]) + made.PDF[place + 1 :]
    with suppress(Invalid):
        assert pdf.cleaned(content) == content


# ---------------------------------------------------------------- two kinds at once


def said(media_type, content):
    return next(iter(answers({"media_type": media_type}, content)))


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        ("application/pdf", made.raw_pdf(head=b"%PDF-1.7\n%<script>alert(1)</script>\n")),
        ("application/pdf", made.raw_pdf(made.stream(b"<HTML>"))),
        ("application/pdf", made.raw_pdf(made.stream(made.archive()))),
        ("image/png", made.png(width=60, height=1, rows=b"\0" + made.archive().ljust(180, b"\0"),
                               packed=zlib.compress(b"\0" + made.archive().ljust(180, b"\0"), 0))),
        ("image/png", made.png(width=20, height=1, packed=zlib.compress(b"\0" + b"<script>".ljust(60), 0))),
        ("image/jpeg", made.jpeg(made.segment(0xDB, bytes([0]) + b"<script>".ljust(64, b"x")))),
        ("image/jpeg", made.jpeg(made.segment(0xDB, bytes([0]) + b"%PDF-1.7\n".ljust(64, b"x")))),
    ],
    ids=made.numbered(),
)  # fmt: skip
def test_a_file_that_is_a_page_or_an_archive_as_well_is_refused(media_type, content):
    assert b'"file_of_two_kinds"' in said(media_type, content)


def test_bytes_that_only_look_like_the_end_of_an_archive_do_no_harm():
    content = made.raw_pdf(made.stream(b"PK\x05\x06" + b"\xff" * 18))
    assert said("application/pdf", content) == b"{}\n"


# ---------------------------------------------------------------- PNG


@pytest.mark.parametrize(
    "content",
    [
        made.PNG,
        made.png(17, 5, colour=3, depth=4, before=made.chunk(b"PLTE", bytes(48))),
        made.png(colour=0, before=made.chunk(b"tRNS", bytes(2))),
        made.png(9, 9, colour=0, depth=1),
        made.png(2, 2, colour=6, depth=16),
        made.png(5, 5, interlaced=1, rows=b"".join(
            (b"\0" + bytes(3 * width)) * height
            for width, height in [(1, 1), (1, 1), (2, 1), (1, 2), (3, 1), (2, 3), (5, 2)])),
    ],
    ids=made.numbered(),
)  # fmt: skip
def test_a_png_of_nothing_but_its_picture_stays_as_it_is(content):
    assert png.cleaned(content) == content


def test_a_png_loses_place_text_profile_and_all_behind_its_end():
    secret = b"GPS 30.0301N 120.5801E"
    added = [b"eXIf", b"tEXt", b"iTXt", b"iCCP", b"tIME", b"prVt"]
    content = made.png(before=b"".join(made.chunk(name, secret) for name in added), behind=made.archive())

    assert png.cleaned(content) == made.PNG


def test_what_is_packed_behind_the_pixels_of_a_png_is_dropped():
    content = made.png(packed=zlib.compress(bytes(20)) + b"hidden")
    assert png.cleaned(content) == made.png(packed=zlib.compress(bytes(20)))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (made.png(30_000, 30_000, packed=BOMB), "file_bomb"),
        (made.png(2**31 - 1, 1, packed=b""), "file_bomb"),
        (made.png(30_001, 1, packed=b""), "file_bomb"),
        (made.png(10_000, 10_000, depth=16, colour=6, packed=b""), "file_bomb"),
        (made.png(packed=BOMB), "file_unreadable"),
        (made.png(0, 1, packed=b""), "file_unreadable"),
        (made.png(rows=bytes(19)), "file_unreadable"),
        (made.png(rows=b"\x09" + bytes(19)), "file_unreadable"),
        (made.png(packed=zlib.compress(bytes(20))[:-5]), "file_unreadable"),
        (made.png(packed=b"no zlib"), "file_unreadable"),
        (made.png(depth=3), "file_unreadable"),
        (made.png(before=made.chunk(b"ABCD")), "file_unreadable"),
        (made.PNG.replace(b"IHDR\0\0\0\x03", b"IHDR\0\0\0\x04"), "file_unreadable"),
        (made.PNG[: -len(made.chunk(b"IEND"))], "file_unreadable"),
        (made.SIGNATURE + made.chunk(b"IEND"), "file_unreadable"),
    ],
    ids=made.numbered(),
)
def test_a_png_that_is_broken_or_too_large_is_refused(content, code):
    assert refused(png, content) == code


# ---------------------------------------------------------------- JPEG


def test_a_jpeg_of_nothing_but_its_picture_stays_as_it_is():
    adobe = made.segment(0xEE, b"Adobe\0\x64\0\0\0\0\x01")
    for content in (made.JPEG, made.jpeg(adobe), made.jpeg(scans=3)):
        assert jpeg.cleaned(content) == content


def test_a_jpeg_loses_place_comments_and_all_behind_its_end_but_stays_turned():
    added = [
        made.segment(0xE1, made.exif(6)), made.segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x/>"),
        made.segment(0xE2, b"ICC_PROFILE\0"), made.segment(0xFE, b"GPS comment"), made.segment(0xED, b"IPTC"),
    ]  # fmt: skip
    kept = jpeg.cleaned(made.jpeg(*added, behind=b"GPS" + made.archive()))

    assert b"GPS" not in kept
    assert struct.pack(">H", 0x8825) not in kept
    (turned,) = re.findall(
        rb"Exif\0\0MM\0\*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0(.)\0\0", kept, re.DOTALL
    )
    assert turned == b"\x06"
    assert len(kept) == len(made.JPEG) + 4 + 6 + 26
    assert jpeg.cleaned(kept) == kept
    assert jpeg.cleaned(made.jpeg(made.segment(0xE1, made.exif(1)))) == made.JPEG


def test_a_thumbnail_is_dropped():
    head = b"JFIF\0\x01\x02\x01\0\x48\0\x48\x02\x02" + bytes(12)
    content = made.JPEG.replace(
        made.segment(0xE0, b"JFIF\0\x01\x02\x01\0\x48\0\x48\0\0"), made.segment(0xE0, head)
    )
    assert jpeg.cleaned(content) == made.JPEG


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (made.jpeg(width=30_000, height=30_000), "file_bomb"),
        (made.jpeg(scans=101), "file_bomb"),
        (made.jpeg(width=0), "file_unreadable"),
        (made.JPEG[:-2], "file_unreadable"),
        (made.JPEG[:40], "file_unreadable"),
        (b"\xff\xd8\xff\xd9", "file_unreadable"),
        (made.JPEG.replace(b"\xff\xc0", b"\xff\xc9"), "file_unreadable"),
        (made.jpeg(made.segment(0xC0, struct.pack(">BHHBBBB", 8, 8, 8, 1, 1, 17, 0))), "file_unreadable"),
        (made.JPEG.replace(b"\xff\xdb", b"\x00\xdb"), "file_unreadable"),
    ],
    ids=made.numbered(),
)
def test_a_jpeg_that_is_broken_or_too_large_is_refused(content, code):
    assert refused(jpeg, content) == code


PICTURES = {
    jpeg: made.jpeg(made.segment(0xE1, made.exif(6))),
    png: made.png(before=made.chunk(b"tEXt", b"x")),
}


@given(reader=st.sampled_from(list(PICTURES)), place=st.integers(0, 10_000), put=st.binary(max_size=3))
def test_what_is_kept_of_any_changed_picture_is_kept_of_itself(reader, place, put):
    place %= len(PICTURES[reader])
    changed = PICTURES[reader][:place] + put + PICTURES[reader][place + 1 :]
    with suppress(Invalid):
        kept = reader.cleaned(changed)
        assert reader.cleaned(kept) == kept
