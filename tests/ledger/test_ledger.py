"""Every change of the record of credit is an entry of the ledger, made in the transaction of the change."""

import json
import subprocess
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import create_engine, make_url, select, text

from marketplace import embedded
from marketplace.credit import service as credit
from marketplace.database import db
from marketplace.embedded.server import wheel_pg_bin
from marketplace.errors import Conflict, Unavailable
from marketplace.events.actor import PLATFORM
from marketplace.events.work import unit_of_work
from marketplace.ledger import service
from marketplace.ledger.models import LedgerEntry
from marketplace.ledger.service import LedgerFault, verification
from marketplace.ledger.service.keys import parse_sealing_keys
from marketplace.ledger.service.kinds import Kind
from tests.counting import count_statements
from tests.deals.trade import at_once
from tests.ledger.world import ENTRIES, make_world, owner_of, set_up
from tests.marketplace import TODAY, as_owner
from tests.restored import SAVED

VERIFY = "/credit/ledger/verify"
NEW_KEY = f"2027:{'ab' * 32}"


@pytest.fixture
def begun(marketplace, tmp_path):
    """A marketplace whose ledger has begun; its anchors are in a folder of the test's own."""
    with set_up(marketplace.app, tmp_path / "anchors"):
        service.begin()
        yield marketplace


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("ledger") / "anchors"


@pytest.fixture
def world(kept, folder, app):
    with kept(make_world, folder) as made, set_up(app, folder):
        yield made


def entries_of(party):
    """Kind and row of each entry of an enterprise, in order."""
    query = select(LedgerEntry).filter_by(enterprise_id=UUID(party.id)).order_by(LedgerEntry.no)
    db.session.rollback()
    return [(entry.kind, json.loads(entry.content)["row"]) for entry in db.session.scalars(query)]


def penalty(party, number):
    body = {"enterprise_id": party.id, "rule": "law.penalty_minor", "effective_on": str(TODAY), "note": "x"}
    return {**body, "document": f"{number}号"}


def record_twice(data):
    """In one transaction, of which the second refuses."""
    with unit_of_work():
        for _ in range(2):
            credit.record_event(PLATFORM, data)


def change_as_owner(marketplace, statement, **params):
    db.session.rollback()  # what it has read would keep the owner waiting
    with as_owner(marketplace.app) as owner:
        owner.execute(text(statement), params)


@contextmanager
def tables_open(marketplace):
    """The owner turns off what keeps the tables of the ledger, for the length of a block."""
    for word in ("DISABLE", "ENABLE"):
        for table in ("credit_ledger", "credit_ledger_head", "credit_ledger_anchor"):
            change_as_owner(marketplace, f"ALTER TABLE {table} {word} TRIGGER USER")
        if word == "DISABLE":
            yield


# ---------------------------------------------------------------- entries


def test_each_change_of_events_blocks_and_evaluations_is_an_entry_of_the_row_as_it_then_is(world):
    first, second, third = map(entries_of, world.firms)

    assert [(kind, row["status"]) for kind, row in first] == [
        ("credit_event", "recorded"),
        ("credit_event", "recorded"),
        ("credit_event", "withdrawn"),
        ("credit_event", "compensation"),
    ]
    assert [row["points_milli"] for _, row in first[1:]] == [-6000, -6000, 6000]
    blocks = [row for kind, row in second if kind == "credit_block"]
    assert [(bool(row["confirmed_at"]), bool(row["lifted_at"])) for row in blocks] == [
        (False, False), (True, False), (True, True),
    ]  # fmt: skip
    assert [row["id"] for kind, row in third if kind == "credit_evaluation"] == [world.evaluation["id"]]


def test_a_rule_table_that_is_published_is_entered_in_the_chain_of_the_platform(begun):
    rules = begun.admin.get("/credit/rules").json
    assert begun.admin.put("/credit/rules", rules).status_code == 200

    query = select(LedgerEntry).filter_by(kind="credit_rule_table").order_by(LedgerEntry.no.desc())
    last = db.session.scalars(query).first()
    assert last.enterprise_id == UUID(int=0)
    assert last.row_id == str(rules["version"] + 1)
    assert begun.admin.get(VERIFY).json["ok"]


def test_a_change_costs_two_statements_however_many_rows_it_writes(begun):
    firm = begun.enterprise("generator")
    event = begun.credit_event(firm, "site.defect")
    second = begun.second_admin()
    changes = {
        "an event": (begun.admin, "/credit/events", penalty(firm, "1")),
        "a withdrawal": (second, f"/credit/events/{event['id']}/withdraw", {"reason": "x"}),
    }
    for name, (party, path, body) in changes.items():
        with count_statements() as sent:
            assert party.post(path, body).status_code in (200, 201)
        assert len([statement for statement in sent if "credit_ledger" in statement]) == 2, name


def test_what_is_taken_back_leaves_no_entry(begun):
    firm = begun.enterprise("generator")
    data = {"enterprise_id": UUID(firm.id), "rule": "site.defect", "effective_on": TODAY, "note": "x"}
    with pytest.raises(Conflict):
        record_twice({**data, "document": "1"})
    assert entries_of(firm) == []

    with unit_of_work() as work:
        with work.savepoint() as point:
            credit.record_event(PLATFORM, {**data, "document": "2"})
            point.rollback()
        with work.savepoint():
            credit.record_event(PLATFORM, {**data, "document": "3"})
    assert [row["document"] for _, row in entries_of(firm)] == ["3"]
    assert service.verify().ok


def test_changes_at_once_make_one_chain(begun):
    firm = begun.enterprise("generator")
    calls = [(begun.admin, "/credit/events", penalty(firm, number)) for number in range(8)]

    assert {status for status, _ in at_once(begun, *calls)} == {201}
    assert len(entries_of(firm)) == 8
    assert service.verify().ok


def test_a_chain_that_others_changed_is_not_continued(begun):
    """To go on from a head that is not ours would seal what they did."""
    firm = begun.enterprise("generator")
    begun.credit_event(firm, "site.defect")
    begun.credit_event(
        firm, "site.label" if "site.label" in str(begun.admin.get("/credit/rules").json) else "site.defect"
    )
    with tables_open(begun):
        change_as_owner(begun, "DELETE FROM credit_ledger WHERE enterprise_id = :id AND no = 2", id=firm.id)
        first = "(SELECT digest FROM credit_ledger l WHERE l.enterprise_id = h.enterprise_id)"
        back = f"UPDATE credit_ledger_head h SET count = 1, digest = {first} WHERE enterprise_id = :id"
        change_as_owner(begun, back, id=firm.id)

    refused = begun.admin.post("/credit/events", penalty(firm, "1"))
    assert (refused.status_code, refused.json["code"]) == (503, "ledger_broken")
    assert len(entries_of(firm)) == 1
    assert begun.admin.get(VERIFY).json["first_bad"]["fault"] == "head"
    other = begun.enterprise("generator")
    assert begun.admin.post("/credit/events", penalty(other, "2")).status_code == 201


RESET = "UPDATE credit_ledger_head SET count = 0, digest = repeat('0', 64), signature = '', key_id = ''"
GONE_HEADS = {
    "set back to the beginning": f"{RESET} WHERE enterprise_id = :id",
    "gone": "DELETE FROM credit_ledger_head WHERE enterprise_id = :id",
}


@pytest.mark.parametrize("harm", GONE_HEADS)
def test_a_chain_whose_head_passes_for_a_new_one_is_neither_continued_nor_anchored(begun, harm):
    """An anchor over it would not add up with the one before, and so for ever."""
    firm, other = begun.enterprise("generator"), begun.enterprise("generator")
    for each in (firm, other):
        begun.credit_event(each, "site.defect")
    service.anchor_today()
    with tables_open(begun):
        change_as_owner(begun, "CREATE TABLE kept_heads AS SELECT * FROM credit_ledger_head")
        change_as_owner(begun, GONE_HEADS[harm], id=firm.id)

    refused = begun.admin.post("/credit/events", penalty(firm, "1"))
    assert (refused.status_code, refused.json["code"]) == (503, "ledger_broken")
    assert begun.admin.post("/credit/events", penalty(other, "2")).status_code == 201
    begun.now += timedelta(days=1)
    with pytest.raises(Unavailable, match="ledger_broken"):
        service.anchor_today()

    with tables_open(begun):
        kept = "SELECT * FROM kept_heads WHERE enterprise_id = :id"
        change_as_owner(begun, "DELETE FROM credit_ledger_head WHERE enterprise_id = :id", id=firm.id)
        change_as_owner(begun, f"INSERT INTO credit_ledger_head {kept}", id=firm.id)
        change_as_owner(begun, "DROP TABLE kept_heads")
    assert service.anchor_today() is not None
    assert service.verify().ok


# ---------------------------------------------------------------- beginning


def test_before_it_begins_a_verification_says_so(marketplace, tmp_path):
    marketplace.credit_event(marketplace.enterprise("generator"), "site.defect")
    answer = marketplace.admin.get(VERIFY).json
    assert (answer["ok"], answer["begun"], answer["first_bad"]) == (False, False, None)
    assert answer["unsealed"] > 0

    with set_up(marketplace.app, tmp_path):
        assert service.begin() > 0
        assert service.begin() == 0
    answer = marketplace.admin.get(VERIFY).json
    assert (answer["ok"], answer["begun"], answer["unsealed"]) == (True, True, 0)


def test_rows_from_before_the_ledger_are_sealed_in_the_order_in_which_they_came(marketplace, tmp_path):
    firm = marketplace.enterprise("generator")
    with set_up(marketplace.app, tmp_path, credit_ledger_keys=""):
        made = [marketplace.credit_event(firm, rule)["id"] for rule in ("site.defect", "law.penalty_minor")]
        assert entries_of(firm) == []
        assert service.begin() == 0
    with set_up(marketplace.app, tmp_path):
        service.begin()
        assert [row["id"] for _, row in entries_of(firm)] == made
        assert service.verify().ok


def test_a_beginning_that_was_cut_short_goes_on(marketplace, tmp_path, monkeypatch):
    firms = [marketplace.enterprise("generator") for _ in range(3)]
    with set_up(marketplace.app, tmp_path, credit_ledger_keys=""):
        for firm in firms:
            marketplace.credit_event(firm, "site.defect")
    with set_up(marketplace.app, tmp_path):
        monkeypatch.setattr("marketplace.ledger.service.beginning.BATCH", 1)
        with monkeypatch.context() as patch:
            patch.setattr("marketplace.ledger.service.beginning._enter_kinds", lambda kept: 1 // 0)
            with pytest.raises(ZeroDivisionError):
                service.begin()
        assert not service.verify().is_begun
        assert service.begin() == 0
        assert service.verify().ok


def test_a_new_column_is_sealed_by_the_next_beginning_and_a_changed_row_is_not(begun, monkeypatch):
    firm, other = begun.enterprise("generator"), begun.enterprise("generator")
    begun.credit_event(firm, "site.defect")
    begun.credit_event(other, "site.defect")
    change_as_owner(begun, "ALTER TABLE credit_event ADD COLUMN later int DEFAULT 7")
    try:
        assert (service.verify().ok, service.verify().unsealed) == (False, 2)
        monkeypatch.setattr(Kind, "columns", property(lambda kind: ["as after an upgrade"]))
        change_as_owner(begun, "UPDATE credit_event SET note = 'y' WHERE enterprise_id = :id", id=other.id)
        with pytest.raises(Unavailable, match="ledger_broken"):
            service.begin()
        assert begun.app.test_cli_runner().invoke(args=["credit", "ledger-begin"]).exit_code == 1
        assert service.begin(accept_changes=True) == 2
        assert [row.get("later") for _, row in entries_of(firm)] == [None, 7]
        assert [row["note"] for _, row in entries_of(other)] == ["seen on site", "y"]
        assert service.verify().ok
    finally:
        change_as_owner(begun, "ALTER TABLE credit_event DROP COLUMN later")


def test_a_ledger_that_was_anchored_does_not_begin_again(begun):
    begun.credit_event(begun.enterprise("generator"), "site.defect")
    service.anchor_today()
    with tables_open(begun):
        change_as_owner(begun, "TRUNCATE credit_ledger, credit_ledger_head, credit_ledger_anchor")

    with pytest.raises(Unavailable, match="ledger_broken"):
        service.begin()


# ---------------------------------------------------------------- keys


def test_a_new_key_takes_over_and_the_earlier_one_still_verifies(begun, tmp_path):
    firm = begun.enterprise("generator")
    begun.credit_event(firm, "site.defect")
    old = begun.app.config["SETTINGS"].credit_ledger_keys
    with set_up(begun.app, tmp_path, credit_ledger_keys=f"{NEW_KEY}, {old}"):
        begun.credit_event(firm, "law.penalty_minor")
        query = select(LedgerEntry.key_id).filter_by(enterprise_id=UUID(firm.id)).order_by(LedgerEntry.no)
        assert db.session.scalars(query).all() == ["1", "2027"]
        assert service.verify().ok
    with set_up(begun.app, tmp_path, credit_ledger_keys=NEW_KEY):
        assert service.verify().first_bad.fault == LedgerFault.KEY


def test_without_its_key_a_ledger_that_has_begun_refuses_changes(begun, tmp_path):
    firm = begun.enterprise("generator")
    with set_up(begun.app, tmp_path, credit_ledger_keys=""):
        refused = begun.admin.post("/credit/events", penalty(firm, "1"))
    assert (refused.status_code, refused.json["code"]) == (503, "ledger_broken")
    assert entries_of(firm) == []


@pytest.mark.parametrize("text", ["abc", f"1:{'g' * 64}", f"1:{'a' * 63}", f"1:{'a' * 64},1:{'b' * 64}"])
def test_keys_that_are_none_are_refused_without_being_shown(text):
    with pytest.raises(ValueError, match="CREDIT_LEDGER_KEYS") as refusal:
        parse_sealing_keys(text)
    assert text not in str(refusal.value)


# ---------------------------------------------------------------- anchors


def test_the_scheduler_begins_the_ledger_and_anchors_it_once_a_day(marketplace, tmp_path):
    with set_up(marketplace.app, tmp_path):
        firm = marketplace.enterprise("generator")
        marketplace.credit_event(firm, "site.defect")
        marketplace.wait(minutes=11)
        marketplace.wait(minutes=11)
        marketplace.wait(days=1)
        files = sorted(path.name for path in tmp_path.iterdir())
        assert files == ["000001-2026-12-01.json", "000002-2026-12-02.json"]
        assert service.verify().anchors == 2
        first, second = (json.loads(path.read_text().splitlines()[0]) for path in sorted(tmp_path.iterdir()))
    assert [enterprise for enterprise, _, _ in first["heads"]] == [str(UUID(int=0)), firm.id]
    assert (first["enterprises"], second["heads"]) == (1, [])
    assert first["all_heads"] == second["all_heads"]
    listed = marketplace.admin.get("/credit/anchors").json["items"]
    assert [(item["no"], item["algorithm"], item["previous"]) for item in listed] == [
        (2, "Ed25519", listed[1]["digest"]),
        (1, "Ed25519", None),
    ]


def test_anchors_are_made_without_a_key_of_their_own(begun, tmp_path):
    begun.credit_event(begun.enterprise("generator"), "site.defect")
    with set_up(begun.app, tmp_path, credit_anchor_key=""):
        assert service.anchor_today().algorithm == "HMAC-SHA256"
        assert service.verify().ok
        (file,) = tmp_path.iterdir()
        file.chmod(0o644)
        file.write_text(file.read_text().replace('"rows":', '"rows": '))
        bad = service.verify().first_bad
        assert (bad.fault, bad.anchor) == (LedgerFault.ANCHOR, 1)


@pytest.mark.parametrize("harm", ["change", "drop", "drop the last", "forge"])
def test_a_file_that_is_not_as_it_was_signed_is_named(begun, tmp_path, harm):
    with set_up(begun.app, tmp_path):
        for _ in range(3):
            begun.credit_event(begun.enterprise("generator"), "site.defect")
            service.anchor_today()
            begun.wait(days=1)
        files = sorted(tmp_path.iterdir())
        harmed = files[-1] if harm == "drop the last" else files[1]
        statement, signature = harmed.read_text().splitlines()
        harmed.unlink()
        if harm == "change":
            harmed.write_text(f"{statement.replace('2026', '2025')}\n{signature}\n")
        if harm == "forge":
            about = {**json.loads(signature), "algorithm": "HMAC-SHA256", "key": "1"}
            harmed.write_text(f"{statement}\n{json.dumps(about)}\n")
        bad = service.verify().first_bad
    assert bad.anchor == int(harmed.name[:6])


def test_a_file_that_could_not_be_written_is_written_later(begun, tmp_path, monkeypatch):
    begun.credit_event(begun.enterprise("generator"), "site.defect")
    with set_up(begun.app, tmp_path):
        with monkeypatch.context() as patch:
            patch.setattr("os.link", lambda *_: 1 // 0)
            with pytest.raises(ZeroDivisionError):
                service.anchor_today()
        assert list(tmp_path.iterdir()) == []
        assert service.anchor_today() is None
        assert [path.name for path in tmp_path.iterdir()] == ["000001-2026-12-01.json"]
        assert service.verify().ok


def test_after_each_anchor_a_worker_checks_everything_and_reports_what_is_wrong(begun, caplog):
    firm = begun.enterprise("generator")
    begun.credit_event(firm, "site.defect")
    service.anchor_today()
    begun.settle()
    assert "the ledger does not add up" not in caplog.messages
    change_as_owner(begun, "UPDATE credit_event SET note = 'y' WHERE enterprise_id = :id", id=firm.id)
    begun.now += timedelta(days=1)
    service.anchor_today()
    begun.settle()
    (report,) = [record for record in caplog.records if record.message == "the ledger does not add up"]
    assert "the row is not as it was entered" in report.first_bad


# ---------------------------------------------------------------- verification as people call it


def test_a_request_ends_within_its_time_and_says_that_it_is_not_complete(world, monkeypatch):
    monkeypatch.setattr("marketplace.ledger.routes.WITHIN_S", 0)
    answer = world.marketplace.admin.get(VERIFY).json
    assert (answer["ok"], answer["complete"], answer["first_bad"]) == (None, False, None)


def test_only_admins_verify_and_see_anchors(world):
    for party in (world.firms[0], world.marketplace.regulator("330600")):
        assert party.get(VERIFY).status_code == 403
        assert party.get("/credit/anchors").status_code == 403


def test_the_command_says_that_all_is_well_or_names_the_first_bad_row(world, app):
    runner = app.test_cli_runner()
    done = runner.invoke(args=["credit", "verify", "--progress"])
    assert done.exit_code == 0, done.output
    assert "everything adds up" in done.output
    with owner_of(app) as owner:
        bad = owner.execute(ENTRIES).all()[-1]
        owner.execute(text("UPDATE credit_ledger SET seal = '' WHERE seal = :seal"), {"seal": bad.seal})
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(verification, "_snapshot", lambda: nullcontext(owner))
            done = runner.invoke(args=["credit", "verify"])
    assert done.exit_code == 1
    assert f"enterprise {bad.enterprise_id}, entry {bad.no}, {bad.kind} {bad.row_id}: " in done.output


def test_the_dump_of_a_database_verifies_where_it_is_restored(world, app, data_dir, addresses):
    name = "t_ledger_restored"
    url = make_url(app.config["SETTINGS"].database_url)
    place = {"PGHOST": url.query["host"], "PGPORT": "5432", "PGUSER": embedded.OWNER, "PATH": "/usr/bin:/bin"}
    embedded.create_database(data_dir, name)
    try:
        dump = subprocess.run(
            [wheel_pg_bin() / "pg_dump", "--format=custom", f"--exclude-schema={SAVED}", url.database],
            env=place,
            capture_output=True,
            check=True,
        )
        options = ["--no-owner", "--no-privileges", f"--dbname={name}"]
        subprocess.run([wheel_pg_bin() / "pg_restore", *options], env=place, input=dump.stdout, check=True)
        engine = create_engine(url.set(database=name, username=embedded.OWNER))
        with engine.connect() as restored, pytest.MonkeyPatch.context() as patch:
            patch.setattr(verification, "_snapshot", lambda: nullcontext(restored))
            outcome = service.verify()
            assert outcome.ok
            assert outcome.rows > 10
            with pytest.raises(Exception, match="append-only"):
                restored.execute(text("DELETE FROM credit_ledger"))
        engine.dispose()
    finally:
        embedded.drop_database(data_dir, name)
