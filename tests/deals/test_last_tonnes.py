"""Many processes at the last tonnes of listings, a licence year and a channel: `bench.trade` in short."""

import pytest

from bench import trade
from marketplace import embedded

ENDS_WELL = {
    "offered", "accepted", "cancelled", "nothing to do", "not_enough_left", "no_longer_lawful", "wrong_state",
    "pairing_not_lawful", "offer_open_already", "not_found", "database_away",
}  # fmt: skip
"""What a call may come to; a watcher compares all balances meanwhile, to the kilogram."""


@pytest.fixture
def admin_url(data_dir, database_url, monkeypatch):
    """The address of this process's database for the superuser, who can end what the race connects."""
    monkeypatch.setenv("PGAPPNAME", trade.QUIET["PGAPPNAME"])
    name = database_url.partition("?")[0].rpartition("/")[2]
    return embedded.admin_url(data_dir, name).replace("+psycopg", "")


def test_nothing_is_oversold_when_connections_are_cut_in_the_middle(app, marketplace, admin_url):
    cut = []

    def interrupt():
        trade.cut_connections(admin_url)
        cut.append(True)

    found = trade.race(app, admin_url, processes=4, seconds=60, calls=10, interrupt=interrupt)
    assert cut == [True]
    assert set(found["outcomes"]) <= ENDS_WELL, found
    assert found["outcomes"]["accepted"] > 0


def test_an_accepted_offer_is_reserved_on_the_licence_and_free_again_when_cancelled(marketplace):
    generator, receiver = marketplace.enterprise("generator"), marketplace.enterprise("recycler")
    licence = marketplace.licence(receiver, tonnes=100)
    first, second = (marketplace.supply(generator, min_lot_t=50) for _ in range(2))
    demand = marketplace.demand(receiver, min_lot_t=50)
    terms = {
        "quantity_t": 60,
        "price_cny_per_t": -120,
        "valid_until": "2026-12-20T10:00:00Z",
        "until": "2026-12-31",
    }
    offer = generator.post("/offers", {"supply_id": first["id"], "demand_id": demand["id"], **terms}).json

    def line():
        (shown,) = receiver.get(f"/licences/{licence['id']}").json["lines"]
        return shown["reserved_t"], shown["used_t"], shown["left_t"]

    deal = receiver.post(f"/offers/{offer['id']}/accept", {}).json["deal"]
    assert line() == (60, 0, 40)
    assert "licence" in marketplace.why_not(receiver, demand, second)
    assert second["id"] not in marketplace.matches(receiver, demand)
    assert (
        generator.post(f"/deals/{deal['id']}/cancel", {"reason": "停产", "fault": "none"}).status_code == 200
    )
    assert line() == (0, 0, 100)
    assert second["id"] in marketplace.matches(receiver, demand)
