"""The two enterprises of a form: those that officers look for by name, those that members know from deals."""

from uuid import UUID

from flask import request
from marshmallow import fields

from ..deals import service as deals
from ..enterprises import service as enterprises
from ..enterprises.models import EnterpriseStatus
from ..events.actor import Actor
from ..http.fields import Text
from ..http.schemas import Schema
from .page import read_query

SIDES = ("generator", "receiver")
MOST_FOUND, MOST_DEALS = 20, 50
ANY_DEAL = {
    "status": None, "listing_id": None, "mine": False, "first_day": None, "last_day": None,
}  # fmt: skip
APPROVED = {
    **dict.fromkeys(("grade", "blocked", "role", "region")),
    "status": EnterpriseStatus.APPROVED, "sort": "created_at", "limit": MOST_FOUND,
}  # fmt: skip


class PartiesQuery(Schema):
    """Words of the names of both sides, and who was chosen already."""

    generator, receiver = (Text(80, load_default=None) for _ in SIDES)
    generator_id, receiver_id = (fields.UUID(load_default=None) for _ in SIDES)


PARTIES = PartiesQuery()


def parties_to_choose(actor: Actor) -> dict[str, list[tuple[UUID, str]]]:
    """Enterprises that a form may name as either side, by id and name.

    An officer finds them by words; a member is the generator itself and knows the receivers of its deals.
    Whoever was chosen before is among them.
    """
    query, _ = read_query(PARTIES)
    found: dict[str, dict[UUID, str]] = {side: {} for side in SIDES}
    for side in SIDES if actor.enterprise_id is None else ():
        if query[side]:
            rows = enterprises.search(actor, {**APPROVED, "q": query[side]}, None)
            found[side] = {row.id: row.name for row in rows[:MOST_FOUND]}
    wanted = {side: {each for each in (query[f"{side}_id"], _typed(side)) if each} for side in SIDES}
    if actor.enterprise_id is not None:
        wanted["generator"] = set()
        known = deals.search_deals(actor, ANY_DEAL, None, MOST_DEALS)
        wanted["receiver"] |= {deal.receiver_id for deal in known if deal.supplier_id == actor.enterprise_id}
    missing = set().union(*wanted.values())
    names = enterprises.references(missing) if missing else {}
    for side, ids in wanted.items():
        found[side] |= {each: names[each].name for each in ids if each in names}
    return {side: sorted(choices.items(), key=lambda pair: pair[1]) for side, choices in found.items()}


def _typed(side: str) -> UUID | None:
    try:
        return UUID(request.form.get(f"{side}_id", ""))
    except ValueError:
        return None
