"""Matches as a file, CSV or XLSX: those of one listing, or of all that an enterprise has open."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ... import spreadsheet_files
from ...catalogue import service as catalogue
from ...errors import Invalid
from ...events.actor import Actor
from ...http.fields import FEN_PER_CNY
from ...listings.models import Listing
from ...messages import say
from ...messages.names import Name, readable
from ...spreadsheet_files import csv_lines, without_formula
from .policy import policy_in_force
from .ranking.all_matches import all_matches
from .ranking.match_presentation import present_hits
from .ranking.ranking_page import finder, is_matched

MEDIA_TYPES = spreadsheet_files.MEDIA_TYPES
BATCH = 200
MOST_ROWS = 20_000
COLUMNS = (
    "own_title", "title", "enterprise", "grade", "credit_score", "region", "remaining_t", "price",
    "distance_km", "score", "basis", "reference", "warnings", "feedback", "their_feedback", "contact",
    "phone", "email", "own_id", "id",
)  # fmt: skip
NUMBERS = {"credit_score", "remaining_t", "price", "distance_km", "score"}


def export_matches(
    actor: Actor, listing: Listing, query: Mapping[str, Any], language: str
) -> Iterator[bytes]:
    """The matches of a listing, by the sort asked for; the file is finished before its first piece.

    Raises:
        Invalid: there are too many (`export_too_long`).
    """
    return _file(_matches_of(actor, listing, query), query["format"], language)


def export_all_matches(actor: Actor, query: Mapping[str, Any], language: str) -> Iterator[bytes]:
    """The matches of all open listings of the actor, best first; as `export_matches`."""
    return _file(_matches_of_all(actor, query), query["format"], language)


def _matches_of(actor: Actor, listing: Listing, query: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if not is_matched(listing):
        return
    policy = policy_in_force().matching
    find = finder(listing, policy, query["sort"], query["min_score"])
    done, position = 0, None
    while True:
        found = find(BATCH, done, position)
        for item in present_hits(actor, [(listing, hit) for hit in found.hits], policy, found.book):
            yield {**item, "own_listing": {"id": listing.id, "title": listing.title}}
        if found.last is None:
            return
        done, position = done + len(found.hits), found.last


def _matches_of_all(actor: Actor, query: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    after = None
    while True:
        page = all_matches(actor, {**query, "limit": BATCH}, after)
        yield from page["items"]
        after = page["cursor"]
        if after is None:
            return


# ---------------------------------------------------------------- rows and files


def headings(language: str) -> list[str]:
    """The headings of the sheet."""
    return [str(readable(Name("match_column", column), language)) for column in COLUMNS]


def _row(item: Mapping[str, Any], regions: Mapping[int, Any], language: str) -> list[str]:
    """A match as the texts of a row under `headings`."""
    other, contact = item["listing"], item.get("contact", {})
    cells = {
        "own_title": item["own_listing"]["title"],
        "title": other["title"],
        "enterprise": other["enterprise"]["name"],
        "grade": other["enterprise"]["grade"],
        "credit_score": str(other["enterprise"]["score"]),
        "region": regions[other["region"]].name_zh,
        "remaining_t": f"{other['remaining_kg'] / 1000:g}",
        "price": "" if other["price_fen"] is None else f"{other['price_fen'] / FEN_PER_CNY:g}",
        "distance_km": f"{item['distance_km']:.1f}",
        "score": f"{item['score']:.4f}",
        "basis": str(readable(Name("basis", item["legal_basis"]["kind"]), language)),
        "reference": item["legal_basis"]["reference"] or "",
        "warnings": " ".join(say(notice.sentence, language, **notice.facts) for notice in item["warnings"]),
        "contact": contact.get("name", ""),
        "phone": contact.get("phone", ""),
        "email": contact.get("email", ""),
        "own_id": str(item["own_listing"]["id"]),
        "id": str(other["id"]),
    }
    for name in ("feedback", "their_feedback"):
        cells[name] = str(readable(Name("verdict", item[name]), language)) if item[name] else ""
    return [cells[name] if name in NUMBERS else without_formula(cells[name]) for name in COLUMNS]


def _rows(items: Iterable[dict[str, Any]], language: str) -> Iterator[list[str]]:
    for batch in _batches(items):
        regions = catalogue.regions_by_code(item["listing"]["region"] for item in batch)
        yield from (_row(item, regions, language) for item in batch)


def _batches(items: Iterable[dict[str, Any]]) -> Iterator[Sequence[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for number, item in enumerate(items, 1):
        if number > MOST_ROWS:
            raise Invalid("export_too_long", at="format", most=MOST_ROWS)
        batch.append(item)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _file(items: Iterable[dict[str, Any]], kind: str, language: str) -> Iterator[bytes]:
    rows = _rows(items, language)
    if kind == "csv":
        return spreadsheet_files.finished(_csv(rows, language))
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever has sent the last of it
    numeric = [name in NUMBERS for name in COLUMNS]
    spreadsheet_files.write_workbook(file, "matches", headings(language), numeric, rows, MOST_ROWS)
    return spreadsheet_files.chunks_of(file)


def _csv(rows: Iterable[list[str]], language: str) -> Iterator[bytes]:
    yield spreadsheet_files.BYTE_ORDER_MARK
    yield csv_lines([headings(language)])
    for row in rows:
        yield csv_lines([row])
