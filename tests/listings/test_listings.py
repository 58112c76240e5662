"""Listings: what may be posted, what is stored, who sees it, what a change does."""

import math

import prcoords
import pytest

from marketplace.catalogue import service as catalogue
from tests.http.responses import refused, verdict
from tests.marketplace import ACID, SHAOXING, listing_terms

HW34 = {"scheme": "cn-hw", "code": "HW34"}


def supply(**about):
    return {**listing_terms(kind="supply", title="稀硫酸 20%", waste=ACID), **about}


def demand(**about):
    return {**listing_terms(kind="demand", title="收废酸", accepts=[HW34]), **about}


def without(body, *names):
    return {name: value for name, value in body.items() if name not in names}


def everything(party):
    return party.get("/listings", mine=True, limit=100).json["items"]


# ---------------------------------------------------------------- what may be posted

WRONG_SUPPLY = [
    ("kind", "gift", "invalid_input", "kind"), ("kind", None, "invalid_input", "kind"),
    ("title", "", "invalid_input", "title"), ("title", " \n ", "invalid_input", "title"),
    ("title", "长" * 121, "invalid_input", "title"), ("title", None, "invalid_input", "title"),
    ("waste", None, "field_required", "waste"), ("waste", "HW34", "invalid_input", "waste"),
    ("waste", {"scheme": "cn-hw"}, "invalid_input", "waste.code"),
    ("waste", {**ACID, "code": "900-349-35"}, "unknown_code", "waste.code"),
    ("waste", {**ACID, "code": "x" * 201}, "invalid_input", "waste.code"),
    ("waste", {**ACID, "scheme": "eu-low"}, "wrong_scheme", "waste.code"),
    ("waste", {**ACID, "scheme": "cn-xx"}, "unknown_scheme", "waste.scheme"),
    ("waste", {"scheme": "cn-sw", "code": "900-001-S99"}, "unknown_code", "waste.code"),
    ("waste", {"scheme": "cn-sw", "code": "٩00-001-S17"}, "unknown_code", "waste.code"),
    ("waste", {"scheme": "cn-hw", "code": "HW01"}, "waste_not_tradable", "waste"),
    ("waste", {"scheme": "cn-hw", "code": "841-001-01"}, "waste_not_tradable", "waste"),
    ("quantity_t", -1, "invalid_input", "quantity_t"), ("quantity_t", 0, "invalid_input", "quantity_t"),
    ("quantity_t", 0.0004, "invalid_input", "quantity_t"),
    ("quantity_t", 1e8 + 1, "invalid_input", "quantity_t"),
    ("quantity_t", 100.0005, "invalid_input", "quantity_t"),
    ("quantity_t", None, "invalid_input", "quantity_t"),
    ("min_lot_t", 0, "invalid_input", "min_lot_t"), ("min_lot_t", 1200.001, "lot_over_quantity", "min_lot_t"),
    ("price_cny_per_t", 1_000_000.01, "invalid_input", "price_cny_per_t"),
    ("price_cny_per_t", -1_000_001, "invalid_input", "price_cny_per_t"),
    ("price_cny_per_t", 1.005, "invalid_input", "price_cny_per_t"),
    ("region", "990000", "unknown_region", "region"), ("region", "33060", "invalid_input", "region"),
    ("location", {"lon": 180.1, "lat": 0}, "invalid_input", "location.lon"),
    ("location", {"lon": 0, "lat": -90.1}, "invalid_input", "location.lat"),
    ("location", {**SHAOXING, "crs": "EPSG:4326"}, "invalid_input", "location.crs"),
    ("location", [120, 30], "invalid_input", "location"),
    ("max_distance_km", 0, "invalid_input", "max_distance_km"),
    ("max_distance_km", 20_101, "invalid_input", "max_distance_km"),
    ("available_from", "2027-06-01", "ends_before_start", "available_until"),
    ("available_until", "2026-11-30", "ends_before_start", "available_until"),
    ("available_until", "2026-02-30", "invalid_input", "available_until"),
    ("form", "plasma", "invalid_input", "form"), ("packaging", "hat", "invalid_input", "packaging"),
    ("composition", [{"component": "H2SO4"}], "invalid_input", "composition.0.min"),
    ("composition", [{"component": "a", "min": 2, "max": 1}], "invalid_input", "composition.0.max"),
    ("composition", [{"component": "a", "min": -1}], "invalid_input", "composition.0.min"),
    ("composition", [{"component": "a" * 51, "min": 1}], "invalid_input", "composition.0.component"),
    ("composition", [{"component": c, "max": 1} for c in "aA"], "invalid_input", "composition"),
    ("composition", [{"component": str(n), "max": 1} for n in range(51)], "invalid_input", "composition"),
    ("composition", [{"component": "硫酸 18%，铁", "max": 1}], "component_name", "composition.0.component"),
    ("composition", [{"component": "铁", "max": 1}, {"component": "Cu5ppm", "max": 1}], "component_name",
     "composition.1.component"),
    ("composition", [{"component": "硫酸", "min": 10, "max": 10, "unit": "%~20%"}], "unit_unknown",
     "composition.0.unit"),
    ("composition", [{"component": "铁", "max": 1, "unit": "吨"}], "unit_unknown", "composition.0.unit"),
    ("composition", [{"component": "pH", "max": 1, "unit": "%"}], "unit_not_of_component",
     "composition.0.unit"),
    ("composition", [{"component": "热值", "max": 1}], "unit_not_of_component", "composition.0.unit"),
    ("composition", [{"component": c, "max": 1} for c in ("酒精", "EtOH")], "invalid_input", "composition"),
    ("composition", [{"component": "Cu", "max": 1, "unit": u} for u in ("%", "ppm")], "invalid_input",
     "composition"),
    ("accepts", [HW34], "field_of_other_kind", "accepts"),
    ("treatment", "R5", "field_of_other_kind", "treatment"),
    ("requires", [{"component": "a", "min": 1}], "field_of_other_kind", "requires"),
    ("exemption_item", 20, "field_of_other_kind", "exemption_item"),
    ("publish", "true", "invalid_input", "publish"), ("status", "open", "invalid_input", "status"),
    ("remaining_t", 5, "invalid_input", "remaining_t"), ("id", "x", "invalid_input", "id"),
]  # fmt: skip

WRONG_DEMAND = [
    ("accepts", None, "field_required", "accepts"), ("accepts", [], "invalid_input", "accepts"),
    ("accepts", [HW34] * 101, "invalid_input", "accepts"), ("accepts", HW34, "invalid_input", "accepts"),
    ("accepts", [HW34, {**HW34, "code": "HW99"}], "unknown_code", "accepts.1.code"),
    ("accepts", [{**HW34, "scheme": "cn-sw"}], "wrong_scheme", "accepts.0.code"),
    ("accepts", [{**HW34, "scheme": "x"}], "unknown_scheme", "accepts.0.scheme"),
    ("accepts", [HW34, {"scheme": "cn-hw", "code": "HW01"}], "waste_not_tradable", "accepts"),
    ("treatment", "R14", "unknown_treatment", "treatment"),
    ("treatment", "R100", "invalid_input", "treatment"),
    ("exemption_item", 997, "unknown_exemption", "exemption_item"),
    ("waste", ACID, "field_of_other_kind", "waste"),
    ("composition", [{"component": "a", "min": 1}], "field_of_other_kind", "composition"),
    ("requires", [{"component": "a"}], "invalid_input", "requires.0.min"),
]  # fmt: skip


def test_every_rule_names_the_field_it_is_about_and_nothing_is_kept(marketplace):
    generator, recycler = marketplace.enterprise("generator"), marketplace.enterprise("recycler")
    tables = [(generator, supply(), WRONG_SUPPLY), (recycler, demand(), WRONG_DEMAND)]
    for party, right, wrong in tables:
        if "kind" in right:
            for field, value, code, blamed in wrong:
                answer = party.post("/listings", {**right, field: value})
                assert verdict(answer) == (422, code, blamed), (field, value)
        assert everything(party) == []
        assert party.post("/listings", right).status_code == 201


@pytest.mark.parametrize(
    "field", ["kind", "title", "quantity_t", "min_lot_t", "available_from", "available_until", "waste"]
)
def test_what_is_required_is_said_to_be(marketplace, field):
    owner = marketplace.enterprise("generator")
    code = "field_required" if field == "waste" else "invalid_input"

    refused(owner.post("/listings", without(supply(), field)), 422, code, field)


def test_several_wrong_fields_are_named_at_once(marketplace):
    owner = marketplace.enterprise("generator")

    refused(
        owner.post("/listings", supply(title="", quantity_t=-1, form="plasma", colour="red")),
        422, "invalid_input", "colour", "form", "quantity_t", "title",
    )  # fmt: skip


def test_what_stands_at_a_bound_is_taken(marketplace):
    owner = marketplace.enterprise("generator", "recycler")
    for about in (
        {"title": "长" * 120}, {"quantity_t": 1e8}, {"quantity_t": 0.001, "min_lot_t": 0.001},
        {"min_lot_t": 1200}, {"price_cny_per_t": -1e6}, {"price_cny_per_t": 1e6}, {"price_cny_per_t": 0},
        {"price_cny_per_t": 0.01}, {"max_distance_km": 20_100}, {"available_until": "2026-12-01"},
        {"available_until": "2200-12-31"}, {"location": {"lon": 73.9, "lat": 39.4}}, {"composition": []},
        {"composition": [{"component": "a", "min": 0, "max": 0}]}, {"form": None, "packaging": None},
        {"accepts": None, "treatment": None, "requires": None, "exemption_item": None},
    ):  # fmt: skip
        answer = owner.post("/listings", supply(**about))
        assert answer.status_code == 201, (about, answer.json)


def test_a_listing_comes_back_as_it_was_posted(marketplace):
    owner = marketplace.enterprise("generator", "recycler")
    composition = [{"component": "H2SO4", "min": 18.0, "max": 22.0, "unit": "%"}]
    full = {
        "price_cny_per_t": -150.25,
        "location": {"lon": 120.87, "lat": 30.12, "crs": "wgs84"},
        "region": "330604", "max_distance_km": 200.0, "form": "liquid", "packaging": "tank",
        "quantity_t": 1200.125,
    }  # fmt: skip
    for body in (
        supply(**full, composition=composition),
        demand(**full, requires=composition, treatment="R6", exemption_item=20),
    ):
        made = owner.post("/listings", body).json
        assert {name: made[name] for name in body if name != "publish"} == without(body, "publish")
        assert (made["status"], made["remaining_t"]) == ("open", 1200.125)
        assert made["enterprise"] == {
            "id": owner.id, "name": made["enterprise"]["name"], "grade": "B", "score": 80,
        }  # fmt: skip
        assert made["created_at"] == made["updated_at"] == "2026-12-01T04:00:00Z"
        assert {**owner.get(f"/listings/{made['id']}").json, "warnings": []} == {**made, "warnings": []}


def test_what_is_left_out_is_the_enterprises_own_or_no_limit(marketplace):
    owner = marketplace.enterprise("generator", "recycler", region="330604")
    made = owner.post("/listings", without(supply(), "publish")).json

    assert (made["status"], made["region"], made["location"]) == ("draft", "330604", SHAOXING)
    assert made["price_cny_per_t"] is made["max_distance_km"] is made["form"] is None
    assert owner.post("/listings", demand()).json["treatment"] == "R5"


def test_a_region_without_a_place_is_at_its_seat(marketplace):
    owner = marketplace.enterprise("generator")
    made = owner.post("/listings", supply(region="330604")).json
    seats = {region["adcode"]: region for region in owner.get("/regions", parent="330600").json["items"]}

    assert made["location"] == {"lon": seats["330604"]["lon"], "lat": seats["330604"]["lat"], "crs": "wgs84"}


# ---------------------------------------------------------------- odd, but allowed


def warnings(answer):
    assert answer.status_code in (200, 201), answer.json
    return [(warning["code"], warning["field"]) for warning in answer.json["warnings"]]


def test_what_is_odd_is_taken_with_a_warning(marketplace):
    owner, licensed = marketplace.enterprise("generator", "recycler"), marketplace.recycler()
    unlisted = {"scheme": "cn-sw", "code": "900-001-S17"}

    beside = {"lon": 120.49, "lat": 30.08}
    assert warnings(owner.post("/listings", supply(location=beside, region="330602"))) == [
        ("place_in_other_county", "location")
    ]
    assert warnings(owner.post("/listings", supply(waste=unlisted))) == [
        ("code_not_in_catalogue", "waste.code")
    ]
    assert warnings(owner.post("/listings", demand(accepts=[unlisted]))) == [
        ("code_not_in_catalogue", "accepts.0.code")
    ]
    assert warnings(owner.post("/listings", demand())) == [("licence_missing", "accepts")]
    assert warnings(licensed.post("/listings", demand())) == []
    assert warnings(licensed.post("/listings", demand(accepts=[ACID]))) == []
    assert warnings(owner.post("/listings", supply())) == []


def test_a_share_over_the_whole_is_warned_of(marketplace):
    owner = marketplace.enterprise("generator")

    def stated(*shares):
        names = ("Fe", "Cu", "Zn")
        return supply(
            composition=[
                {"component": name, "min": low, "max": high, "unit": unit}
                for name, (low, high, unit) in zip(names, shares, strict=False)
            ]
        )

    assert warnings(owner.post("/listings", stated((200, 200, "%")))) == [
        ("share_over_whole", "composition.0")
    ]
    assert warnings(owner.post("/listings", stated((1, 2, "%"), (None, 2e6, "mg/kg")))) == [
        ("share_over_whole", "composition.1")
    ]
    assert warnings(owner.post("/listings", stated((60, 80, "%"), (410, None, "g/kg")))) == [
        ("shares_over_whole", "composition")
    ]
    assert (
        warnings(owner.post("/listings", stated((60, 100, "%"), (400, None, "g/kg"), (200, 300, "g/L"))))
        == []
    )


def test_a_component_without_a_unit_is_in_per_cent_and_a_ph_value_in_its_own(marketplace):
    owner = marketplace.enterprise("generator")
    stated = supply(composition=[{"component": "Fe", "max": 1}, {"component": "pH", "min": 2, "max": 3}])
    made = owner.post("/listings", stated).json
    assert [component["unit"] for component in made["composition"]] == ["%", "pH"]
    assert set(made["composition"][0]) == {"component", "min", "max", "unit"}


def test_a_missing_licence_is_warned_of_on_publishing_and_on_changing_what_is_open(marketplace):
    owner = marketplace.recycler()
    draft = owner.post("/listings", demand(publish=False, accepts=[{**HW34, "code": "HW17"}]))
    assert warnings(draft) == []
    path = f"/listings/{draft.json['id']}"

    assert warnings(owner.post(f"{path}/publish")) == [("licence_missing", "accepts")]
    assert warnings(owner.patch(path, {"accepts": [HW34]})) == []
    assert warnings(owner.patch(path, {"accepts": [{**HW34, "code": "HW17"}]})) == [
        ("licence_missing", "accepts")
    ]


def test_a_licence_that_ended_counts_as_missing(marketplace):
    owner = marketplace.enterprise("recycler")
    marketplace.licence(owner, valid_until="2026-11-30")

    assert warnings(owner.post("/listings", demand())) == [("licence_missing", "accepts")]


def test_medical_waste_may_be_noted_in_a_draft_and_never_opened(marketplace):
    owner = marketplace.enterprise("generator")
    draft = owner.post("/listings", supply(waste={"scheme": "cn-hw", "code": "841-001-01"}, publish=False))
    assert draft.status_code == 201
    refused(owner.post(f"/listings/{draft.json['id']}/publish"), 422, "waste_not_tradable", "waste")

    opened = marketplace.supply(owner)
    change = {"waste": {"scheme": "cn-hw", "code": "HW01"}}
    refused(owner.patch(f"/listings/{opened['id']}", change), 422, "waste_not_tradable", "waste")
    assert owner.get(f"/listings/{opened['id']}").json["waste"] == ACID


# ---------------------------------------------------------------- places


def metres(a, b):
    north = (a["lat"] - b["lat"]) * 111_195
    east = (a["lon"] - b["lon"]) * 111_195 * math.cos(math.radians(a["lat"]))
    return math.hypot(north, east)


@pytest.mark.parametrize(("lon", "lat"), [(120.58, 30.03), (120.87, 30.12), (87.6, 43.8), (110.3, 20.0)])
def test_the_same_place_in_three_systems_lands_within_a_metre(marketplace, lon, lat):
    owner = marketplace.enterprise("generator")
    truth = prcoords.Coords(lat, lon)
    given = {"wgs84": truth, "gcj02": prcoords.wgs_gcj(truth), "bd09": prcoords.wgs_bd(truth)}
    for crs, point in given.items():
        body = supply(location={"lon": point.lon, "lat": point.lat, "crs": crs})
        shown = owner.post("/listings", body).json["location"]
        assert shown["crs"] == "wgs84"
        assert metres(shown, {"lon": lon, "lat": lat}) < 1, crs
    assert metres(dict(zip(("lat", "lon"), given["bd09"], strict=True)), {"lon": lon, "lat": lat}) > 300


@pytest.mark.parametrize("crs", ["wgs84", "gcj02", "bd09"])
def test_outside_china_the_systems_are_one_and_no_waste_lies_there(marketplace, crs):
    berlin = {"lon": 13.4, "lat": 52.5, "crs": crs}
    assert catalogue.to_wgs84(berlin) == (13.4, 52.5)
    owner = marketplace.enterprise("generator")
    for place in (berlin, {"lon": -180, "lat": 90, "crs": crs}):
        refused(owner.post("/listings", supply(location=place)), 422, "place_not_in_region", "location")


# ---------------------------------------------------------------- roles


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("generator", {"supply"}),
        ("recycler", {"demand"}),
        ("collector", {"supply", "demand"}),
        ("transporter", set()),
    ],
)
def test_each_role_posts_its_own_kind(marketplace, role, may):
    party = marketplace.enterprise(role)
    for kind, body in (("supply", supply()), ("demand", demand())):
        answer = party.post("/listings", body)
        if kind in may:
            assert answer.status_code == 201
        else:
            refused(answer, 403, "role_missing")


def test_staff_post_nothing(marketplace):
    for party in (marketplace.admin, marketplace.regulator("330000")):
        refused(party.post("/listings", supply()), 403, "role_forbids")


def test_who_has_lost_the_role_publishes_no_more(marketplace):
    owner = marketplace.enterprise("generator")
    draft = marketplace.supply(owner, publish=False)
    marketplace.admin.patch(f"/enterprises/{owner.id}", {"roles": ["transporter"]})

    refused(owner.post(f"/listings/{draft['id']}/publish"), 403, "role_missing")


# ---------------------------------------------------------------- changes


def test_a_change_touches_what_it_names_and_nothing_else(marketplace):
    owner = marketplace.enterprise("generator")
    before = marketplace.supply(owner, price_cny_per_t=-90, form="liquid")
    marketplace.now = marketplace.now.replace(hour=5)
    after = owner.patch(f"/listings/{before['id']}", {"title": "新", "price_cny_per_t": None}).json

    assert after == {**before, "title": "新", "price_cny_per_t": None, "updated_at": "2026-12-01T05:00:00Z"}


def test_what_remains_follows_the_quantity(marketplace):
    owner = marketplace.enterprise("generator")
    path = f"/listings/{marketplace.supply(owner)['id']}"

    assert owner.patch(path, {"quantity_t": 1500}).json["remaining_t"] == 1500
    assert owner.patch(path, {"quantity_t": 20}).json["remaining_t"] == 20
    refused(owner.patch(path, {"quantity_t": 19.999}), 422, "lot_over_quantity", "min_lot_t")
    refused(owner.patch(path, {"min_lot_t": 20.001}), 422, "lot_over_quantity", "min_lot_t")
    assert owner.patch(path, {"quantity_t": 5, "min_lot_t": 5}).json["remaining_t"] == 5


@pytest.mark.parametrize(
    ("change", "code", "blamed"),
    [
        ({"kind": "demand"}, "invalid_input", "kind"),
        ({"publish": True}, "invalid_input", "publish"),
        ({"status": "withdrawn"}, "invalid_input", "status"),
        ({"title": None}, "invalid_input", "title"),
        ({"waste": None}, "invalid_input", "waste"),
        ({"quantity_t": None}, "invalid_input", "quantity_t"),
        ({"accepts": [HW34]}, "field_of_other_kind", "accepts"),
        ({"available_until": "2026-11-30"}, "ends_before_start", "available_until"),
        ({"available_from": "2026-10-01", "available_until": "2026-11-30"}, "window_over", "available_until"),
        ({"available_from": "2028-01-01"}, "ends_before_start", "available_until"),
        ({"waste": {"scheme": "cn-hw", "code": "0"}}, "unknown_code", "waste.code"),
        ({"region": "990000"}, "unknown_region", "region"),
    ],
)
def test_a_wrong_change_is_refused_and_changes_nothing(marketplace, change, code, blamed):
    owner = marketplace.enterprise("generator")
    before = marketplace.supply(owner)
    path = f"/listings/{before['id']}"
    etag = owner.get(path).headers["ETag"]

    refused(owner.patch(path, change), 422, code, blamed)
    again = owner.get(path)
    assert (again.json, again.headers["ETag"]) == (before, etag)


@pytest.mark.parametrize("tonnes", [20, 100, 5000])
def test_a_change_of_quantity_goes_with_any_other_change(marketplace, tonnes):
    """Whatever is looked up for the other fields, the half-changed row is not written early."""
    owner = marketplace.enterprise("recycler")
    path = f"/listings/{marketplace.demand(owner)['id']}"
    unlisted = {"scheme": "cn-sw", "code": "900-555-S17"}
    body = {
        "quantity_t": tonnes, "treatment": "R6", "exemption_item": 5, "region": "330604",
        "accepts": [unlisted, HW34], "location": {"lon": 120.87, "lat": 30.1},
    }  # fmt: skip
    changed = owner.patch(path, body)

    assert changed.status_code == 200, changed.json
    assert {name: changed.json[name] for name in ("quantity_t", "remaining_t")} == {
        "quantity_t": tonnes, "remaining_t": tonnes,
    }  # fmt: skip
    refused(owner.patch(path, {**body, "min_lot_t": 6000}), 422, "lot_over_quantity", "min_lot_t")


def test_what_a_demand_accepts_is_replaced_whole_and_keeps_its_order(marketplace):
    owner = marketplace.enterprise("recycler")
    one, two, three = ({"scheme": "cn-hw", "code": code} for code in ("HW34", "HW17", "HW08"))
    path = f"/listings/{marketplace.demand(owner, accepts=[one, two])['id']}"

    for accepts in ([three, one], [two, three, one], [one]):
        assert owner.patch(path, {"accepts": accepts}).json["accepts"] == accepts
    assert owner.patch(path, {"accepts": [two, two, one]}).json["accepts"] == [two, one]


def test_a_place_can_be_taken_back(marketplace):
    owner = marketplace.enterprise("generator")
    path = (
        f"/listings/{marketplace.supply(owner, region='330604', location={'lon': 120.87, 'lat': 30.1})['id']}"
    )

    assert owner.patch(path, {"location": {"lon": 120.8, "lat": 30.0}}).json["location"]["lon"] == 120.8
    home = owner.patch(path, {"location": None, "region": None}).json
    assert (home["region"], home["location"]) == ("330602", SHAOXING)


# ---------------------------------------------------------------- the end


def test_an_open_listing_expires_after_its_last_day_in_shaoxing(marketplace):
    owner = marketplace.enterprise("generator")
    path = f"/listings/{marketplace.supply(owner, available_until='2026-12-02')['id']}"
    draft = f"/listings/{marketplace.supply(owner, available_until='2026-12-02', publish=False)['id']}"

    marketplace.now = marketplace.now.replace(day=2, hour=15, minute=59)
    marketplace.settle()
    assert owner.get(path).json["status"] == "open"
    marketplace.wait(minutes=1)
    assert owner.get(path).json["status"] == "expired"
    assert owner.get(draft).json["status"] == "draft"
    refused(owner.post(f"{draft}/publish"), 422, "window_over", "available_until")


def test_a_window_that_is_over_cannot_be_opened(marketplace):
    owner = marketplace.enterprise("generator")
    past = {"available_from": "2026-10-01", "available_until": "2026-11-30"}

    refused(owner.post("/listings", supply(**past)), 422, "window_over", "available_until")
    assert everything(owner) == []
    assert owner.post("/listings", supply(**past, publish=False)).json["status"] == "draft"


def test_a_withdrawn_listing_says_nothing_more_to_others(marketplace):
    owner, other = marketplace.enterprise("generator"), marketplace.recycler()
    listing = marketplace.supply(owner)
    assert other.get(f"/listings/{listing['id']}").status_code == 200

    assert owner.post(f"/listings/{listing['id']}/withdraw", {"reason": "售出"}).json["status"] == "withdrawn"
    refused(other.get(f"/listings/{listing['id']}"), 404, "not_found")
    assert owner.get(f"/listings/{listing['id']}").json["status"] == "withdrawn"
    refused(owner.post(f"/listings/{listing['id']}/publish"), 409, "wrong_state")

    draft = marketplace.supply(owner, publish=False)
    assert owner.post(f"/listings/{draft['id']}/withdraw").json["status"] == "withdrawn"


# ---------------------------------------------------------------- who sees what


def test_others_see_open_listings_with_a_rough_place_and_no_contact(marketplace):
    owner, other = marketplace.enterprise("generator"), marketplace.enterprise("recycler")
    listing = marketplace.supply(owner, location={"lon": 120.58765, "lat": 30.03456})
    whole = owner.get(f"/listings/{listing['id']}").json
    assert whole["location"] == {"lon": 120.58765, "lat": 30.03456, "crs": "wgs84"}

    rough = {**whole, "location": {"lon": 120.59, "lat": 30.03, "crs": "wgs84"}}
    assert other.get(f"/listings/{listing['id']}").json == rough
    assert other.get("/listings").json["items"] == [rough]
    for party in (marketplace.admin, marketplace.regulator("330602"), marketplace.regulator("330000")):
        assert party.get(f"/listings/{listing['id']}").json == whole
    assert "contact" not in str(whole)
    assert "王厂长" not in str(whole)


def test_drafts_and_closed_listings_of_others_do_not_exist(marketplace):
    owner, other = marketplace.enterprise("generator"), marketplace.enterprise("recycler")
    draft, closed, open_ = (
        marketplace.supply(owner, publish=False),
        marketplace.supply(owner),
        marketplace.supply(owner),
    )
    marketplace.withdraw(owner, closed)

    assert [listing["id"] for listing in other.get("/listings").json["items"]] == [open_["id"]]
    for status in ("draft", "withdrawn"):
        assert other.get("/listings", status=status).json["items"] == []
        assert len(owner.get("/listings", status=status).json["items"]) == 1
    for listing in (draft, closed):
        refused(other.get(f"/listings/{listing['id']}"), 404, "not_found")
        assert marketplace.admin.get(f"/listings/{listing['id']}").status_code == 200


def test_a_regulator_sees_the_listings_of_its_region_whole_and_no_others(marketplace):
    near = marketplace.supply(marketplace.enterprise("generator"), publish=False)
    shanghai = marketplace.enterprise("generator", region="310115", location=None)
    far = marketplace.supply(shanghai)
    regulator = marketplace.regulator("330600")

    assert [listing["id"] for listing in regulator.get("/listings").json["items"]] == [near["id"]]
    refused(regulator.get(f"/listings/{far['id']}"), 404, "not_found")
    assert regulator.get(f"/listings/{far['id']}/matches").status_code == 404
    assert marketplace.regulator("310000").get(f"/listings/{far['id']}/matches").status_code == 200


def test_the_filters_of_the_list(marketplace):
    generator, recycler = marketplace.enterprise("generator"), marketplace.enterprise("recycler")
    acid = marketplace.supply(generator)["id"]
    straw = marketplace.supply(generator, waste={"scheme": "cn-sw", "code": "SW17"}, region="330604")["id"]
    draft = marketplace.supply(generator, publish=False)["id"]
    wanted = marketplace.demand(recycler, accepts=[{"scheme": "cn-hw", "code": "HW17"}, ACID])["id"]

    def ids(party=generator, **query):
        answer = party.get("/listings", **query)
        assert answer.status_code == 200, answer.json
        return [listing["id"] for listing in answer.json["items"]]

    assert ids() == [wanted, draft, straw, acid]
    assert ids(kind="demand") == [wanted]
    assert ids(kind="supply", status="open") == [straw, acid]
    assert ids(status="draft") == [draft]
    assert ids(code="900-349-34") == [wanted, draft, acid]
    assert ids(code="HW34", status="open") == [wanted, acid]
    assert ids(code="SW17") == [straw]
    assert ids(code="no-such-code") == []
    assert ids(region="330604") == [straw]
    assert ids(region="330600", kind="supply") == [draft, straw, acid]
    assert ids(region="310000") == []
    assert ids(mine="true") == [draft, straw, acid]
    assert ids(recycler, mine="true") == [wanted]
    assert ids(marketplace.admin, mine="true") == []
    assert ids(recycler, mine="false", kind="supply") == [straw, acid]


def test_an_exemption_is_reviewed_by_an_admin_where_one_is_named(marketplace):
    owner = marketplace.enterprise("recycler")
    named, plain = marketplace.demand(owner, exemption_item=20), marketplace.demand(owner)
    verdict_ = {"decision": "accept", "reason": "材料齐全"}

    refused(owner.post(f"/listings/{named['id']}/exemption-review", verdict_), 403, "role_forbids")
    refused(
        marketplace.admin.post(f"/listings/{plain['id']}/exemption-review", verdict_),
        409,
        "no_exemption_named",
    )
    for field, value in (("decision", "maybe"), ("reason", ""), ("reason", "x" * 501)):
        answer = marketplace.admin.post(
            f"/listings/{named['id']}/exemption-review", {**verdict_, field: value}
        )
        refused(answer, 422, "invalid_input", field)
    done = marketplace.admin.post(f"/listings/{named['id']}/exemption-review", verdict_)
    assert done.json["exemption_review"] == "accept"
    assert owner.patch(f"/listings/{named['id']}", {"exemption_item": 5}).json["exemption_review"] is None
