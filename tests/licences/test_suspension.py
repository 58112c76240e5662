"""A licence is suspended, resumed, revoked or ends: matches follow at once, parties of deals are told."""

from datetime import date
from uuid import UUID, uuid4

import pytest

from marketplace import clock
from marketplace.catalogue import service as catalogue
from marketplace.database import db
from marketplace.deals.models import Deal, Offer
from marketplace.errors import Conflict
from marketplace.licences import service as licences
from marketplace.licences.models import PermitKind

REASON = {"reason": "整改期间暂停"}


@pytest.fixture
def pair(marketplace):
    """A supply and a demand with their owners, and the licence that makes the pairing lawful."""
    generator, recycler = marketplace.enterprise("generator"), marketplace.enterprise("recycler")
    licence = marketplace.licence(recycler, number="危废21号")
    return generator, recycler, marketplace.supply(generator), marketplace.demand(recycler), licence


def line_of(licence) -> licences.PermitRef:
    return licences.PermitRef(PermitKind.LINE, UUID(licence["lines"][0]["id"]))


def rest_a_deal_on(app, pair) -> None:
    generator, recycler, supply, demand, licence = pair
    parties = {
        "supply_id": UUID(supply["id"]), "demand_id": UUID(demand["id"]),
        "supplier_id": UUID(generator.id), "receiver_id": UUID(recycler.id),
    }  # fmt: skip
    with app.app_context():
        offer = Offer(**parties, maker="supplier", status="accepted", valid_until=clock.now())
        db.session.add(offer)
        db.session.flush()
        days = {"from_day": date(2026, 12, 1), "until_day": date(2026, 12, 31)}
        db.session.add(
            Deal(
                **parties, **days, number=f"D330602{uuid4().hex[:6]}", offer_id=offer.id, region=330602,
                code_id=catalogue.find_code("cn-hw", "900-349-34").id, quantity_kg=1_000, price_fen=0,
                freight="supplier", permit_kind="line", permit_id=line_of(licence).id, permit_year=2026,
                terms={},
            )
        )  # fmt: skip
        db.session.commit()


def test_a_suspension_shuts_the_gate_for_all_validities_until_it_is_lifted(marketplace, app, pair):
    generator, recycler, supply, demand, licence = pair
    renewal = marketplace.licence(recycler, number="危废 21 号", valid_until="2031-12-31")
    assert marketplace.matches(generator, supply) == [demand["id"]]
    path = f"/licences/{licence['id']}"
    shown = marketplace.admin.post(f"{path}/suspend", REASON)
    assert (shown.status_code, shown.json["status"], shown.json["reason"]) == (
        200,
        "suspended",
        REASON["reason"],
    )
    assert recycler.get(f"/licences/{renewal['id']}").json["status"] == "suspended"
    assert marketplace.matches(generator, supply) == []
    assert "licence" in marketplace.why_not(recycler, demand, supply)
    with app.app_context(), pytest.raises(Conflict, match="permit_not_valid") as refusal:
        licences.require_permit_on([line_of(licence)], date(2026, 12, 1))
    assert refusal.value.facts["why"].value == "suspended"
    again = marketplace.admin.post(f"{path}/suspend", REASON)
    assert (again.status_code, again.json["code"]) == (409, "wrong_state")
    assert marketplace.admin.post(f"/licences/{renewal['id']}/resume", REASON).json["status"] == "confirmed"
    assert marketplace.matches(generator, supply) == [demand["id"]]
    assert marketplace.admin.post(f"{path}/resume", REASON).status_code == 409
    line = {"scheme": "cn-hw", "code": "HW34", "tonnes_per_year": 1}
    days = {"valid_from": "2026-01-01", "valid_until": "2027-12-31"}
    other = {"enterprise_id": generator.id, "number": "危废21号", **days, "lines": [line]}
    marketplace.admin.post(f"{path}/suspend", REASON)
    assert marketplace.admin.post("/licences", other).json["code"] == "already_entered"


def test_both_sides_of_a_living_deal_are_told(marketplace, app, pair):
    generator, recycler, _, _, licence = pair
    rest_a_deal_on(app, pair)
    path = f"/licences/{licence['id']}"
    for verb in ("suspend", "resume"):
        assert marketplace.admin.post(f"{path}/{verb}", REASON).status_code == 200
        marketplace.settle()
    expected = {"permit_id": licence["id"], "name": "危废21号", "deals": 1, **REASON}
    for party in (generator, recycler):
        for kind in ("permit.suspended", "permit.resumed"):
            assert [told["data"] for told in party.inbox(kind)] == [expected]


def test_the_end_of_a_permit_is_told_once_and_not_if_it_was_renewed(marketplace, app, pair):
    recycler = pair[1]
    rest_a_deal_on(app, pair)
    with app.app_context():
        assert licences.note_expired(date(2028, 12, 31)) == 0
        assert licences.note_expired(date(2029, 1, 1)) == 1
        assert licences.note_expired(date(2029, 1, 2)) == 0
    marketplace.settle()
    assert len(recycler.inbox("permit.expired")) == 1
    renewed = marketplace.enterprise("recycler")
    for until in ("2027-12-31", "2031-12-31"):
        marketplace.licence(renewed, number="危废22号", valid_until=until)
    with app.app_context():
        assert licences.note_expired(date(2028, 1, 1)) == 1
    marketplace.settle()
    assert renewed.inbox("permit.expired") == []


def test_what_was_revoked_and_entered_again_disturbs_no_deal(marketplace, app, pair):
    generator, recycler, _, _, licence = pair
    rest_a_deal_on(app, pair)
    assert marketplace.admin.call("DELETE", f"/licences/{licence['id']}").status_code == 204
    marketplace.settle()
    assert [told["data"]["deals"] for told in generator.inbox("permit.revoked")] == [1]
    again = marketplace.licence(recycler, number="危废21号")
    with app.app_context():
        licences.require_permit_on([line_of(licence)], date(2026, 12, 1))
    marketplace.admin.call("DELETE", f"/licences/{again['id']}")
    marketplace.settle()
    assert [told["data"]["deals"] for told in generator.inbox("permit.revoked")] == [1, 1]
