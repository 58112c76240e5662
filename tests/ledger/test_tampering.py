"""Whoever owns the tables and has no key changes nothing of the record unseen: the first bad row is named."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.database import db
from marketplace.ledger import service
from marketplace.ledger.service import LedgerFault, verification
from marketplace.ledger.service.anchor_checks import Anchored
from marketplace.ledger.service.entries import GENESIS, entry_text
from tests.ledger.world import ENTRIES, make_world, owner_of, set_up, taken_back, verified_within
from tests.marketplace import as_owner

WRONG_KEY = bytes(32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("ledger") / "anchors"


@pytest.fixture
def world(kept, folder, app):
    with kept(make_world, folder) as made, set_up(app, folder):
        yield made


def at(entry):
    return str(entry.enterprise_id), entry.no


def run(connection, statement, **params):
    assert connection.execute(text(statement), params).rowcount != 0


def chain_of(entries, entry):
    return [other for other in entries if other.enterprise_id == entry.enterprise_id]


# ---------------------------------------------------------------- what an owner may try, and where it shows

ROW = "WHERE enterprise_id = :enterprise_id AND no = :no"
HEAD_ROW = "credit_ledger_head SET count = count + 1, digest = :digest WHERE enterprise_id = :enterprise_id"


def key_of(entry):
    return {"enterprise_id": entry.enterprise_id, "no": entry.no}


def change_content(connection, entries, draw):
    entry = draw(st.sampled_from(entries))
    place = draw(st.integers(0, len(entry.content) - 1))
    letter = "x" if entry.content[place] != "x" else "y"
    changed = entry.content[:place] + letter + entry.content[place + 1 :]
    run(connection, f"UPDATE credit_ledger SET content = :changed {ROW}", changed=changed, **key_of(entry))
    return at(entry)


def change_a_column(connection, entries, draw):
    entry = draw(st.sampled_from(entries))
    column = draw(st.sampled_from(["kind", "row_id", "digest", "seal", "key_id"]))
    value = draw(st.sampled_from(["credit_event", "f" * 64, "another", "é\u2028\ud7ff"]))
    run(connection, f"UPDATE credit_ledger SET {column} = :value {ROW}", value=value, **key_of(entry))
    return None if getattr(entry, column) == value else at(entry)


def drop_a_row(connection, entries, draw):
    entry = draw(st.sampled_from(entries))
    run(connection, f"DELETE FROM credit_ledger {ROW}", **key_of(entry))
    return at(entry)


def drop_a_row_and_close_the_gap(connection, entries, draw):
    entry = draw(st.sampled_from(entries))
    run(connection, f"DELETE FROM credit_ledger {ROW}", **key_of(entry))
    for later in chain_of(entries, entry)[entry.no :]:
        run(connection, f"UPDATE credit_ledger SET no = no - 1 {ROW}", **key_of(later))
    return at(entry)


def drop_the_tail_and_turn_the_head_back(connection, entries, draw):
    entry = draw(st.sampled_from(entries))
    before = [GENESIS, *(other.digest for other in chain_of(entries, entry))][entry.no - 1]
    run(
        connection,
        "DELETE FROM credit_ledger WHERE enterprise_id = :enterprise_id AND no >= :no",
        **key_of(entry),
    )
    head = (
        "UPDATE credit_ledger_head SET count = :no - 1, digest = :digest WHERE enterprise_id = :enterprise_id"
    )
    run(connection, head, digest=before, **key_of(entry))
    return at(entry)


def swap_two_rows(connection, entries, draw):
    one, other = draw(st.lists(st.sampled_from(entries), min_size=2, max_size=2, unique=True))
    for here, there in ((one, other), (other, one)):
        names = ("kind", "row_id", "content", "digest", "seal", "key_id")
        values = {name: getattr(there, name) for name in names}
        changes = ", ".join(f"{name} = :{name}" for name in names)
        run(connection, f"UPDATE credit_ledger SET {changes} {ROW}", **values, **key_of(here))
    return min(at(one), at(other))


def insert_a_row(connection, entries, draw):
    """At the end of a chain, by all rules but the key, and counted by the head."""
    like = draw(st.sampled_from(entries))
    last = chain_of(entries, like)[-1]
    said = entry_text(last.digest, str(last.enterprise_id), last.no + 1, like.kind, "another", like.content)
    forged = {
        **key_of(last), "kind": like.kind, "content": like.content, "key_id": like.key_id,
        "digest": hashlib.sha256(said).hexdigest(),
        "seal": hmac.digest(WRONG_KEY, said, "sha256").hex(),
    }  # fmt: skip
    run(
        connection,
        "INSERT INTO credit_ledger (enterprise_id, no, kind, row_id, content, digest, seal, key_id)"
        " VALUES (:enterprise_id, :no + 1, :kind, 'another', :content, :digest, :seal, :key_id)",
        **forged,
    )
    run(connection, f"UPDATE {HEAD_ROW}", **forged)
    return str(last.enterprise_id), last.no + 1


def recompute_a_chain(connection, entries, draw):
    """From a changed row on, with every digest right, and seals by another key or as they were."""
    entry = draw(st.sampled_from(entries))
    resealed = draw(st.booleans())
    chain = chain_of(entries, entry)
    previous = [GENESIS, *(other.digest for other in chain)][entry.no - 1]
    for later in chain[entry.no - 1 :]:
        content = later.content.replace('"row":{', '"row":{"forged":1,') if later is entry else later.content
        said = entry_text(previous, str(later.enterprise_id), later.no, later.kind, later.row_id, content)
        previous = hashlib.sha256(said).hexdigest()
        seal = hmac.digest(WRONG_KEY, said, "sha256").hex() if resealed else later.seal
        changes = "content = :content, digest = :digest, seal = :seal"
        run(
            connection,
            f"UPDATE credit_ledger SET {changes} {ROW}",
            content=content, digest=previous, seal=seal, **key_of(later),
        )  # fmt: skip
    head = "UPDATE credit_ledger_head SET digest = :digest WHERE enterprise_id = :enterprise_id"
    run(connection, head, digest=previous, enterprise_id=entry.enterprise_id)
    return at(entry)


def empty_the_ledger(connection, entries, draw):
    connection.execute(text("TRUNCATE credit_ledger"))
    return str(entries[0].enterprise_id), 1


def drop_a_head(connection, entries, draw):
    entry = draw(st.sampled_from(entries))
    run(connection, "DELETE FROM credit_ledger_head WHERE enterprise_id = :id", id=entry.enterprise_id)
    return at(chain_of(entries, entry)[-1])


def turn_a_chain_back(connection, entries, draw):
    """The same where no anchor knows what is missing: the head is all that shows."""
    enterprise_id, no = drop_the_tail_and_turn_the_head_back(connection, entries, draw)
    return enterprise_id, no - 1 or None


def change_a_head(connection, entries, draw):
    entry = draw(st.sampled_from(entries))
    change = draw(
        st.sampled_from(
            [
                "digest = repeat('f', 64)", "signature = repeat('f', 64)", "signature = 'é\u2028'",
                "key_id = 'x'", "count = 0, digest = repeat('0', 64), signature = '', key_id = ''",
            ]
        )
    )  # fmt: skip
    run(
        connection,
        f"UPDATE credit_ledger_head SET {change} WHERE enterprise_id = :id",
        id=entry.enterprise_id,
    )
    return at(chain_of(entries, entry)[-1])


WAYS = (
    change_content, change_a_column, drop_a_row, drop_a_row_and_close_the_gap, swap_two_rows, insert_a_row,
    recompute_a_chain, empty_the_ledger, drop_a_head, change_a_head,
)  # fmt: skip


@given(st.data())
def tampering_shows(connection, ways, data):
    way = data.draw(st.sampled_from(ways), label="way")
    with taken_back(connection):
        entries = connection.execute(ENTRIES).all()
        place = way(connection, entries, data.draw)
        outcome = verified_within(connection)
    if place is None:
        assert outcome.ok
        return
    assert outcome.ok is False
    assert (outcome.first_bad.enterprise_id, outcome.first_bad.no) == place, outcome.first_bad


def test_whatever_the_owner_changes_drops_swaps_or_inserts_is_found_and_named(world, app):
    with owner_of(app) as connection:
        tampering_shows(connection, (*WAYS, drop_the_tail_and_turn_the_head_back))


def test_so_it_is_before_the_first_anchor(world, app, monkeypatch):
    monkeypatch.setattr(verification, "check_anchors", lambda connection: Anchored())
    with owner_of(app) as connection:
        tampering_shows(connection, (*WAYS, turn_a_chain_back))


def test_the_untouched_ledger_adds_up(world, app):
    outcome = service.verify()
    assert outcome.first_bad is None
    assert outcome.ok
    assert (outcome.is_begun, outcome.is_complete, outcome.unsealed, outcome.anchors) == (True, True, 0, 2)
    assert outcome.enterprises == 4  # three firms, and the chain of the rule tables
    with owner_of(app) as connection:
        assert outcome.rows == len(connection.execute(ENTRIES).all())


# ---------------------------------------------------------------- the rows themselves

LIVE = {
    "points of an event": (
        "UPDATE credit_event SET points_milli = -1 WHERE id = :withdrawn", "row_changed"),
    "a withdrawal undone": (
        "UPDATE credit_event SET status = 'recorded' WHERE id = :withdrawn", "row_changed"),
    "a note": ("UPDATE credit_event SET note = 'another' WHERE id = :withdrawn", "row_changed"),
    "a block unlifted": ("UPDATE credit_block SET lifted_at = NULL WHERE id = :block", "row_changed"),
    "an evaluation prolonged": (
        "UPDATE credit_evaluation SET valid_until = valid_until + 1 WHERE id = :evaluation", "row_changed"),
    "an evaluation gone": ("DELETE FROM credit_evaluation WHERE id = :evaluation", "row_missing"),
    "a block gone": ("DELETE FROM credit_block WHERE id = :block", "row_missing"),
    "points of a rule": (
        "UPDATE credit_rule_table SET rules = jsonb_set(rules, '{0,points}', '-1.25') WHERE version = 1",
        "row_changed"),
    "a block added": (
        "INSERT INTO credit_block (id, enterprise_id, reason, placed_at)"
        " SELECT gen_random_uuid(), enterprise_id, 'x', now() FROM credit_block WHERE id = :block",
        "row_added"),
    "a rule table added": (
        "INSERT INTO credit_rule_table (version, rules, created_at)"
        " SELECT 1000 + version, rules, created_at FROM credit_rule_table WHERE version = 1", "row_added"),
    "an event given to another": (
        "UPDATE credit_event SET enterprise_id ="
        " (SELECT enterprise_id FROM credit_evaluation WHERE id = :evaluation) WHERE id = :withdrawn", None),
}  # fmt: skip


@pytest.mark.parametrize("name", LIVE)
def test_a_row_that_was_changed_past_the_ledger_is_named(world, app, name):
    statement, fault = LIVE[name]
    ids = {
        "withdrawn": world.withdrawn["id"],
        "block": world.block["id"],
        "evaluation": world.evaluation["id"],
    }
    params = {key: value for key, value in ids.items() if f":{key}" in statement}
    with owner_of(app) as connection:
        run(connection, statement, **params)
        outcome = verified_within(connection)
    assert outcome.ok is False
    table = statement.split()[2 if "INTO" in statement or "FROM" in statement.split()[1] else 1]
    assert outcome.first_bad.kind == table
    assert fault is None or outcome.first_bad.fault == fault
    if fault != "row_added":
        assert outcome.first_bad.row_id in {*ids.values(), "1"}


@pytest.mark.parametrize("said", ["5", "[1]", "null", "{", "x"])
def test_what_the_ledger_keeps_may_be_garbled_and_is_named(world, app, said):
    content = '{"at":"x","row":' + said + "}"
    with owner_of(app) as connection:
        run(connection, "UPDATE credit_ledger SET content = :content WHERE kind = 'ledger'", content=content)
        outcome = verified_within(connection)
    assert outcome.ok is False
    assert (outcome.first_bad.fault, outcome.first_bad.kind) == (LedgerFault.CONTENT, "ledger")


# ---------------------------------------------------------------- what only the anchors know


def test_a_whole_enterprise_that_is_gone_is_named_by_the_anchor(world, app):
    gone = world.firms[2].id
    with owner_of(app) as connection:
        for table in ("credit_ledger", "credit_ledger_head", "credit_evaluation", "credit_event"):
            run(connection, f"DELETE FROM {table} WHERE enterprise_id = :gone", gone=gone)
        outcome = verified_within(connection)
    bad = outcome.first_bad
    assert (bad.fault, bad.enterprise_id, bad.no, bad.anchor) == (LedgerFault.ANCHORED, gone, 1, 2)


def test_a_record_that_is_emptied_whole_does_not_pass_for_a_new_one(world, app):
    with owner_of(app) as connection:
        for table in ("credit_ledger", "credit_ledger_head", "credit_ledger_anchor"):
            connection.execute(text(f"TRUNCATE {table}"))
        outcome = verified_within(connection)
    assert outcome.ok is False
    assert (outcome.first_bad.fault, outcome.first_bad.anchor) == (LedgerFault.ANCHOR, 1)


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM credit_ledger_anchor WHERE no = 2",
        "DELETE FROM credit_ledger_anchor WHERE no = 1",
        "UPDATE credit_ledger_anchor SET statement = '{}', digest = repeat('f', 64)",
    ],
)
def test_an_anchor_of_the_table_is_held_to_its_file(world, app, change):
    with owner_of(app) as connection:
        run(connection, change)
        outcome = verified_within(connection)
    assert outcome.first_bad.fault == LedgerFault.ANCHOR


def test_an_anchor_is_checked_without_the_folder_too(world, app):
    with set_up(app, world.folder / "absent"):
        assert service.verify().ok
        with owner_of(app) as connection:
            for change in ("statement = replace(statement, '2026', '2025')", "signature = 'é'"):
                with taken_back(connection):
                    run(connection, f"UPDATE credit_ledger_anchor SET {change}")
                    assert verified_within(connection).first_bad.fault == LedgerFault.ANCHOR


# ---------------------------------------------------------------- the database's own part


@pytest.mark.parametrize("role", ["owner", "application"])
@pytest.mark.parametrize("table", ["credit_ledger", "credit_ledger_anchor", "credit_ledger_head"])
@pytest.mark.parametrize("change", ["UPDATE {} SET {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_database_refuses_to_change_what_is_entered(world, app, role, table, change):
    shorter = "count = count - 1" if table == "credit_ledger_head" else "digest = ''"
    statement = text(change.format(table, shorter))
    engine = as_owner(app) if role == "owner" else db.engine.begin()
    with engine as connection, pytest.raises(DBAPIError) as refusal:
        connection.execute(statement)
    assert refusal.value.orig.sqlstate == "42501"
