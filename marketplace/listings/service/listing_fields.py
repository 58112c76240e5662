"""The rules of a listing's fields that need more than one field, or the catalogue."""

from typing import Any

from ...catalogue import service as catalogue
from ...errors import Invalid, Notice
from ...licences.models import MODES
from ...messages.names import Name
from ..models import Accept, Kind, Listing
from .listing_place import apply_place
from .plausible_terms import implausible_notices

DEFAULT_TREATMENT = "R5"
ONE_SIDED = {
    Kind.SUPPLY: ("accepts", "requires", "treatment", "exemption_item"),
    Kind.DEMAND: ("waste", "composition"),
}

PLAIN = {
    "external_id": "external_id", "title": "title",
    "quantity_t": "quantity_kg", "min_lot_t": "min_lot_kg",
    "price_cny_per_t": "price_fen", "max_distance_km": "max_distance_km",
    "available_from": "available_from", "available_until": "available_until",
    "form": "form", "packaging": "packaging",
}  # fmt: skip
"""Fields that become a column as they are, by name."""


def apply_fields(row: Listing, data: dict[str, Any], owner: Any) -> list[Notice]:
    """Set the given fields on a row and hold them to the rules that need more than one field.

    Returns:
        what is allowed but odd.
    Raises:
        Invalid: a field breaks a rule; the code says which.
    """
    _refuse_other_sides_fields(row, data)
    notices = _apply_codes(row, data)
    apply_place(row, data, owner)
    for name, column in PLAIN.items():
        if name in data:
            setattr(row, column, data[name])
    notices += _apply_components(row, data)
    _apply_treatment(row, data)
    if row.min_lot_kg > row.quantity_kg:
        raise Invalid("lot_over_quantity", at="min_lot_t")
    if row.available_from > row.available_until:
        raise Invalid("ends_before_start", at="available_until")
    return notices + implausible_notices(row)


def _refuse_other_sides_fields(row: Listing, data: dict[str, Any]) -> None:
    for name in ONE_SIDED[Kind(row.kind)]:
        if data.get(name):
            raise Invalid("field_of_other_kind", at=name, field=Name("field", name), kind=Kind(row.kind))


def _apply_codes(row: Listing, data: dict[str, Any]) -> list[Notice]:
    if row.kind == Kind.SUPPLY:
        if data.get("waste") is None and row.code_id is None:
            raise Invalid("field_required", at="waste")
        if data.get("waste") is None:
            return []
        code, notices = catalogue.resolve(**data["waste"], at="waste")
        row.code_id, row.unlisted_code = _reference(code)
        if not catalogue.is_specific(code):
            notices.append(Notice("category_offered", "waste.code", {"code": code.code}))
        return notices
    if not data.get("accepts"):
        if not row.accepts:
            raise Invalid("field_required", at="accepts")
        return []
    references, notices = [], []
    for number, ref in enumerate(data["accepts"]):
        code, doubts = catalogue.resolve(**ref, at=f"accepts.{number}")
        code_id, unlisted = _reference(code)
        references.append((code_id, unlisted or ""))
        notices += doubts
    _replace_accepts(row, list(dict.fromkeys(references)))
    return notices


def _reference(code: Any) -> tuple[int, str | None]:
    """How a draft refers to a code: by its id, or to the stand-in of its category with the code itself."""
    return (code.id, None) if code.id is not None else (catalogue.stand_in_of(code).id, code.code)


def _replace_accepts(row: Listing, references: list[tuple[int, str]]) -> None:
    known = {(accept.code_id, accept.unlisted_code): accept for accept in row.accepts}
    row.accepts = [
        known.get(reference) or Accept(code_id=reference[0], unlisted_code=reference[1])
        for reference in references
    ]
    for position, accept in enumerate(row.accepts):
        accept.position = position


def bring_codes_to_catalogue(row: Listing) -> None:
    """Write the codes of a listing that is being published, as far as the catalogue has not got them yet."""
    if (code := row.unlisted_code) is not None:
        row.unlisted_code = None  # first: what is written meanwhile must not be open and unlisted
        row.code_id = catalogue.add_to_catalogue(code).id
    if any(accept.unlisted_code for accept in row.accepts):
        ids = [
            catalogue.add_to_catalogue(accept.unlisted_code).id if accept.unlisted_code else accept.code_id
            for accept in row.accepts
        ]
        _replace_accepts(row, [(code_id, "") for code_id in dict.fromkeys(ids)])


def _apply_components(row: Listing, data: dict[str, Any]) -> list[Notice]:
    notices = []
    for name in ("composition", "requires"):
        if name in data:
            components = data[name] or []
            catalogue.check_components(components, name)
            notices += catalogue.component_notices(components, name)
            setattr(row, name, components)
    return notices


def _apply_treatment(row: Listing, data: dict[str, Any]) -> None:
    if row.kind == Kind.SUPPLY:
        return
    if "treatment" in data or row.treatment is None:
        treatment = data.get("treatment") or DEFAULT_TREATMENT
        modes = catalogue.treatments()
        if treatment not in modes:
            raise Invalid("unknown_treatment", at="treatment", treatment=treatment)
        row.treatment, row.mode = treatment, MODES[modes[treatment]]
    if "exemption_item" in data and data["exemption_item"] != row.exemption_item:
        item = data["exemption_item"]
        if item is not None and not catalogue.exemption_exists(item):
            raise Invalid("unknown_exemption", at="exemption_item", item=item)
        row.exemption_item, row.exemption_review, row.exemption_reason = item, None, None
