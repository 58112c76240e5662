"""What lists show: to an official of elsewhere and to another enterprise nothing but what is everybody's.

Every GET without an id is asked, so that the filter of a new list is not forgotten; of those with an id
tests/test_house.py asks.
"""

import re

import pytest

from marketplace.events.actor import ENTERPRISE, REGULATOR
from tests.test_house import read_paths, routes_of

ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|绍兴.厂")
PLACE = re.compile(r"\b3306\d\d\b")
"""Districts of the city in which all of it lies, and the official of elsewhere does not."""
PUBLIC = {"/transporters", "/receivers", "/credit/evaluations", "/credit/grades"}
"""Who carries and takes what, and what is published: everybody may know."""
OF_STAFF = {"/desk/officers", "/credit/early-warnings/model"}
"""Admins to whom an item may be given, and by what all of the staff is warned."""
OF_TRADE = {"/listings", "/listings/export"}
"""What is offered to everybody; what is hidden of it tests/listings says."""
QUERIES = {"/inspections/due": "/inspections/due?on=2028-01-01"}
"""Where nothing would be shown without."""
FEWEST = 25
"""Lists with something in them that there are at least."""


@pytest.fixture(scope="module")
def lists(app):
    """(rule, kinds) of every GET without an id in its address."""
    rows = routes_of(app)
    return [(rule, view.access.kinds) for method, rule, view in rows if method == "GET" and "<" not in rule]


def read(party, path):
    return party.get(path).data.decode(errors="replace")


def shown_of_others(lists, kind, insider, outsider, paths, pattern):
    """By list what it shows to both; and how many lists show anything to the insider."""
    shown, seen = {}, 0
    for rule, kinds in lists:
        if kind in kinds:
            path = QUERIES.get(rule) or paths.get(rule, rule)
            known, told = (set(pattern.findall(read(party, path))) for party in (insider, outsider))
            seen += bool(known)
            if common := known & told - {str(outsider.id)}:
                shown[rule] = common
    return shown, seen


def test_an_official_of_elsewhere_reads_of_nobody(lists, samples):
    paths, both = read_paths(samples, []), re.compile(f"{ID.pattern}|{PLACE.pattern}")
    shown, seen = shown_of_others(lists, REGULATOR, samples.admin, samples.stranger, paths, both)
    assert shown.keys() == PUBLIC | OF_STAFF
    assert seen >= FEWEST


def test_an_enterprise_reads_of_itself_alone(lists, samples):
    paths = read_paths(samples, [])
    shown, seen = shown_of_others(lists, ENTERPRISE, samples.owner, samples.neighbour, paths, ID)
    assert shown.keys() == PUBLIC | OF_TRADE
    assert seen >= FEWEST
