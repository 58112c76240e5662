"""Plans for a region and period: lawful, within every capacity, explained, shown to those who oversee it."""

import csv
import io

import pytest
from openpyxl import load_workbook

from marketplace.allocations.service import planning, region_input, requests
from tests.marketplace import ACID

PERIOD = {"from": "2026-12-01", "until": "2026-12-31"}
CITY = {"region": "330600", **PERIOD}
SHANGYU = {"lon": 120.87, "lat": 30.03}
SHANGHAI = {"region": "310115", "location": {"lon": 121.5, "lat": 31.2, "crs": "wgs84"}}


def plan(marketplace, asker=None, **asked):
    """Ask for a plan, let it be made, and return it as it then is."""
    asker = asker or marketplace.admin
    answer = asker.post("/allocations", {**CITY, **asked})
    assert answer.status_code == 202, answer.json
    assert answer.json["status"] == "queued"
    marketplace.settle()
    return asker.get(answer.headers["Location"].removeprefix("/api/v1")).json


def part(marketplace, made, name):
    answer = marketplace.admin.get(f"/allocations/{made['id']}/{name}", limit=100)
    assert answer.status_code == 200, answer.json
    return answer.json["items"]


@pytest.fixture
def busy(marketplace):
    """Generators of 100 t and 60 t of acid, the latter with slag that nobody takes; a receiver of 120 t."""
    marketplace.near, marketplace.far = (
        marketplace.enterprise("generator"),
        marketplace.enterprise("generator", region="330604", location=SHANGYU),
    )
    marketplace.supplies = [
        marketplace.supply(marketplace.near, quantity_t=100, min_lot_t=1, title="=HYPERLINK(1)"),
        marketplace.supply(marketplace.far, quantity_t=60, min_lot_t=1),
        marketplace.supply(
            marketplace.far, quantity_t=7, min_lot_t=1, waste={"scheme": "cn-sw", "code": "SW17"}
        ),
    ]
    marketplace.receiver = marketplace.recycler()
    marketplace.wanted = marketplace.demand(marketplace.receiver, quantity_t=120, min_lot_t=1)
    return marketplace


def test_a_plan_reads_the_supplies_that_share_a_day_with_its_period(marketplace):
    first_day, last_day = "2027-02-01", "2027-02-28"
    windows = [
        ("2027-01-01", "2027-01-31"), ("2027-01-01", "2027-02-01"), ("2027-02-10", "2027-02-10"),
        ("2027-02-28", "2027-03-31"), ("2027-03-01", "2027-03-31"), ("2027-01-01", "2027-03-31"),
    ]  # fmt: skip
    generator = marketplace.enterprise("generator")
    for start, end in windows:
        marketplace.supply(generator, available_from=start, available_until=end)
    marketplace.demand(marketplace.recycler(), available_from="2027-01-01", available_until="2027-03-31")

    made = plan(marketplace, **{"from": first_day, "until": last_day})

    sharing = [start for start, end in windows if start <= last_day and end >= first_day]
    assert made["totals"]["supplies"] == len(sharing) == 4


def test_a_plan_says_what_goes_where_what_stays_and_what_is_lacking(busy):
    made = plan(busy)

    assert (made["status"], made["policy_version"], made["code"]) == ("done", 1, None)
    totals = made["totals"]
    assert (totals["supplies"], totals["demands"], totals["ways"], totals["placements"]) == (3, 1, 2, 2)
    assert (totals["supply_t"], totals["placed_t"], totals["unplaced_t"]) == (167, 120, 47)
    assert (totals["no_capacity_t"], totals["no_lawful_way_t"], totals["below_lot_t"]) == (40, 7, 0)
    assert 0 <= totals["gap"] <= 0.001
    assert totals["value"] <= totals["bound"]
    placed = part(busy, made, "placements")
    assert sum(placement["tonnes"] for placement in placed) == 120
    for placement in placed:
        pairing = busy.admin.get(
            f"/listings/{placement['supply']['id']}/matches/{placement['demand']['id']}"
        ).json
        assert pairing["lawful"]
        assert pairing["score"] == pytest.approx(placement["score"])
        assert placement["legal_basis"]["kind"] == "licence"
        assert placement["legal_basis"]["reference"]
        assert (placement["year"], placement["waste"]) == (2026, ACID)
    left = {supply["waste"]["code"]: supply for supply in part(busy, made, "unplaced")}
    assert (left["900-349-34"]["reason"], left["900-349-34"]["tonnes"]) == ("no_capacity", 40)
    assert (left["SW17"]["reason"], left["SW17"]["gate"], left["SW17"]["of_t"]) == (
        "no_lawful_way",
        "code",
        7,
    )
    gaps = {(gap["waste"]["code"], gap["region"]): gap for gap in part(busy, made, "gaps")}
    assert made["first_gaps"] == list(gaps.values())
    slag = gaps["SW17", "330604"]
    assert (slag["price"], slag["unplaced_t"], slag["region_name"]) == (None, 7, "上虞区")
    worst = min(placement["score"] for placement in placed)
    assert all(gap["price"] >= worst - 1e-6 for key, gap in gaps.items() if key[0] == "900-349-34")


def test_a_permits_tonnes_left_in_the_year_are_a_capacity(busy):
    """The licence has 30 t left this year; a plan into the next year has its 50 t of then beside them."""
    busy.withdraw(busy.receiver, busy.wanted)
    short = busy.enterprise("recycler")
    licence = busy.licence(short, tonnes=50)
    used = {"year": 2026, "tonnes": 20, "line_id": licence["lines"][0]["id"]}
    assert busy.admin.post(f"/licences/{licence['id']}/usage", used).status_code == 201
    busy.demand(short, quantity_t=500, min_lot_t=1)

    assert plan(busy)["totals"]["placed_t"] == 30
    longer = plan(busy, until="2027-02-01")
    assert longer["totals"]["placed_t"] == 80
    by_year = {}
    for placement in part(busy, longer, "placements"):
        by_year[placement["year"]] = by_year.get(placement["year"], 0) + placement["tonnes"]
    assert by_year == {2026: 30, 2027: 50}


def test_across_a_province_line_a_channel_lets_only_its_own_tonnes(busy):
    """The receiver in Jiangsu has a licence for 10,000 t, and a channel for 5 t from one generator."""
    busy.withdraw(busy.receiver, busy.wanted)
    away = busy.recycler(region="320500", location={"lon": 120.6, "lat": 31.3, "crs": "wgs84"})
    busy.demand(away, quantity_t=500, min_lot_t=1)
    about = {"approval_number": "1", "use": "制盐", "tonnes_per_year": 5, **ACID}
    valid = {"valid_from": "2026-01-01", "valid_until": "2027-12-31"}
    sides = {"generator_id": busy.near.id, "receiver_id": away.id}
    assert busy.admin.post("/channels", {**about, **valid, **sides}).status_code == 201

    (placed,) = part(busy, plan(busy), "placements")
    assert placed["tonnes"] == 5
    assert placed["legal_basis"] == {
        "kind": "channel", "reference": "1", "edition": "2021", "codes": [ACID["code"]], **valid
    }  # fmt: skip


def test_receivers_may_lie_anywhere_lawful_or_in_the_region_too(busy):
    slag = {"scheme": "cn-sw", "code": "SW17"}
    away = busy.enterprise("recycler", **SHANGHAI)
    busy.demand(away, accepts=[slag], quantity_t=50, min_lot_t=1)

    assert plan(busy, codes=["SW17"])["totals"]["placed_t"] == 7
    refused = busy.admin.post("/allocations", {**CITY, "codes": ["SW17"], "receivers": "region"})
    assert (refused.status_code, refused.json["code"]) == (422, "allocation_no_demands")
    assert list(refused.json["errors"]) == ["receivers"]
    assert "绍兴市 330600" in refused.json["detail"]
    assert plan(busy, scheme="cn-hw", receivers="region")["totals"]["supplies"] == 2
    assert plan(busy, region="330604", codes=["HW34"])["totals"]["supply_t"] == 60


REFUSED = [
    ({"region": "110000"}, "region", "allocation_no_supplies"),
    ({"codes": ["HW17"]}, "region", "allocation_no_supplies"),
    ({"region": "999999"}, "region", "unknown_region"),
    ({"codes": ["HW34", "nonsense"]}, "codes.1", "allocation_unknown_code"),
    ({"codes": ["HW34"], "scheme": "cn-sw"}, "codes.0", "allocation_unknown_code"),
    ({"scheme": "xx"}, "scheme", "unknown_scheme"),
    ({"from": "2026-10-01", "until": "2026-11-30"}, "until", "allocation_period_over"),
    ({"until": "2026-11-30"}, "until", "invalid_input"),
    ({"until": "2029-01-01"}, "until", "invalid_input"),
    ({"receivers": "moon"}, "receivers", "invalid_input"),
    ({"codes": ["HW34"] * 51}, "codes", "invalid_input"),
]


def test_what_cannot_be_planned_is_refused_by_place_and_reason(busy):
    for asked, field, code in REFUSED:
        answer = busy.admin.post("/allocations", {**CITY, **asked})
        refusal = (answer.status_code, answer.json["code"], list(answer.json["errors"]))
        assert refusal == (422, code, [field]), asked
    assert busy.admin.get("/allocations").json["items"] == []


def test_a_plan_has_a_size_and_says_what_exceeds_it(busy, monkeypatch):
    monkeypatch.setattr(region_input, "MOST_SUPPLIES", 2)
    answer = busy.admin.post("/allocations", CITY)

    assert (answer.status_code, answer.json["code"]) == (422, "allocation_too_large")
    assert answer.json["detail"].startswith("3 supplies and 1 demands are too many")


def test_what_closed_before_the_plan_was_made_refuses_it(busy):
    answer = busy.admin.post("/allocations", CITY)
    busy.withdraw(busy.receiver, busy.wanted)
    path = f"/allocations/{answer.json['id']}"
    assert busy.admin.get(f"{path}/placements").json["code"] == "allocation_not_done"
    busy.settle()

    made = busy.admin.get(path).json
    assert (made["status"], made["code"], made["totals"]) == ("refused", "allocation_no_demands", None)
    assert busy.admin.get(f"{path}/export").status_code == 409


def test_a_regulator_plans_for_its_region_and_sees_what_lies_in_it(busy):
    of_city, of_district, elsewhere = (busy.regulator(region) for region in ("330600", "330604", "310000"))
    made = plan(busy, of_city)
    path = f"/allocations/{made['id']}"

    assert of_city.get(path).json["status"] == "done"
    assert busy.regulator("330000").get("/allocations").json["items"][0]["id"] == made["id"]
    for other in (of_district, elsewhere):
        assert other.get("/allocations").json["items"] == []
        for below in ("", "/placements", "/unplaced", "/gaps", "/export"):
            assert other.get(path + below).status_code == 404
        assert other.post("/allocations", CITY).json["code"] == "region_of_others"
    assert busy.near.post("/allocations", CITY).status_code == 403
    reader = busy.admin.post("/api-keys", {"name": "reader", "scopes": ["read"]}).json["api_key"]
    refused = busy.admin.call(
        "POST", "/allocations", json=CITY, headers={"Authorization": f"Bearer {reader}"}
    )
    assert (refused.status_code, refused.json["code"]) == (403, "scope_missing")


def test_a_plan_that_fails_on_the_way_leaves_nothing_and_is_made_later(busy, monkeypatch):
    def killed(*_):
        raise RuntimeError("out of memory")

    answer = busy.admin.post("/allocations", CITY, Idempotency_Key="one")
    path = f"/allocations/{answer.json['id']}"
    monkeypatch.setattr(planning, "broken_gates", lambda *_: ["2026: licence"])
    busy.settle()
    assert busy.admin.get(path).json["status"] == "failed"
    monkeypatch.setattr(planning, "gap_rows", killed)
    monkeypatch.setattr(planning, "broken_gates", lambda *_: [])
    busy.wait(minutes=1)
    halfway = busy.admin.get(path).json
    assert (halfway["status"], halfway["progress"]["stage"], halfway["totals"]) == (
        "running",
        "planning",
        None,
    )
    monkeypatch.undo()
    busy.wait(minutes=1)

    assert busy.admin.get(path).json["status"] == "done"
    assert len(part(busy, answer.json, "placements")) == 2
    with busy.app.app_context():
        planning.run_allocation(answer.json["id"])
    assert len(part(busy, answer.json, "placements")) == 2
    again = busy.admin.post("/allocations", CITY, Idempotency_Key="one")
    assert again.json["id"] == answer.json["id"]
    assert again.headers["Idempotent-Replayed"] == "true"


def test_only_a_few_plans_of_one_asker_are_under_way(busy):
    for _ in range(requests.MOST_WAITING):
        assert busy.admin.post("/allocations", CITY).status_code == 202
    assert busy.admin.post("/allocations", CITY).json["code"] == "allocations_waiting"
    busy.settle()
    assert busy.admin.post("/allocations", CITY).status_code == 202


def test_every_part_is_paged_and_exported_and_no_cell_runs(busy):
    made = plan(busy)
    path = f"/allocations/{made['id']}"
    first = busy.admin.get(f"{path}/placements", limit=1).json
    second = busy.admin.get(f"{path}/placements", limit=1, cursor=first["next"]).json
    assert (len(second["items"]), second["next"]) == (1, None)
    assert first["items"] != second["items"]

    for name, count in (("placements", 2), ("unplaced", 2), ("gaps", len(made["first_gaps"]))):
        text = busy.admin.get(f"{path}/export", part=name).get_data().decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text)))
        book = busy.admin.call(
            "GET", f"{path}/export?part={name}&format=xlsx", headers={"Accept-Language": "zh-CN"}
        )
        sheet = load_workbook(io.BytesIO(book.get_data())).active
        assert (len(rows), sheet.max_row - 1) == (count, count)
        assert sheet.cell(1, 2).value == "废物代码"
        assert "waste code" in rows[0]
        assert not any(str(cell).startswith("=") for row in rows for cell in row.values())
        assert all(cell.data_type != "f" for line in sheet.iter_rows() for cell in line)
    titles = {
        row["supply"]
        for row in csv.DictReader(
            io.StringIO(busy.admin.get(f"{path}/export").get_data().decode("utf-8-sig"))
        )
    }
    assert "'=HYPERLINK(1)" in titles
