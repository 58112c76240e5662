"""Where the waste lies: by its place, whatever region is written beside it, through every door."""

import prcoords
import pytest
from sqlalchemy import text

from marketplace.database import db
from marketplace.listings import service as listings
from tests import places
from tests.counting import count_statements
from tests.http.responses import refused
from tests.listings.sheets import DEMAND, SUPPLY, csv_of, faults, send
from tests.marketplace import ACID, listing_terms
from tests.places import codes

HW34 = [{"scheme": "cn-hw", "code": "HW34"}]
BODIES = {"supply": {"waste": ACID}, "demand": {"accepts": HW34}}


@pytest.fixture
def owner(marketplace):
    """A firm of Shangyu that offers and takes."""
    return marketplace.enterprise("generator", "recycler", region="330604", location=places.SHANGYU)


def body(kind, **about):
    return {**listing_terms(kind=kind, title="稀硫酸 20%"), **BODIES[kind], **about}


def post(party, kind="supply", **about):
    response = party.post("/listings", body(kind, **about))
    assert response.status_code == 201, response.json
    return response.json


# ---------------------------------------------------------------- posting


@pytest.mark.parametrize("kind", BODIES)
def test_a_place_without_a_region_takes_the_region_that_it_lies_in(owner, kind):
    for place, region in (
        (places.JINSHAN, "310116"), (places.SANHE, "131082"), (places.YUEN_LONG, "810000"),
        (places.KEQIAO, "330603"), (places.OFF_SHENGSI, "330922"),
    ):  # fmt: skip
        for stated in ({}, {"region": None}):
            made = post(owner, kind, location=place, **stated)
            assert made["region"] == region
            assert "place" not in "".join(codes(made["warnings"]))


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("publish", [True, False])
@pytest.mark.parametrize(
    ("place", "region"),
    [
        (places.JINSHAN, "330604"), (places.JINSHAN, "330600"), (places.JINSHAN, "330000"),
        (places.SHANGYU, "310116"), (places.SANHE, "110113"), (places.YUEN_LONG, "440300"),
        (places.TOKYO, "330604"), (places.TOKYO, None), (places.HIGH_SEA, "330900"),
        ({"lon": 30.03, "lat": 58.12}, "330604"),
    ],
)  # fmt: skip
def test_a_place_in_another_province_than_stated_is_refused(owner, kind, publish, place, region):
    response = owner.post("/listings", body(kind, location=place, region=region, publish=publish))

    refused(response, 422, "place_not_in_region", "location")
    assert owner.get("/listings", mine=True).json["items"] == []


def test_the_refusal_names_both_regions_in_words(owner):
    response = owner.post("/listings", body("supply", location=places.JINSHAN, region="330604"))
    assert "上海市金山区 310116" in response.json["detail"]
    assert "浙江省绍兴市上虞区 330604" in response.json["detail"]
    beyond = owner.post("/listings", body("supply", location=places.TOKYO))
    assert "at sea or abroad" in beyond.json["detail"]


@pytest.mark.parametrize("kind", BODIES)
def test_a_place_in_another_county_is_warned_of_to_owner_and_staff(marketplace, owner, kind):
    made = post(owner, kind, location=places.KEQIAO, region="330604")
    (warning,) = [found for found in made["warnings"] if "place" in found["code"]]
    assert (warning["code"], warning["field"]) == ("place_in_other_county", "location")
    assert "柯桥区 330603" in warning["detail"]

    path = f"/listings/{made['id']}"
    for party in (owner, marketplace.admin, marketplace.regulator("330603")):
        assert codes(party.get(path).json["warnings"]) == ["place_in_other_county"]
        items = party.get("/listings").json["items"]
        assert [codes(item["warnings"]) for item in items] == [["place_in_other_county"]]
    assert marketplace.enterprise("recycler").get(path).json["warnings"] == []


@pytest.mark.parametrize("region", ["330604", "330600", "330000"])
def test_a_coarser_region_holds_every_place_in_it(owner, region):
    made = post(owner, location=places.SHANGYU, region=region)
    assert (made["region"], made["warnings"]) == (region, [])


@pytest.mark.parametrize("region", ["429004", "441900", "460400", "653228", "310116", "710000"])
def test_a_region_without_a_place_is_at_its_seat_and_no_contradiction(marketplace, owner, region):
    made = post(owner, region=region)
    assert (made["region"], made["warnings"]) == (region, [])


def test_a_coarser_region_that_the_owner_lies_in_means_the_owners_place(owner):
    made = post(owner, region="330600")
    assert made["location"] == {**places.SHANGYU, "crs": "wgs84"}


@pytest.mark.parametrize("crs", ["wgs84", "gcj02", "bd09"])
def test_a_place_is_converted_before_it_is_judged(owner, crs):
    truth = prcoords.Coords(places.JINSHAN["lat"], places.JINSHAN["lon"])
    given = {"wgs84": truth, "gcj02": prcoords.wgs_gcj(truth), "bd09": prcoords.wgs_bd(truth)}[crs]
    place = {"lon": given.lon, "lat": given.lat, "crs": crs}
    assert post(owner, location=place)["region"] == "310116"
    response = owner.post("/listings", body("supply", location=place, region="330604"))
    refused(response, 422, "place_not_in_region", "location")


# ---------------------------------------------------------------- changing


def patch(party, listing, **terms):
    return party.patch(f"/listings/{listing['id']}", terms)


@pytest.mark.parametrize("kind", BODIES)
def test_a_moved_place_takes_its_region_along_unless_one_was_stated(owner, kind):
    free = post(owner, kind)
    moved = patch(owner, free, location=places.JINSHAN)
    assert (moved.status_code, moved.json["region"]) == (200, "310116")
    assert patch(owner, free, location=places.SHANGYU).json["region"] == "330604"

    stated = post(owner, kind, region="330604", location=places.SHANGYU)
    refused(patch(owner, stated, location=places.JINSHAN), 422, "place_not_in_region", "location")
    assert "place_in_other_county" in codes(patch(owner, stated, location=places.KEQIAO).json["warnings"])
    assert owner.get(f"/listings/{stated['id']}").json["region"] == "330604"


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("about", [{}, {"location": places.SHANGYU}, {"region": "330604"}])
def test_a_region_alone_does_not_move_the_place(owner, kind, about):
    made = post(owner, kind, **about)
    refused(patch(owner, made, region="310116"), 422, "place_not_in_region", "region")
    after = owner.get(f"/listings/{made['id']}").json
    assert (after["region"], after["location"]) == ("330604", made["location"])

    nearby = patch(owner, made, region="330603").json
    assert (nearby["region"], nearby["location"]) == ("330603", made["location"])
    assert "place_in_other_county" in codes(nearby["warnings"])


def test_region_and_place_change_together(owner):
    made = post(owner, region="330604")
    both = patch(owner, made, region="310116", location=places.JINSHAN)
    assert (both.status_code, both.json["region"], both.json["warnings"]) == (200, "310116", [])
    seat = patch(owner, made, region="310115", location=None).json
    assert (seat["region"], seat["warnings"]) == ("310115", [])
    refused(
        patch(owner, made, region="330604", location=places.JINSHAN), 422, "place_not_in_region", "location"
    )


def test_a_region_of_null_is_that_of_the_place(owner):
    made = post(owner, region="330604", location=places.KEQIAO)
    assert patch(owner, made, region=None).json["region"] == "330603"
    home = patch(owner, made, region=None, location=None).json
    assert (home["region"], home["location"]) == ("330604", {**places.SHANGYU, "crs": "wgs84"})


# ---------------------------------------------------------------- sheets


def placed(row, place, **about):
    return {**row, "经度": str(place["lon"]), "纬度": str(place["lat"]), **about}


@pytest.mark.parametrize("row", [SUPPLY, DEMAND])
def test_a_row_of_a_sheet_is_held_to_its_place(owner, row):
    sheet = csv_of(placed(row, places.JINSHAN, 地区代码="330604"))
    assert faults(send(owner, sheet)) == {(2, "lon", "place_not_in_region")}
    alone = csv_of(placed(row, places.TOKYO))
    assert faults(send(owner, alone)) == {(2, "lon", "place_not_in_region")}
    assert owner.get("/listings", mine=True).json["items"] == []


@pytest.mark.parametrize("row", [SUPPLY, DEMAND])
def test_a_row_without_a_region_takes_that_of_its_place(owner, row):
    response = send(owner, csv_of(placed(row, places.JINSHAN)))
    assert response.status_code == 201, response.json
    (made,) = owner.get("/listings", mine=True).json["items"]
    assert made["region"] == "310116"


def test_a_row_in_another_county_is_warned_of_by_its_row(owner):
    response = send(owner, csv_of(placed(SUPPLY, places.KEQIAO, 地区代码="330604")))
    assert [(found["code"], found["field"]) for found in response.json["warnings"]] == [
        ("place_in_other_county", "row 2.lon")
    ]


def test_the_places_of_a_sheet_are_looked_up_together(owner):
    def outlines_asked(rows):
        places_ = [{"lon": 120.8 + number / 1000, "lat": 30.03} for number in range(rows)]
        sheet = csv_of(*(placed(SUPPLY, place, 名称=f"酸 {rows} {place['lon']}") for place in places_))
        with count_statements() as sent:
            assert send(owner, sheet).status_code == 201
        return sum("outline_ring" in statement for statement in sent)

    assert outlines_asked(3) == outlines_asked(60) == 1


# ---------------------------------------------------------------- what is lawful


def test_the_licence_of_a_province_does_not_reach_waste_that_lies_in_another(marketplace, owner):
    """The example of the issue: it was lawful."""
    receiver = marketplace.recycler(region="330604", location=places.SHANGYU)
    demand = marketplace.demand(receiver)
    supply = post(owner, location=places.JINSHAN)
    assert marketplace.why_not(owner, supply, demand) == {"region": "not_white_listed"}
    assert marketplace.matches(owner, supply) == marketplace.matches(receiver, demand) == []

    there = marketplace.recycler(region="310115", location=places.PUDONG)
    near = marketplace.demand(there)
    assert marketplace.matches(owner, supply) == [near["id"]]
    back = patch(owner, supply, location=places.SHANGYU)
    assert back.json["region"] == "330604"
    assert marketplace.matches(owner, supply) == [demand["id"]]


def test_a_receivers_place_counts_too(marketplace, owner):
    receiver = marketplace.recycler(region="330604", location=places.SHANGYU)
    demand = marketplace.demand(receiver, location=places.JINSHAN)
    assert demand["region"] == "310116"
    supply = post(owner)
    assert marketplace.why_not(owner, supply, demand) == {"region": "not_white_listed"}


CORNERS = {
    "310116": places.JINSHAN, "330604": places.SHANGYU, "131082": places.SANHE, "330603": places.KEQIAO,
    "110113": {"lon": 116.65, "lat": 40.13}, "810000": places.YUEN_LONG, "710000": places.KAOHSIUNG,
}  # fmt: skip
CUSTOMS = ("81", "71")


def test_the_gate_by_places_is_symmetric_and_what_the_provinces_say(marketplace):
    """For hazardous waste without a white list, between every two of these places and back."""
    generator, receiver = marketplace.enterprise("generator"), marketplace.recycler()
    supplies = {region: post(generator, location=place) for region, place in CORNERS.items()}
    demands = {region: post(receiver, "demand", location=place) for region, place in CORNERS.items()}
    for here in CORNERS:
        for there in CORNERS:
            why = marketplace.why_not(generator, supplies[here], demands[there])
            back = marketplace.why_not(generator, supplies[there], demands[here])
            assert why.keys() == back.keys()
            customs = here[:2] != there[:2] and {here[:2], there[:2]} & set(CUSTOMS)
            line = here[:2] != there[:2] and not customs
            assert (("prohibited" in why), ("region" in why)) == (bool(customs), line), (here, there)


# ---------------------------------------------------------------- who sees it


def seen(party, **query):
    return sorted(listing["id"] for listing in party.get("/listings", **query).json["items"])


def test_a_regulator_sees_what_lies_in_its_region_or_belongs_to_a_firm_of_it(marketplace, owner):
    other = marketplace.enterprise("generator", region="310115", location=places.PUDONG)
    away = post(owner, location=places.JINSHAN, publish=False)
    home = post(owner, publish=False)
    guest = post(other, location=places.SHANGYU, publish=False)
    theirs = post(other, publish=False)

    shangyu, shanghai = marketplace.regulator("330604"), marketplace.regulator("310000")
    jinshan, keqiao = marketplace.regulator("310116"), marketplace.regulator("330603")
    assert seen(shangyu) == sorted(found["id"] for found in (away, home, guest))
    assert seen(shanghai) == sorted(found["id"] for found in (away, guest, theirs))
    assert seen(jinshan) == [away["id"]]
    assert seen(keqiao) == []
    for regulator, listing in ((shangyu, away), (shangyu, guest), (shanghai, away), (jinshan, away)):
        shown = regulator.get(f"/listings/{listing['id']}")
        assert (shown.status_code, shown.json["location"]) == (200, listing["location"])
        assert regulator.get(f"/listings/{listing['id']}/matches").status_code == 200
        assert listing["id"] in regulator.get("/listings/export", format="csv").get_data(as_text=True)
    refused(keqiao.get(f"/listings/{away['id']}"), 404, "not_found")
    refused(jinshan.get(f"/listings/{guest['id']}/matches"), 404, "not_found")


@pytest.mark.parametrize("sort", ["newest", "price", "-price"])
def test_no_listing_comes_twice_to_a_regulator(marketplace, owner, sort):
    """It both lies in the region and belongs to a firm of it."""
    made = [post(owner, publish=False)["id"] for _ in range(3)]
    assert seen(marketplace.regulator("330000"), sort=sort, limit=2) != []
    assert seen(marketplace.regulator("330000"), sort=sort) == sorted(made)


def test_the_county_of_the_place_oversees_not_the_stated_one(marketplace):
    firm = marketplace.enterprise("generator", region="310115", location=places.PUDONG)
    made = post(firm, location=places.KEQIAO, region="330604", publish=False)
    assert seen(marketplace.regulator("330603")) == [made["id"]]
    assert seen(marketplace.regulator("330604")) == []


def test_findings_go_by_the_same_sight(marketplace, owner):
    away = post(owner, location=places.JINSHAN)
    marketplace.settle()

    def found(region):
        items = marketplace.regulator(region).get("/findings").json["items"]
        return [item["listing_id"] for item in items]

    assert found("310000") == found("330604") == [away["id"]]
    assert found("330603") == []


# ---------------------------------------------------------------- rows of before


def contradict(marketplace, listing):
    """Make a listing one of a time when place and region were not compared."""
    with marketplace.app.app_context():
        db.session.execute(
            text("UPDATE listing SET lon = :lon, lat = :lat, place_region = NULL WHERE id = :id"),
            {**places.JINSHAN, "id": listing["id"]},
        )
        db.session.commit()


def locate(marketplace):
    with marketplace.app.app_context():
        return listings.locate_listings(everything=False)


def test_a_contradiction_of_before_goes_by_its_place_and_says_so(marketplace, owner):
    receiver = marketplace.recycler(region="330604", location=places.SHANGYU)
    demand, supply = marketplace.demand(receiver), post(owner)
    contradict(marketplace, supply)
    assert locate(marketplace) == 1
    assert locate(marketplace) == 0

    assert marketplace.why_not(owner, supply, demand) == {"region": "not_white_listed"}
    assert marketplace.matches(receiver, demand) == []
    shown = owner.get(f"/listings/{supply['id']}").json
    assert (shown["region"], codes(shown["warnings"])) == ("330604", ["place_not_in_region"])
    assert seen(marketplace.regulator("310116")) == [supply["id"]]

    changed = patch(owner, supply, title="新")
    assert (changed.status_code, codes(changed.json["warnings"])) == (200, ["place_not_in_region"])
    mended = patch(owner, supply, region=None)
    assert (mended.json["region"], mended.json["warnings"]) == ("310116", [])


def test_a_draft_of_before_is_not_published_while_it_contradicts_itself(marketplace, owner):
    draft = post(owner, publish=False)
    contradict(marketplace, draft)
    locate(marketplace)
    refused(owner.post(f"/listings/{draft['id']}/publish"), 422, "place_not_in_region", "location")
    assert patch(owner, draft, location=places.SHANGYU).status_code == 200
    assert owner.post(f"/listings/{draft['id']}/publish").status_code == 200
