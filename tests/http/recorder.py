"""The examples of the API's description, played on the real application and written down.

Every route is called as its row in the cases of its room (`tests/<room>/cases.py`) says, and in the ways
that go wrong most instructively. Ids, keys and numbers are made the same in every recording, so that a new
one differs from the last only where a response does.
"""

import itertools
import json
import re
from urllib.parse import parse_qsl

from stdnum.cn import uscc

from marketplace.events.actor import ENTERPRISE
from marketplace.http.openapi.document import operations
from tests.cases import united
from tests.test_house import API, filled, read_paths, routes_of
from tests.test_house import sent as sending


def record(samples):
    """{operationId: {"requests": {status: body}, "responses": {status: body}}} of every route."""
    marketplace = samples.marketplace
    rows = {**reads(samples), **united("writes", samples)}
    described = {
        operation["operationId"]: operation
        for *_, operation in operations(marketplace.client.get("/openapi.json").json)
    }
    endpoints = {
        (method, rule.rule.removeprefix(API)): rule.endpoint
        for rule in marketplace.app.url_map.iter_rules()
        if rule.rule.startswith(API)
        for method in rule.methods
    }
    found = {}
    for (method, rule), row in rows.items():
        name = endpoints[method, rule]
        found[name] = steady(played(method, rule, described[name], *row))
    missing = described.keys() - found.keys()
    assert not missing, f"no row in `writes` of tests/<room>/cases.py for {missing}"
    return {name: found[name] for name in described}


def reads(samples):
    """A right call for every route that is read: (method, rule) -> (party, path, None)."""
    routes = routes_of(samples.marketplace.app)
    paths, readers = read_paths(samples, routes), united("readers", samples)
    return {
        ("GET", rule): (
            readers.get(rule) or (samples.owner if ENTERPRISE in view.access.kinds else samples.admin),
            paths[rule],
            None,
        )
        for method, rule, view in routes
        if method == "GET"
    }


def played(method, rule, operation, party, path, body):
    """A right call of a route, and before it those that are refused and change nothing."""
    requests, responses = {}, {}
    names = {
        parameter.get("name")
        for parameter in operation.get("parameters", ())
        if parameter.get("in") == "query"
    }
    path, _, written = path.partition("?")
    query = {
        **dict(parse_qsl(written)),
        **united("queries").get(rule, {}),
        **({"limit": 2} if "limit" in names else {}),
    }
    version = {"If-Match": "*"} if method in ("PUT", "PATCH") else {}
    body = {**body, **united("example_fields").get((method, rule), {})} if isinstance(body, dict) else body

    def call(to=path, sent=body, query=query, headers=version):
        response = party.call(method, to, query_string=query, headers=headers, **sending(sent))
        status = str(response.status_code)
        if response.data and readable(response) and status not in responses:
            text = response.get_data(as_text=True)
            responses[status] = json.loads(text) if response.mimetype.endswith("json") else text
            if sent is not None:
                requests[status] = sent.decode(errors="ignore") if isinstance(sent, bytes) else sent
        return response

    if "<" in rule and method in ("GET", "DELETE"):
        call(to=filled(rule) if "<uuid:" in rule else f"{path}0")
    if "limit" in names:
        call(query={**query, "limit": 1000})
    faulty = united("faulty_bodies").get((method, rule)) or (
        misspelt(body) if isinstance(body, dict) else None
    )
    if faulty:
        call(sent=faulty)
    if version:
        call(headers={"If-Match": '"0"'})
    right = call()
    assert right.status_code < 300, f"{method} {rule} is refused: {right.json}"
    if method == "POST":
        call()
    if len(responses) < 2:
        call(headers={"Authorization": ""}, query={**query, "notes": "now"})
    return {"requests": requests, "responses": responses}


def readable(response):
    """Whether a response is text."""
    return response.mimetype.endswith("json") or response.mimetype == "text/csv"


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
        for value in re.findall(pattern, text):
            if value not in made:
                made[value] = make(next(numbers))
        text = re.sub(pattern, lambda found, made=made: made[found[0]], text)
    return json.loads(text)


def number(count):
    """A USCC with a right check digit."""
    stem = f"91330600MA{count:07d}"
    return stem + uscc.calc_check_digit(stem)


MADE_UP = {
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}": "019ad7c8-3a00-7000-8000-{:012d}".format,
    r"hl_[\w-]{20,}": "hl_EXAMPLE-{:036d}".format,
    r'(?:(?<="token": ")|(?<="toke": "))[\w-]{43}': "EXAMPLE-{:035d}".format,
    r"[A-Z2-9]{5}-[A-Z2-9]{5}-[A-Z2-9]{5}-[A-Z2-9]{5}": "EXAMP-LE{:03d}-CODES-ONCES".format,
    r'(?<="checksum": ")[0-9a-f]{64}': "{:064x}".format,
    r"91330600[0-9]{9}[0-9A-Z]": number,
    r"91330600[0-9]{9}[0-9a-z](?=@)": lambda count: f"plant{count}",
    r"企业 \w{6}": "企业 {}".format,
    r"浙危废经第\d{1,6}号": "浙危废经第330600000{}号".format,
    r'(?<="next": ")[^"]+': lambda count: "EXAMPLE-CURSOR",
}
"""What differs from one recording to the next, and how its n-th value in an operation is written instead."""
