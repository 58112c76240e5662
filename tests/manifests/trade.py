"""A deal of waste acid with everybody around it: supplier, receiver, transporter, regulator."""

from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any

from tests.marketplace import Marketplace, Party

TRUCK = {"vehicle": "浙D12345", "driver": "张三", "escort": "李四"}
TERMS = {"quantity_t": 60.0, "price_cny_per_t": -120.0, "valid_until": "2026-12-20T10:00:00Z"}
_numbers = count(1)


def ok(response: Any, status: int = 200) -> Any:
    """The body of a response that must have this status."""
    assert response.status_code == status, (response.status_code, response.json)
    return response.json


def refused(response: Any, code: str, status: int = 409) -> Any:
    """The problem of a refusal that must have this code."""
    assert (response.status_code, response.json["code"]) == (status, code), response.json
    return response.json


def official_number(prefecture: str = "3306") -> str:
    """A number of the national system that no other manifest has."""
    return f"2026{prefecture}{next(_numbers):06d}"


def with_papers(marketplace: Marketplace, carrier: Party, truck: dict[str, str] = TRUCK) -> None:
    """Enter and verify what a transporter of hazardous waste needs."""
    base, until = f"/transporters/{carrier.id}", {"valid_until": "2028-01-01"}
    papers = [
        carrier.post(f"{base}/permits", {"number": f"浙交运{next(_numbers)}号", "scope": "8类",
                                         "valid_from": "2026-01-01", **until}),
        carrier.post(f"{base}/vehicles", {"plate": truck["vehicle"], "kind": "tank", "payload_t": 30.0,
                                          **until}),
        *(
            carrier.post(f"{base}/crew", {"name": truck[kind],
                                          "cards": [{"kind": kind, "number": f"33060219{n}", **until}]})
            for n, kind in enumerate(("driver", "escort"))
        ),
    ]  # fmt: skip
    for paper in papers:
        ok(marketplace.admin.post(f"/transporter-papers/{ok(paper, 201)['id']}/verify", {}))


@dataclass
class Trade:
    """A deal and the loads on it; every call is made by the party whose turn it is."""

    marketplace: Marketplace
    tonnes: float = 60.0
    waste: Any = None

    @cached_property
    def supplier(self) -> Party:
        return self.marketplace.enterprise("generator", name="酸厂")

    @cached_property
    def receiver(self) -> Party:
        receiver = self.marketplace.enterprise("recycler", name="染厂")
        self.marketplace.licence(receiver)
        return receiver

    @cached_property
    def carrier(self) -> Party:
        carrier = self.marketplace.enterprise("transporter", name="运输一号")
        with_papers(self.marketplace, carrier)
        return carrier

    @cached_property
    def supply(self) -> dict[str, Any]:
        return self.marketplace.supply(self.supplier, quantity_t=self.tonnes, min_lot_t=1.0)

    @cached_property
    def demand(self) -> dict[str, Any]:
        return self.marketplace.demand(self.receiver, quantity_t=500.0, min_lot_t=1.0)

    @cached_property
    def deal(self) -> dict[str, Any]:
        return self.agree(self.supply, self.demand, self.receiver)

    def agree(self, supply: dict[str, Any], demand: dict[str, Any], receiver: Party) -> dict[str, Any]:
        """A deal over the whole tonnes of this trade."""
        terms = {**TERMS, "quantity_t": self.tonnes, "supply_id": supply["id"], "demand_id": demand["id"]}
        offer = ok(self.supplier.post("/offers", terms), 201)
        return ok(receiver.post(f"/offers/{offer['id']}/accept", {}))["deal"]

    def draft(self, tonnes: float = 20.0, **about: Any) -> dict[str, Any]:
        body = {"transporter_id": self.carrier.id, "quantity_t": tonnes, "planned_on": "2026-12-02", **about}
        return ok(self.supplier.post(f"/deals/{self.deal['id']}/manifests", body), 201)

    def issued(self, tonnes: float = 20.0, **about: Any) -> dict[str, Any]:
        drafted = self.draft(tonnes, **about)
        ok(self.supplier.patch(f"/manifests/{drafted['id']}", {"official_number": official_number()}))
        return self.by(self.supplier, drafted, "issue")

    def moving(self, tonnes: float = 20.0, picked_up: float | None = None, **about: Any) -> dict[str, Any]:
        issued = self.issued(tonnes, **about)
        return self.by(self.carrier, issued, "pickup", weight_t=picked_up or tonnes, **TRUCK)

    def received(self, tonnes: float = 20.0, weight: float | None = None, **receipt: Any) -> dict[str, Any]:
        moving = self.by(self.carrier, self.moving(tonnes), "deliver", lon=120.58, lat=30.03)
        return self.by(self.receiver, moving, "receive", weight_t=weight or tonnes, **receipt)

    def by(self, party: Party, manifest: dict[str, Any], move: str, **body: Any) -> dict[str, Any]:
        """A move that must succeed; returns the manifest."""
        status = 201 if move in ("follow", "copy") else 200
        return ok(party.post(f"/manifests/{manifest['id']}/{move}", body), status)

    def show(self, manifest: dict[str, Any]) -> dict[str, Any]:
        return ok(self.supplier.get(f"/manifests/{manifest['id']}"))

    def deal_now(self) -> dict[str, Any]:
        return ok(self.supplier.get(f"/deals/{self.deal['id']}"))

    def come_back(self, back: dict[str, Any], tonnes: float) -> dict[str, Any]:
        """Carry a return home: the sender receives it."""
        return self.go_on(back, tonnes, self.supplier)

    def go_on(self, manifest: dict[str, Any], tonnes: float, receiver: Party) -> dict[str, Any]:
        """Take a manifest from its draft to its closing."""
        ok(self.supplier.patch(f"/manifests/{manifest['id']}", {"official_number": official_number()}))
        self.by(self.supplier, manifest, "issue")
        self.by(self.carrier, manifest, "pickup", weight_t=tonnes, **TRUCK)
        self.by(receiver, manifest, "receive", weight_t=tonnes)
        return self.by(receiver, manifest, "close")
