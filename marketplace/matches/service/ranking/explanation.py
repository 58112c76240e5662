"""One pairing explained: its score in parts and legal basis, or the gates that it fails."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import numpy as np

import matching

from .... import clock
from ....catalogue import service as catalogue
from ....enterprises.models import EnterpriseStatus
from ....errors import NotFound, Notice
from ....events.actor import Actor
from ....http.languages import language
from ....licences import service as licences
from ....listings import service as listings
from ....listings.models import Kind, Listing, ListingStatus
from ....messages import say, source_code
from ....messages.names import Name
from ....messages.prices import price_in_words
from ..feedback.contact_release import released_contacts
from ..feedback.verdicts import verdict_on
from ..policy import policy_in_force
from .database_search import rank_field
from .disclosure import Disclosure
from .fitting_field import fitting_field
from .hits import Hit, HitSlice, id_in
from .listing_columns import seeker_of
from .live_index import process_index
from .match_input import MatchInput, day_number, facing, pair_of
from .match_presentation import present_counterpart, present_hits, present_verdicts, shown_km
from .pair_outlines import pair_outlines, said_of
from .pair_warnings import transfer_day


def lawful_among(listing: Listing, others: Sequence[Listing]) -> set[UUID]:
    """The ids of those `others` whose pairing with `listing` is lawful today."""
    today = clock.today()
    inputs = facing(listing, others, alive_on=today)
    ranking = rank_field(policy_in_force().matching, inputs, today, len(others))
    return {hit.listing_id for hit in HitSlice.of(ranking, inputs.tables, 0, None).hits}


def failing_gates(listing: Listing, other_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """The gates that pairings of `listing` with others fail, by the id of the other; none of a match.

    Judged in memory. Left out are those that the index does not have, and whose codes do not fit at all.
    """
    policy = policy_in_force().matching
    rows = seeker_of(listing) if listing.status != ListingStatus.OPEN else None
    inputs = fitting_field(listing, policy, process_index().current(), rows=rows)
    failing: dict[UUID, list[str]] = {}
    if inputs is None:
        return failing
    for other_id in other_ids:
        high, low = divmod(other_id.int, 2**64)
        field = inputs.field
        other = field.take(np.flatnonzero((field.id_hi == np.uint64(high)) & (field.id_lo == np.uint64(low))))
        if not len(other):
            continue
        if isinstance(other, matching.Demands):
            pair = replace(inputs, demands=other)
        else:
            pair = replace(inputs, supplies=other)
        failing[other_id] = [failure.gate for failure in _judge(policy, pair).failed]
    return failing


def score_of(listing: Listing, other: Listing) -> float:
    """The score (0 to 1) of one pairing as the owner of `listing` sees it, lawful or not."""
    return _judge(policy_in_force().matching, pair_of(listing, other)).score / matching.SCORE_UNIT


def _judge(policy: matching.Policy, inputs: MatchInput) -> matching.Pairing:
    today = day_number(clock.today())
    seeker: Any = inputs.seeker
    return matching.explain(policy, inputs.supplies, inputs.demands, inputs.tables, today, seeker=seeker)


def explain(actor: Actor, listing: Listing, other_id: UUID) -> dict[str, Any]:
    """One pairing with any open counterpart: its item if it is lawful, else all gates that it fails.

    A pairing of mutual interest is explained, with its contact, also after the other listing has closed.

    Raises:
        NotFound: there is no such listing of the other side.
    """
    other = counterpart(actor, listing, other_id)
    policy = policy_in_force()
    inputs = pair_of(listing, other)
    pairing = _judge(policy.matching, inputs)
    is_open = other.status == ListingStatus.OPEN
    head = {
        "lawful": pairing.lawful and is_open,
        "policy_version": policy.version,
        "as_of": clock.now(),
        "failed_gates": failed_gates(actor, pairing.failed, inputs, listing, other),
    }
    if not head["lawful"]:
        closed = [] if is_open else [Notice("counterpart_closed", facts={"status": other.status})]
        return {**head, **_present_unlawful(actor, listing, other), "warnings": closed}
    hit = hit_of(inputs, pairing, other.id)
    (item,) = present_hits(actor, [(listing, hit)], policy.matching, inputs.tables.book)
    return {**head, **{name: value for name, value in item.items() if name != "rank"}}


def _present_unlawful(actor: Actor, listing: Listing, other: Listing) -> dict[str, Any]:
    """What a pairing shows besides the gates that it fails."""
    (outline,) = pair_outlines([(listing.id, other.id)])
    said = said_of(outline)
    mutual = [(listing, outline)] if said.was_mutual else []
    contact = released_contacts(actor, mutual).get((listing.id, other.id))
    return {
        "listing": present_counterpart(outline),
        "distance_km": shown_km(listing, other),
        **present_verdicts(said),
        **({"contact": contact} if contact else {}),
    }


def counterpart(actor: Actor, listing: Listing, other_id: UUID) -> Listing:
    """The open listing of the other side that a pairing names, or a closed one of mutual interest.

    Raises: NotFound.
    """
    if actor.enterprise_id is not None and actor.status != EnterpriseStatus.APPROVED:
        raise NotFound()
    kind = Kind.DEMAND if listing.kind == Kind.SUPPLY else Kind.SUPPLY
    other = listings.find_of_trading(other_id, kind)
    if other.status != ListingStatus.OPEN and not verdict_on(listing.id, other_id).was_mutual:
        raise NotFound()
    return other


def hit_of(inputs: MatchInput, pairing: matching.Pairing, other_id: UUID) -> Hit:
    return Hit(
        rank=1,
        listing_id=other_id,
        score=pairing.score,
        values=pairing.values,
        distance_km=pairing.distance_km,
        basis=pairing.basis,
        permit_id=id_in(inputs.tables.permits, pairing.permit),
        warnings=pairing.warnings,
        approval_id=id_in(inputs.tables.approvals, pairing.approval),
    )


def failed_gates(
    actor: Actor, failures: Sequence[matching.Failure], inputs: MatchInput, listing: Listing, other: Listing
) -> list[dict[str, Any]]:
    """The failed gates as this actor is told of them."""
    if not failures:
        return []
    disclosure = Disclosure.to(actor, listing, other)
    return [_failed_gate(failure, inputs, listing, other, disclosure) for failure in failures]


def _failed_gate(
    failure: matching.Failure,
    inputs: MatchInput,
    listing: Listing,
    other: Listing,
    disclosure: Disclosure,
) -> dict[str, Any]:
    """A failed gate with the facts its sentence needs, in the units and names that people read."""
    facts = _readable(failure.facts)
    if failure.gate == "code":
        facts["accepts"] = _accepted_codes(listing, other)
    if "component" in facts:
        facts["component"] = _component_out_of_range(listing, other)
    reason = disclosure.reason(failure.reason)
    sentence = disclosure.sentence(failure.gate, reason, _basis_of(inputs, failure))
    is_withheld = sentence.startswith("withheld_")
    if failure.gate == "distance":
        limit_km = None if is_withheld else float(failure.facts["limit_km"])
        facts["distance_km"] = _km_beyond(limit_km, listing, other)
    if "permit" in facts:
        # which of several has most left is withheld too
        named = "first_permit" if sentence == "withheld_licence_tonnes" else "permit"
        facts["reference"] = _number_of(id_in(inputs.tables.permits, int(facts[named])))
    if "approval" in facts:
        facts["reference"] = _number_of(id_in(inputs.tables.approvals, int(facts["approval"])))
    return {
        "gate": failure.gate,
        "reason": reason,
        "sentence": sentence,
        "facts": facts | _listed(facts),
        "law_of": transfer_day(listing.available_from, other.available_from),
    }


def say_failed_gate(failure: Mapping[str, Any]) -> dict[str, str]:
    """A failed gate as the API shows it, in the caller's language."""
    gate, reason, facts = failure["gate"], failure["reason"], failure["facts"]
    prices = {
        name.removesuffix("_fen"): price_in_words(int(fen), language())
        for name, fen in facts.items()
        if name.endswith("_fen")
    }
    return {
        "gate": gate,
        "reason": reason,
        "detail": say(failure["sentence"], language(), **facts, **prices),
        "source": say(source_code(gate, reason), language(), law_of=failure["law_of"]),
    }


def _readable(stated: Mapping[str, Any]) -> dict[str, Any]:
    """Facts in the units and names that people read, beside those as stated."""
    facts: dict[str, Any] = dict(stated)
    for name in [name for name in facts if name.endswith("_kg")]:
        facts[f"{name[:-3]}_t"] = f"{float(facts[name]) / matching.KG_PER_T:g}"
    for name in [name for name in facts if name.endswith("_km")]:
        facts[name] = f"{float(facts[name]):.1f}"
    for name in [name for name in facts if name.endswith("_province")]:
        facts[name] = Name("province", str(facts[name]))
    return facts


def _basis_of(inputs: MatchInput, failure: matching.Failure) -> matching.Basis:
    """What kind of permit a failure is about; `NONE`: it is about none."""
    if "permit" not in failure.facts:
        return matching.Basis.NONE
    return matching.Basis(int(inputs.tables.permits.kind[int(failure.facts["permit"])]))


def _number_of(permit_id: UUID | None) -> str:
    """The number of the document behind a permit or an approval."""
    document = licences.LegalDocuments([permit_id] if permit_id else []).of_permit(permit_id)
    return document.number if document else ""


def _km_beyond(limit_km: float | None, listing: Listing, other: Listing) -> str:
    """The distance that people are shown of the pairing; where it reads like the limit that is said beside
    it, 0.1 km more."""
    km = shown_km(listing, other)
    return f"{km if limit_km is None else max(km, round(limit_km, 1) + 0.1):.1f}"


def _accepted_codes(listing: Listing, other: Listing) -> tuple[str, ...]:
    """The codes that the demand accepts, in its own order."""
    demand = listing if listing.kind == Kind.DEMAND else other
    ids = [accept.code_id for accept in demand.accepts]
    codes = catalogue.codes_by_id(ids)
    return tuple(accept.unlisted_code or codes[accept.code_id].code for accept in demand.accepts)


def _listed(facts: dict[str, Any]) -> dict[str, Any]:
    """Modes by their names, so that each language writes them its own way."""
    if "mode" not in facts:
        return {}
    return {
        "mode": Name("mode", facts["mode"]),
        "allowed": tuple(Name("mode", mode) for mode in facts["allowed"].split(", ") if mode),
    }


def _component_out_of_range(listing: Listing, other: Listing) -> str:
    supply, demand = (listing, other) if listing.kind == Kind.SUPPLY else (other, listing)
    stated = {component["key"]: component for component in map(catalogue.with_key, supply.composition)}
    for required in map(catalogue.with_key, demand.requires):
        has = stated.get(required["key"])
        if has and (_is_below(has["high"], required["low"]) or _is_below(required["high"], has["low"])):
            return str(required["component"])
    return ""


def _is_below(high: float | None, low: float | None) -> bool:
    return high is not None and low is not None and high < low
