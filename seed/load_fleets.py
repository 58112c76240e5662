"""The registers of the demo's transporters, written through the services of their room."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from marketplace.events.actor import ENTERPRISE, PLATFORM, Actor
from marketplace.transporters import service as transporters
from marketplace.transporters.models import PaperKind
from marketplace.transporters.schemas import (
    CrewRequestSchema,
    InsuranceRequestSchema,
    PermitRequestSchema,
    RegisterChangeSchema,
    VehicleRequestSchema,
)
from seed.city import City, DemoFleet

SCHEMAS = {
    PaperKind.PERMIT: PermitRequestSchema(),
    PaperKind.INSURANCE: InsuranceRequestSchema(),
    PaperKind.VEHICLE: VehicleRequestSchema(),
    PaperKind.CREW: CrewRequestSchema(),
}
REGISTER = RegisterChangeSchema()
SERVED = ["330000"]
"""Where all of them carry: the whole province."""


def load_fleets(city: City, ids: dict[str, UUID]) -> None:
    """Enter each fleet as its owner would, and verify all its papers."""
    for fleet in city.fleets:
        owner = Actor(ENTERPRISE, ids[fleet.enterprise_key])
        body = {"service_area": SERVED, "hazardous": fleet.hazardous, "duty_phone": "0575-00000000"}
        transporters.change_register(owner, ids[fleet.enterprise_key], REGISTER.load(body), None)
        for kind, paper in papers_of(city, fleet):
            row, _ = transporters.submit_paper(
                owner, ids[fleet.enterprise_key], kind, SCHEMAS[kind].load(paper)
            )
            transporters.verify_paper(PLATFORM, row.id, "demo data")


def papers_of(city: City, fleet: DemoFleet) -> list[tuple[PaperKind, dict[str, Any]]]:
    """The bodies of the requests by which a transporter enters its papers."""
    period = {"valid_from": str(city.day(fleet.from_day)), "valid_until": str(city.day(fleet.until_day))}
    permit = {"number": fleet.permit_number, "scope": fleet.permit_scope, **period}
    insurance = {"number": fleet.insurance_number, "insurer": "演示财产保险", **period}
    vehicles = [
        {
            "plate": one.plate,
            "kind": one.kind,
            "payload_t": one.payload_t,
            "valid_until": str(city.day(one.until_day)),
        }
        for one in fleet.vehicles
    ]
    crew = [
        {
            "name": one.name,
            "cards": [
                {"kind": card.kind, "number": card.number, "valid_until": str(city.day(card.until_day))}
                for card in one.cards
            ],
        }
        for one in fleet.crew
    ]
    return [
        (PaperKind.PERMIT, permit),
        (PaperKind.INSURANCE, insurance),
        *((PaperKind.VEHICLE, vehicle) for vehicle in vehicles),
        *((PaperKind.CREW, person) for person in crew),
    ]
