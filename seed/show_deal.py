"""The second half of the demo: from the best match to the settlement, and what follows from it.

An offer, a counter-offer, a deal; two loads, of which one is partly refused and fetched back; a settlement by
accepted weight, ratings; then the grade that the deal earned, and the next ranking.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from marketplace.messages.names import Name, readable
from seed.city import DemoFleet, DemoPerson, DemoVehicle
from seed.show_deal_labels import LABELS
from seed.show_kit import Party, ShowError, print_table, wait_for
from seed.stage import step, today

PLANNED_T, PICKED_UP_T, RECEIVED_T, REFUSED_T = (28.0, 26.0), (27.86, 25.92), (27.84, 25.9), (0.0, 4.2)
"""Of each of the two loads."""
OFFERED, ASKED = -100.0, -112.0
"""CNY a tonne that the maker offers to pay for the treatment, and that the receiver asks."""
QUESTIONS = ("punctual", "as_described", "cooperation", "safety")
POINTS = {"maker": (5, 5, 4, 5), "receiver": (5, 3, 5, 5)}
"""What each says of the other."""


@dataclass(frozen=True)
class Cast:
    """Who acts in this half, each with a key."""

    maker: Party
    receiver: Party
    carrier: Party
    carrier_id: str
    fleet: DemoFleet


@dataclass(frozen=True)
class Ranking:
    """What the maker sees: its supply and the ranked matches."""

    supply: dict[str, Any]
    matches: dict[str, Any]

    def best_of(self, name: str) -> dict[str, Any]:
        """The best match with the enterprise of this name."""
        items = self.matches["items"]
        found: dict[str, Any] = next(item for item in items if item["listing"]["enterprise"]["name"] == name)
        return found


class DealShow:
    """The second half on a running platform."""

    def __init__(
        self, cast: Cast, ranking: Ranking, receiver: str, delays_s: Mapping[str, int], language: str
    ) -> None:
        self._cast = cast
        self._ranking = ranking
        self._match = ranking.best_of(receiver)
        self._name = receiver
        self._delays_s = delays_s
        self._language = language
        self._labels = LABELS[language]
        self._serial = 0

    def run(self) -> None:
        """Deal, carry, settle and rank again, and print each.

        Raises:
            ShowError: the platform did something else than the demo is to show.
        """
        credit = self._credit()
        with step(self._labels["negotiating"].format(name=self._name)):
            deal = self._negotiate()
        self._print_deal(deal)
        with step(self._labels["shipping"]):
            loads = self._ship(deal)
        self._print_loads(loads)
        with step(self._labels["settling"]):
            self._settle(deal)
        self._print_settlement(deal)
        with step(self._labels["waiting"]):
            after = wait_for("the credit of the deal", lambda: self._changed_credit(credit))
            ranked = self._rank_again()
        self._print_what_follows(credit, after, ranked)

    # ------------------------------------------------------------ what is done

    def _negotiate(self) -> dict[str, Any]:
        maker, receiver = self._cast.maker, self._cast.receiver
        pairing = {"supply_id": self._ranking.supply["id"], "demand_id": self._match["listing"]["id"]}
        offer = maker.post("/offers", {**pairing, **_terms(OFFERED, 3)})
        receiver.post(f"/offers/{offer['id']}/counter", _terms(ASKED, 2))
        accepted = maker.post(f"/offers/{offer['id']}/accept")["deal"]
        deal: dict[str, Any] = maker.get(f"/deals/{accepted['id']}")
        self._rounds = maker.get(f"/offers/{offer['id']}")["rounds"]
        return deal

    def _ship(self, deal: dict[str, Any]) -> list[dict[str, Any]]:
        """Both loads, and the return of what was refused of the second."""
        loads = []
        for number in range(2):
            load = self._draft(deal, number)
            self._carry(load["id"], PICKED_UP_T[number])
            loads.append(self._receive(load["id"], number))
        return [*loads, self._fetch_back(loads[-1])]

    def _draft(self, deal: dict[str, Any], number: int) -> dict[str, Any]:
        body = {
            "transporter_id": self._cast.carrier_id,
            "planned_on": str(today()),
            "quantity_t": PLANNED_T[number],
            "packing": "tank",
        }
        load: dict[str, Any] = self._cast.maker.post(f"/deals/{deal['id']}/manifests", body)
        return load

    def _carry(self, load_id: str, tonnes: float) -> None:
        """From the request to the delivery, each step by whose turn it is."""
        maker, carrier = self._cast.maker, self._cast.carrier
        load = f"/manifests/{load_id}"
        number = {"official_number": self._official_number(load_id)}
        maker.send("PATCH", load, number, {"If-Match": "*"})
        maker.post(f"{load}/request")
        planned_at = datetime.now(UTC) + timedelta(hours=2)
        carrier.post(f"{load}/schedule", {**self._people(), "planned_at": planned_at.isoformat()})
        maker.post(f"{load}/issue")
        carrier.post(f"{load}/pickup", {"weight_t": tonnes, **self._people()})
        carrier.post(f"{load}/deliver")

    def _receive(self, load_id: str, number: int) -> dict[str, Any]:
        receiver, load = self._cast.receiver, f"/manifests/{load_id}"
        body: dict[str, Any] = {"weight_t": RECEIVED_T[number]}
        if REFUSED_T[number]:
            body |= {"refused_t": REFUSED_T[number], "reason": self._labels["reason"]}
        receiver.post(f"{load}/receive", body)
        receiver.post(f"{load}/close")
        outcome = {"operation": "R6", "on": str(today()), "product": self._labels["product"]}
        accepted = round(RECEIVED_T[number] - REFUSED_T[number], 3)
        shown: dict[str, Any] = receiver.post(f"{load}/outcome", {**outcome, "quantity_t": accepted})
        return shown

    def _fetch_back(self, refused: dict[str, Any]) -> dict[str, Any]:
        maker = self._cast.maker
        body = {"kind": "return", "transporter_id": self._cast.carrier_id, "planned_on": str(today())}
        back = maker.post(f"/manifests/{refused['id']}/follow", body)
        self._carry(back["id"], REFUSED_T[1])
        maker.post(f"/manifests/{back['id']}/receive", {"weight_t": REFUSED_T[1]})
        shown: dict[str, Any] = maker.post(f"/manifests/{back['id']}/close")
        return shown

    def _official_number(self, load_id: str) -> str:
        """As the national system would have given it: year, province and prefecture of dispatch, serial."""
        self._serial += 1
        number = self._cast.maker.get(f"/manifests/{load_id}")["number"]
        return f"{today().year}{number[:4]}{self._serial:06}"

    def _people(self) -> dict[str, str]:
        driver, escort = _of_job(self._cast.fleet, "driver"), _of_job(self._cast.fleet, "escort")
        return {"vehicle": self._vehicle.plate, "driver": driver.name, "escort": escort.name}

    @property
    def _vehicle(self) -> DemoVehicle:
        return max(self._cast.fleet.vehicles, key=lambda one: one.payload_t)

    def _settle(self, deal: dict[str, Any]) -> None:
        receiver, maker, path = self._cast.receiver, self._cast.maker, f"/deals/{deal['id']}"
        receiver.post(f"{path}/complete")
        receiver.post(f"{path}/invoice", {"status": "issued"})
        maker.post(f"{path}/invoice", {"status": "paid"})
        for party, who in ((maker, "maker"), (receiver, "receiver")):
            party.post(f"{path}/rate", dict(zip(QUESTIONS, POINTS[who], strict=True)))

    def _credit(self) -> dict[str, Any]:
        receiver_id = self._match["listing"]["enterprise"]["id"]
        shown: dict[str, Any] = self._cast.receiver.get(f"/enterprises/{receiver_id}/credit")
        return shown

    def _changed_credit(self, before: dict[str, Any]) -> dict[str, Any] | None:
        now = self._credit()
        return now if now["score"] != before["score"] else None

    def _rank_again(self) -> Ranking:
        """The ranking once it knows the new credit."""
        maker, supply_id = self._cast.maker, self._ranking.supply["id"]

        def ranked() -> Ranking | None:
            supply = maker.get(f"/listings/{supply_id}")
            ranking = Ranking(supply, maker.get(f"/listings/{supply_id}/matches", limit=20))
            return ranking if ranking.best_of(self._name)["score"] != self._match["score"] else None

        return wait_for("the new ranking", ranked)

    # ------------------------------------------------------------ what is printed

    def _print_deal(self, deal: dict[str, Any]) -> None:
        labels = self._labels
        print(f"\n  {labels['offer'].format(name=self._name)}\n")
        rows = [
            [
                str(one["no"]),
                self._named("side", one["by"]),
                f"{one['quantity_t']:g}",
                f"{one['price_cny_per_t']:g}",
                f"{one['from']} - {one['until']}",
            ]
            for one in self._rounds
        ]
        print_table(labels["rounds"].split("|"), rows)
        basis = f"{self._named('basis', deal['legal_basis']['kind'])} {deal['legal_basis']['reference']}"
        contact = deal["contacts"]["receiver"]
        print("  " + labels["deal"].format(**deal, basis=basis))
        print("      " + labels["contact"].format(name=contact["name"], phone=contact["phone"]))
        print("      " + labels["left"].format(**self._left()))
        self._print_file("contract", f"/deals/{deal['id']}/contract.pdf")
        print()

    def _left(self) -> dict[str, Any]:
        """What is left of the supply and on the receiver's licence."""
        supply = self._cast.maker.get(f"/listings/{self._ranking.supply['id']}")
        (licence,) = self._cast.receiver.get("/licences")["items"]
        line = licence["lines"][0]
        return {"supply": supply["remaining_t"], "number": licence["number"], "reserved": line["reserved_t"]}

    def _print_file(self, label: str, path: str) -> None:
        """The size and the checksum of a document, not the document."""
        content = self._cast.maker.file(path)
        about = {"size": len(content), "checksum": hashlib.sha256(content).hexdigest()[:16]}
        print("      " + self._labels[label].format(**about))

    def _print_loads(self, loads: list[dict[str, Any]]) -> None:
        labels, weights = self._labels, ("planned_t", "picked_up_t", "received_t", "refused_t", "accepted_t")
        print(f"\n  {labels['loads'].format(**self._people())}\n")
        rows = [
            [
                f"{load['number']}  {self._named('manifest_kind', load['kind'])}",
                *(f"{load[weight]:g}" for weight in weights),
                self._named("manifest_status", load["status"]),
            ]
            for load in loads
        ]
        print_table(labels["manifests"].split("|"), rows)
        print("      " + labels["refused"].format(tonnes=REFUSED_T[1], reason=labels["reason"]))
        self._print_file("manifest", f"/manifests/{loads[0]['id']}/manifest.pdf")
        self._print_file("label", f"/manifests/{loads[0]['id']}/label.svg")
        print()

    def _print_settlement(self, deal: dict[str, Any]) -> None:
        labels = self._labels
        owed = self._cast.maker.get(f"/deals/{deal['id']}/settlement")
        shown = self._cast.maker.get(f"/deals/{deal['id']}")
        names = {side: shown[side]["name"] for side in ("supplier", "receiver")}
        print(f"\n  {labels['settlement']}\n")
        parties = {"payer": names[owed["payer"]], "payee": names[owed["payee"]]}
        print("  " + labels["owed"].format(**{**owed, **parties}))
        print("      " + labels["tax"].format(rate=owed["tax_rate"] * 100, tax=owed["tax_cny"]))
        for rating in shown["ratings"]:
            points = ", ".join(str(rating[question]) for question in QUESTIONS)
            print("      " + labels["rating"].format(by=self._named("side", rating["by"]), points=points))
        print()

    def _print_what_follows(self, before: dict[str, Any], after: dict[str, Any], ranked: Ranking) -> None:
        labels, match = self._labels, ranked.best_of(self._name)
        delays = {"then": self._delays_s[before["grade"]], "now": self._delays_s[after["grade"]]}
        print(f"\n  {labels['follows'].format(name=self._name)}\n")
        print("  " + labels["credit"].format(old=before, new=after))
        print("  " + labels["pushed"].format(**delays))
        print("  " + labels["ranking"].format(old=self._match, new=match))
        amounts = {"old": self._ranking.supply["remaining_t"], "new": ranked.supply["remaining_t"]}
        print("  " + labels["listing"].format(**amounts))

    def _named(self, group: str, value: str) -> str:
        return str(readable(Name(group, value), self._language))


def _terms(price: float, days: int) -> dict[str, Any]:
    """Terms for both loads, valid for some days."""
    return {
        "quantity_t": sum(PLANNED_T),
        "price_cny_per_t": price,
        "valid_until": (datetime.now(UTC) + timedelta(days=days)).isoformat(),
        "from": str(today()),
        "until": str(today() + timedelta(days=30)),
    }


def _of_job(fleet: DemoFleet, job: str) -> DemoPerson:
    """The member of a crew whose card for a job ends last."""
    people = [(card.until_day, one) for one in fleet.crew for card in one.cards if card.kind == job]
    if not people:
        raise ShowError(f"{fleet.enterprise_key} has no {job}")
    return max(people, key=lambda pair: pair[0])[1]
