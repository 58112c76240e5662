"""Who could take a waste: every lawful receiver, nearest first, with or without an open demand."""

import pytest

from tests.http.cursors import walked
from tests.marketplace import ACID, SHAOXING
from tests.matches.test_gates_served import KUNSHAN, STEEL, channel, enter, white_list
from tests.registrations.entries import terms


def place(lon):
    return {"lon": lon, "lat": SHAOXING["lat"], "crs": "wgs84"}


@pytest.fixture
def generator(marketplace):
    return marketplace.enterprise("generator")


def receivers(party, **query):
    response = party.get("/receivers", **{**ACID, **query})
    assert response.status_code == 200, response.json
    return response.json["items"]


def ids(items):
    return [item["enterprise"]["id"] for item in items]


def codes_of(item):
    return [warning["code"] for warning in item["warnings"]]


def test_every_lawful_receiver_is_found_nearest_first_with_or_without_a_demand(marketplace, generator):
    far = marketplace.recycler(location=place(120.90))
    near = marketplace.recycler(location=place(120.60))
    demand = marketplace.demand(far)
    marketplace.recycler(code="HW17")
    marketplace.recycler(grade="E")
    marketplace.enterprise("recycler")

    items = receivers(generator)

    assert ids(items) == [near.id, far.id]
    assert [item["open_demand_id"] for item in items] == [None, demand["id"]]
    assert [item["distance_km"] for item in items] == [1.9, 30.8]
    assert items[0]["basis"]["kind"] == "licence"
    assert items[0]["basis"]["reference"].startswith("浙危废经")
    assert "contact" not in items[0]["enterprise"]


def test_tonnes_left_this_year_say_whether_it_is_enough(marketplace, generator):
    receiver = marketplace.enterprise("recycler")
    licence = marketplace.licence(receiver, tonnes=100)
    usage = {"line_id": licence["lines"][0]["id"], "year": 2026}
    marketplace.admin.post(f"/licences/{licence['id']}/usage", {**usage, "tonnes": 60})

    assert [receivers(generator, tonnes=tonnes)[0]["enough"] for tonnes in (40, 40.001)] == [True, False]

    marketplace.admin.post(f"/licences/{licence['id']}/usage", {**usage, "tonnes": 40})
    assert receivers(generator) == []


def test_channels_and_exemptions_count_for_whom_they_are(marketplace, generator):
    neighbour = marketplace.enterprise("generator")
    user, exempt = marketplace.enterprise("recycler"), marketplace.enterprise("recycler")
    channel(marketplace, generator, user)
    dye = {"scheme": "cn-hw", "code": "900-300-34"}
    enter(marketplace, "/exemptions", enterprise_id=exempt.id, item=20, **dye)

    (item,) = receivers(generator)
    assert (item["enterprise"]["id"], item["basis"]["kind"]) == (user.id, "channel")
    assert receivers(neighbour) == []
    freed = receivers(neighbour, code="900-300-34")
    assert [item["basis"]["kind"] for item in freed] == ["exempt"] * len(freed)


def test_modes_and_province_lines_are_respected(marketplace, generator):
    here = marketplace.enterprise("recycler")
    marketplace.licence(here, modes=["dispose"])
    beyond = marketplace.recycler(**KUNSHAN)

    assert ids(receivers(generator)) == [here.id]
    assert receivers(generator, mode="use") == []
    white_list(marketplace, beyond)
    assert ids(receivers(generator)) == [here.id, beyond.id]
    marketplace.policy(cross_province="with_approval")
    other = marketplace.recycler(**KUNSHAN)
    warned = {item["enterprise"]["id"]: codes_of(item) for item in receivers(generator)}
    assert "transfer_approval_required" in warned[other.id]


def test_general_waste_goes_to_the_registered_and_to_those_who_ask_for_it(marketplace, generator):
    registered, asking = (marketplace.enterprise("recycler", location=place(lon)) for lon in (120.7, 120.6))
    hazardous_only = marketplace.recycler()
    body = terms("备1", enterprise_id=registered.id)
    assert marketplace.admin.post("/receiver-registrations", body).status_code == 201
    demand = marketplace.demand(asking, title="收废钢", accepts=[STEEL])

    items = receivers(generator, **STEEL, tonnes=2000)

    assert ids(items) == [asking.id, registered.id]
    assert hazardous_only.id not in ids(items)
    assert [item["open_demand_id"] for item in items] == [demand["id"], None]
    assert [item["enough"] for item in items] == [False, True]
    assert [item["basis"]["kind"] for item in items] == ["general", "general"]
    assert "is on file" in items[1]["warnings"][0]["detail"]
    assert ids(receivers(generator, **STEEL, mode="store")) == [registered.id]


def test_pages_go_on_where_they_stopped(marketplace, generator):
    party = [marketplace.recycler(location=place(120.6 + n / 100)).id for n in range(5)]
    assert ids(walked(generator, "/receivers", **ACID, limit=2)) == party


def test_a_point_and_its_coordinate_system_are_read_and_faults_named(marketplace, generator):
    marketplace.recycler()
    (there,) = receivers(generator, lon=120.58, lat=30.03)
    (shifted,) = receivers(generator, lon=120.5847, lat=30.0273, crs="gcj02")
    assert (there["distance_km"], shifted["distance_km"]) == (0.0, 0.0)

    def refusal(party, **query):
        response = party.get("/receivers", **query)
        return response.status_code, response.json["code"]

    assert refusal(generator) == (422, "invalid_input")
    assert refusal(generator, **ACID, lon=120) == (422, "point_incomplete")
    assert refusal(marketplace.admin, **ACID) == (422, "point_incomplete")
    assert refusal(marketplace.enterprise(approved=False), **ACID) == (403, "enterprise_pending")
    assert len(receivers(marketplace.admin, lon=120.58, lat=30.03)) == 1
    medical = generator.get("/receivers", scheme="cn-hw", code="841-001-01").json
    assert (medical["items"], medical["warnings"][0]["code"]) == ([], "waste_not_tradable")
