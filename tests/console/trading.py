"""A town that trades on pages: who makes a deal, carries it and receives it, each at a browser."""

import io

from tests.console.hand import Hand
from tests.console.people import browser_of
from tests.manifests.trade import TRUCK, Trade
from tests.uploaded_files.made import PNG

PHONES = {
    "supplier": "13800138001",
    "receiver": "13800138002",
    "driver": "13800138003",
    "gate": "13800138004",
}
HOSTILE = "</p><script>alert('废')</script><img src=x onerror=y>"


def photo(content=PNG, name="磅单.png", media_type="image/png"):
    """A picture for `Hand.press`."""
    return (lambda: io.BytesIO(content), name, media_type)


class Trading:
    """A supplier, a receiver with somebody at the gate, a transporter with a driver."""

    def __init__(self, marketplace, more=""):
        self.marketplace = marketplace
        self.trade = trade = Trade(marketplace)
        trade.supplier = marketplace.enterprise("generator", name=f"酸厂{more}")
        trade.supply = marketplace.supply(
            trade.supplier, quantity_t=60.0, min_lot_t=1.0, title=f"稀硫酸{more}"
        )
        with marketplace.at_its_time():
            self.supplier = browser_of(trade.supplier, PHONES["supplier"])
            self.receiver = browser_of(trade.receiver, PHONES["receiver"])
            self.driver = browser_of(trade.carrier, PHONES["driver"], "driver")
            self.gate = browser_of(trade.receiver, PHONES["gate"], "trader")

    @property
    def first_offer(self):
        return f"/offers/new?listing_id={self.trade.supply['id']}&with={self.trade.demand['id']}"

    def offered(self):
        """A hand of the supplier at an offer that it has just made."""
        return Hand(self.supplier, self.first_offer).fill(price_cny_per_t="-120").press("提交报价")

    def picked_up(self, load, **fields):
        """The driver's hand at a load that it has just picked up."""
        hand = Hand(self.driver, f"/loads/{load['id']}/pickup")
        return hand.fill(weight_t="20", **TRUCK, **fields).press("签署并装运")
