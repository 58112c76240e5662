"""Codes that no table has: drafts keep them; the catalogue gets them from what approved members publish."""

import pytest
from sqlalchemy import text

from marketplace.database import db
from tests.http.responses import refused
from tests.listings.sheets import SUPPLY, csv_of, send
from tests.marketplace import listing_terms

CODE = "900-123-S17"
UNLISTED, SIBLING = ({"scheme": "cn-sw", "code": code} for code in (CODE, "900-124-S17"))
OFFER = listing_terms(kind="supply", title="废料", waste=UNLISTED, publish=False)
PAST = {"available_from": "2020-01-01", "available_until": "2020-02-01"}
WANT = listing_terms(kind="demand", title="收废料", accepts=[UNLISTED, SIBLING], publish=False)


def grown(marketplace):
    """What a code too many would show in: codes, changes of the catalogue that processes must follow."""
    with marketplace.app.app_context():
        codes = db.session.scalar(text("SELECT count(*) FROM waste_code"))
        changes = db.session.scalar(text("SELECT count(*) FROM index_change WHERE what = 'catalogue'"))
    return codes, changes


def post(owner, body, **about):
    answer = owner.post("/listings", {**body, **about})
    assert answer.status_code == 201, answer.json
    return answer.json


def save(owner, code):
    return owner.post("/saved-searches", {"name": "x", "query": {"code": code}})


QUIET = {
    "a draft of a supply": lambda owner: post(owner, OFFER),
    "a draft of a demand": lambda owner: post(owner, WANT),
    "another spelling": lambda owner: post(owner, OFFER, waste={"scheme": "cn-sw", "code": "SW17 900123S17"}),
    "without a scheme's table": lambda owner: post(owner, WANT, accepts=[UNLISTED, {**UNLISTED}]),
    "a refused listing": lambda owner: owner.post(
        "/listings", {**OFFER, "publish": True, **PAST}
    ),
    "a listing refused by a later field": lambda owner: owner.post(
        "/listings", {**OFFER, "publish": True, "available_from": "2028-01-01"}
    ),
    "a changed draft": lambda owner: owner.patch(
        f"/listings/{post(owner, OFFER)['id']}", {"waste": SIBLING}
    ),
    "a copy": lambda owner: owner.post(f"/listings/{post(owner, WANT)['id']}/copy"),
    "a filter": lambda owner: owner.get("/listings", code=CODE),
    "a look-up": lambda owner: owner.get(f"/waste-codes/cn-sw/{CODE}"),
    "a suggestion": lambda owner: owner.post("/waste-codes/suggest", {"text": f"废料 {CODE}"}),
    "a saved search": lambda owner: save(owner, CODE),
    "a muted code": lambda owner: owner.put(
        "/notification-preferences", {"email": "off", "muted_codes": [UNLISTED]}
    ),
    "a dry run": lambda owner: send(owner, csv_of({**SUPPLY, "废物代码": CODE}), dry_run="true"),
    "a dry run to publish": lambda owner: send(
        owner, csv_of({**SUPPLY, "废物代码": CODE}), dry_run="true", publish="true"
    ),
    "a refused sheet": lambda owner: send(
        owner, csv_of({**SUPPLY, "废物代码": CODE}, {**SUPPLY, "数量": "none"}), publish="true"
    ),
    "drafts of a sheet": lambda owner: send(owner, csv_of({**SUPPLY, "废物代码": CODE})),
    "a licence handed in": lambda owner: owner.post(
        "/licences",
        {"number": "浙1号", "valid_from": "2026-01-01", "valid_until": "2028-12-31",
         "lines": [{**UNLISTED, "tonnes_per_year": 1}]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("approved", [False, True])
@pytest.mark.parametrize("name", QUIET)
def test_only_publishing_adds_a_code(marketplace, name, approved):
    owner = marketplace.enterprise("generator", "recycler", approved=approved)
    before = grown(marketplace)

    QUIET[name](owner)

    assert grown(marketplace) == before
    refused(owner.get(f"/waste-codes/cn-sw/{CODE}"), 404, "not_found")


def test_a_draft_shows_its_codes_as_its_owner_wrote_them(marketplace):
    owner = marketplace.enterprise("generator", "recycler", approved=False)
    offer, want = post(owner, OFFER), post(owner, WANT)

    assert [notice["code"] for notice in offer["warnings"]] == ["code_not_in_catalogue"]
    assert (offer["waste"], want["accepts"]) == (UNLISTED, [UNLISTED, SIBLING])
    assert owner.get(f"/listings/{want['id']}").json["accepts"] == [UNLISTED, SIBLING]
    owner.patch(f"/listings/{offer['id']}", {"waste": SIBLING})
    changes = owner.get(f"/listings/{offer['id']}/history").json["items"][0]["changes"]
    assert changes == [{"field": "waste", "before": UNLISTED, "after": SIBLING}]
    assert owner.get("/listings", mine="true", code="SW17").json["items"][0]["id"] == want["id"]
    copied = owner.post(f"/listings/{want['id']}/copy").json
    assert copied["accepts"] == [UNLISTED, SIBLING]
    exported = owner.get("/listings/export", mine="true", format="csv").get_data(as_text=True)
    assert "900-124-S17" in exported
    assert "*" not in exported


PUBLISHING = {
    "at once": lambda owner, body: post(owner, body, publish=True)["id"],
    "by itself": lambda owner, body: owner.post(f"/listings/{post(owner, body)['id']}/publish").json["id"],
    "among others": lambda owner, body: owner.post(
        "/listings/publish", {"ids": [post(owner, body)["id"]]}
    ).json["items"][0]["id"],
    "by a change": lambda owner, body: owner.patch(
        f"/listings/{post(owner, body, publish=True, **KNOWN[body['kind']])['id']}",
        {name: body[name] for name in ("waste", "accepts") if name in body},
    ).json["id"],
}
SW17 = {"scheme": "cn-sw", "code": "SW17"}
KNOWN = {"supply": {"waste": SW17}, "demand": {"accepts": [SW17]}}


@pytest.mark.parametrize("name", PUBLISHING)
def test_publishing_adds_the_codes_and_they_match(marketplace, name):
    generator, recycler = marketplace.enterprise("generator"), marketplace.enterprise("recycler")

    offer = PUBLISHING[name](generator, OFFER)
    want = PUBLISHING[name](recycler, WANT)

    assert generator.get(f"/waste-codes/cn-sw/{CODE}").json["code"] == CODE
    assert recycler.get(f"/listings/{offer}").json["waste"] == UNLISTED
    assert generator.get(f"/listings/{want}").json["accepts"] == [UNLISTED, SIBLING]
    matched = generator.get(f"/listings/{offer}/matches").json["items"]
    assert [item["listing"]["id"] for item in matched] == [want]
    with marketplace.app.app_context():
        left = text("SELECT count(*) FROM listing l LEFT JOIN listing_accept a ON a.listing_id = l.id"
                    " WHERE l.unlisted_code IS NOT NULL OR a.unlisted_code <> ''")  # fmt: skip
        drafts = db.session.scalar(left)
    assert drafts == 0


def test_a_published_sheet_adds_its_codes_once(marketplace):
    owner = marketplace.enterprise("generator")
    rows = ({**SUPPLY, "数量": amount, "废物代码": CODE} for amount in ("1300", "1301"))
    assert send(owner, csv_of(*rows), publish="true").status_code == 201
    listed = owner.get("/listings", mine="true", code=CODE).json["items"]
    assert [item["waste"] for item in listed] == [UNLISTED] * 2


def test_a_draft_of_an_unlisted_code_is_matched_through_its_category(marketplace):
    generator, recycler = marketplace.enterprise("generator"), marketplace.enterprise("recycler")
    of_category = post(recycler, WANT, accepts=[SW17], publish=True)
    post(recycler, WANT, accepts=[SIBLING], publish=True)
    draft = post(generator, OFFER)

    before = generator.get(f"/listings/{draft['id']}/matches").json["items"]
    generator.post(f"/listings/{draft['id']}/publish")
    after = generator.get(f"/listings/{draft['id']}/matches").json["items"]

    assert [item["listing"]["id"] for item in before] == [of_category["id"]]
    assert [item["score"] for item in before] == [item["score"] for item in after]


def test_a_code_that_another_published_meanwhile_is_the_same_code(marketplace):
    first, second = marketplace.enterprise("generator"), marketplace.enterprise("generator")
    draft = post(first, OFFER)
    post(second, OFFER, publish=True)
    before = grown(marketplace)
    assert first.post(f"/listings/{draft['id']}/publish").json["waste"] == UNLISTED
    assert grown(marketplace) == before
