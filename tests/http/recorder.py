"""The examples of the API's description, played on the real application and written down.

Every route is called as its row in `tests/test_house.py` calls it, then in the ways that go wrong most
instructively. Ids, keys and numbers are made the same in every recording, so that a new one differs from
the last only where an answer does.
"""

import itertools
import json
import re

from stdnum.cn import uscc

from marketplace.events.actor import ENTERPRISE
from marketplace.http.openapi.document import operations
from tests.listings.sheets import SUPPLY, csv_of
from tests.test_house import API, Samples, filled, neighbours, writes
from tests.test_house import sent as sending

QUERIES = {
    "/waste-codes": {"q": "废酸", "category": "HW34"},
    "/regions": {"parent": "330600"},
}
CONTACT = {"name": "王厂长", "email": "wang@example.com", "phone": "0575-85000000"}
FINER = {
    ("POST", "/enterprises"): {
        "name": "柯桥滨海印染有限公司", "region": "330603", "contact": CONTACT,
        "location": {"lon": 120.58, "lat": 30.08, "crs": "gcj02"},
    },
    ("PATCH", "/enterprises/<uuid:enterprise_id>"): {"name": "绍兴一厂（滨海）", "contact": CONTACT},
    ("POST", "/enterprises/<uuid:enterprise_id>/approve"): {"reason": "材料齐全"},
    ("POST", "/enterprises/<uuid:enterprise_id>/suspend"): {"reason": "许可证被吊销"},
    ("POST", "/api-keys"): {"name": "ERP", "expires_at": "2027-06-30T16:00:00Z"},
    ("POST", "/regulators"): {"name": "浙江省生态环境厅"},
    ("POST", "/listings"): {
        "title": "稀硫酸 20%", "price_cny_per_t": -150.0, "max_distance_km": 200,
        "location": {"lon": 120.87, "lat": 30.12, "crs": "wgs84"}, "form": "liquid", "packaging": "tank",
        "composition": [{"component": "H2SO4", "min": 18, "max": 22, "unit": "%"}],
    },
    ("PATCH", "/listings/<uuid:listing_id>"): {"title": "稀硫酸 25%", "price_cny_per_t": -120.0},
    ("POST", "/listings/<uuid:listing_id>/withdraw"): {"reason": "已自行利用"},
    ("POST", "/listings/<uuid:listing_id>/exemption-review"): {"reason": "检测报告符合豁免条件"},
    ("POST", "/listings/<uuid:listing_id>/matches/<uuid:other_id>/feedback"): {"reason": "运距过长"},
    ("POST", "/licences"): {"number": "浙危废经第3306000001号"},
    ("POST", "/channels"): {"approval_number": "绍环点对点〔2026〕7号"},
    ("POST", "/credit/events"): {"note": "台账记录不全，责令改正"},
    ("POST", "/credit/blocks"): {"reason": "非法倾倒立案"},
    ("POST", "/credit/blocks/<uuid:block_id>/lift"): {"reason": "案件撤销"},
}  # fmt: skip
"""Words for the reader, where the tests' own bodies are terse."""
FAULTY = {
    ("POST", "/listings"): {
        "kind": "supply", "title": "稀硫酸 20%", "waste": {"scheme": "cn-hw", "code": "900-349-34"},
        "quantity_t": "1200", "min_lot": 20, "available_from": "2026-12-01", "available_until": "2027-05-31",
    },
    ("POST", "/listings/import"): csv_of({**SUPPLY, "付款方": "", "起始日期": "next month"}),
}  # fmt: skip
"""Bodies that go wrong more instructively than by a misspelt name."""


def record(marketplace):
    """{operationId: {"asked": {status: body}, "answered": {status: body}}} of every route."""
    samples = Samples(marketplace)
    rows = {**reads(samples), **writes(samples)}
    described = {
        one["operationId"]: one for *_, one in operations(marketplace.client.get("/openapi.json").json)
    }
    endpoints = {
        (method, rule.rule.removeprefix(API)): rule.endpoint
        for rule in marketplace.app.url_map.iter_rules()
        for method in rule.methods
    }
    found = {}
    for (method, rule), row in rows.items():
        name = endpoints[method, rule]
        found[name] = steady(played(method, rule, described[name], *row))
    missing = described.keys() - found.keys()
    assert not missing, f"no row in `writes` or `neighbours` of tests/test_house.py for {missing}"
    return {name: found[name] for name in described}


def reads(samples):
    """A right call for every route that is read: (method, rule) -> (party, path, None)."""
    known = neighbours(samples)
    found = {}
    for rule in samples.marketplace.app.url_map.iter_rules():
        name = rule.rule.removeprefix(API)
        if rule.rule.startswith(API) and "GET" in rule.methods:
            kinds, _ = samples.marketplace.app.view_functions[rule.endpoint].access
            party = samples.owner if ENTERPRISE in kinds else samples.admin
            path = known["GET", name][0] if "<uuid:" in name else filled(name)
            found["GET", name] = (party, path, None)
    return found


def played(method, rule, operation, party, path, body):
    """A right call of a route, and before it those that are refused and change nothing."""
    asked, answered = {}, {}
    names = {one.get("name") for one in operation.get("parameters", ()) if one.get("in") == "query"}
    query = {**QUERIES.get(rule, {}), **({"limit": 2} if "limit" in names else {})}
    version = {"If-Match": "*"} if method in ("PUT", "PATCH") else {}
    body = {**body, **FINER.get((method, rule), {})} if isinstance(body, dict) else body

    def call(to=path, sent=body, query=query, headers=version):
        answer = party.call(method, to, query_string=query, headers=headers, **sending(sent))
        status = str(answer.status_code)
        if answer.data and readable(answer) and status not in answered:
            text = answer.get_data(as_text=True)
            answered[status] = json.loads(text) if answer.mimetype.endswith("json") else text
            if sent:
                asked[status] = sent.decode() if isinstance(sent, bytes) else sent
        return answer

    if "<" in rule and method in ("GET", "DELETE"):
        call(to=filled(rule).replace("900-349-34", "900-349"))
    if "limit" in names:
        call(query={**query, "limit": 1000})
    faulty = FAULTY.get((method, rule)) or (misspelt(body) if isinstance(body, dict) else None)
    if faulty:
        call(sent=faulty)
    if version:
        call(headers={"If-Match": '"0"'})
    right = call()
    assert right.status_code < 300, f"{method} {rule} is refused: {right.json}"
    if method == "POST":
        call()
    if len(answered) < 2:
        call(headers={"Authorization": ""})
    return {"asked": asked, "answered": answered}


def readable(answer):
    """Whether an answer is text that a reader can make something of."""
    return answer.mimetype.endswith("json") or answer.mimetype == "text/csv"


def misspelt(body):
    """A body with a letter missing in its first field's name; with a field too many where it has none."""
    first, *rest = body or {"notes": "now"}
    return {first[:-1]: body.get(first, "now"), **{name: body[name] for name in rest}}


def steady(recorded):
    """The same, with every made-up value replaced by one that is the same in each recording."""
    text = json.dumps(recorded, ensure_ascii=False)
    for pattern, make in MADE_UP.items():
        numbers = itertools.count(1)
        made = {}
        for one in re.findall(pattern, text):
            if one not in made:
                made[one] = make(next(numbers))
        text = re.sub(pattern, lambda found, made=made: made[found[0]], text)
    return json.loads(text)


def number(count):
    """A USCC with a right check digit."""
    stem = f"91330600MA{count:07d}"
    return stem + uscc.calc_check_digit(stem)


MADE_UP = {
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}": "019ad7c8-3a00-7000-8000-{:012d}".format,
    r"hl_[\w-]{20,}": "hl_EXAMPLE-{:036d}".format,
    r"91330600[0-9]{9}[0-9A-Z]": number,
    r"91330600[0-9]{9}[0-9a-z](?=@)": lambda count: f"plant{count}",
    r"企业 \w{6}": "企业 {}".format,
    r"浙危废经第\d{1,6}号": "浙危废经第330600000{}号".format,
    r'(?<="next": ")[^"]+': lambda count: "WyIwMTlhZDdjOC0zYTAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDEiXQ",
}
"""What differs from one recording to the next, and how its n-th value in an operation is written instead."""
