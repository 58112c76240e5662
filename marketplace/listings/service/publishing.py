"""The life of a listing: drafted, opened to matching, changed, closed."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from ... import clock
from ...catalogue import service as catalogue
from ...enterprises import service as enterprises
from ...errors import Conflict, Forbidden, Invalid, Notice
from ...events.actor import PLATFORM, Actor
from ...events.work import Work, unit_of_work
from ...licences import service as licences
from ...licences.models import MODES
from ...messages.names import Name
from ..models import LIFE, Accept, Kind, Listing, ListingStatus

DEFAULT_TREATMENT = "R5"
ROLES = {Kind.SUPPLY: ("generator", "collector"), Kind.DEMAND: ("recycler", "collector")}
POSTING_ROLES = ("generator", "recycler", "collector")
ONE_SIDED = {
    Kind.SUPPLY: ("accepts", "requires", "treatment", "exemption_item"),
    Kind.DEMAND: ("waste", "composition"),
}
EXPIRE_BATCH = 500


def check_posting(actor: Actor, raw: dict[str, Any]) -> None:
    """Whether the actor may post such a listing at all, before its fields are looked at.

    Raises:
        Forbidden: `role_missing`, `enterprise_suspended`, or `enterprise_pending` for one to be published.
    """
    require_role(actor.roles, raw.get("kind"))
    if raw.get("publish") is True or actor.status == "suspended":
        enterprises.require_approved(actor)


def check_change(actor: Actor, raw: dict[str, Any]) -> None:
    """Raises: Forbidden: the enterprise is suspended; it may withdraw what it has, nothing else."""
    if actor.status == "suspended":
        enterprises.require_approved(actor)


def require_role(held: Iterable[str], kind: Any) -> None:
    """Raises: Forbidden: none of these roles may post such a listing, or for an unknown kind any at all."""
    wanted = next((roles for one, roles in ROLES.items() if one == kind), POSTING_ROLES)
    if not set(held) & set(wanted):
        raise Forbidden("role_missing", roles=tuple(Name("role", role) for role in wanted))


def create(actor: Actor, data: dict[str, Any]) -> tuple[Listing, list[Notice]]:
    """Draft a listing and, if asked, publish it at once.

    Raises:
        Invalid: a field breaks a rule. Forbidden: the enterprise may not publish.
    """
    publish_now = data.pop("publish")
    with unit_of_work() as work:
        owner = enterprises.lock_shared(work, actor.id)
        row, notices = new_draft(owner, data)
        work.add(row)
        work.audit(actor, "create", row)
        if publish_now:
            notices += _publish(work, actor, row, owner)
    return row, notices


def new_draft(owner: Any, data: dict[str, Any]) -> tuple[Listing, list[Notice]]:
    """A draft of `owner`, held to every rule and not yet written. Raises: Invalid: a field breaks a rule."""
    row = Listing(
        enterprise_id=owner.id, kind=Kind(data["kind"]), status=ListingStatus.DRAFT, title=data["title"],
        region=owner.region, lon=owner.lon, lat=owner.lat, composition=[], requires=[],
    )  # fmt: skip
    notices = _apply(row, data, owner)
    row.remaining_kg = row.quantity_kg
    return row, notices


def change(
    actor: Actor, listing_id: UUID, data: dict[str, Any], expected: int | None
) -> tuple[Listing, list[Notice]]:
    """Change a draft or open listing; what is already agreed away stays so.

    Raises:
        NotFound, PreconditionFailed. Conflict: closed (`wrong_state`), or less than what is already
        agreed (`below_committed`). Invalid: a field breaks a rule.
    """
    with unit_of_work() as work:
        row = work.lock(Listing, Listing.id == listing_id)
        enterprises.require_version(row, expected)
        move = LIFE.move(row, "change")
        owner = enterprises.lock_shared(work, row.enterprise_id)
        committed = row.quantity_kg - row.remaining_kg
        with work.session.no_autoflush:  # half-way through, the row may break a rule that it keeps in the end
            notices = _apply(row, data, owner)
        if row.quantity_kg < committed:
            raise Conflict("below_committed", at="quantity_t", committed=committed / 1000)
        row.remaining_kg = row.quantity_kg - committed
        row.updated_at = clock.now()
        if row.status == ListingStatus.OPEN:
            _require_publishable(row)
            notices += licence_notice(row)
        work.session.flush()
        work.audit(actor, "change", row, fields=sorted(data))
        if move.event:
            work.emit(move.event, listing_id=str(row.id))
    return row, notices


def publish(actor: Actor, listing_id: UUID) -> tuple[Listing, list[Notice]]:
    """Open a draft to matching.

    Raises:
        NotFound. Forbidden: the enterprise is not approved, or has lost the role. Conflict: not a draft
        (`wrong_state`). Invalid: `waste_not_tradable`, or its window is over (`window_over`).
    """
    with unit_of_work() as work:
        row = work.lock(Listing, Listing.id == listing_id)
        notices = _publish(work, actor, row, enterprises.lock_shared(work, row.enterprise_id))
    return row, notices


def _publish(work: Work, actor: Actor, row: Listing, owner: Any) -> list[Notice]:
    event = open_draft(row, owner)
    work.session.flush()
    work.audit(actor, "publish", row)
    work.emit(event, listing_id=str(row.id))
    return licence_notice(row)


def open_draft(row: Listing, owner: Any) -> str:
    """Open a draft, held to every rule and not yet written. Returns the event to tell.

    Raises:
        Forbidden: the owner is not approved, or lacks the role. Conflict, Invalid: as `publish`.
    """
    enterprises.require_standing(owner)
    require_role(owner.roles, row.kind)
    move = LIFE.move(row, "publish")
    _require_publishable(row)
    row.published_at = clock.now()
    return move.event or ""


def withdraw(actor: Actor, listing_id: UUID, reason: str | None) -> Listing:
    """Take a listing back. Raises: NotFound; Conflict: `wrong_state`."""
    with unit_of_work() as work:
        row = work.lock(Listing, Listing.id == listing_id)
        _close(work, actor, row, "withdraw", reason)
    return row


def _close(work: Work, actor: Actor, row: Listing, name: str, reason: str | None = None) -> None:
    move = LIFE.move(row, name)
    work.audit(actor, name, row, reason=reason)
    work.emit(move.event or "", listing_id=str(row.id), status=row.status)


def expire_due(today: date) -> int:
    """Close open listings whose last day is past. Returns how many."""
    due = (
        select(Listing)
        .where(Listing.status == ListingStatus.OPEN, Listing.available_until < today)
        .order_by(Listing.id)
        .limit(EXPIRE_BATCH)
        .with_for_update(skip_locked=True)
    )
    with unit_of_work() as work:
        rows = work.session.scalars(due).all()
        for row in rows:
            _close(work, PLATFORM, row, "expire")
    return len(rows)


def review_exemption(actor: Actor, listing_id: UUID, decision: str, reason: str) -> Listing:
    """Accept or refuse the evidence for the exemption that a demand names.

    Raises:
        NotFound. Conflict: the listing names no exemption (`no_exemption_named`).
    """
    with unit_of_work() as work:
        row = work.lock(Listing, Listing.id == listing_id)
        if row.exemption_item is None:
            raise Conflict("no_exemption_named")
        row.exemption_review, row.exemption_reason = decision, reason
        work.audit(actor, f"exemption_{decision}", row, reason=reason)
        if row.status == ListingStatus.OPEN:
            work.emit("listing.changed", listing_id=str(row.id))
    return row


# ---------------------------------------------------------------- rules of a listing's fields


def _apply(row: Listing, data: dict[str, Any], owner: Any) -> list[Notice]:
    """Set the given fields on a row and hold them to the rules that need more than one field."""
    _refuse_other_sides_fields(row, data)
    notices = _apply_codes(row, data)
    notices += _apply_place(row, data, owner)
    plain = {
        "title": "title", "quantity_t": "quantity_kg", "min_lot_t": "min_lot_kg",
        "price_cny_per_t": "price_fen", "max_distance_km": "max_distance_km",
        "available_from": "available_from", "available_until": "available_until",
        "form": "form", "packaging": "packaging",
    }  # fmt: skip
    for name, column in plain.items():
        if name in data:
            setattr(row, column, data[name])
    for name in ("composition", "requires"):
        if name in data:
            setattr(row, name, data[name] or [])
    _apply_treatment(row, data)
    if row.min_lot_kg > row.quantity_kg:
        raise Invalid("lot_over_quantity", at="min_lot_t")
    if row.available_from > row.available_until:
        raise Invalid("ends_before_start", at="available_until")
    return notices


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
        row.code_id = code.id
        return notices
    if not data.get("accepts"):
        if not row.accepts:
            raise Invalid("field_required", at="accepts")
        return []
    codes, notices = [], []
    for number, one in enumerate(data["accepts"]):
        code, doubts = catalogue.resolve(**one, at=f"accepts.{number}")
        codes.append(code.id)
        notices += doubts
    _replace_accepts(row, list(dict.fromkeys(codes)))
    return notices


def _replace_accepts(row: Listing, code_ids: list[int]) -> None:
    kept = {accept.code_id: accept for accept in row.accepts}
    row.accepts = [kept.get(code_id) or Accept(code_id=code_id) for code_id in code_ids]
    for position, accept in enumerate(row.accepts):
        accept.position = position


def _apply_place(row: Listing, data: dict[str, Any], owner: Any) -> list[Notice]:
    """Place and region default to the owner's; a region alone means its seat."""
    if "region" not in data and "location" not in data:
        return []
    wanted = data.get("region", row.region)
    region = catalogue.find_region(owner.region if wanted is None else wanted)
    row.region = region.adcode
    if data.get("location") is not None:
        row.lon, row.lat = catalogue.to_wgs84(data["location"])
        return catalogue.far_from(region, row.lon, row.lat, "location")
    at_home = row.region == owner.region
    row.lon, row.lat = (owner.lon, owner.lat) if at_home else (region.lon, region.lat)
    return []


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


def _require_publishable(row: Listing) -> None:
    ids = [row.code_id] if row.code_id else [accept.code_id for accept in row.accepts]
    for code in catalogue.codes_by_id(ids).values():
        if not code.tradable:
            at = "waste" if row.kind == Kind.SUPPLY else "accepts"
            raise Invalid("waste_not_tradable", at=at, code=code.code)
    if row.available_until < clock.today():
        raise Invalid("window_over", at="available_until")


def licence_notice(row: Listing) -> list[Notice]:
    """A warning for a demand of hazardous waste whose owner holds no licence for it."""
    if row.kind == Kind.SUPPLY:
        return []
    codes = catalogue.codes_by_id(accept.code_id for accept in row.accepts)
    hazardous = [code for code in codes.values() if code.hazardous]
    aliases = catalogue.aliases_of(code.id for code in hazardous)
    lacking = [
        code.code
        for code in hazardous
        if not licences.covers_any(
            row.enterprise_id, [one.alias_id for one in aliases if one.code_id == code.id]
        )
    ]
    return [Notice("licence_missing", "accepts", {"codes": tuple(lacking)})] if lacking else []
