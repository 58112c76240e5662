"""What other departments are told of the board, and that they learn what to delete."""

import base64
import csv
import hashlib
import hmac
import io
import re

import orjson
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.boards.world import JUST_NOW, PERSON, disgraced, set_in_database, tell
from tests.http.responses import refused
from tests.ledger.world import set_up

NAME = "=柯桥旧染料厂"
SIGNATURE = re.compile(r"(\S+); key=(\w+); value=([0-9a-f]+)")


def export(marketplace, **query):
    """The entries of a file, which its checksum vouches for."""
    answer = marketplace.admin.get("/credit/board/export", **query)
    assert answer.status_code == 200, answer.json
    digest = base64.b64encode(hashlib.sha256(answer.data).digest()).decode()
    assert answer.headers["Content-Digest"] == f"sha-256=:{digest}:"
    assert answer.headers["Cache-Control"] == "no-store"
    assert PERSON not in answer.get_data(as_text=True)
    if query.get("format") == "csv":
        return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    return orjson.loads(answer.data)["entries"]


@pytest.fixture
def board(marketplace):
    """A firm whose two reasons came to the board on 1 December, and what follows the board."""
    firm, events = disgraced(marketplace, NAME)
    marketplace.wait(seconds=60)
    return marketplace, firm, events


def test_a_file_has_each_reason_once_with_the_day_on_which_it_was_published(board):
    marketplace, firm, events = board
    marketplace.wait(days=1)
    entries = export(marketplace)
    assert [entry["document"] for entry in entries] == [event["document"] for event in events]
    for entry in entries:
        assert (entry["uscc"], entry["name"], entry["region"], entry["grade"]) == (
            firm.number,
            NAME,
            "330602",
            "D",
        )
        assert (entry["published_on"], entry["published_until"]) == ("2026-12-01", "2027-08-01")
        assert (entry["withdrawn_on"], entry["why"]) == (None, None)
    rows = export(marketplace, format="csv")
    assert [row["document"] for row in rows] == [entry["document"] for entry in entries]
    assert {row["name"] for row in rows} == {f"'{NAME}"}, "no spreadsheet runs it"
    assert export(marketplace, since="2026-12-02") == []
    assert len(export(marketplace, since="2026-12-01")) == 2
    assert export(marketplace, region="310000") == []


def test_what_is_withdrawn_is_listed_with_its_day_and_nothing_that_was_said_of_it(board):
    marketplace, firm, (first, _) = board
    marketplace.wait(days=3)
    officer = marketplace.second_admin()
    assert officer.post(f"/credit/events/{first['id']}/withdraw", {"reason": "误录"}).status_code == 200

    assert export(marketplace) == [], "with one reason the firm has grade C"
    assert export(marketplace, since="2026-12-01") == [], "it is gone before it is noted as withdrawn"
    marketplace.wait(seconds=60)
    gone = export(marketplace, since="2026-12-04")
    assert {entry["why"] for entry in gone} == {"withdrawn", "regraded"}
    for entry in gone:
        assert (entry["withdrawn_on"], entry["uscc"]) == ("2026-12-04", firm.number)
        told = (
            "rule",
            "title",
            "severity",
            "document",
            "authority",
            "decided_on",
            "citation",
            "published_until",
        )
        assert {entry[name] for name in (*told, "grade")} == {None}
    assert export(marketplace) == []
    assert export(marketplace, since="2026-12-05") == []
    assert first["document"] not in str(gone)


CHANGES = {
    "repaired": ("credit_event", "status = 'repaired'"),
    "term_over": ("credit_event", "lapses_on = '2026-12-01'"),
    "regraded": ("enterprise", "grade = 'C'"),
}


@pytest.mark.parametrize("why", CHANGES)
def test_an_entry_says_why_it_left_and_comes_back_as_another(board, why):
    marketplace, firm, (first, _) = board
    table, change = CHANGES[why]
    before = {
        "repaired": "status = 'recorded'",
        "term_over": "lapses_on = '2028-08-20'",
        "regraded": "grade = 'D'",
    }
    row_id = firm.id if table == "enterprise" else first["id"]
    set_in_database(marketplace, table, change, row_id)
    marketplace.wait(seconds=60)
    gone = [entry for entry in export(marketplace, since="2026-12-01") if entry["withdrawn_on"]]
    assert {entry["why"] for entry in gone} == {why}

    set_in_database(marketplace, table, before[why], row_id)
    marketplace.wait(seconds=60)
    entries = export(marketplace)
    assert len(entries) == 2
    assert not {entry["entry_id"] for entry in entries} & {entry["entry_id"] for entry in gone}


def test_an_appeal_takes_an_entry_back_until_it_is_decided(board):
    """As it may be where an operator lengthens the time to appeal."""
    marketplace, firm, (first, _) = board
    tell(marketplace, first, JUST_NOW)
    assert firm.post(f"/credit/events/{first['id']}/appeal", {"reason": "x"}).status_code == 201
    marketplace.wait(seconds=60)
    (gone,) = [entry for entry in export(marketplace, since="2026-12-01") if entry["withdrawn_on"]]
    assert gone["why"] == "appealed"


def test_the_file_is_signed_by_the_ledgers_key_or_for_everybody_by_the_private_one(board):
    marketplace, _, _ = board
    keys = {"credit_ledger_keys": f"1:{'a' * 64}"}
    signing = ({**keys, "credit_anchor_key": ""}, {**keys, "credit_anchor_key": "b" * 64})
    said = []
    for settings in signing:
        with set_up(marketplace.app, "", **settings):
            answer = marketplace.admin.get("/credit/board/export")
            algorithm, key, value = SIGNATURE.fullmatch(answer.headers["Huanliu-Signature"]).groups()
            said.append(algorithm)
            statement = b"board\n" + answer.data
            if algorithm == "Ed25519":
                public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
                public.verify(bytes.fromhex(value), statement)
                with pytest.raises(InvalidSignature):
                    public.verify(bytes.fromhex(value), statement + b" ")
            else:
                assert (key, value) == ("1", hmac.digest(b"\xaa" * 32, statement, hashlib.sha256).hex())
    assert said == ["HMAC-SHA256", "Ed25519"]


def test_only_admins_export_and_days_are_days(board):
    marketplace, firm, _ = board
    for party in (firm, marketplace.regulator("330600")):
        refused(party.get("/credit/board/export"), 403, "role_forbids")
    refused(marketplace.admin.get("/credit/board/export", since="gestern"), 422, "invalid_input", "since")
    refused(marketplace.admin.get("/credit/board/export", format="xml"), 422, "invalid_input", "format")
