"""How many drafts and open listings an enterprise may have, by every way to one, also several at once."""

import threading

import pytest
from sqlalchemy import text

from marketplace.listings.service.sheets import importing
from tests.counting import rows_read
from tests.http.responses import refused, verdict
from tests.listings.sheets import SUPPLY, csv_of, faults, send
from tests.marketplace import ACID, as_owner, listing_terms

TERMS = listing_terms(kind="supply", title="稀硫酸", waste=ACID, publish=False)
PUBLISHED = {**TERMS, "publish": True}


def draft(owner):
    answer = owner.post("/listings", TERMS)
    assert answer.status_code == 201, answer.json
    return answer.json["id"]


def rows(many):
    return csv_of(*({**SUPPLY, "数量": str(1000 + number)} for number in range(many)))


def count(owner, status):
    return len(owner.get("/listings", mine="true", status=status, limit=100).json["items"])


def test_a_pending_enterprise_has_few_drafts_and_an_approved_one_more(marketplace, configure):
    configure(quota_pending_drafts=2, quota_drafts=3)
    owner = marketplace.enterprise("generator", approved=False)
    first, _ = draft(owner), draft(owner)

    refusal = refused(owner.post("/listings", TERMS), 409, "too_many_drafts")
    assert "2" in refusal["detail"]
    refused(owner.post(f"/listings/{first}/copy"), 409, "too_many_drafts")
    owner.post(f"/listings/{first}/withdraw")
    draft(owner)

    marketplace.admin.post(f"/enterprises/{owner.id}/approve")
    draft(owner)
    refused(owner.post("/listings", TERMS), 409, "too_many_drafts")
    assert owner.post("/listings", PUBLISHED).status_code == 201, "it becomes no draft"
    assert marketplace.enterprise("generator").post("/listings", TERMS).status_code == 201


def test_a_pending_enterprise_cannot_fill_the_tables_with_withdrawn_drafts(marketplace, configure):
    configure(quota_pending_drafts=1)
    owner = marketplace.enterprise("generator", approved=False)
    for _ in range(10):
        owner.post(f"/listings/{draft(owner)}/withdraw")
    refused(owner.post("/listings", TERMS), 409, "too_many_drafts")
    marketplace.admin.post(f"/enterprises/{owner.id}/approve")
    draft(owner)


def test_a_refused_draft_takes_no_place(marketplace, configure):
    configure(quota_drafts=1)
    owner = marketplace.enterprise("generator")
    refused(owner.post("/listings", {**TERMS, "quantity_t": 1}), 422, "lot_over_quantity", "min_lot_t")
    refused(owner.post("/listings", {**TERMS, "available_from": "2027-06-01"}), 422, "ends_before_start",
            "available_until")  # fmt: skip
    draft(owner)
    refused(owner.post("/listings", {**TERMS, "quantity_t": 1}), 422, "lot_over_quantity", "min_lot_t")


OPENING = {
    "published at once": lambda owner, ids: owner.post("/listings", PUBLISHED),
    "a draft published": lambda owner, ids: owner.post(f"/listings/{ids[0]}/publish"),
}


@pytest.mark.parametrize("name", OPENING)
def test_open_listings_are_bounded_by_every_door(marketplace, configure, name):
    configure(quota_open_listings=2)
    owner = marketplace.enterprise("generator")
    ids = [draft(owner) for _ in range(3)]
    first, _ = (owner.post("/listings", PUBLISHED).json["id"] for _ in range(2))

    refusal = refused(OPENING[name](owner, ids), 409, "too_many_open_listings")
    assert "2" in refusal["detail"]
    assert (count(owner, "open"), count(owner, "draft")) == (2, 3)
    change = {"title": "改名"}
    assert owner.patch(f"/listings/{first}", change).status_code == 200, "a change adds nothing"
    owner.post(f"/listings/{first}/withdraw")
    assert OPENING[name](owner, ids).status_code in (200, 201)


def test_low_grades_may_open_as_many_as_the_policy_says_from_the_next_request_on(marketplace, configure):
    owners = {grade: marketplace.enterprise("generator", grade=grade) for grade in "BCDE"}
    marketplace.policy(open_listings={"C": 2, "D": 1})
    for grade, most in (("C", 2), ("D", 1), ("E", 1)):
        for _ in range(most):
            assert owners[grade].post("/listings", PUBLISHED).status_code == 201
        assert (
            str(most)
            in refused(owners[grade].post("/listings", PUBLISHED), 409, "too_many_open_listings")["detail"]
        )
    for _ in range(3):
        assert owners["B"].post("/listings", PUBLISHED).status_code == 201

    marketplace.policy(open_listings={"C": 3, "D": 0})
    assert owners["C"].post("/listings", PUBLISHED).status_code == 201
    assert count(owners["D"], "open") == 1, "what is open stays open"
    owners["D"].post(f"/listings/{owners['D'].get('/listings', mine='true').json['items'][0]['id']}/withdraw")
    refused(owners["D"].post("/listings", PUBLISHED), 409, "too_many_open_listings")
    configure(quota_open_listings=1)
    marketplace.policy(open_listings={"C": 30, "D": 5})
    refused(owners["C"].post("/listings", PUBLISHED), 409, "too_many_open_listings")


def test_a_policy_from_before_allows_low_grades_twenty_and_five(marketplace):
    policy = marketplace.admin.get("/matching-policy").json
    assert policy.pop("open_listings") == {"C": 20, "D": 5}
    assert marketplace.admin.put("/matching-policy", policy).json["open_listings"] == {"C": 20, "D": 5}
    wrong = {**policy, "open_listings": {"C": -1, "D": 5}}
    refused(marketplace.admin.put("/matching-policy", wrong), 422, "invalid_input", "open_listings.C")


def test_of_many_published_together_as_many_as_fit_are(marketplace, configure):
    configure(quota_open_listings=3)
    owner = marketplace.enterprise("generator")
    owner.post("/listings", PUBLISHED)
    ids = [draft(owner) for _ in range(4)]

    items = owner.post("/listings/publish", {"ids": ids}).json["items"]

    codes = [None, None, "too_many_open_listings", "too_many_open_listings"]
    assert [item["code"] for item in items] == codes
    assert (count(owner, "open"), count(owner, "draft")) == (3, 2)


@pytest.mark.parametrize(
    ("options", "code"),
    [({}, "too_many_drafts"), ({"publish": "true"}, "too_many_open_listings"),
     ({"dry_run": "true"}, "too_many_drafts")],
)  # fmt: skip
def test_a_sheet_says_which_rows_are_over_the_quota(marketplace, configure, options, code):
    configure(quota_drafts=3, quota_open_listings=3)
    owner = marketplace.enterprise("generator")
    assert send(owner, rows(1), **({"publish": "true"} if "publish" in options else {})).status_code == 201

    assert faults(send(owner, rows(4), **options)) == {(4, "kind", code), (5, "kind", code)}
    assert count(owner, "draft") + count(owner, "open") == 1
    assert send(owner, rows(2), **options).status_code in (200, 201)


def test_a_long_sheet_says_so_too(marketplace, configure, monkeypatch):
    monkeypatch.setattr(importing, "MOST_ROWS_AT_ONCE", 1)
    configure(quota_drafts=2)
    owner = marketplace.enterprise("generator")
    started = send(owner, rows(3))
    assert started.status_code == 202
    marketplace.settle()

    ended = owner.get(f"/listings/imports/{started.json['id']}").json
    assert (ended["status"], ended["error_count"]) == ("refused", 1)
    assert [(fault["row"], fault["code"]) for fault in ended["errors"]] == [(4, "too_many_drafts")]


def at_once(marketplace, owner, *calls):
    """The statuses of calls that all begin at the same moment."""
    start, statuses = threading.Barrier(len(calls)), []

    def run(path, body):
        client = marketplace.app.test_client()
        start.wait()
        answer = client.post(f"/api/v1{path}", json=body, headers=owner.headers)
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=run, args=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(statuses)


def test_two_cannot_both_take_the_last_place(marketplace, configure):
    configure(quota_drafts=3, quota_open_listings=2)
    owner = marketplace.enterprise("generator")
    first, second = draft(owner), draft(owner)

    drafted = at_once(marketplace, owner, ("/listings", TERMS), (f"/listings/{first}/copy", None),
                      ("/listings", TERMS), ("/listings", TERMS))  # fmt: skip
    assert drafted == [201, 409, 409, 409]

    opened = at_once(
        marketplace, owner, ("/listings", PUBLISHED), ("/listings", PUBLISHED),
        (f"/listings/{first}/publish", None), ("/listings/publish", {"ids": [second, first]}),
    )  # fmt: skip
    assert set(opened) <= {200, 201, 409}, "and none waits for the other for ever"
    assert count(owner, "open") == 2


def test_what_is_there_beyond_a_lowered_quota_stays(marketplace, configure):
    owner = marketplace.enterprise("generator")
    ids = [draft(owner) for _ in range(3)]
    configure(quota_drafts=1)
    assert count(owner, "draft") == 3
    assert owner.patch(f"/listings/{ids[0]}", {"title": "改名"}).status_code == 200
    assert verdict(owner.post("/listings", TERMS))[:2] == (409, "too_many_drafts")
    assert owner.post(f"/listings/{ids[1]}/publish").status_code == 200


def test_the_count_reads_none_of_an_owner_s_history(marketplace):
    owner = marketplace.enterprise("generator")
    living = {"owner": owner.id, "draft": draft(owner)}
    with as_owner(marketplace.app) as connection:
        connection.execute(
            text(
                "INSERT INTO listing OVERRIDING SYSTEM VALUE"
                " SELECT (jsonb_populate_record(listing, jsonb_build_object("
                "'id', gen_random_uuid(), 'no', 1000000 + number, 'status', 'withdrawn'))).*"
                " FROM listing, generate_series(1, 1000) number WHERE id = :draft"
            ),
            living,
        )
        connection.execute(text("REINDEX INDEX ix_listing_living"))  # what earlier tests left makes it costly
        connection.execute(text("ANALYZE listing"))
        connection.execute(text("SET LOCAL enable_seqscan = off"))  # so few rows may be read whole as well
        plan = connection.scalar(
            text(
                "EXPLAIN (ANALYZE, FORMAT JSON)"
                " SELECT count(*) FILTER (WHERE status = 'draft'), count(*) FILTER (WHERE status = 'open')"
                " FROM listing WHERE enterprise_id = :owner AND status IN ('draft', 'open')"
            ),
            living,
        )
        connection.rollback()
    assert rows_read(plan[0]["Plan"]) == 1
