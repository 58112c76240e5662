"""What is on file of a contractor for each thing that is to be checked: documents and their ends."""

from typing import Any
from uuid import UUID

from ... import clock
from ...deals.models import Deal
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise
from ...registrations import service as registrations
from ...registrations.models import Registration
from ...transporters import service as transporters
from ..models import Check, Contractor

Fact = dict[str, Any]
Facts = dict[str, list[Fact]]
"""By check: what is on file, each with `kind`, `reference` and `valid_until` (a day, or None: no end)."""


def known_facts(deal: Deal, contractor: Contractor, enterprise: Enterprise) -> Facts:
    """What is on file today of a contractor of a deal."""
    if contractor == Contractor.RECEIVER:
        return _of_receiver(deal, enterprise)
    return _of_transporter(enterprise)


def _of_receiver(deal: Deal, receiver: Enterprise) -> Facts:
    """Its papers for the waste: the legal basis of the deal, or registrations for general waste."""
    basis = deal.terms["legal_basis"]
    papers = []
    if basis.get("reference"):
        papers.append(_fact(basis["kind"], basis["reference"], basis.get("valid_until")))
    held = registrations.registrations_of(receiver.id, deal.code_id, clock.today())
    papers += [_fact("registration", row.number, row.valid_until) for row in held]
    return {
        Check.REGISTRATION: [_uscc(receiver), *papers],
        Check.ABILITY: [*papers, *(fact for row in held for fact in _sites(row))],
        Check.CONTRACT: [_fact("deal", deal.number, None)],
    }


def _sites(registration: Registration) -> list[Fact]:
    return [_fact(site.kind, site.name, registration.valid_until) for site in registration.sites]


def _of_transporter(transporter: Enterprise) -> Facts:
    """Its permits, and the vehicles and insurances that an official has verified."""
    by_kind: dict[str, list[Fact]] = {}
    for paper in transporters.verified_papers_of(transporter.id, clock.today()):
        named = paper.number or paper.plate or ""
        by_kind.setdefault(paper.kind, []).append(_fact(paper.kind, named, paper.valid_until))
    return {
        Check.REGISTRATION: [_uscc(transporter), *by_kind.get("permit", [])],
        Check.ABILITY: [*by_kind.get("vehicle", []), *by_kind.get("insurance", [])],
        Check.CONTRACT: [],
    }


def _uscc(enterprise: Enterprise) -> Fact:
    return _fact("business_licence", enterprise.uscc, None)


def _fact(kind: str, reference: str, valid_until: Any) -> Fact:
    return {"kind": str(kind), "reference": reference, "valid_until": valid_until and str(valid_until)}


def contractor_of(deal: Deal, contractor: Contractor, transporter_id: UUID | None) -> Enterprise:
    """The enterprise that is checked. Raises: Invalid: no such transporter (`unknown_transporter`)."""
    if contractor == Contractor.RECEIVER:
        return enterprises.by_id({deal.receiver_id})[deal.receiver_id]
    assert transporter_id is not None
    return transporters.require_transporter(transporter_id)
