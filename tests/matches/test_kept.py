"""What a process keeps for a page of matches: it takes few statements, and nothing kept is old."""

import json
import sys
import threading
from contextlib import contextmanager
from uuid import uuid4

from sqlalchemy import select, text

from marketplace.catalogue import service as catalogue
from marketplace.catalogue.service.lookup_cache import lookup_cache
from marketplace.database import db
from marketplace.events.work import unit_of_work
from marketplace.licences import service as licences
from marketplace.matches import service
from marketplace.matches.schemas.listing_summaries import CounterpartSchema
from marketplace.matches.schemas.ranking import MatchSchema
from marketplace.matches.service.ranking import live_index
from tests.counting import count_statements
from tests.marketplace import as_owner

NEXT_POLICY = text("""
INSERT INTO matching_policy (version, body, created_by, created_at)
SELECT version + 1, jsonb_set(body, '{weights}', CAST(:weights AS jsonb)), created_by, now()
FROM matching_policy ORDER BY version DESC LIMIT 1
""")
RENUMBER = text("UPDATE licence SET number = '浙危废经第999号' WHERE enterprise_id = CAST(:holder AS uuid)")


def test_a_policy_put_in_force_by_another_process_ranks_the_next_page(marketplace):
    generator, recycler = marketplace.enterprise(), marketplace.recycler()
    supply, demand = marketplace.supply(generator), marketplace.demand(recycler)
    path = f"/listings/{supply['id']}/matches"
    generator.get(path)
    with count_statements() as sent:
        before = generator.get(path).json
    assert len(sent) == 4
    (match,) = before["items"]
    assert match["listing"]["id"] == demand["id"]
    assert list(match) == [name for name in MatchSchema().fields if name in match]
    assert list(match["listing"]) == list(CounterpartSchema().fields)
    weights = {"code": 1, "distance": 0, "credit": 0, "price": 0, "quantity": 0, "time": 0}
    with as_owner(marketplace.app) as connection:
        connection.execute(NEXT_POLICY, {"weights": json.dumps(weights)})
    after = generator.get(path).json
    assert after["policy_version"] == before["policy_version"] + 1
    assert [part["weight"] for part in after["items"][0]["components"]] == [1, 0, 0, 0, 0, 0]


def test_a_document_is_shown_as_it_is_however_often_it_was_shown(marketplace):
    generator, recycler, other = marketplace.enterprise(), marketplace.recycler(), marketplace.recycler()
    supply = marketplace.supply(generator)
    for party in (recycler, other):
        marketplace.demand(party)
    path = f"/listings/{supply['id']}/matches"

    def shown():
        items = generator.get(path).json["items"]
        return {item["listing"]["enterprise"]["id"]: item["legal_basis"] for item in items}

    before = shown()
    assert shown() == before
    with as_owner(marketplace.app) as connection:
        connection.execute(RENUMBER, {"holder": str(recycler.id)})
    after = shown()
    assert after[str(recycler.id)] == {**before[str(recycler.id)], "reference": "浙危废经第999号"}
    assert after[str(other.id)] == before[str(other.id)]
    rename = text("UPDATE waste_code SET code = :now WHERE code = :was")
    with as_owner(marketplace.app) as connection:
        connection.execute(rename, {"was": "HW34", "now": "HW34X"})
    renamed = shown()[str(other.id)]["codes"]
    with as_owner(marketplace.app) as connection:
        connection.execute(rename, {"was": "HW34X", "now": "HW34"})
    assert (renamed, shown()) == (["HW34X"], after)


def test_a_document_read_while_its_holder_changed_is_not_kept(marketplace, monkeypatch):
    generator, recycler = marketplace.enterprise(), marketplace.recycler()
    supply = marketplace.supply(generator)
    marketplace.demand(recycler)
    path = f"/listings/{supply['id']}/matches"
    read = licences.LegalDocuments

    def change_meanwhile(*args):
        monkeypatch.setattr(licences, "LegalDocuments", read)
        found = read(*args)
        with as_owner(marketplace.app) as connection:
            connection.execute(RENUMBER, {"holder": str(recycler.id)})
        live_index.process_index().current()
        return found

    monkeypatch.setattr(licences, "LegalDocuments", change_meanwhile)
    generator.get(path)
    assert generator.get(path).json["items"][0]["legal_basis"]["reference"] == "浙危废经第999号"


@contextmanager
def changing(kept, others):
    """Another thread that adds what is kept, and `others`, and removes them, again and again."""
    over, ours = threading.Event(), list(kept.items())

    def change():
        while not over.is_set():
            kept.update(others)
            for key in [key for key, _ in ours] + list(others):
                kept.pop(key, None)
            kept.update(ours)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        sys.setswitchinterval(interval)


def test_what_threads_share_may_change_while_one_of_them_asks_for_it(marketplace):
    generator, recycler = marketplace.enterprise(), marketplace.recycler()
    supply = marketplace.supply(generator)
    marketplace.demand(recycler)
    generator.get(f"/listings/{supply['id']}/matches")
    with marketplace.app.test_request_context():
        index = live_index.process_index()
        snapshot = index.held()
        permits, others = list(snapshot.documents), {uuid4(): None for _ in range(500)}
        assert permits
        with changing(snapshot.documents, others):
            for _ in range(200):
                assert index.legal_documents(permits, (), snapshot.book).of_permits.keys() == set(permits)

        catalogue.see_version(db.session.scalar(select(catalogue.VERSION)))
        cache = lookup_cache()
        ids, more = list(cache.by_id)[:50], {-number: None for number in range(1, 500)}
        with changing(cache.by_id, more):
            for _ in range(50):
                assert catalogue.codes_by_id(ids).keys() == set(ids)
        places = {(120 + number / 1000, 30.0): () for number in range(500)}
        with changing(cache.near, places):
            for _ in range(50):
                catalogue.look_up_places([(120.58, 30.03)])


def test_a_unit_of_work_reads_the_policy_that_is_in_force_once_it_has_its_locks(marketplace):
    app = marketplace.app
    with app.test_request_context():
        catalogue.see_version(db.session.scalar(select(catalogue.VERSION)))
        before = service.policy_in_force().version
        with as_owner(app) as connection:
            connection.execute(NEXT_POLICY, {"weights": "{}"})
        assert service.policy_in_force().version == before
        with unit_of_work():
            assert service.policy_in_force().version == before + 1
        with as_owner(app) as connection:
            connection.execute(text("DELETE FROM matching_policy WHERE version > :kept"), {"kept": before})


def test_near_misses_are_those_of_the_market_as_it_is(marketplace):
    generator, recycler = marketplace.enterprise(), marketplace.recycler()
    demand = marketplace.demand(recycler, price_cny_per_t=-200)
    supply = marketplace.supply(generator, price_cny_per_t=-100)
    path = f"/listings/{supply['id']}/matches"

    def values():
        return [miss["value"] for miss in generator.get(path).json["near_misses"]]

    assert (values(), values()) == ([-200], [-200])
    marketplace.change(recycler, demand, price_cny_per_t=-150)
    assert values() == [-150]
    marketplace.change(generator, supply, price_cny_per_t=-150)
    assert values() == []
