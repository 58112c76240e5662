"""A waste code is one code at every door, however it is written; and each door refuses the same."""

import pytest

from marketplace.catalogue.service.written_codes import read_code
from tests.effort import EFFORT
from tests.http.responses import refused
from tests.listings.sheets import SUPPLY, csv_of, faults, send
from tests.marketplace import listing_terms

OIL = ("cn-hw", "900-249-08")
OILS = ("cn-hw", "HW08")
GASES = ("eu-low", "16 05 06")
SCRAP = ("cn-sw", "SW17")
SPELLINGS = [
    ("900-249-08", OIL), ("HW08 900-249-08", OIL), ("HW08-900-249-08", OIL), ("HW08（900-249-08）", OIL),
    ("900-249-08（HW08）", OIL), ("hw8 900-249-08", OIL), ("90024908", OIL), ("HW0890024908", OIL),
    ("900 249 08", OIL), ("９００－２４９－０８", OIL), ("900–249–08", OIL), ("900—249—08", OIL),
    ("900−249−08", OIL), ("900‐249‐08", OIL), ("900.249.08", OIL),
    ("900一249一08", OIL), ("900-249-08 (90024908)", OIL), ("废物代码：900-249-08", OIL),
    ("HW08", OILS), ("ＨＷ０８", OILS), ("hw08", OILS), ("HW8", OILS), ("HW-08", OILS), ("HW08类", OILS),
    ("HW08 废矿物油与含矿物油废物", OILS),
    ("16 05 06", GASES), ("16 05 06*", GASES), ("160506*", GASES), ("160506", GASES), ("16.05.06*", GASES),
    ("16-05-06＊", GASES), ("EWC 16 05 06*", GASES),
    ("SW17", SCRAP), ("sw17", SCRAP), ("S17", SCRAP), ("s17", SCRAP), ("ＳＷ－１７", SCRAP),
    ("900-607-S17", ("cn-sw", "900-607-S17")), ("900-607-s17", ("cn-sw", "900-607-S17")),
    ("SW17 900–607–S17", ("cn-sw", "900-607-S17")), ("900607S17", ("cn-sw", "900-607-S17")),
    ("ISW-05-01-01", ("isw", "ISW-05-01-01")), ("isw050101", ("isw", "ISW-05-01-01")),
    ("ＩＳＷ—05—01—01", ("isw", "ISW-05-01-01")), ("16", ("eu-low", "16")), ("1605", ("eu-low", "16 05")),
]  # fmt: skip
REFUSED = [
    (None, "HW09 900-249-08", "code_contradicts", "code"),
    ("cn-hw", "900-249-08（HW09）", "code_contradicts", "code"),
    (None, "SW17 900-249-08", "code_contradicts", "code"),
    ("eu-low", "900-249-08", "wrong_scheme", "code"),
    ("cn-hw", "16 05 06*", "wrong_scheme", "code"),
    ("cn-sw", "hw08", "wrong_scheme", "code"),
    ("no-such", "900-249-08", "unknown_scheme", "scheme"),
    (None, "17 04 05*", "star_contradicts", "code"),
    (None, "HW08 HW09", "several_codes", "code"),
    (None, "900-249-08/900-214-08", "several_codes", "code"),
    (None, "900-999-08", "unknown_code", "code"),
    (None, "9000-249-08", "unknown_code", "code"),
    (None, "900-249-081", "unknown_code", "code"),
    (None, "900-249-08-01", "unknown_code", "code"),
    (None, "HW080", "unknown_code", "code"),
    (None, "非900-249-08", "unknown_code", "code"),
    ("cn-hw", "not HW08", "unknown_code", "code"),
    (None, "废矿物油", "unknown_code", "code"),
    ("cn-hw", "------", "unknown_code", "code"),
]
NO_CODE = ("废矿物油", "------")
"""A sheet suggests codes by the title of a row whose cell has none."""
SUPPLY_TERMS = {**listing_terms(), "kind": "supply", "title": "废油"}
DEMAND_TERMS = {**listing_terms(), "kind": "demand", "title": "收废油"}
DAYS = {"valid_from": "2026-01-01", "valid_until": "2027-12-31"}


def reference(scheme, code):
    return {"code": code, **({"scheme": scheme} if scheme else {})}


def as_shown(ref):
    return ref["scheme"], ref["code"]


class Doors:
    """Every way in which a code comes in: of its reference, (response, how it is shown, where it is)."""

    def __init__(self, marketplace):
        self.marketplace = marketplace
        self.owner = marketplace.enterprise("generator", "recycler")
        self.other = marketplace.enterprise("generator", "recycler")
        self.draft = marketplace.supply(self.owner, publish=False)
        self.numbers = 0

    def once(self, path, body):
        """Enter a permit and revoke it, so that it can be entered again."""
        made = self.marketplace.admin.post(path, body)
        if made.status_code == 201:
            assert self.marketplace.admin.delete(f"{path}/{made.json['id']}").status_code == 204
        return made

    def waste(self, ref):
        made = self.owner.post("/listings", {**SUPPLY_TERMS, "waste": ref})
        return made, lambda body: body["waste"], "waste."

    def changed_waste(self, ref):
        changed = self.owner.patch(f"/listings/{self.draft['id']}", {"waste": ref})
        return changed, lambda body: body["waste"], "waste."

    def accepts(self, ref):
        made = self.owner.post("/listings", {**DEMAND_TERMS, "accepts": [ref]})
        return made, lambda body: body["accepts"][0], "accepts.0."

    def licence(self, ref):
        line = {**ref, "tonnes_per_year": 10.0}
        self.numbers += 1
        body = {"enterprise_id": self.owner.id, "number": f"浙危废经{self.numbers}", "lines": [line], **DAYS}
        return self.marketplace.admin.post("/licences", body), lambda body: body["lines"][0], "lines.0."

    def channel(self, ref):
        self.numbers += 1
        body = {
            "generator_id": self.owner.id, "receiver_id": self.other.id, "use": "制酸",
            "tonnes_per_year": 10.0, "approval_number": f"绍环{self.numbers}", **DAYS, **ref,
        }  # fmt: skip
        return self.marketplace.admin.post("/channels", body), lambda body: body, ""

    def white_list(self, ref):
        body = {"receiver_id": self.other.id, "from_province": "310000", **DAYS, **ref}
        return self.once("/white-list", body), lambda body: body, ""

    def exemption(self, ref):
        body = {"enterprise_id": self.owner.id, "item": 6, **DAYS, **ref}
        return self.once("/exemptions", body), lambda body: body, ""

    def muted_codes(self, ref):
        """Only codes that the catalogue has are muted: an unlisted one once somebody has published it."""
        self.marketplace.supply(self.other, waste={"scheme": "cn-sw", "code": "900-607-S17"})
        body = {"email": "digest", "muted_codes": [ref]}
        shown = self.owner.put("/notification-preferences", body)
        return shown, lambda body: body["muted_codes"][0], "muted_codes.0."


DOORS = ("waste", "changed_waste", "accepts", "licence", "channel", "white_list", "exemption", "muted_codes")


@pytest.mark.parametrize("door", DOORS)
def test_every_door_reads_every_spelling(marketplace, door):
    """In the daily suite each door reads every third, another third than its neighbours."""
    call = getattr(Doors(marketplace), door)
    step = max(1, round(1.2 / EFFORT))
    for written, (scheme, code) in SPELLINGS[DOORS.index(door) % step :: step]:
        for named in (None, scheme if code[0].isdigit() else scheme.upper()):
            response, shown, _ = call(reference(named, written))
            assert response.status_code in (200, 201), (written, named, response.json)
            assert as_shown(shown(response.json)) == (scheme, code), (written, named)


@pytest.mark.parametrize("door", DOORS)
def test_every_door_refuses_the_same_and_blames_the_same_part(marketplace, door):
    call = getattr(Doors(marketplace), door)
    for scheme, written, code, part in REFUSED:
        response, _, at = call(reference(scheme, written))
        refused(response, 422, code, f"{at}{part}")


def test_the_path_of_a_code_takes_every_spelling(marketplace):
    for written, (scheme, code) in SPELLINGS:
        shown = marketplace.admin.get(f"/waste-codes/{scheme}/{written}")
        if "607" in code or "与" in written:
            continue
        assert shown.json["code"] == code, written


def test_a_contradiction_says_what_the_code_is(marketplace):
    owner = marketplace.enterprise("generator")
    body = {**SUPPLY_TERMS, "waste": {"code": "HW09 900-249-08"}}

    problem = refused(owner.post("/listings", body), 422, "code_contradicts", "waste.code")

    assert "HW08 900-249-08" in problem["errors"]["waste.code"][0]


BESIDE = {
    "900-249-08 废漆桶": ["words_left_out"], "900-249-08 废矿物油": [], "900-249-08 (T, I)": [],
    "HW12 染料、涂料废物 900-252-12": [],
}  # fmt: skip


def test_words_that_are_not_of_the_name_are_left_out_with_a_warning(marketplace):
    owner = marketplace.enterprise("generator")
    for written, warned in BESIDE.items():
        made = owner.post("/listings", {**SUPPLY_TERMS, "waste": {"code": written}})
        assert [warning["code"] for warning in made.json["warnings"]] == warned, written
        assert all(warning["field"] == "waste.code" for warning in made.json["warnings"])


CATEGORIES = {"HW08": ["category_offered"], "16 05": ["category_offered"], "SW17": ["code_provisional"]}


def test_a_supply_of_a_category_is_warned_that_it_meets_fewer_receivers(marketplace):
    owner = marketplace.enterprise("generator")
    for code, warned in CATEGORIES.items():
        made = owner.post("/listings", {**SUPPLY_TERMS, "waste": {"code": code}})
        assert [warning["code"] for warning in made.json["warnings"]] == warned


SHEET_CELLS = [
    ("HW08\n900-249-08", OIL), ("HW08，900-249-08", OIL), ("900-249-08、HW08", OIL),
    ("hw34", ("cn-hw", "HW34")),
]  # fmt: skip


def test_a_cell_of_a_sheet_reads_a_code_as_every_door_does(marketplace):
    owner = marketplace.enterprise("generator")
    cells = [(cell, scheme, ref) for cell, ref in [*SHEET_CELLS, *SPELLINGS] for scheme in ("", ref[0])]
    rows = [
        {**SUPPLY, "名称": f"废物 {number}", "废物代码": cell, "代码体系": scheme}
        for number, (cell, scheme, _) in enumerate(cells)
    ]
    made = send(owner, csv_of(*rows))
    assert made.status_code == 201, made.json
    shown = [owner.get(f"/listings/{listing_id}").json for listing_id in made.json["listing_ids"]]
    assert [as_shown(listing["waste"]) for listing in shown] == [ref for _, _, ref in cells]


def test_a_cell_of_a_sheet_is_refused_for_what_every_door_refuses(marketplace):
    owner = marketplace.enterprise("generator")
    rows = [
        {**SUPPLY, "名称": f"废物 {number}", "废物代码": written, "代码体系": scheme or ""}
        for number, (scheme, written, _, _) in enumerate(REFUSED)
    ]
    columns = {"code": "waste_codes", "scheme": "scheme"}
    assert faults(send(owner, csv_of(*rows))) == {
        (number, columns[part], "code_suggested" if written in NO_CODE else code)
        for number, (_, written, code, part) in enumerate(REFUSED, start=2)
    }


def test_reading_a_code_needs_no_catalogue_and_finds_each_once():
    written = read_code("HW08（900–249–08）, 90024908 废矿物油")

    assert [code.key for code in written.codes] == ["HW08", "90024908"]
    assert written.words == "废矿物油"


def test_prefixes_of_the_matching_policy_are_spelled_as_codes_are(marketplace):
    written = ("default", "ＨＷ０８", "SW7", "900–25", "90040", "1605", "CN-HW")

    marketplace.policy(half_distance_km=dict.fromkeys(written, 50.0))

    shown = marketplace.admin.get("/matching-policy").json["half_distance_km"]
    assert set(shown) == {"default", "HW08", "SW7", "900-25", "900-40", "16 05", "cn-hw"}


def test_a_prefix_of_the_matching_policy_twice_is_refused(marketplace):
    policy = marketplace.admin.get("/matching-policy").json
    twice = {**policy, "half_distance_km": {"default": 100.0, "HW08": 50.0, "hw08": 60.0}}

    refused(marketplace.admin.put("/matching-policy", twice), 422, "prefix_repeated", "half_distance_km.hw08")


def test_the_codes_of_one_line_of_a_licence_are_read_alike(marketplace):
    owner, line = marketplace.enterprise("recycler"), {"tonnes_per_year": 10.0}
    body = {"enterprise_id": owner.id, "number": "浙危废经77", **DAYS}
    written = ["HW08 900-249-08", "９００—３４９—３４"]

    made = marketplace.admin.post("/licences", {**body, "lines": [{**line, "codes": written}]})
    wrong = {**body, "number": "浙危废经78", "lines": [{**line, "codes": ["HW34", "HW09 900-249-08"]}]}

    assert made.json["lines"][0]["codes"] == ["900-249-08", "900-349-34"]
    refused(marketplace.admin.post("/licences", wrong), 422, "code_contradicts", "lines.0.codes.1")
