"""What an e-mail and the inbox say of a message: one sentence, by kind."""

from datetime import datetime
from typing import Any

from .... import clock
from ....matches import service as matches
from ....messages import say
from ....messages.names import Name
from ....messages.prices import FEN_PER_YUAN, price_in_words
from ....plain_text import shown
from ...models import Notification
from ..subjects import Sides
from .quotation import quoted


def match_found(message: Notification, sides: Sides, language: str) -> str:
    """Who takes the reader's supply, or offers what its demand asks for: price and distance."""
    code = f"mail_line_match_found_{sides.mine.kind}"
    return say(code, language, **_pairing_facts(sides, language), distance_km=_distance_km(sides))


def match_mutual(message: Notification, sides: Sides, language: str) -> str:
    """That the interest is mutual, with the contact of the other side if it is still released.

    Its telephone number and address are as they were checked at entry: the reader asked for them.
    """
    contact = sides.contact or {}
    parts = (quoted(contact["name"]), contact["phone"], shown(contact["email"])) if contact else ()
    code = "mail_line_match_mutual" if parts else "mail_line_match_mutual_without_contact"
    return say(code, language, contact=parts, **_pairing_facts(sides, language))


def match_interest(message: Notification, sides: Sides, language: str) -> str:
    """Who is interested in the reader's listing, with which listing, and how to answer."""
    facts = _pairing_facts(sides, language)
    return say("mail_line_match_interest", language, **facts, distance_km=_distance_km(sides))


def search_found(message: Notification, sides: Sides, language: str) -> str:
    """Which listing a saved search found."""
    name = quoted(message.data["name"])
    return say("mail_line_search_found", language, name=name, **_listing_facts(sides.theirs, language))


def match_withdrawn(message: Notification, sides: Sides, language: str) -> str:
    """That the other side withdrew a listing in which the reader is interested."""
    return say("mail_line_match_withdrawn", language, **_pairing_facts(sides, language))


def enterprise_suspended(message: Notification, sides: Sides, language: str) -> str:
    """That the reader was suspended, with the reason if one was given."""
    if reason := message.data["reason"]:
        return say("mail_line_enterprise_suspended", language, reason=quoted(reason))
    return say("mail_line_enterprise_suspended_unexplained", language)


def manifest_overdue(message: Notification, sides: Sides, language: str) -> str:
    """That a step of a manifest is overdue, and which."""
    step = Name("late_step", message.data["step"])
    return say("mail_line_manifest_overdue", language, name=quoted(message.data["name"]), step=step)


def permit_paused(message: Notification, sides: Sides, language: str) -> str:
    """That a channel was paused, by what, and how it goes on."""
    facts = {name: quoted(str(message.data[name])) for name in ("name", "deals", "reason")}
    return say(f"mail_line_permit_paused_{message.data['cause']}", language, **facts)


def from_data(message: Notification, sides: Sides, language: str) -> str:
    """The sentence of a kind whose facts are the message's own data; moments (`..._at`) in local time."""
    facts: dict[str, Any] = {
        name: _local_time(value) if name.endswith("_at") else quoted(str(value))
        for name, value in message.data.items()
    }
    if "price_cny_per_t" in message.data:
        fen = round(message.data["price_cny_per_t"] * FEN_PER_YUAN)
        facts["price"] = price_in_words(fen, language)
    return say(f"mail_line_{message.kind.replace('.', '_')}", language, **facts)


def _local_time(moment: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(clock.LOCAL):%Y-%m-%d %H:%M}"


def _pairing_facts(sides: Sides, language: str) -> dict[str, Any]:
    return {"mine": quoted(sides.mine.title), **_listing_facts(sides.theirs, language)}


def _listing_facts(theirs: Any, language: str) -> dict[str, Any]:
    return {
        "theirs": quoted(theirs.title),
        "enterprise": quoted(theirs.name),
        "tonnes": f"{theirs.remaining_kg / 1000:,.3f}".rstrip("0").rstrip("."),
        "price": price_in_words(theirs.price_fen, language),
    }


def _distance_km(sides: Sides) -> str:
    return f"{matches.shown_km(sides.mine, sides.theirs):,.0f}"
