"""The persons of the demo: their log-ins are right, theirs alone, and in a file that nobody else reads."""

import re
from dataclasses import replace

from marketplace.persons import service
from seed.demo import demo_city
from seed.load_demo import load_city
from seed.load_persons import PERSONS, load_persons
from tests.marketplace import TODAY

LINE = re.compile(r"(?P<what>.+): (?P<phone>\d{11}) (?P<password>\S{16})(?: \(codes: (?P<codes>.+)\))?")


def small_city():
    """The enterprises of the demo for which somebody acts."""
    city, named = demo_city(TODAY), {person.acts_for for person in PERSONS}
    firms = tuple(firm for firm in city.enterprises if firm.key in named)
    empty = dict.fromkeys(("listings", "licences", "channels", "white_list", "fleets"), ())
    return replace(city, enterprises=firms, **empty)


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
