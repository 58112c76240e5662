"""The part of `make demo` about credit, played on the load of the demo city that nobody received in time."""

import re
from dataclasses import replace

import httpx
import pytest

from marketplace.enterprises import service as enterprises
from seed.city import credit_grade, credit_score
from seed.demo import demo_city
from seed.late_load import late_load
from seed.load_demo import load_city
from seed.show_credit import CreditCast, CreditShow
from seed.show_kit import Party
from seed.showcase import LATE_RECEIVER
from tests.marketplace import TODAY


@pytest.fixture(scope="module")
def city():
    return demo_city(TODAY)


@pytest.fixture
def receiver(marketplace, city):
    """The USCC of the receiver, after the scheduler has found its load late."""
    deal = late_load(city)
    (load,) = deal.loads
    keys = {deal.supply.enterprise_key, deal.demand.enterprise_key, load.carrier_key}
    part = replace(
        city,
        enterprises=tuple(one for one in city.enterprises if one.key in keys),
        listings=(),
        licences=tuple(one for one in city.licences if one.enterprise_key in keys),
        channels=(),
        white_list=(),
        fleets=tuple(one for one in city.fleets if one.enterprise_key == load.carrier_key),
    )
    with marketplace.app.app_context():
        load_city(part, (deal,))
    marketplace.restart_scheduler()
    marketplace.settle()
    return next(one.uscc for one in part.enterprises if one.key == LATE_RECEIVER)


@pytest.fixture
def show(marketplace, receiver):
    """A function that plays it in a language."""
    transport = httpx.WSGITransport(app=marketplace.app)
    with marketplace.app.app_context():
        key = enterprises.replace_lost_key(receiver)
    keys = (key, marketplace.admin.key, marketplace.second_admin().key)

    def operator(*words):
        return marketplace.app.test_cli_runner().invoke(args=words).output.strip().splitlines()

    with httpx.Client(transport=transport, base_url="http://demo/api/v1") as http:

        def play(language):
            parties = [Party(http, one, language) for one in keys]
            CreditShow(CreditCast(*parties, operator), language).run()

        yield play


def test_the_receiver_is_so_close_to_grade_b_that_one_late_load_takes_it_there(city):
    (receiver,) = [one for one in city.enterprises if one.key == LATE_RECEIVER]
    assert (credit_score(receiver), credit_grade(receiver)) == (91, "A")


def test_it_shows_the_late_load_the_appeal_the_refusal_and_the_ledger(show, capsys):
    show("en")
    shown = capsys.readouterr().out
    assert "not received within 5 working days" in shown
    assert "Manifest closed late, -2 points" in shown
    changes = re.findall(r"credit (\S+), grade (\w) -> (\S+), grade (\w)", shown)
    assert changes == [
        ("91", "A", "89", "B"), ("89", "B", "91", "A"), ("91", "A", "85", "B"), ("85", "B", "91", "A"),
    ]  # fmt: skip
    assert "refused (second_officer_needed). An admin other than the one who made the entry" in shown
    assert re.search(r"LEDGER  [1-9][\d,]* entries in \d+ chains verified", shown)
    assert re.search(r"chain of this enterprise: \d+ entries, head [0-9a-f]{16}\.\.\.", shown)


def test_it_speaks_chinese(show, capsys):
    show("zh")
    shown = capsys.readouterr().out
    assert "联单逾期办结，-2 分" in shown
    assert "信用 91 分 A 级 -> 89 分 B 级" in shown
    assert "（second_officer_needed）。须由录入人、核查人以外的另一名管理员复核办理。" in shown
    assert not re.findall(r"(?m)^  .*\b(?:the|and|by)\b.*$", shown)
