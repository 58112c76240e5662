"""Saved searches: stored, matched with every new listing, announced like a match."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from marketplace.database import db
from marketplace.listings.models import Listing
from marketplace.notifications.models import SavedSearch
from marketplace.notifications.service.planning import saved_search_matching
from tests.counting import count_statements
from tests.http.responses import verdict
from tests.mail import body
from tests.marketplace import ACID

SEARCH_HIT = "search.found"
OTHER_ACID = {"scheme": "cn-hw", "code": "900-300-34"}
ALKALI = {"scheme": "cn-hw", "code": "HW35"}


@pytest.fixture
def pair(marketplace):
    """A generator, and a carrier of grade A that looks out for acid but lists nothing itself."""
    seeker = marketplace.enterprise("transporter", grade="A")
    seeker.save_search({"kind": "supply", "code": "HW34"})
    return marketplace.enterprise("generator"), seeker


def at_once(marketplace):
    """Let no grade wait."""
    marketplace.policy(push_delay_s=dict.fromkeys("ABCD", 0))


# ---------------------------------------------------------------- kept


def test_a_search_is_saved_shown_changed_and_deleted(marketplace):
    owner = marketplace.enterprise("generator")
    query = {"kind": "demand", "region": "330600", "code": None}
    made = owner.post("/saved-searches", {"name": " 绍兴求购 ", "query": query})
    search = made.json
    assert made.status_code == 201
    assert search["name"] == "绍兴求购"
    assert search["query"] == {"kind": "demand", "region": "330600"}
    assert (search["notify"], search["paused"]) == ("immediate", False)
    path = f"/saved-searches/{search['id']}"
    shown = owner.get(path)
    assert shown.json == search
    assert shown.headers["ETag"] == made.headers["ETag"]

    marketplace.wait(hours=1)
    changed = owner.patch(path, {"notify": "daily", "paused": True}, shown.headers["ETag"])
    news = {"notify": "daily", "paused": True, "updated_at": "2026-12-01T05:00:00Z"}
    assert changed.json == {**search, **news}
    assert verdict(owner.patch(path, {"name": "x"}, shown.headers["ETag"])) == (412, "version_changed")
    assert verdict(owner.patch(path, {"name": "x"}, None)) == (428, "if_match_missing")
    assert owner.get(path).json == changed.json

    assert owner.delete(path).status_code == 204
    assert owner.get(path).status_code == owner.delete(path).status_code == 404


def test_searches_are_listed_newest_first_and_only_to_their_owner(marketplace):
    owner, other = marketplace.enterprise("generator"), marketplace.enterprise("generator")
    first, second, third = (
        owner.save_search({"region": region}) for region in ("110000", "120000", "130000")
    )
    page = owner.get("/saved-searches", limit=2).json
    assert page["items"] == [third, second]
    assert owner.get("/saved-searches", limit=2, cursor=page["next"]).json == {"items": [first], "next": None}
    assert other.get("/saved-searches").json["items"] == []


def test_the_number_of_saved_searches_is_limited(marketplace, configure):
    configure(quota_saved_searches=2)
    owner = marketplace.enterprise("generator")
    for _ in range(2):
        kept = owner.save_search({})
    one_more = {"name": "one more", "query": {}}
    assert verdict(owner.post("/saved-searches", one_more)) == (409, "too_many_saved_searches")
    owner.delete(f"/saved-searches/{kept['id']}")
    assert owner.post("/saved-searches", one_more).status_code == 201


REFUSED = [
    ({"query": {"kind": "gift"}}, "query.kind"),
    ({"query": {"region": "33"}}, "query.region"),
    ({"query": {"code": ""}}, "query.code"),
    ({"query": {"code": ["HW34"]}}, "query.code"),
    ({"query": {"code": float("nan")}}, "query.code"),
    ({"query": {"colour": "red"}}, "query.colour"),
    ({"query": {"mine": True}}, "query.mine"),
    ({"query": {"limit": 5}}, "query.limit"),
    ({"query": ["kind"]}, "query"),
    ({"query": None}, "query"),
    ({"notify": "hourly"}, "notify"),
    ({"paused": "yes"}, "paused"),
    ({"name": " "}, "name"),
]


def test_a_query_that_the_list_would_refuse_is_refused_by_field(marketplace):
    owner = marketplace.enterprise("generator")
    kept = owner.save_search({"kind": "supply"})
    for about, at in REFUSED:
        refused = owner.post("/saved-searches", {"name": "x", "query": {}, **about})
        assert verdict(refused) == (422, "invalid_input", at)
        assert verdict(owner.patch(f"/saved-searches/{kept['id']}", about)) == (422, "invalid_input", at)
    assert owner.get("/saved-searches").json["items"] == [kept]


# ---------------------------------------------------------------- what is found

QUERIES = [
    {},
    {"kind": "supply"},
    {"kind": "demand"},
    {"code": "HW34"},
    {"code": "900-349-34"},
    {"code": "no such code"},
    {"region": "330602"},
    {"region": 330600},
    {"region": "310000"},
    {"region": "000000"},
    {"kind": "supply", "code": "900-349-34", "region": "330000"},
    {"kind": "demand", "code": "HW35", "region": "310000"},
    {"q": "硫酸"},
    {"lon": 120.58, "lat": 30.03, "within_km": 50},
    {"price_min": -200.5, "price_max": 0},
    {"quantity_min_t": 100, "grade": "A,B"},
    {"quantity_max_t": 0.5},
    {"available_from": "2026-12-01", "available_until": "2026-12-31"},
    {"grade": "E", "region": "330000"},
]


def test_a_search_finds_exactly_what_the_list_shows(marketplace, monkeypatch):
    """By the index where that can answer, and by the conditions of the list."""
    seeker = marketplace.enterprise("transporter")
    searches = {seeker.save_search(query)["id"]: query for query in QUERIES}
    generator, recycler = marketplace.enterprise("generator"), marketplace.enterprise("recycler")
    posted = []
    for region in ("330602", "310101"):
        posted.append(marketplace.supply(generator, region=region))
        posted.append(marketplace.supply(generator, region=region, waste=OTHER_ACID))
        posted.append(marketplace.demand(recycler, region=region))
        posted.append(marketplace.demand(recycler, region=region, accepts=[ALKALI, ACID]))
    for indexed in (saved_search_matching.INDEXED, set()):
        monkeypatch.setattr(saved_search_matching, "INDEXED", indexed)
        found = {listing["id"]: finders(marketplace, listing) for listing in posted}
        for search_id, query in searches.items():
            listed = {listing["id"] for listing in seeker.get("/listings", limit=100, **query).json["items"]}
            assert {listing_id for listing_id in found if search_id in found[listing_id]} == listed, query


def finders(marketplace, listing):
    """Ids of the saved searches that find a listing."""
    with marketplace.app.app_context():
        row = db.session.get_one(Listing, UUID(listing["id"]))
        (page,) = saved_search_matching.pages_of([(row, None)])
        found = saved_search_matching.searches_finding(
            [(row, search) for search in page.candidates], saved_search_matching.INDEXED
        )
        return {str(search_id) for _, search_id in found}


def test_the_message_names_the_search_and_the_listing(marketplace):
    generator, seeker = marketplace.enterprise("generator"), marketplace.enterprise("transporter", grade="A")
    search = seeker.save_search({"code": "900-349-34"}, name="废酸")
    supply = marketplace.supply(generator)
    marketplace.settle()
    (message,) = seeker.inbox(SEARCH_HIT)
    assert message["data"] == {
        "saved_search_id": search["id"], "name": "废酸", "counterpart_id": supply["id"],
    }  # fmt: skip
    assert message["delivery"] == "immediate"


def test_a_changed_listing_is_found_when_it_fits_and_cancelled_when_it_does_not(marketplace):
    generator = marketplace.enterprise("generator")
    early, late = marketplace.enterprise("transporter", grade="A"), marketplace.enterprise("transporter")
    for party in (early, late):
        party.save_search({"code": "900-300-34"})
    supply = marketplace.supply(generator)
    marketplace.settle()
    marketplace.change(generator, supply, waste=OTHER_ACID)
    marketplace.settle()
    assert (len(early.inbox(SEARCH_HIT)), late.inbox(SEARCH_HIT)) == (1, [])
    marketplace.change(generator, supply, waste=ACID)
    marketplace.wait(hours=1)
    assert late.inbox(SEARCH_HIT) == []


def test_of_several_searches_with_the_same_hit_the_most_prompt_announces_it(marketplace):
    generator, seeker = marketplace.enterprise("generator"), marketplace.enterprise("transporter", grade="A")
    seeker.save_search({"code": "HW34"}, notify="daily")
    at_once = seeker.save_search({"kind": "supply"})
    seeker.save_search({})
    marketplace.supply(generator)
    marketplace.settle()
    (message,) = seeker.inbox(SEARCH_HIT)
    assert message["data"]["saved_search_id"] == at_once["id"]
    assert message["delivery"] == "immediate"


def test_a_search_that_is_off_or_paused_notifies_nobody(marketplace):
    generator, seeker = marketplace.enterprise("generator"), marketplace.enterprise("transporter", grade="A")
    seeker.save_search({}, notify="off"), seeker.save_search({}, paused=True)
    marketplace.supply(generator)
    marketplace.settle()
    assert seeker.inbox(SEARCH_HIT) == []


def test_a_search_that_can_no_longer_be_read_does_not_block_others(marketplace):
    generator, seeker = marketplace.enterprise("generator"), marketplace.enterprise("transporter", grade="A")
    search, stale = seeker.save_search({"kind": "supply"}), seeker.save_search({"kind": "supply"})
    with marketplace.app.app_context():
        db.session.get_one(SavedSearch, UUID(stale["id"])).query = {"colour": "red"}
        db.session.commit()
    marketplace.supply(generator)
    marketplace.settle()
    assert [message["data"]["saved_search_id"] for message in seeker.inbox(SEARCH_HIT)] == [search["id"]]


def test_nobody_finds_their_own_listing_and_a_pending_enterprise_finds_nothing(marketplace):
    generator = marketplace.enterprise("generator", grade="A")
    pending = marketplace.enterprise("transporter", approved=False)
    for party in (generator, pending):
        party.save_search({})
    marketplace.supply(generator)
    marketplace.wait(hours=9)
    assert generator.inbox(SEARCH_HIT) == pending.inbox(SEARCH_HIT) == []


def test_a_supervised_reader_finds_no_supply_and_only_demands_of_grades_a_and_b(marketplace):
    at_once(marketplace)
    seeker = marketplace.enterprise("generator", "recycler", grade="E")
    seeker.save_search({})
    marketplace.supply(marketplace.enterprise("generator"))
    demands = {
        grade: marketplace.demand(marketplace.enterprise("recycler", grade=grade)) for grade in "ABCDE"
    }
    marketplace.settle()
    found = {message["data"]["counterpart_id"] for message in seeker.inbox(SEARCH_HIT)}
    assert found == {demands["A"]["id"], demands["B"]["id"]}


def test_a_demand_of_a_supervised_receiver_is_found_by_nobody(marketplace, pair):
    _, seeker = pair
    seeker.save_search({"kind": "demand"})
    marketplace.demand(marketplace.enterprise("recycler", grade="E"))
    marketplace.demand(marketplace.enterprise("recycler", grade="D"))
    marketplace.settle()
    assert len(seeker.inbox(SEARCH_HIT)) == 1


# ---------------------------------------------------------------- released like a match


def test_each_grade_is_notified_after_its_delay_and_the_better_score_first(marketplace):
    at, seekers = {}, {grade: marketplace.enterprise("transporter", grade=grade) for grade in "DCBA"}
    second = marketplace.enterprise("transporter")
    marketplace.credit_event(second, "incident.complaint")
    for party in (second, *seekers.values()):
        party.save_search({})
    supply = marketplace.supply(marketplace.enterprise("generator"))
    for minutes in (0, 29, 1, 90, 360):
        marketplace.wait(minutes=minutes)
        at[minutes] = "".join(grade for grade in "ABCD" if seekers[grade].inbox(SEARCH_HIT))
    assert at == {0: "A", 29: "A", 1: "AB", 90: "ABC", 360: "ABCD"}
    order = [seekers["A"], seekers["B"], second, seekers["C"], seekers["D"]]
    assert marketplace.notified(supply, kind=SEARCH_HIT) == [seeker.id for seeker in order]


def test_many_readers_are_notified_page_by_page_in_the_same_order(marketplace, monkeypatch):
    monkeypatch.setattr(saved_search_matching, "SEARCH_BATCH", 3)
    readers = [marketplace.enterprise("transporter") for _ in range(5)]
    for points, reader in enumerate(readers):
        for _ in range(points):
            marketplace.credit_event(reader, "fulfilment.completed")
        reader.save_search({}), reader.save_search({"code": "HW34"})
    supply = marketplace.supply(marketplace.enterprise("generator"))
    marketplace.settle()
    marketplace.wait(minutes=30)
    assert marketplace.notified(supply, kind=SEARCH_HIT) == [recycler.id for recycler in reversed(readers)]


def test_matching_few_and_many_searches_takes_as_many_statements(marketplace):
    def taken(readers):
        for _ in range(readers):
            seeker = marketplace.enterprise("transporter")
            seeker.prefer(muted_codes=[ALKALI])
            seeker.save_search({"code": "HW34"}), seeker.save_search({"region": "330600"})
        marketplace.supply(marketplace.enterprise("generator"))
        with count_statements() as sent:
            marketplace.settle()
        return len(sent)

    marketplace.settle()
    few = taken(2)
    assert taken(5) == few


def test_matches_and_search_hits_share_the_daily_cap(marketplace):
    marketplace.policy(push_daily_cap=2)
    recycler = marketplace.recycler("A")
    marketplace.demand(recycler)
    recycler.save_search({"kind": "demand"})
    for _ in range(2):
        marketplace.supply(marketplace.enterprise("generator"))
        marketplace.demand(marketplace.enterprise("recycler"))
        marketplace.settle()
    assert [message["delivery"] for message in recycler.inbox() + recycler.inbox(SEARCH_HIT)] == [
        "immediate", "digest", "immediate", "digest",
    ]  # fmt: skip


# ---------------------------------------------------------------- once


def test_publishing_again_notifies_nobody_twice_but_other_waste_does(marketplace, pair):
    generator, seeker = pair
    supply = marketplace.supply(generator)
    marketplace.supply(generator, title="another vat")
    marketplace.settle()
    marketplace.withdraw(generator, supply)
    marketplace.supply(generator)
    marketplace.settle()
    assert len(seeker.inbox(SEARCH_HIT)) == 1
    marketplace.supply(generator, waste=OTHER_ACID)
    marketplace.settle()
    assert len(seeker.inbox(SEARCH_HIT)) == 2


def test_a_hit_is_repeated_at_terms_better_by_more_than_a_tenth(marketplace, pair):
    generator, seeker = pair
    supply = marketplace.supply(generator, price_cny_per_t=100)
    marketplace.settle()
    for price, messages in ((91, 1), (89, 2), (85, 2)):
        marketplace.change(generator, supply, price_cny_per_t=price)
        marketplace.settle()
        assert len(seeker.inbox(SEARCH_HIT)) == messages, price


def test_a_demand_counts_by_the_first_code_it_takes(marketplace, pair):
    _, seeker = pair
    seeker.save_search({"kind": "demand"})
    recycler = marketplace.enterprise("recycler")
    for accepts, messages in (([ALKALI, ACID], 1), ([ALKALI], 1), ([ACID, ALKALI], 2)):
        marketplace.demand(recycler, accepts=accepts)
        marketplace.settle()
        assert len(seeker.inbox(SEARCH_HIT)) == messages


@pytest.mark.parametrize("side", ["supply", "demand"])
def test_what_is_announced_as_a_match_is_not_announced_by_a_search_too(marketplace, side):
    generator, recycler = marketplace.enterprise("generator", grade="A"), marketplace.recycler("A")
    for party in (generator, recycler):
        party.save_search({})
    if side == "supply":
        marketplace.demand(recycler), marketplace.settle()
        seeker, _ = recycler, marketplace.supply(generator)
    else:
        marketplace.supply(generator), marketplace.settle()
        seeker, _ = generator, marketplace.demand(recycler)
    marketplace.settle()
    assert (len(seeker.inbox()), seeker.inbox(SEARCH_HIT)) == (1, [])


def test_a_search_notifies_when_the_match_that_replaced_it_is_cancelled(marketplace):
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler("B")
    demand = marketplace.demand(recycler)
    recycler.save_search({"kind": "supply"})
    marketplace.supply(generator)
    marketplace.settle()
    marketplace.withdraw(recycler, demand)
    marketplace.settle()
    marketplace.wait(hours=1)
    assert (recycler.inbox(), len(recycler.inbox(SEARCH_HIT))) == ([], 1)


def test_a_search_hit_is_cancelled_when_a_match_replaces_it(marketplace):
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler("B")
    recycler.save_search({"kind": "supply"})
    supply = marketplace.supply(generator)
    marketplace.settle()
    marketplace.demand(recycler)
    marketplace.change(generator, supply, title="稀酸")
    marketplace.settle()
    marketplace.wait(hours=1)
    assert (len(recycler.inbox()), recycler.inbox(SEARCH_HIT)) == (1, [])


# ---------------------------------------------------------------- dropped


def test_a_listing_that_closes_before_the_tier_is_never_announced_and_does_not_count(marketplace):
    generator, seeker = marketplace.enterprise("generator"), marketplace.enterprise("transporter")
    seeker.save_search({})
    supply = marketplace.supply(generator)
    marketplace.settle()
    marketplace.wait(minutes=29)
    marketplace.withdraw(generator, supply)
    marketplace.wait(hours=1)
    assert seeker.inbox(SEARCH_HIT) == []
    again = marketplace.supply(generator)
    marketplace.settle()
    marketplace.wait(minutes=30)
    (message,) = seeker.inbox(SEARCH_HIT)
    assert message["data"]["counterpart_id"] == again["id"]


def paused(marketplace, seeker, path):
    assert seeker.patch(path, {"paused": True}).status_code == 200


def turned_off(marketplace, seeker, path):
    assert seeker.patch(path, {"notify": "off"}).status_code == 200


def deleted(marketplace, seeker, path):
    assert seeker.delete(path).status_code == 204


def narrowed(marketplace, seeker, path):
    assert seeker.patch(path, {"query": {"region": "110000"}}).status_code == 200


def muted(marketplace, seeker, path):
    seeker.prefer(muted_codes=[{"scheme": "cn-hw", "code": "HW34"}])


def blocked(marketplace, seeker, path):
    body = {"enterprise_id": seeker.id, "reason": "dumped at night"}
    assert marketplace.admin.post("/credit/blocks", body).status_code == 201


def suspended(marketplace, seeker, path):
    assert marketplace.admin.post(f"/enterprises/{seeker.id}/suspend", {}).status_code == 200


def test_a_hit_is_cancelled_when_its_search_ends_before_the_release(marketplace):
    ends = [paused, turned_off, deleted, narrowed, muted, blocked, suspended]
    seekers = [marketplace.enterprise("transporter") for _ in (None, *ends)]
    searches = [seeker.save_search({"code": "HW34"}) for seeker in seekers]
    supply = marketplace.supply(marketplace.enterprise("generator"))
    marketplace.settle()
    marketplace.wait(minutes=29)
    for happens, seeker, search in zip(ends, seekers, searches, strict=False):
        happens(marketplace, seeker, f"/saved-searches/{search['id']}")
    marketplace.wait(minutes=1)
    marketplace.wait(hours=9)
    assert marketplace.notified(supply, kind=SEARCH_HIT) == [seekers[-1].id]


def test_another_search_replaces_one_that_was_deleted(marketplace):
    generator, seeker = marketplace.enterprise("generator"), marketplace.enterprise("transporter")
    first, second = seeker.save_search({"code": "HW34"}), seeker.save_search({"kind": "supply"})
    marketplace.supply(generator)
    marketplace.settle()
    marketplace.wait(minutes=10)
    deleted(marketplace, seeker, f"/saved-searches/{first['id']}")
    marketplace.wait(minutes=20)
    marketplace.wait(hours=1)
    (message,) = seeker.inbox(SEARCH_HIT)
    assert message["data"]["saved_search_id"] == second["id"]


# ---------------------------------------------------------------- how it goes out


WISHES = [
    ("immediate", {}, "immediate"),
    ("daily", {}, "digest"),
    ("daily", {"email": "off"}, "inbox"),
    ("immediate", {"email": "digest"}, "digest"),
    ("immediate", {"email": "off", "kinds": {"search.found": "immediate"}}, "immediate"),
    ("daily", {"kinds": {"search.found": "immediate"}}, "digest"),
    ("immediate", {"kinds": {"search.found": "off"}}, "inbox"),
    ("immediate", {"kinds": {"match.found": "off"}}, "immediate"),
]


def test_the_less_prompt_of_the_searchs_and_the_enterprises_preference_applies(marketplace):
    at_once(marketplace)
    seekers = [marketplace.enterprise("transporter") for _ in WISHES]
    for seeker, (notify, preferences, _) in zip(seekers, WISHES, strict=True):
        seeker.save_search({}, notify=notify)
        seeker.prefer(**preferences)
    marketplace.supply(marketplace.enterprise("generator"))
    marketplace.settle()
    went = [[message["delivery"] for message in seeker.inbox(SEARCH_HIT)] for seeker in seekers]
    assert went == [[delivery] for _, _, delivery in WISHES]


def test_a_search_hit_is_mailed_in_both_languages_with_how_to_stop_it(marketplace, relay, pair):
    generator, seeker = pair
    marketplace.supply(generator, title="稀硫酸")
    marketplace.settle()
    letter = relay.take_one()
    name = generator.get("/enterprises/me").json["name"]
    assert letter["Subject"] == "【环流】您的订阅搜索有新结果"
    assert f"订阅搜索“酸”有新结果：“{name}”的“稀硫酸”，1,200 吨，" in body(letter)
    seeker.prefer(language="en")
    marketplace.supply(generator, title="acid", waste=OTHER_ACID)
    marketplace.settle()
    letter = relay.take_one()
    assert letter["Subject"] == "[Huanliu] New result of your saved search"
    assert f'Your saved search "酸" found "acid" of "{name}": 1,200 t, ' in body(letter)
    assert "interested" not in body(letter)
    for page in ("http://127.0.0.1:8000/unsubscribe/", "http://127.0.0.1:8000/settings/notices"):
        assert page in body(letter)


def test_at_night_the_email_of_a_search_hit_waits_for_the_morning(marketplace, relay, pair):
    generator, seeker = pair
    marketplace.now = datetime(2026, 12, 1, 13, 0, tzinfo=UTC)  # 21:00 in Shaoxing
    marketplace.supply(generator)
    marketplace.settle()
    assert len(seeker.inbox(SEARCH_HIT)) == 1
    assert relay.take() == []
    marketplace.wait(hours=11)
    relay.take_one()


def test_one_digest_a_day_has_matches_and_search_hits_each_under_its_title(marketplace, relay):
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler("A")
    marketplace.demand(recycler)
    recycler.prefer(email="digest", language="en")
    recycler.save_search({"kind": "demand"}, notify="daily")
    for title in ("need one", "need two"):
        marketplace.demand(marketplace.enterprise("recycler"), title=title)
    marketplace.supply(generator, title="vat one")
    marketplace.settle()
    marketplace.wait(hours=20)  # 08:00
    (letter,) = [
        letter for letter in relay.take() if letter["To"] == f"{recycler.number.lower()}@example.com"
    ]
    assert letter["Subject"] == "[Huanliu] New messages today: 3"
    lines = [line for line in body(letter).splitlines() if line and not line.startswith("   http")]
    assert lines[2] == "New matches for your listings"
    assert "vat one" in lines[3]
    assert lines[4] == "New results of your saved searches"
    assert lines[5].startswith("1. ")
    assert "need one" in lines[5]
    assert lines[6].startswith("2. ")
    assert "need two" in lines[6]
    assert "/settings/notices" in body(letter)
    marketplace.wait(hours=24)
    assert relay.take() == []


def test_a_digest_leaves_out_what_closed_or_was_silenced_since(marketplace, relay, pair):
    generator, seeker = pair
    seeker.prefer(email="digest", language="en")
    others = [marketplace.enterprise("generator") for _ in range(2)]
    closed = marketplace.supply(generator, title="closed")
    marketplace.supply(others[0], title="still open"), marketplace.supply(others[1], title="silenced")
    marketplace.settle()
    marketplace.withdraw(generator, closed)
    seeker.not_for_me(seeker.inbox(SEARCH_HIT)[-1])
    marketplace.wait(hours=20)
    text = body(relay.take_one())
    assert "still open" in text
    assert "closed" not in text
    assert "silenced" not in text
