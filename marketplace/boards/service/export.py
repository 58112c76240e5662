"""The board as a file for other departments, with the day on which each entry was withdrawn."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import and_, false, or_, select, true

from ... import clock
from ...catalogue import service as catalogue
from ...credit import service as credit
from ...credit.models import CreditEvent
from ...database import db
from ...enterprises.models import Enterprise
from ...errors import Invalid
from ...http.fields import json_value, moment_text
from ...http.languages import language
from ...ledger import service as ledger
from ...messages import say
from ...spreadsheet_files import BYTE_ORDER_MARK, csv_lines, without_formula
from ..models import BoardEntry
from .publication import IS_LISTED, Publication
from .shown import citation_of

MOST_ENTRIES = 20_000
"""A file is made as a whole, with the checksum of the whole; our own choice."""
SIGNED_AS = "board"
MEDIA_TYPES = {"json": "application/json", "csv": "text/csv; charset=utf-8"}
REASON = (
    "rule", "title", "severity", "document", "authority", "decided_on", "citation", "published_until",
)  # fmt: skip
"""What is said of a reason as long as it is published, and no longer."""
COLUMNS = (
    "entry_id", "uscc", "name", "region", "grade", *REASON, "published_on", "withdrawn_on", "why",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class File:
    """A finished file, and the headers by which its receiver knows it to be ours and whole."""

    content: bytes
    media_type: str
    name: str
    headers: Mapping[str, str]


def export_board(query: Mapping[str, Any]) -> File:
    """What is on the board, or since a day what came to it and what left it.

    Raises:
        Invalid: there are more entries than a file may have (`board_too_long`).
    """
    publication = Publication.of_today()
    entries = _entries(publication, query)
    kind = query["format"]
    content = _csv(entries) if kind == "csv" else _json(entries, query)
    name = f"huanliu-board-{publication.today.isoformat()}.{kind}"
    return File(content, MEDIA_TYPES[kind], name, _headers(content))


def _entries(publication: Publication, query: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = db.session.execute(
        select(BoardEntry, CreditEvent, Enterprise)
        .join(CreditEvent, CreditEvent.id == BoardEntry.event_id)
        .join(Enterprise, Enterprise.id == BoardEntry.enterprise_id)
        .where(_is_asked_for(publication, query))
        .order_by(BoardEntry.id)
        .limit(MOST_ENTRIES + 1)
    ).all()
    if len(rows) > MOST_ENTRIES:
        raise Invalid("board_too_long", at="region", most=MOST_ENTRIES)
    titles = credit.titles_of([event for entry, event, _ in rows if entry.withdrawn_on is None], language())
    return [_entry(publication, *row, titles) for row in rows]


def _is_asked_for(publication: Publication, query: Mapping[str, Any]) -> Any:
    """Entries that are on the board this moment, and those withdrawn since the day that is asked about.

    One that has left the board a moment ago, and is not noted so yet, is neither: it will be found as
    withdrawn on the day on which it is noted.
    """
    since = query["since"]
    is_shown = and_(BoardEntry.withdrawn_on.is_(None), IS_LISTED, publication.is_reason())
    if since is not None:
        is_shown = and_(is_shown, BoardEntry.published_on >= since)
    is_gone = BoardEntry.withdrawn_on >= since if since is not None else false()
    region = query["region"]
    is_within = catalogue.within(Enterprise.region, region) if region is not None else true()
    return and_(or_(is_shown, is_gone), is_within)


def _entry(
    publication: Publication, entry: BoardEntry, event: CreditEvent, enterprise: Enterprise, titles: Any
) -> dict[str, Any]:
    """An entry; of one that was withdrawn only what its receiver needs to delete it."""
    found: dict[str, Any] = dict.fromkeys(COLUMNS)
    found |= {
        "entry_id": entry.id,
        "uscc": enterprise.uscc,
        "name": enterprise.name,
        "region": f"{enterprise.region:06}",
        "published_on": entry.published_on,
        "withdrawn_on": entry.withdrawn_on,
        "why": entry.why,
    }
    if entry.withdrawn_on is None:
        found |= {name: getattr(event, name) for name in REASON if hasattr(event, name)}
        found |= {
            "grade": enterprise.grade,
            "title": titles[event.id],
            "citation": citation_of(event),
            "published_until": publication.until(event),
        }
    return found


def _json(entries: Sequence[dict[str, Any]], query: Mapping[str, Any]) -> bytes:
    about = {
        "as_of": moment_text(clock.now()),
        "since": query["since"],
        "region": None if query["region"] is None else f"{query['region']:06}",
        "notice": say("board_notice", language()),
        "entries": entries,
    }
    return orjson.dumps(about, default=json_value, option=orjson.OPT_APPEND_NEWLINE)


def _csv(entries: Sequence[dict[str, Any]]) -> bytes:
    rows = [
        ["" if value is None else without_formula(str(value)) for value in row.values()] for row in entries
    ]
    return BYTE_ORDER_MARK + csv_lines([COLUMNS, *rows])


def _headers(content: bytes) -> dict[str, str]:
    """The checksum after RFC 9530, and the signature where the platform has a key."""
    checksum = base64.b64encode(hashlib.sha256(content).digest()).decode()
    headers = {"Content-Digest": f"sha-256=:{checksum}:"}
    signature = ledger.sign_file(SIGNED_AS, content)
    if signature is not None:
        headers["Huanliu-Signature"] = f"{signature.algorithm}; key={signature.key}; value={signature.value}"
    return headers
