"""Listings by the owner's own ids, in the order of their last change, copied, published many at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from marketplace.listings.schemas import ListingQuery
from tests.http.cursors import forged, opened, walked
from tests.http.responses import refused
from tests.marketplace import listing_terms

A_MINUTE = timedelta(minutes=1)


@pytest.fixture
def owner(marketplace):
    return marketplace.enterprise("generator")


ACID = {"scheme": "cn-hw", "code": "900-349-34"}


def terms(**about):
    return listing_terms(**{"kind": "supply", "title": "废酸", "waste": ACID, "publish": False, **about})


def draft(owner, **about):
    response = owner.post("/listings", terms(**about))
    assert response.status_code == 201, response.json
    return response.json


# ---------------------------------------------------------------- external_id


def test_no_two_listings_of_a_firm_share_an_external_id_and_two_firms_may(marketplace, owner):
    first = draft(owner, external_id="ERP-2026/17")
    second = owner.post("/listings", terms(external_id="ERP-2026/17"))
    refused(second, 409, "external_id_taken", "external_id")

    neighbour = marketplace.enterprise("generator")
    assert draft(neighbour, external_id="ERP-2026/17")["id"] != first["id"]
    other = draft(owner, external_id="ERP-2026/18")
    changed = owner.patch(f"/listings/{other['id']}", {"external_id": "ERP-2026/17"})
    refused(changed, 409, "external_id_taken", "external_id")


def test_blanks_around_an_external_id_make_no_other(owner):
    draft(owner, external_id="ERP-17")

    refused(owner.post("/listings", terms(external_id=" ERP-17 ")), 409, "external_id_taken", "external_id")


def test_of_two_at_once_with_one_external_id_one_is_kept(marketplace, owner):
    body = terms(external_id="ERP-1")

    def post(_):
        client = marketplace.app.test_client()
        return client.post("/api/v1/listings", json=body, headers=owner.headers).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(post, "ab")) == [201, 409]
    assert len(owner.get("/listings", mine=True).json["items"]) == 1


def test_an_external_id_can_be_taken_away_and_given_again(owner):
    first = draft(owner, external_id="ERP-1")
    assert owner.patch(f"/listings/{first['id']}", {"external_id": None}).json["external_id"] is None

    assert draft(owner, external_id="ERP-1")["external_id"] == "ERP-1"


def test_a_listing_is_found_by_its_external_id_by_its_owner_only(marketplace, owner):
    listing = draft(owner, external_id="ERP-1", publish=True)
    reader = marketplace.enterprise("recycler")

    assert [row["id"] for row in owner.get("/listings", external_id="ERP-1").json["items"]] == [listing["id"]]
    assert owner.get("/listings", external_id="ERP-2").json["items"] == []
    assert reader.get("/listings", external_id="ERP-1").json["items"] == []
    assert reader.get(f"/listings/{listing['id']}").json["external_id"] is None
    assert marketplace.admin.get(f"/listings/{listing['id']}").json["external_id"] == "ERP-1"


# ---------------------------------------------------------------- sort


def test_listings_are_listed_by_their_last_change_page_by_page(marketplace, owner):
    ids = []
    for number in range(5):
        marketplace.now += A_MINUTE
        ids.append(draft(owner, title=f"废酸 {number}")["id"])
    marketplace.now += A_MINUTE
    owner.patch(f"/listings/{ids[1]}", {"title": "changed"})

    seen = walked(owner, "/listings", sort="updated", limit=2)
    assert [row["id"] for row in seen] == [ids[1], ids[4], ids[3], ids[2], ids[0]]


@pytest.mark.parametrize("moment", ["2026-12-01", "yesterday", "2026-12-01T00:00:00", ""])
def test_a_forged_cursor_of_that_sort_is_refused(owner, moment):
    draft(owner), draft(owner)
    cursor = owner.get("/listings", sort="updated", limit=1).json["next"]
    _, last = opened(owner, "/listings", ListingQuery, (datetime, UUID), cursor, sort="updated")
    strange = forged(owner, "/listings", ListingQuery, [moment, last], sort="updated")

    refused(owner.get("/listings", sort="updated", limit=1, cursor=strange), 422, "bad_cursor", "cursor")


# ---------------------------------------------------------------- copies


def test_a_withdrawn_listing_is_copied_as_a_draft_with_all_its_terms(owner):
    listing = draft(owner, external_id="ERP-1", publish=True, price_cny_per_t=-150.0, form="liquid")
    owner.post(f"/listings/{listing['id']}/withdraw")

    response = owner.post(f"/listings/{listing['id']}/copy")
    assert response.status_code == 201
    copied = response.json
    own = ("id", "external_id", "status", "created_at", "updated_at")
    assert (copied["status"], copied["external_id"]) == ("draft", None)
    assert {name: value for name, value in copied.items() if name not in own} == {
        name: value for name, value in listing.items() if name not in own
    }
    assert owner.post(f"/listings/{copied['id']}/publish").json["status"] == "open"


def test_a_demand_is_copied_with_all_the_codes_it_accepts(marketplace):
    recycler = marketplace.enterprise("recycler")
    demand = marketplace.demand(
        recycler, accepts=[{"scheme": "cn-hw", "code": code} for code in ("HW34", "HW17")]
    )

    copied = recycler.post(f"/listings/{demand['id']}/copy").json
    assert (copied["accepts"], copied["requires"]) == (demand["accepts"], demand["requires"])


def test_anothers_listing_is_not_copied(marketplace, owner):
    listing = draft(owner, publish=True)

    refused(marketplace.enterprise("generator").post(f"/listings/{listing['id']}/copy"), 404, "not_found")


# ---------------------------------------------------------------- many at once


def test_many_drafts_are_published_and_each_refused_one_says_why(marketplace, owner):
    good, over = draft(owner), draft(owner, available_from="2026-12-01", available_until="2026-12-02")
    closed, foreign = draft(owner), draft(marketplace.enterprise("generator"))
    owner.post(f"/listings/{closed['id']}/withdraw")
    marketplace.wait(days=3)

    asked = [good["id"], over["id"], closed["id"], foreign["id"], good["id"]]
    response = owner.post("/listings/publish", {"ids": asked})
    assert (response.status_code, response.json["published"], response.json["refused"]) == (200, 1, 3)
    by_id = {item["id"]: item["code"] for item in response.json["items"]}
    assert by_id == {
        good["id"]: None, over["id"]: "window_over", closed["id"]: "wrong_state", foreign["id"]: "not_found",
    }  # fmt: skip
    assert owner.get(f"/listings/{over['id']}").json["status"] == "draft"
    assert all(item["detail"] for item in response.json["items"] if not item["published"])


def test_what_many_at_once_published_is_matched_and_repeating_changes_nothing(marketplace, owner):
    recycler = marketplace.enterprise("recycler")
    marketplace.licence(recycler)
    marketplace.demand(recycler)
    ids = [draft(owner)["id"] for _ in range(3)]
    first = owner.post("/listings/publish", {"ids": ids}, Idempotency_Key="once")
    again = owner.post("/listings/publish", {"ids": ids}, Idempotency_Key="once")

    assert first.json == again.json
    assert first.json["published"] == 3
    (demand,) = recycler.get("/listings", mine=True).json["items"]
    matched = recycler.get(f"/listings/{demand['id']}/matches").json["items"]
    assert {match["listing"]["id"] for match in matched} == set(ids)
    assert owner.post("/listings/publish", {"ids": ids}).json["published"] == 0


@pytest.mark.parametrize("ids", [[], ["x"], None, "all"])
def test_a_bulk_without_ids_is_refused(owner, ids):
    assert owner.post("/listings/publish", {"ids": ids}).status_code == 422


def test_a_pending_enterprise_publishes_nothing_in_bulk(marketplace):
    pending = marketplace.enterprise("generator", approved=False)

    refused(pending.post("/listings/publish", {"ids": [draft(pending)["id"]]}), 403, "enterprise_pending")
