"""What an e-mail says of a message: one sentence, by kind."""

from datetime import datetime
from typing import Any

import matching

from .... import clock
from ....enterprises import service as enterprises
from ....listings.models import Listing
from ....matches import service as matches
from ....messages import say
from ...models import Notification
from ..subjects import sides_of


def match_found(message: Notification, language: str) -> str:
    """Who takes the reader's supply, or offers what its demand asks for: price and distance."""
    mine, theirs = sides_of(message)
    assert mine is not None
    facts = {**_pairing_facts(mine, theirs, language), "distance_km": _distance_km(mine, theirs)}
    return say(f"mail_line_match_found_{mine.kind}", language, **facts)


def match_mutual(message: Notification, language: str) -> str:
    """That the interest is mutual, with the contact of the other side if it is still released."""
    mine, theirs = sides_of(message)
    assert mine is not None
    contact = matches.released_contact(mine, theirs) or {}
    parts = tuple(contact[part] for part in ("name", "phone", "email") if part in contact)
    return say("mail_line_match_mutual", language, contact=parts, **_pairing_facts(mine, theirs, language))


def search_found(message: Notification, language: str) -> str:
    """Which listing a saved search found."""
    _, theirs = sides_of(message)
    name = message.data["name"]
    return say("mail_line_search_found", language, name=name, **_listing_facts(theirs, language))


def from_data(message: Notification, language: str) -> str:
    """The sentence of a kind whose facts are the message's own data; moments (`..._at`) in local time."""
    facts = {
        name: _local_time(value) if name.endswith("_at") else value for name, value in message.data.items()
    }
    return say(f"mail_line_{message.kind.replace('.', '_')}", language, **facts)


def _local_time(moment: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(clock.LOCAL):%Y-%m-%d %H:%M}"


def price_in_words(fen: int | None, language: str) -> str:
    """Who pays, and how much a tonne; `fen` is CNY 0.01/t from the supplier's side."""
    if fen is None:
        return say("mail_price_negotiable", language)
    if fen == 0:
        return say("mail_price_free", language)
    amount = f"{abs(fen) / 100:,.2f}".removesuffix(".00")
    if fen > 0:
        return say("mail_price_receiver_pays", language, amount=amount)
    return say("mail_price_supplier_pays", language, amount=amount)


def _pairing_facts(mine: Listing, theirs: Listing, language: str) -> dict[str, Any]:
    return {"mine": mine.title, **_listing_facts(theirs, language)}


def _listing_facts(theirs: Listing, language: str) -> dict[str, Any]:
    owner = enterprises.by_id({theirs.enterprise_id})[theirs.enterprise_id]
    return {
        "theirs": theirs.title,
        "enterprise": owner.name,
        "tonnes": f"{theirs.remaining_kg / 1000:,.3f}".rstrip("0").rstrip("."),
        "price": price_in_words(theirs.price_fen, language),
    }


def _distance_km(mine: Listing, theirs: Listing) -> str:
    return f"{matching.geodesic_km(mine.lat, mine.lon, theirs.lat, theirs.lon):,.0f}"
