"""Registration, review, keys; and the standing that the credit room writes."""

import secrets
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from ... import clock
from ...catalogue import service as catalogue
from ...database import db
from ...errors import Conflict, Forbidden, Invalid, NotFound, Notice, PreconditionFailed, Unauthorised
from ...events.actor import ADMIN, ENTERPRISE, PLATFORM, REGULATOR, SCOPES, Actor
from ...events.lifecycle import Party
from ...events.work import Work, unit_of_work
from ...http.authentication import digest
from ...messages.names import Name
from ..models import LIFE, MILLI_PER_POINT, ApiKey, Enterprise, EnterpriseStatus, Grade, Staff

KEY_LIFE = timedelta(days=365)
REMIND_DAYS = (30, 7)
ADMIN_ONLY = ("roles", "small_generator", "partner_id")
DEFAULT_SCOPES = {ENTERPRISE: SCOPES, ADMIN: ("read", "admin"), REGULATOR: ("read",)}


# ---------------------------------------------------------------- enterprises


def register(data: dict[str, Any]) -> tuple[Enterprise, str, list[Notice]]:
    """Take in a new enterprise, pending; returns it, its first key, and warnings.

    Raises:
        Invalid: unknown region. Conflict: the USCC is registered already (`uscc_taken`).
    """
    region = catalogue.find_region(data["region"])
    lon, lat, notices = _place(data["location"], region)
    with unit_of_work() as work:
        row = Enterprise(
            uscc=data["uscc"],
            name=data["name"],
            roles=data["roles"],
            region=region.adcode,
            lon=lon,
            lat=lat,
            **_contact(data["contact"]),
        )
        try:
            work.add(row)
        except IntegrityError as error:
            raise Conflict("uscc_taken", at="uscc") from error
        actor = Actor(ENTERPRISE, row.id)
        key = _add_key(work, actor, "first key", DEFAULT_SCOPES[ENTERPRISE], None)[1]
        work.audit(actor, "register", row)
        work.emit("enterprise.registered", enterprise_id=str(row.id))
    return row, key, notices


def _place(location: dict[str, Any] | None, region: Any) -> tuple[float, float, list[Notice]]:
    if location is None:
        return region.lon, region.lat, []
    lon, lat = catalogue.to_wgs84(location)
    return lon, lat, catalogue.far_from(region, lon, lat, "location")


def _contact(contact: dict[str, str]) -> dict[str, str]:
    return {f"contact_{part}": contact[part] for part in ("name", "email", "phone")}


def find(actor: Actor, enterprise_id: UUID) -> Enterprise:
    """Any enterprise, as every key may know of it. Raises: NotFound."""
    row = db.session.get(Enterprise, enterprise_id)
    if row is None:
        raise NotFound()
    return row


def own(actor: Actor) -> Enterprise:
    """The acting enterprise. Raises: NotFound: platform staff asks."""
    row = db.session.get(Enterprise, actor.enterprise_id) if actor.enterprise_id else None
    if row is None:
        raise NotFound()
    return row


def find_governed(actor: Actor, enterprise_id: UUID) -> Enterprise:
    """The enterprise, if it is the actor itself or under the actor's oversight. Raises: NotFound."""
    row = find(actor, enterprise_id)
    if not sees_all_of(actor, row):
        raise NotFound()
    return row


def find_changeable(actor: Actor, enterprise_id: UUID) -> Enterprise:
    """The enterprise, if the actor may change it: itself or an admin. Raises: NotFound."""
    row = find(actor, enterprise_id)
    if not (actor.is_admin or actor.enterprise_id == row.id):
        raise NotFound()
    return row


def sees_all_of(actor: Actor, row: Enterprise) -> bool:
    """Whether the actor sees more of an enterprise than name, region, roles and grade."""
    return (
        actor.is_admin
        or actor.enterprise_id == row.id
        or (actor.kind == REGULATOR and catalogue.covers(actor.region or 0, row.region))
    )


def present(actor: Actor, row: Enterprise, notices: list[Any] | None = None) -> dict[str, Any]:
    """An enterprise as this actor may see it."""
    public = {name: getattr(row, name) for name in ("id", "name", "region", "roles", "grade")}
    if not sees_all_of(actor, row):
        return public
    private = (
        "uscc", "status", "small_generator", "partner_id", "provisional", "blocked",
        "created_at", "updated_at",
    )  # fmt: skip
    return {
        **public,
        **{name: getattr(row, name) for name in private},
        "location": {"lon": row.lon, "lat": row.lat, "crs": "wgs84"},
        "contact": contact_of(row),
        "score": row.credit_milli / MILLI_PER_POINT,
        "warnings": notices or [],
    }


def contact_of(row: Enterprise) -> dict[str, str]:
    """How to reach an enterprise; only for itself, its overseers, and a side of a mutual pairing."""
    return {"name": row.contact_name, "email": row.contact_email, "phone": row.contact_phone}


def check_change(actor: Actor, raw: dict[str, Any]) -> None:
    """Raises: Forbidden: the body names something only an admin may change (`admin_only_field`)."""
    theirs = [name for name in ADMIN_ONLY if name in raw]
    if theirs and not actor.is_admin:
        raise Forbidden("admin_only_field", at=theirs[0], field=Name("field", theirs[0]))


def change(
    actor: Actor, enterprise_id: UUID, data: dict[str, Any], expected: int | None
) -> tuple[Enterprise, list[Notice]]:
    """Change an enterprise's profile.

    Raises:
        NotFound, PreconditionFailed. Invalid: unknown region or partner.
    """
    notices: list[Notice] = []
    with unit_of_work() as work:
        row = work.lock(Enterprise, Enterprise.id == enterprise_id)
        require_version(row, expected)
        for name in ("name", "roles", "small_generator"):
            if name in data:
                setattr(row, name, data[name])
        if "contact" in data:
            for name, value in _contact(data["contact"]).items():
                setattr(row, name, value)
        if "partner_id" in data:
            row.partner_id = _partner(row, data["partner_id"])
        if "region" in data or "location" in data:
            region = catalogue.find_region(data.get("region", row.region))
            given = data.get("location") or {"lon": row.lon, "lat": row.lat, "crs": "wgs84"}
            row.region = region.adcode
            row.lon, row.lat, notices = _place(given, region)
        work.audit(actor, "change", row, fields=sorted(data))
    return row, notices


def _partner(row: Enterprise, partner_id: UUID | None) -> UUID | None:
    if partner_id is not None and (partner_id == row.id or db.session.get(Enterprise, partner_id) is None):
        raise Invalid("unknown_enterprise", at="partner_id")
    return partner_id


def require_version(row: Any, expected: int | None) -> None:
    """Raises: PreconditionFailed: someone changed the row in the meantime."""
    if expected is not None and row.version != expected:
        raise PreconditionFailed("version_changed")


def move(actor: Actor, enterprise_id: UUID, name: str, reason: str | None) -> Enterprise:
    """Approve or suspend. Raises: NotFound; Conflict: `wrong_state`."""
    with unit_of_work() as work:
        row = work.lock(Enterprise, Enterprise.id == enterprise_id)
        done = LIFE.move(row, name, by=Party.ADMIN)
        work.audit(actor, name, row, reason=reason)
        work.emit(done.event or name, enterprise_id=str(row.id))
    return row


def review(actor: Actor, query: dict[str, Any], after: list[Any] | None) -> list[Enterprise]:
    """One page (and one row more) of enterprises for review, by score or age; a regulator's own region."""
    descending = query["sort"].startswith("-")
    column: Any = Enterprise.credit_milli if query["sort"].endswith("score") else Enterprise.created_at
    key = tuple_(column, Enterprise.id)
    rows = select(Enterprise).where(*_review_filters(actor, query))
    if after is not None:
        here = (_sort_value(query["sort"], after[0]), after[1])
        rows = rows.where(key < here if descending else key > here)
    order = (column.desc(), Enterprise.id.desc()) if descending else (column, Enterprise.id)
    return list(db.session.scalars(rows.order_by(*order).limit(query["limit"] + 1)))


def _sort_value(sort: str, raw: str) -> Any:
    try:
        return int(raw) if sort.endswith("score") else datetime.fromisoformat(raw)
    except ValueError as error:
        raise Invalid("bad_cursor", at="cursor") from error


def review_position(query: dict[str, Any], row: Enterprise) -> list[str]:
    """Where a page of `review` ended."""
    value = str(row.credit_milli) if query["sort"].endswith("score") else row.created_at.isoformat()
    return [value, str(row.id)]


def _review_filters(actor: Actor, query: dict[str, Any]) -> list[ColumnElement[bool]]:
    wanted = [
        getattr(Enterprise, name) == query[name]
        for name in ("grade", "status", "blocked")
        if query[name] is not None
    ]
    if query["role"]:
        wanted.append(Enterprise.roles.contains([query["role"]]))
    if query["region"] is not None:
        wanted.append(catalogue.within(Enterprise.region, query["region"]))
    if actor.kind == REGULATOR:
        wanted.append(catalogue.within(Enterprise.region, actor.region or 0))
    if query["q"]:
        text = query["q"]
        wanted.append(
            or_(
                Enterprise.name.contains(text, autoescape=True),
                Enterprise.uscc.startswith(text.upper(), autoescape=True),
            )
        )
    return wanted


def require_approved(actor: Actor) -> None:
    """Raises: Forbidden: the enterprise is not approved (`enterprise_pending`, `enterprise_suspended`)."""
    if actor.status != EnterpriseStatus.APPROVED:
        raise Forbidden(f"enterprise_{actor.status}")


def require_standing(row: Enterprise) -> None:
    """Raises: Forbidden: the enterprise is not approved."""
    if row.status != EnterpriseStatus.APPROVED:
        raise Forbidden(f"enterprise_{row.status}")


def lock_shared(work: Work, enterprise_id: UUID | None) -> Enterprise:
    """The enterprise, kept from being changed until the work ends. Raises: NotFound."""
    query = select(Enterprise).where(Enterprise.id == enterprise_id).with_for_update(read=True)
    row = work.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotFound()
    return row


def is_approved(enterprise_id: Any) -> ColumnElement[bool]:
    """Condition that the enterprise of that id is approved: asked of the few that are not."""
    others = select(Enterprise.id).where(
        Enterprise.id == enterprise_id, Enterprise.status != EnterpriseStatus.APPROVED
    )
    return ~others.exists()


def uscc_known(uscc: str) -> bool:
    """Whether an enterprise is registered under this USCC."""
    return db.session.scalar(select(Enterprise.id).filter_by(uscc=uscc)) is not None


def by_id(ids: set[UUID]) -> dict[UUID, Enterprise]:
    """Those enterprises, by id, in one statement."""
    return {row.id: row for row in db.session.scalars(select(Enterprise).where(Enterprise.id.in_(ids)))}


def may_trade(*enterprise_ids: UUID) -> bool:
    """Whether all of these enterprises are approved."""
    states = select(Enterprise.status).where(Enterprise.id.in_(enterprise_ids))
    return all(status == EnterpriseStatus.APPROVED for status in db.session.scalars(states))


def ids_within(region: int) -> Any:
    """A subquery of the ids of the enterprises in a region and below."""
    return select(Enterprise.id).where(catalogue.within(Enterprise.region, region))


def lock(work: Work, enterprise_id: UUID) -> Enterprise:
    """The enterprise, locked. Raises: NotFound."""
    return work.lock(Enterprise, Enterprise.id == enterprise_id)


def set_standing(
    row: Enterprise,
    *,
    score_milli: int,
    grade: Grade,
    provisional: bool,
    blocked: bool,
    valid_until: date | None,
    as_of: date,
) -> None:
    """Write the credit standing of a locked enterprise; the credit room's only way to do so."""
    row.credit_milli = score_milli
    row.grade = grade
    row.provisional = provisional
    row.blocked = blocked
    row.credit_valid_until = valid_until
    row.credit_as_of = as_of


def with_standing_before(enterprise_id: Any, day: Any, today: date) -> Any:
    """A query of the ids among `enterprise_id` whose standing was last written before `day`."""
    return (
        select(Enterprise.id)
        .join_from(enterprise_id.table, Enterprise, Enterprise.id == enterprise_id)
        .where(Enterprise.credit_as_of < day, Enterprise.credit_as_of < today)
        .distinct()
    )


# ---------------------------------------------------------------- staff and keys


def create_staff(actor: Actor, kind: str, name: str, region: int | None = None) -> tuple[Staff, str]:
    """A new admin or regulator and its key. Raises: Invalid: unknown region."""
    if region is not None:
        catalogue.find_region(region)
    with unit_of_work() as work:
        row = work.add(Staff(kind=kind, name=name, region=region))
        key = _add_key(work, Actor(kind, row.id), "first key", DEFAULT_SCOPES[kind], None)[1]
        work.audit(actor, f"create_{kind}", row, name=name)
    return row, key


def check_key_request(actor: Actor, raw: dict[str, Any]) -> None:
    """Raises: Forbidden: the body asks for a scope that the asking key lacks (`scope_missing`)."""
    asked = raw.get("scopes")
    lacking = [one for one in SCOPES if isinstance(asked, list) and one in asked and one not in actor.scopes]
    if lacking:
        raise Forbidden("scope_missing", at="scopes", scope=Name("scope", lacking[0]))


def create_key(actor: Actor, name: str, scopes: list[str], expires_at: datetime | None) -> tuple[ApiKey, str]:
    """A further key of the actor, with no more scopes than the asking key has.

    Raises:
        Forbidden: a scope that the asking key lacks. Invalid: expiry past, or over a year away.
    """
    check_key_request(actor, {"scopes": scopes})
    now = clock.now()
    if expires_at is not None and not now < expires_at <= now + KEY_LIFE:
        raise Invalid("key_expiry_range", at="expires_at")
    with unit_of_work() as work:
        row, key = _add_key(work, actor, name, scopes, expires_at)
        work.audit(actor, "create_key", row, scopes=scopes)
    return row, key


def _add_key(
    work: Work, holder: Actor, name: str, scopes: Any, expires_at: datetime | None
) -> tuple[ApiKey, str]:
    key = f"hl_{secrets.token_urlsafe(32)}"
    row = ApiKey(
        digest=digest(key),
        enterprise_id=holder.enterprise_id,
        staff_id=None if holder.enterprise_id else holder.id,
        name=name,
        scopes=list(scopes),
        expires_at=expires_at or clock.now() + KEY_LIFE,
        created_at=clock.now(),
    )
    return work.add(row), key


def _held_by(actor: Actor) -> ColumnElement[bool]:
    return ApiKey.enterprise_id == actor.id if actor.kind == ENTERPRISE else ApiKey.staff_id == actor.id


def replace_lost_key(uscc: str) -> str:
    """A new key with all scopes for an enterprise that has lost its own; an operator's act.

    Raises:
        NotFound: nobody is registered under this USCC.
    """
    with unit_of_work() as work:
        holder = work.lock(Enterprise, Enterprise.uscc == uscc)
        row, key = _add_key(
            work, Actor(ENTERPRISE, holder.id), "replacement", DEFAULT_SCOPES[ENTERPRISE], None
        )
        work.audit(PLATFORM, "create_key", row, uscc=uscc)
    return key


def list_keys(actor: Actor, after: UUID | None, limit: int) -> list[ApiKey]:
    """The actor's keys, newest first, without their secrets."""
    query = select(ApiKey).where(_held_by(actor))
    if after is not None:
        query = query.where(ApiKey.id < after)
    return list(db.session.scalars(query.order_by(ApiKey.id.desc()).limit(limit)))


def find_key(actor: Actor, key_id: UUID) -> ApiKey:
    """One of the actor's own keys. Raises: NotFound."""
    row = db.session.scalars(select(ApiKey).where(ApiKey.id == key_id, _held_by(actor))).one_or_none()
    if row is None:
        raise NotFound()
    return row


def revoke_key(actor: Actor, key_id: UUID) -> None:
    """End a key now and for good; once more changes nothing."""
    with unit_of_work() as work:
        row = work.lock(ApiKey, ApiKey.id == key_id, _held_by(actor))
        if row.revoked_at is None:
            row.revoked_at = clock.now()
            work.audit(actor, "revoke_key", row)


def actor_of_key(key_digest: str) -> Actor:
    """Who a key stands for.

    Raises:
        Unauthorised: `key_unknown`, `key_revoked` or `key_expired`.
    """
    row = db.session.scalars(
        select(ApiKey)
        .where(ApiKey.digest == key_digest)
        .options(joinedload(ApiKey.enterprise), joinedload(ApiKey.staff))
    ).one_or_none()
    if row is None:
        raise Unauthorised("key_unknown")
    if row.revoked_at is not None:
        raise Unauthorised("key_revoked")
    if row.expires_at <= clock.now():
        raise Unauthorised("key_expired")
    scopes = frozenset(row.scopes)
    if row.enterprise is not None:
        one = row.enterprise
        return Actor(ENTERPRISE, one.id, scopes, row.id, one.status, frozenset(one.roles), one.region)
    assert row.staff is not None
    return Actor(row.staff.kind, row.staff.id, scopes, row.id, region=row.staff.region)


def remind_of_expiry() -> int:
    """Tell of keys that end within 30 days, and again within 7. Returns how many were told of."""
    told = 0
    with unit_of_work() as work:
        for days in sorted(REMIND_DAYS):
            due = select(ApiKey).where(
                ApiKey.enterprise_id.is_not(None),
                ApiKey.revoked_at.is_(None),
                and_(
                    ApiKey.expires_at > clock.now(), ApiKey.expires_at <= clock.now() + timedelta(days=days)
                ),
                or_(ApiKey.reminded_days.is_(None), ApiKey.reminded_days > days),
            )
            for key in work.session.scalars(due.with_for_update(skip_locked=True)):
                key.reminded_days = days
                work.emit(
                    "key.expiring",
                    enterprise_id=str(key.enterprise_id),
                    key_id=str(key.id),
                    name=key.name,
                    expires_at=key.expires_at.isoformat(),
                )
                told += 1
    return told


def with_collectors(numbers: Iterable[int]) -> list[int]:
    """These enterprises (`no`) and the collectors that gather under their licences."""
    given = set(numbers)
    licensed = select(Enterprise.id).where(Enterprise.no.in_(given))
    gathering = db.session.scalars(select(Enterprise.no).where(Enterprise.partner_id.in_(licensed)))
    return sorted(given.union(gathering))
