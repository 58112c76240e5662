"""What a process keeps of the reference data: a posting takes few statements, and nothing kept is old."""

import threading
from contextlib import contextmanager
from uuid import UUID

import pytest
from sqlalchemy import text

from marketplace.catalogue import service as catalogue
from marketplace.catalogue.models import CatalogueCode, CatalogueRegion
from marketplace.database import db
from marketplace.events.work import unit_of_work
from marketplace.listings.service.quotas import lock_owner
from tests.counting import count_statements
from tests.marketplace import ACID, as_owner, listing_terms

ELSEWHERE = {"lon": 120.61, "lat": 30.02, "crs": "wgs84"}
HW34, HW17 = ({"scheme": "cn-hw", "code": code} for code in ("HW34", "HW17"))


def posted(party, waste=ACID, **about):
    """The answer to a supply that is posted."""
    body = {"kind": "supply", "title": "稀硫酸", "waste": waste, **listing_terms(), **about}
    return party.post("/listings", body)


def wanted(party, *accepts, **about):
    """The answer to a demand that is posted."""
    return party.post(
        "/listings", {"kind": "demand", "title": "收", "accepts": accepts, **listing_terms(), **about}
    )


@contextmanager
def changed(app, change: str, back: str):
    """Within the block, the database is as another connection has changed it."""
    with as_owner(app) as connection:
        connection.execute(text(change))
    try:
        yield
    finally:
        with as_owner(app) as connection:
            connection.execute(text(back))


def test_a_posting_takes_few_statements(marketplace):
    generator, recycler = marketplace.enterprise(), marketplace.enterprise("recycler")
    posted(generator)
    new = {"scheme": "cn-sw", "code": "900-987-S17"}
    postings = {
        "supply": (3, lambda: posted(generator)),
        "supply from a place not seen before": (4, lambda: posted(generator, location=ELSEWHERE)),
        "supply of a code new to the catalogue": (5, lambda: posted(generator, new)),
        "the same code again": (4, lambda: posted(generator, new)),
        "draft": (3, lambda: posted(generator, publish=False)),
        "demand of hazardous wastes": (4, lambda: wanted(recycler, HW34, HW17)),
    }
    for name, (expected, post) in postings.items():
        with count_statements() as sent:
            assert post().status_code == 201, name
        assert len(sent) == expected, (name, sent)


def test_a_change_takes_few_statements(marketplace):
    owner = marketplace.enterprise()
    listing = posted(owner).json
    with count_statements() as sent:
        marketplace.change(owner, listing, title="废酸")
    assert len(sent) == 7, sent


def test_what_another_process_commits_is_in_the_next_answer(marketplace, app):
    owner = marketplace.enterprise()
    assert posted(owner).status_code == 201
    code = "WHERE code = '900-349-34'"
    untradable = (f"UPDATE waste_code SET tradable = {value} {code}" for value in ("false", "true"))
    with changed(app, *untradable):
        assert posted(owner).json["code"] == "waste_not_tradable"
    assert posted(owner).status_code == 201

    new = "INSERT INTO region VALUES (659099, '新城', 'district', 650000, 86, 44, 'x')"
    with changed(app, new, "DELETE FROM region WHERE adcode = 659099"):
        assert posted(owner, region="659099", location=ELSEWHERE).json["code"] == "place_not_in_region"
    assert posted(owner, region="659099").json["code"] == "unknown_region"


def test_the_policy_and_the_crosswalk_have_the_same_version(marketplace, app):
    def version() -> int:
        with app.app_context():
            return db.session.scalar(text("SELECT no FROM reference_version"))

    before = version()
    marketplace.policy(push_daily_cap=7)
    after = version()
    assert after > before
    with changed(app, "UPDATE crosswalk SET confidence = confidence", "SELECT 1"):
        assert version() > after


def test_a_code_new_to_the_catalogue_leaves_what_is_kept(marketplace, app):
    owner = marketplace.enterprise()
    posted(owner)
    kept = app.extensions["lookup_cache"]
    response = posted(owner, {"scheme": "cn-sw", "code": "900-986-S17"})
    assert response.status_code == 201
    assert posted(owner).status_code == 201
    assert app.extensions["lookup_cache"] is kept
    assert owner.get(f"/listings/{response.json['id']}").json["waste"]["code"] == "900-986-S17"


def test_a_refused_publishing_leaves_no_code_behind(marketplace):
    """The code is written and refused with the rest; the next must not refer to a row that is not there."""
    owner = marketplace.enterprise()
    new = {"scheme": "cn-sw", "code": "900-985-S17"}
    old = {"available_from": "2026-01-01", "available_until": "2026-01-02"}
    assert posted(owner, new, **old).json["code"] == "window_over"
    assert posted(owner, new).status_code == 201


def test_what_is_kept_is_plain_and_shared_by_no_session(marketplace, app):
    owner = marketplace.enterprise()
    posted(owner)
    kept = app.extensions["lookup_cache"]
    assert {type(code) for code in kept.by_id.values()} == {CatalogueCode}
    assert {type(region) for region in kept.regions.values()} == {CatalogueRegion}
    with pytest.raises(AttributeError):
        next(iter(kept.by_id.values())).tradable = False


def test_memory_and_database_give_the_same_aliases(marketplace, app):
    with app.app_context():
        ids = catalogue.all_code_ids()
        asked = set(catalogue.aliases_of(ids))
        with catalogue.cached_lookups([]):
            assert set(catalogue.aliases_of(ids)) == asked


def test_a_quota_counts_what_was_added_while_its_lock_was_waited_for(marketplace, app):
    """Counting by the statement's own snapshot would miss it."""
    owner = marketplace.enterprise()
    posted(owner, publish=False)
    counted = []

    def count() -> None:
        with app.app_context(), unit_of_work():
            counted.append(lock_owner(UUID(owner.id))[1].drafts)

    with as_owner(app) as connection:
        connection.execute(text("SELECT FROM enterprise WHERE id = :id FOR NO KEY UPDATE"), {"id": owner.id})
        waiting = threading.Thread(target=count, daemon=True)
        waiting.start()
        while waiting.is_alive() and connection.scalar(text("SELECT bool_and(granted) FROM pg_locks")):
            pass
        new = "jsonb_build_object('id', gen_random_uuid(), 'no', 987654)"
        copy = f"SELECT (jsonb_populate_record(l, {new})).* FROM listing l"
        connection.execute(text(f"INSERT INTO listing OVERRIDING SYSTEM VALUE {copy}"))
    waiting.join(10)
    assert counted == [2]
