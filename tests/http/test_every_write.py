"""Every route that writes: thrice at the same moment, with the ids of others, from the pages of others."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from uuid import uuid4

import pytest
from sqlalchemy import select

from marketplace.database import db
from marketplace.enterprises.models import Enterprise
from tests.cases import united
from tests.test_house import API, filled, sent

SAFE = {"GET", "HEAD", "OPTIONS"}
AT_ONCE = 3
AS_OFTEN_AS_ALLOWED = {("POST", "/me/person/email"), ("POST", "/allocations")}
"""What is refused after so many of a day, or while so many wait."""
AN_ID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ONE_OF = re.compile(r"<any\('?([\w-]+)[^>]*>")
OF_ANY_SITE = {"/unsubscribe/<token>"}
"""What mail programs send; its address entitles to it, no cookie."""
FOREIGN = (
    {},
    {"Origin": "null"},
    {"Origin": "https://evil.example"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://localhost", "Sec-Fetch-Site": "same-site"},
    {"Origin": "http://localhost", "Sec-Fetch-Site": "none"},
    {"Referer": "http://localhost/settings"},
)


@pytest.fixture
def samples(everything):
    with everything() as made:
        yield made


def call(samples, party, method, path, body):
    """A write from a client of its own, as a thread needs it."""
    about = dict(sent(body)) if body is not None else {}
    if "json" in about:
        about = {"data": json.dumps(about["json"], default=str), "content_type": "application/json"}
    client = samples.marketplace.app.test_client()
    return client.open(f"{API}{path}", method=method, headers={**party.headers, "If-Match": "*"}, **about)


def test_what_is_done_once_is_done_once_by_three_at_the_same_moment(samples):
    """Then once more: what refuses the last has let one of the three pass."""
    faults = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for (method, rule), (party, path, body) in united("writes", samples).items():
            press = partial(call, samples, party, method, path, body)
            heard = [one.result().status_code for one in [pool.submit(press) for _ in range(AT_ONCE)]]
            passed = sum(status < 400 for status in heard)
            repeats = passed > 1 and (method, rule) not in AS_OFTEN_AS_ALLOWED
            if max(heard) >= 500 or passed == 0 or (repeats and press().status_code >= 400):
                faults.append((method, rule, heard))
    assert not faults, faults


def test_an_id_of_others_in_a_body_reads_like_an_unknown_one(samples):
    """What a member may name, its neighbour may not, and hears no more than of an id that nobody has."""
    faults, compared = [], []
    for (method, rule), (party, path, body) in united("writes", samples).items():
        named = set() if isinstance(body, bytes) else set(AN_ID.findall(json.dumps(body, default=str)))
        theirs = named - of_enterprises(samples)
        if party.id not in (samples.owner.id, samples.partner.id) or not theirs:
            continue
        heard = []
        for ids in ({one: one for one in theirs}, {one: str(uuid4()) for one in theirs}):
            response = call(samples, samples.neighbour, method, path, with_ids(body, ids))
            assert response.status_code < 500, (method, rule)
            heard.append((response.status_code, without_ids(response)))
        compared.append(rule)
        if heard[0] != heard[1]:
            faults.append((method, rule, heard))
    assert faults == []
    assert {"/offers", "/manifests", "/offers/answers", "/matches/feedback", "/listings/publish"} <= set(
        compared
    )


def test_an_official_of_elsewhere_writes_about_nobody_here(samples):
    """Whether the address or the body names the enterprise."""
    asked = 0
    for route, (_, path, body) in united("writes", samples).items():
        if route not in united("regulated"):
            continue
        response, asked = call(samples, samples.stranger, route[0], path, body), asked + 1
        items = response.json.get("items", ()) if response.status_code < 400 else [{"status": 403}]
        assert items, route
        assert all(item["status"] >= 400 for item in items), route
    assert asked > 20
    visit = {"enterprise_id": samples.owner.id, "checklist": "hazardous_generator", "kind": "district"}
    assert samples.stranger.post("/inspections", visit).json["code"] == "unknown_enterprise"
    assert samples.regulator.post("/inspections", visit).status_code == 201


def of_enterprises(samples):
    """The ids that everybody may know."""
    with samples.marketplace.app.app_context():
        return {str(row) for row in db.session.scalars(select(Enterprise.id))}


def with_ids(body, ids):
    return json.loads(AN_ID.sub(lambda found: ids.get(found[0], found[0]), json.dumps(body, default=str)))


def without_ids(response):
    return {**json.loads(AN_ID.sub("", response.get_data(as_text=True))), "request_id": None}


def test_no_form_of_another_site_is_taken_wherever_it_leads(app):
    """Whatever takes a form takes it from our pages, whoever is logged in; the API takes no cookie for it."""
    client, forms = app.test_client(), 0
    for rule in app.url_map.iter_rules():
        for method in rule.methods - SAFE if rule.rule not in OF_ANY_SITE else ():
            is_api = rule.rule.startswith(f"{API}/")
            access = getattr(app.view_functions[rule.endpoint], "access", None)
            if is_api and (not access.kinds or access.keyless):
                continue
            forms += not is_api
            for headers in FOREIGN:
                path = filled(ONE_OF.sub(r"\1", rule.rule))
                response = client.open(path, method=method, data={"a": "b"}, headers=headers)
                assert response.status_code == (401 if is_api else 403), (method, rule.rule, headers)
    assert forms > 100
