"""The listings that an actor may see as a file: CSV, XLSX or GeoJSON; the first two can be imported again."""

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any

from .... import spreadsheet_files
from ....database import db
from ....errors import Invalid
from ....events.actor import Actor
from ....spreadsheet_files import csv_lines, without_formula
from ...schemas import ListingSchema
from ..listing_search.search import search
from .composition_cells import plain_number, written_components
from .vocabulary import COLUMNS, word_for
from .waste_code_cells import written_refs

BATCH = 500
MOST_XLSX_ROWS = 50_000
"""A workbook is finished before its first byte can go out; more rows than these are for CSV."""
NUMBERS = {
    "quantity",
    "min_lot",
    "price_per_tonne",
    "lon",
    "lat",
    "max_distance_km",
    "remaining",
    "credit_score",
}
EXPORTED = [name for name, column in COLUMNS.items() if column.offered]
SHOWN = ListingSchema()
GEOJSON_LISTING = ListingSchema(exclude=("location", "warnings"))
MEDIA_TYPES = {**spreadsheet_files.MEDIA_TYPES, "geojson": "application/geo+json"}


def export(actor: Actor, query: Mapping[str, Any], language: str) -> Iterator[bytes]:
    """The listings of `search` as a file in `query["format"]`, finished before its first piece is answered.

    Raises:
        Invalid: there are too many for a workbook (`export_too_long`).
    """
    found = _listings(actor, query)
    if query["format"] == "csv":
        return spreadsheet_files.finished(_csv(found, language))
    if query["format"] == "xlsx":
        return _xlsx(found, language)
    return spreadsheet_files.finished(_geojson(found))


def _listings(actor: Actor, query: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """All listings that match, as `actor` may see them, in the order asked for, read page by page."""
    after = None
    while True:
        items, after, _ = search(actor, {**query, "limit": BATCH}, after)
        yield from items
        db.session.expunge_all()
        if after is None:
            return


# ---------------------------------------------------------------- rows


def row_of(listing: Mapping[str, Any], language: str) -> list[str]:
    """A listing as `present` shows it, as the texts of a row under `headings`."""
    shown = SHOWN.dump(listing)
    codes, schemes = written_refs([shown["waste"]] if shown["waste"] else shown["accepts"])
    price = shown["price_cny_per_t"]
    cells = {
        **{name: shown[name] or "" for name in ("title", "treatment", "available_from", "available_until")},
        **{name: str(shown[name]) for name in ("id", "status", "region")},
        "kind": word_for("kind", shown["kind"], language),
        "waste_codes": codes,
        "scheme": schemes,
        "quantity": plain_number(shown["quantity_t"]),
        "min_lot": plain_number(shown["min_lot_t"]),
        "remaining": plain_number(shown["remaining_t"]),
        "unit": word_for("unit", "t", language),
        "who_pays": word_for("who_pays", _payer(price), language),
        "price_per_tonne": "" if price is None else plain_number(abs(price)),
        "lon": plain_number(shown["location"]["lon"]),
        "lat": plain_number(shown["location"]["lat"]),
        "crs": word_for("crs", "wgs84", language),
        "max_distance_km": plain_number(shown["max_distance_km"]),
        "form": word_for("form", shown["form"], language) if shown["form"] else "",
        "packaging": word_for("packaging", shown["packaging"], language) if shown["packaging"] else "",
        "composition": written_components(shown["composition"] or shown["requires"]),
        "exemption_item": str(shown["exemption_item"] or ""),
        "enterprise": shown["enterprise"]["name"],
        **{f"credit_{name}": str(shown["enterprise"].get(name, "")) for name in ("grade", "score")},
    }
    texts = {name: cells.get(name, "") for name in EXPORTED}
    return [text if name in NUMBERS else without_formula(text) for name, text in texts.items()]


def _payer(price: float | None) -> str:
    if price is None:
        return "negotiable"
    return "receiver" if price >= 0 else "supplier"


def headings(language: str) -> list[str]:
    """The headings of an exported sheet."""
    return [COLUMNS[name].heading(language) for name in EXPORTED]


# ---------------------------------------------------------------- files


def _csv(found: Iterable[dict[str, Any]], language: str) -> Iterator[bytes]:
    yield spreadsheet_files.BYTE_ORDER_MARK
    yield csv_lines([headings(language)])
    for batch in _batches(found):
        yield csv_lines(row_of(listing, language) for listing in batch)


def _geojson(found: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """RFC 7946: one feature a listing."""
    before = '{"type": "FeatureCollection", "features": ['
    for batch in _batches(found):
        yield (before + ",\n".join(_feature(listing) for listing in batch)).encode()
        before = ",\n"
    yield (before if before != ",\n" else "").encode() + b"]}\n"


def _feature(listing: dict[str, Any]) -> str:
    place = listing["location"]
    feature = {
        "type": "Feature",
        "id": str(listing["id"]),
        "geometry": {"type": "Point", "coordinates": [place["lon"], place["lat"]]},
        "properties": GEOJSON_LISTING.dump(listing),
    }
    return json.dumps(feature, ensure_ascii=False)


def _batches(found: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for listing in found:
        batch.append(listing)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _xlsx(found: Iterable[dict[str, Any]], language: str) -> Iterator[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever has sent the last of it
    write_xlsx(file, headings(language), (row_of(listing, language) for listing in found))
    return spreadsheet_files.chunks_of(file)


def write_xlsx(file: IO[bytes], head: list[str], rows: Iterable[list[str]]) -> None:
    """Write a workbook of one sheet, row by row. Raises: Invalid: it would be too long."""
    numeric = [name in NUMBERS for name in EXPORTED]
    try:
        spreadsheet_files.write_workbook(file, "listings", head, numeric, rows, MOST_XLSX_ROWS)
    except spreadsheet_files.TooManyRows as error:
        raise Invalid("export_too_long", at="format", most=MOST_XLSX_ROWS) from error
