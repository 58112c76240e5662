"""The persons of the demo: their log-ins are right, theirs alone, and in a file that nobody else reads."""

import re
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from marketplace.console.pages.today import ANY_OFFER, OPEN_LOADS
from marketplace.deals import service as deals
from marketplace.desk import service as desk
from marketplace.manifests import service as manifests
from marketplace.persons import service
from seed.demo import demo_city
from seed.load_demo import load_city
from seed.load_persons import PERSONS, load_persons
from seed.load_waiting import load_waiting
from tests.marketplace import TODAY

LINE = re.compile(r"(?P<what>.+): (?P<phone>\d{11}) (?P<password>\S{16})(?: \(codes: (?P<codes>.+)\))? - .+")


def small_city():
    """The enterprises of the demo for which somebody acts, with what is theirs."""
    city, named = demo_city(TODAY), {person.acts_for for person in PERSONS}
    return replace(
        city,
        enterprises=tuple(firm for firm in city.enterprises if firm.key in named),
        listings=tuple(each for each in city.listings if each.enterprise_key in named),
        licences=tuple(each for each in city.licences if each.enterprise_key in named),
        channels=tuple(each for each in city.channels if {each.generator_key, each.receiver_key} <= named),
        fleets=tuple(each for each in city.fleets if each.enterprise_key in named),
        white_list=(),
    )


def test_each_person_of_the_demo_logs_in_with_the_line_of_the_file(app, marketplace, tmp_path):
    file = tmp_path / "new" / "logins.txt"
    with app.app_context(), marketplace.at_its_time():
        city = small_city()
        load_city(city, ())
        load_persons(city, file)
        found = [LINE.fullmatch(line) for line in file.read_text().splitlines()]
        assert len(found) == len(PERSONS)
        for line in found:
            token = service.log_in(line["phone"], line["password"], "203.0.113.1")
            who = service.logged_in(token)
            if line["codes"]:
                assert who.lacks == "second_factor"
                service.show_second_factor(who.session_id, line["codes"].split()[0], "203.0.113.1")
                who = service.logged_in(token)
            assert who.lacks is None
            assert who.actor.kind in line["what"] or who.right
    assert file.stat().st_mode & 0o777 == 0o600


def make_city(marketplace):
    """The persons of the demo logged in before what waits for them: who they are by what they are called."""
    with marketplace.app.app_context(), marketplace.at_its_time():
        city = small_city()
        load_city(city, ())
        load_waiting(city)
        file = Path(tempfile.mkdtemp()) / "logins.txt"
        load_persons(city, file)
        lines = [LINE.fullmatch(line) for line in file.read_text().splitlines()]
        shutil.rmtree(file.parent)
        marketplace.people = {line["what"].split()[0]: logged_in(line) for line in lines}
    marketplace.settle()
    return marketplace


def logged_in(line):
    token = service.log_in(line["phone"], line["password"], "203.0.113.1")
    who = service.logged_in(token)
    if line["codes"]:
        service.show_second_factor(who.session_id, line["codes"].split()[0], "203.0.113.1")
    return service.logged_in(token).actor


@pytest.fixture
def people(kept):
    with kept(make_city) as marketplace, marketplace.app.app_context():
        yield marketplace.people


@pytest.mark.parametrize("who", ["plant", "recycler"])
def test_an_offer_waits_for_who_trades(people, who):
    (offer,) = deals.search_offers(people[who], {**ANY_OFFER, "my_turn": True}, None, 5)
    assert offer.status == "open"


def test_a_load_of_today_waits_for_the_driver_and_one_at_the_gate_for_the_receiver(people):
    loads = manifests.search(people["driver"], OPEN_LOADS, None, 5)
    assert sorted((load.status, load.planned_on) for load in loads) == [
        ("delivered", TODAY),
        ("issued", TODAY),
    ]
    at_the_gate = {**OPEN_LOADS, "status": ("delivered",)}
    assert len(manifests.search(people["receiver"], at_the_gate, None, 5)) == 1


def test_a_registration_and_an_appeal_wait_for_the_officers(people):
    for who, kinds in (("admin", {"registration", "appeal"}), ("regulator", {"appeal"})):
        asked = desk.asked_for(people[who], {"kind": None, "assigned": None, "sort": "due", "region": None})
        waiting = {each["kind"] for each in desk.count(asked) if each["count"]}
        assert kinds <= waiting, who
