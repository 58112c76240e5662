"""Files lie on the disk under the digest of their content, whole or not at all, for one account only."""

import hashlib
import os
import stat
from datetime import UTC, datetime, timedelta

import pytest

from marketplace import sandbox
from marketplace.uploaded_files import DamagedFile, cleaned_name, storage
from tests.uploaded_files import made

SHA256 = hashlib.sha256(made.PDF).hexdigest()
PLACE = f"{SHA256[:2]}/{SHA256}"


@pytest.fixture
def folder(tmp_path):
    storage.store(tmp_path / "files", SHA256, made.PDF)
    return tmp_path / "files"


def test_a_file_is_for_its_account_only_and_nothing_lies_beside_it(folder):
    assert [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()] == [PLACE]
    assert stat.S_IMODE((folder / PLACE).stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / PLACE).parent.stat().st_mode) == 0o700
    assert storage.read(folder, SHA256) == made.PDF


def test_a_file_that_was_changed_lost_or_replaced_by_a_link_is_not_read(folder):
    place = folder / PLACE
    place.write_bytes(made.PDF + b" ")
    with pytest.raises(DamagedFile):
        storage.read(folder, SHA256)
    place.unlink()
    with pytest.raises(DamagedFile):
        storage.read(folder, SHA256)
    (folder / "other").write_bytes(made.PDF)
    place.symlink_to(folder / "other")
    with pytest.raises(DamagedFile):
        storage.read(folder, SHA256)


def test_a_damaged_file_is_whole_again_once_it_is_stored_again(folder):
    (folder / PLACE).write_bytes(b"")
    storage.store(folder, SHA256, made.PDF)
    assert storage.read(folder, SHA256) == made.PDF


def test_a_write_that_fails_leaves_nothing_behind(folder, monkeypatch):
    def fail(descriptor):
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        storage.store(folder, "0" * 64, b"x")
    assert not (folder / "00" / ("0" * 64)).exists()
    assert list((folder / "00").iterdir()) == []


@pytest.mark.parametrize("digest", ["../../etc/passwd", SHA256.upper(), SHA256[:-1], "", f"{SHA256}\n"])
def test_nothing_but_a_digest_names_a_place_on_the_disk(folder, digest):
    with pytest.raises(ValueError):  # noqa: PT011 - what it says is what it was given
        storage.read(folder, digest)


def test_what_nobody_has_written_for_a_while_is_found_and_half_written_files_are_removed(folder):
    part = folder / f"{PLACE}.0.part"
    part.write_bytes(b"half")
    now = datetime.now(UTC)
    assert list(storage.unused_since(folder, now - timedelta(hours=1))) == []
    assert part.exists()
    assert list(storage.unused_since(folder, now + timedelta(hours=1))) == [SHA256]
    assert not part.exists()
    storage.remove(folder, SHA256)
    storage.remove(folder, SHA256)
    assert list(storage.unused_since(folder, now + timedelta(hours=1))) == []


def test_an_archive_of_all_files_brings_them_back(folder, tmp_path):
    archive, other = tmp_path / "files.tar", tmp_path / "other"
    (folder / "notes.txt").write_text("not ours")
    assert storage.write_archive(folder, archive) == 1
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        storage.write_archive(folder, archive)

    assert storage.read_archive(other, archive) == 1
    assert storage.read(other, SHA256) == made.PDF


def test_an_archive_with_a_changed_file_is_refused(folder, tmp_path):
    (folder / PLACE).write_bytes(b"changed")
    storage.write_archive(folder, tmp_path / "files.tar")
    with pytest.raises(DamagedFile):
        storage.read_archive(tmp_path / "other", tmp_path / "files.tar")


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("决定书.pdf", "决定书.pdf"),
        ("C:\\Users\\wang\\决定书.PDF", "决定书.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("run.exe", "run.pdf"),
        ("a.tar.gz", "a.tar.pdf"),
        ("file\u202efdp.exe", "filefdp.pdf"),
        ('a"b<c>|d?.pdf', "abcd.pdf"),
        ("con.pdf", "file.pdf"),
        (" .pdf", "file.pdf"),
        ("...", "file.pdf"),
        ("", "file.pdf"),
        (None, "file.pdf"),
        ("x\r\nSet-Cookie: a", "x Set-Cookie a.pdf"),
        ("长" * 300 + ".pdf", "长" * 96 + ".pdf"),
    ],
)
def test_a_name_is_for_people_and_ends_as_the_content_says(sent, kept):
    assert cleaned_name(sent, "application/pdf") == kept


# ---------------------------------------------------------------- the process


def test_a_reader_that_needs_more_than_it_may_dies_alone(own_readers):
    with pytest.raises((sandbox.LimitReached, sandbox.ReaderFailed)):
        sandbox.answer(
            "marketplace.uploaded_files.answers", {"media_type": "application/pdf"}, made.PDF, seconds=5,
            megabytes=40,
        )  # fmt: skip


def test_a_reader_says_what_it_found_and_gives_back_what_is_kept():
    said = sandbox.answer(
        "marketplace.uploaded_files.answers", {"media_type": "image/png"}, made.png(behind=b"x"), seconds=5,
        megabytes=300,
    )  # fmt: skip
    assert said == b"{}\n" + made.PNG
