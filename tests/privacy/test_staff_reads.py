"""Each read of contacts and credit records by staff is a line of the audit."""

import json

from sqlalchemy import select

from marketplace.database import db
from marketplace.events.actor import ADMIN
from marketplace.events.models import READ, Audit
from tests.test_house import read_paths, routes_of


def reads(marketplace, enterprise):
    with marketplace.app.app_context():
        rows = db.session.scalars(
            select(Audit).filter_by(action=READ, subject_id=enterprise.id).order_by(Audit.id)
        )
        return [(row.actor_kind, str(row.actor_id), row.detail["parts"]) for row in rows]


def test_each_way_to_a_record_leaves_its_line(marketplace):
    owner, regulator = marketplace.enterprise("generator"), marketplace.regulator("330600")
    path = f"/enterprises/{owner.id}"
    for way in (path, f"{path}/credit", f"{path}/credit/explanation", f"{path}/credit/events"):
        assert regulator.get(way).status_code == 200
    assert [(kind, *parts) for kind, _, parts in reads(marketplace, owner)] == [
        ("regulator", "contact"),
        ("regulator", "credit"),
        ("regulator", "credit"),
        ("regulator", "credit"),
    ]


def test_asking_by_head_for_a_record_leaves_its_line_too(marketplace):
    owner = marketplace.enterprise("generator")
    before = len(reads(marketplace, owner))
    assert marketplace.admin.call("HEAD", f"/enterprises/{owner.id}").status_code == 200
    assert len(reads(marketplace, owner)) == before + 1


def test_a_list_leaves_a_line_for_each_that_it_shows(marketplace):
    shown = [marketplace.enterprise("generator", name="审计可见的厂") for _ in range(3)]
    assert len(marketplace.admin.get("/enterprises", q="审计可见的厂").json["items"]) == 3
    assert all(reads(marketplace, enterprise)[-1][2] == ["contact"] for enterprise in shown)


def test_own_reads_and_refused_ones_leave_none(marketplace):
    owner, neighbour = marketplace.enterprise("generator"), marketplace.enterprise("generator")
    stranger = marketplace.regulator("310000")
    owner.get("/enterprises/me")
    neighbour.get(f"/enterprises/{owner.id}")
    stranger.get(f"/enterprises/{owner.id}")
    stranger.get(f"/enterprises/{owner.id}/credit/events")
    assert reads(marketplace, owner) == []


def test_reads_are_no_part_of_the_history_that_the_enterprise_sees(marketplace):
    owner = marketplace.enterprise("generator")
    marketplace.admin.get(f"/enterprises/{owner.id}")
    history = owner.get(f"/enterprises/{owner.id}/history").json["items"]
    assert READ not in json.dumps(history)


def test_every_answer_that_shows_staff_a_contact_leaves_a_line(samples):
    """Whatever the route: where the contact's address stands in an answer, the audit has a new line."""
    marketplace = samples.marketplace
    routes = routes_of(marketplace.app)
    address = samples.owner.get("/enterprises/me").json["contact"]["email"]
    paths, shown = read_paths(samples, routes), []
    for method, rule, view in routes:
        if method != "GET" or ADMIN not in view.access.kinds:
            continue
        before = len(reads(marketplace, samples.owner))
        if address.encode() in samples.admin.get(paths[rule]).get_data():
            shown.append(rule)
            assert len(reads(marketplace, samples.owner)) > before, rule
    assert len(shown) >= 2


def test_a_regulator_sees_the_contact_of_its_own_region_only(marketplace):
    """A pairing across regions: each regulator learns who answers for its own side, and leaves a line."""
    generator = marketplace.enterprise("generator", region="330602")
    recycler = marketplace.recycler(region="330402", location={"lon": 120.75, "lat": 30.75, "crs": "wgs84"})
    supply, demand = marketplace.supply(generator), marketplace.demand(recycler)
    generator.feedback(supply, demand, "interested")
    recycler.feedback(demand, supply, "interested")
    assert "contact" in generator.pairing(supply, demand)

    here, both = marketplace.regulator("330600"), marketplace.regulator("330000")
    before = len(reads(marketplace, recycler))
    for way in (f"/listings/{supply['id']}/matches/{demand['id']}", f"/listings/{supply['id']}/matches"):
        assert recycler.id in here.get(way).get_data(as_text=True)
        assert "contact" not in json.dumps(here.get(way).json)
    assert len(reads(marketplace, recycler)) == before
    assert "contact" in both.pairing(supply, demand)
    assert reads(marketplace, recycler)[-1][2] == ["contact"]
