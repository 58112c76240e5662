"""Every enterprise that may lawfully take a waste, nearest first, with or without an open demand.

The gates of matching judge each candidate as if it asked for exactly this waste today: a licence with tonnes
left this year, a channel with the asker, a verified exemption, a collection licence, the rules for province
lines and credit; general waste needs no permit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import text

import matching
from matching import Basis, Ranking, Warn

from ... import clock
from ...catalogue import service as catalogue
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise
from ...errors import Notice
from ...events.actor import Actor
from ...licences import service as licences
from ...listings.models import Kind, ListingStatus
from ...matches import service as matches
from ...registrations import service as registrations
from ...statements import Statement, uuid_array
from .asker import Asker, asker_of
from .candidates import Candidates, candidates_for

POSITION = (int, int)
"""Kinds of the parts of a cursor: the distance in millimetres, the number of the enterprise."""
_SHOWN = text(f"""
SELECT e.id, e.name, e.grade, e.credit_milli, e.region, (
   SELECT l.id FROM listing l
   WHERE l.enterprise_id = e.id AND l.kind = '{Kind.DEMAND}' AND l.status = '{ListingStatus.OPEN}'
     AND EXISTS (SELECT FROM listing_accept a WHERE a.listing_id = l.id AND a.code_id = ANY(:codes))
   ORDER BY l.id DESC LIMIT 1) AS open_demand_id
FROM enterprise e WHERE e.id = ANY(CAST(:ids AS uuid[]))
""")  # noqa: S608 - fragments are constants, values are bound
SHOWN = Statement(_SHOWN, ("id", "name", "grade", "credit_milli", "region", "open_demand_id"))
"""What is shown of each taker, and its newest open demand that accepts the code."""


@dataclass(frozen=True, slots=True)
class Taker:
    """An enterprise that may take the waste: by what, how far away, and with which warnings."""

    position: tuple[int, int]
    id: UUID
    km: float
    basis: Basis
    permit_id: UUID | None
    item: int
    warnings: Warn
    is_enough: bool


def search_receivers(
    actor: Actor, query: dict[str, Any], after: Sequence[int] | None
) -> tuple[list[dict[str, Any]], tuple[int, int] | None, list[Notice]]:
    """One page of the enterprises that may take a waste, where the next one starts (None: nowhere), and
    notices about the code.

    Args:
        query: as `asker_of` reads it, and `limit`.
        after: where the page before ended.
    Raises:
        Forbidden, Invalid: as `asker_of` says.
    """
    asker, notices = asker_of(actor, query)
    if not asker.code.tradable:
        return [], None, [*notices, Notice("waste_not_tradable", "code", {"code": asker.code.code})]
    takers, more = _page(asker, after, query["limit"])
    return _present(asker, takers), takers[-1].position if more else None, notices


def may_take(asker: Asker, enterprise: Enterprise) -> bool:
    """Whether an enterprise is one of those that may lawfully take the waste."""
    found = candidates_for(asker)
    rows = np.flatnonzero(found.demands.enterprise == enterprise.no)
    return bool(len(rows)) and len(_ranked(asker, found, rows)) > 0


def _page(asker: Asker, after: Sequence[int] | None, limit: int) -> tuple[list[Taker], bool]:
    found = candidates_for(asker)
    ranking = _ranked(asker, found, np.arange(len(found.demands)))
    number = found.demands.enterprise[ranking.rows]
    mm = np.rint(ranking.distance_km * matching.model.MM_PER_KM).astype(np.int64)
    nearest = np.lexsort((ranking.basis, mm, number))
    first = nearest[np.flatnonzero(np.diff(number[nearest], prepend=-1))]
    if after is not None:
        beyond = (mm[first] > after[0]) | ((mm[first] == after[0]) & (number[first] > after[1]))
        first = first[beyond]
    page = first[np.lexsort((number[first], mm[first]))]
    hits = page[:limit]
    enough = _enough(asker, found, ranking, hits)
    takers = [
        _taker(found, ranking, int(hit), (int(mm[hit]), int(number[hit])), is_enough)
        for hit, is_enough in zip(hits, enough, strict=True)
    ]
    return takers, len(page) > limit


def _ranked(asker: Asker, found: Candidates, rows: np.ndarray, lot_kg: int = 1) -> Ranking:
    """Those of these rows that are lawful, if `lot_kg` is to fit into what is left."""
    demands = found.demands.take(rows)
    policy = matches.policy_in_force().matching
    today = matches.day_number(clock.today())
    return matching.rank_demands(
        policy, asker.supply(lot_kg), demands, found.tables, today, k=len(demands), sort="distance"
    )


def _enough(asker: Asker, found: Candidates, ranking: Ranking, hits: np.ndarray) -> list[bool]:
    """Whether each hit may take all that was asked for, within this year."""
    rows = ranking.rows[hits]
    if not asker.kg or not len(rows):
        return [True] * len(rows)
    number = found.demands.enterprise
    among = np.flatnonzero(np.isin(number, number[rows]) & (found.kg >= asker.kg))
    fitting = number[among[_ranked(asker, found, among, asker.kg).rows]] if len(among) else among
    return [bool(fits) for fits in np.isin(number[rows], fitting)]


def _taker(
    found: Candidates, ranking: Ranking, hit: int, position: tuple[int, int], is_enough: bool
) -> Taker:
    row, permit = int(ranking.rows[hit]), int(ranking.permits[hit])
    demands, permits = found.demands, found.tables.permits
    named = (int(permits.id_hi[permit]), int(permits.id_lo[permit])) if permit >= 0 else None
    return Taker(
        position=position,
        id=matches.uuid_of(int(demands.id_hi[row]), int(demands.id_lo[row])),
        km=round(float(ranking.distance_km[hit]), 1),
        basis=Basis(int(ranking.basis[hit])),
        permit_id=matches.uuid_of(*named) if named else None,
        item=int(demands.exemption_item[row]),
        warnings=Warn(int(ranking.warnings[hit])),
        is_enough=is_enough,
    )


def _present(asker: Asker, takers: Sequence[Taker]) -> list[dict[str, Any]]:
    """Takers as the API shows them; what they name is fetched together."""
    if not takers:
        return []
    today = clock.today()
    covering = {alias.alias_id: alias.factor for alias in catalogue.aliases_of([asker.code.id])}
    found = SHOWN.all(ids=uuid_array(taker.id for taker in takers), codes=list(covering))
    rows = {row.id: row for row in found}
    documents = licences.LegalDocuments(
        (taker.permit_id for taker in takers if taker.permit_id),
        [(taker.id, taker.item) for taker in takers if taker.basis == Basis.EXEMPT],
    )
    on_file: set[tuple[UUID, int]] = set()
    if not asker.code.hazardous:
        wanted = [(taker.id, asker.code.id) for taker in takers]
        on_file = registrations.registered(wanted, today, {asker.code.id: covering})
    return [
        {
            "enterprise": enterprises.reference_to(rows[taker.id]),
            "region": rows[taker.id].region,
            "distance_km": taker.km,
            "basis": _basis(asker, taker, documents, covering),
            "enough": taker.is_enough,
            "open_demand_id": rows[taker.id].open_demand_id,
            "warnings": matches.warning_notices(
                taker.warnings, taker.basis, today, is_registered=(taker.id, asker.code.id) in on_file
            ),
        }
        for taker in takers
    ]


def _basis(
    asker: Asker, taker: Taker, documents: licences.LegalDocuments, covering: dict[int, float]
) -> dict[str, Any]:
    """By what it is lawful: kind, number, codes and validity of the document; never its tonnes."""
    if taker.basis == Basis.EXEMPT:
        document = documents.of_exemption(taker.id, taker.item, covering)
        reference: str | None = matches.exemption_reference(taker.item)
    else:
        document = documents.of_permit(taker.permit_id)
        reference = document.number if document else None
    return {
        "kind": taker.basis.name.lower(),
        "reference": reference,
        "edition": asker.code.edition,
        **licences.paper_of(document),
    }
