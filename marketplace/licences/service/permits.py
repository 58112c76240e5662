"""Admins enter permits and revoke them; what matches rely on them is ranked again."""

import logging
from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID

from uuid_utils.compat import uuid7

from ... import clock
from ...catalogue import service as catalogue
from ...catalogue.models import CatalogueCode
from ...enterprises import service as enterprises
from ...errors import Forbidden, Invalid, Notice
from ...events.actor import Actor
from ...events.work import Work, unit_of_work
from ..models import (
    Channel,
    Licence,
    LicenceLine,
    LicenceStatus,
    TransferApproval,
    VerifiedExemption,
    WhiteListEntry,
    mode_mask,
)
from .capacities import overlapping_lines, share_capacity_of_channel, share_capacity_of_licence
from .channels.pausing import expect_tests
from .channels.terms import check_terms
from .double_entries import require_new
from .expiry import COUNTED, emit_ended
from .handed_in import require_room
from .plausible_permits import codes_of, tonnes_notices, validity_notices

Row = TypeVar("Row", Channel, TransferApproval, WhiteListEntry, VerifiedExemption)

log = logging.getLogger(__name__)


def add_licence(actor: Actor, data: dict[str, Any]) -> tuple[Licence, list[Notice]]:
    """Enter an operating licence, with kilograms a year for each line.

    An admin's entry counts at once; a holder's own is a submission, which counts once an admin confirms it.

    Returns:
        the licence, and notices about doubtful codes, figures and days, and lines that name the same code.
    Raises:
        Forbidden: an enterprise hands in a licence of another (`own_licence_only`).
        Invalid: no holder is named (`field_required`), `unknown_enterprise`, or a code that is unknown or of
            another scheme.
        Conflict: the document is entered already (`already_entered`), or too many that the holder handed in
            are still to be decided (`too_many_submissions`).
    """
    holder_id = data.get("enterprise_id") or actor.enterprise_id
    if holder_id is None:
        raise Invalid("field_required", at="enterprise_id")
    require_enterprise(holder_id, "enterprise_id")
    names = ("number", "kind", "valid_from", "valid_until")
    status = LicenceStatus.CONFIRMED if actor.enterprise_id is None else LicenceStatus.SUBMITTED
    with unit_of_work() as work:
        if status == LicenceStatus.SUBMITTED:
            require_room(work, holder_id)
        licence = Licence(**{name: data[name] for name in names}, enterprise_id=holder_id, status=status)
        require_new(work, actor, licence)
        licence.lines, numbers, notices = _lines(actor, data["lines"])
        notices += _overlap_notices(licence.lines, numbers) + validity_notices(licence)
        work.add(licence)
        if status == LicenceStatus.CONFIRMED:
            share_capacity_of_licence(work, licence)
        verb = "add" if status == LicenceStatus.CONFIRMED else "submit"
        work.audit(actor, verb, licence, number=licence.number)
        _emit_changed(work, licence)
    log.info("licence %s", status, extra={"permit_id": str(licence.id)})
    return licence, notices


def check_holder(actor: Actor, raw: dict[str, Any]) -> None:
    """Refuse a licence that an enterprise hands in for another.

    Raises:
        Forbidden: `own_licence_only`, `enterprise_suspended`, `enterprise_rejected` or `enterprise_lapsed`.
    """
    if actor.enterprise_id is None:
        return
    enterprises.require_unfrozen(actor)
    named = raw.get("enterprise_id")
    if isinstance(named, str) and named.lower() != str(actor.enterprise_id):
        raise Forbidden("own_licence_only", at="enterprise_id")


def _lines(
    actor: Actor, lines: Sequence[dict[str, Any]]
) -> tuple[list[LicenceLine], list[int], list[Notice]]:
    """A row for each code of each line, the number of the line that each is of, and notices about codes."""
    rows: list[LicenceLine] = []
    numbers: list[int] = []
    notices: list[Notice] = []
    for number, line in enumerate(lines):
        mask, first = mode_mask(line["modes"]), uuid7()
        codes: dict[int, CatalogueCode] = {}  # each once
        for place, written in enumerate(line.get("codes") or [line["code"]]):
            at = f"lines.{number}"
            code_at = f"{at}.codes.{place}" if line.get("codes") else None
            code, doubts = named_code(actor, line["scheme"], written, at, code_at)
            notices += doubts
            codes[code.id] = code
        notices += tonnes_notices(line["tonnes_per_year"], f"lines.{number}.tonnes_per_year", codes.values())
        for place, code_id in enumerate(codes):
            rows.append(
                LicenceLine(
                    id=uuid7() if place else first,
                    code_id=code_id,
                    modes=mask,
                    kg_per_year=line["tonnes_per_year"],
                    joint_line_id=first if place else None,
                )
            )
            numbers.append(number)
    return rows, numbers, notices


def named_code(
    actor: Actor, scheme: str | None, written: str, at: str, code_at: str | None = None
) -> tuple[CatalogueCode, list[Notice]]:
    """The code that a permit names; only staff may name one that no table has yet."""
    if actor.enterprise_id is not None:
        return catalogue.known_code(scheme, written, at, code_at=code_at)
    code, notices = catalogue.resolve(scheme, written, at, code_at=code_at)
    return (code if code.id is not None else catalogue.add_to_catalogue(code.code)), notices


def _overlap_notices(lines: Sequence[LicenceLine], numbers: Sequence[int]) -> list[Notice]:
    return [
        Notice("lines_overlap", f"lines.{later}", {"line": later + 1, "earlier": earlier + 1})
        for later, earlier in overlapping_lines(lines, numbers)
    ]


def add_channel(actor: Actor, data: dict[str, Any]) -> tuple[Channel, list[Notice]]:
    """Enter an approved point-to-point channel, with kilograms a year.

    Raises:
        Invalid: `unknown_enterprise`, the same enterprise on both sides (`same_enterprise`), a code that is
            unknown or of another scheme, or terms that `check_terms` refuses.
        Conflict: the document is entered already (`already_entered`).
    """
    require_enterprise(data["generator_id"], "generator_id")
    require_enterprise(data["receiver_id"], "receiver_id")
    if data["generator_id"] == data["receiver_id"]:
        raise Invalid("same_enterprise", at="receiver_id")
    terms = check_terms(data)
    names = (
        "generator_id", "receiver_id", "use", "approval_number", "valid_from", "valid_until",
        "standard", "pollution_control", "product_standard", "product_use",
    )  # fmt: skip
    channel, notices = add_for_code(actor, Channel, data, names, kg_per_year=data["tonnes_per_year"])
    tonnes = tonnes_notices(channel.kg_per_year, "tonnes_per_year", codes_of([channel]))
    return channel, terms + notices + tonnes


def add_white_list(actor: Actor, data: dict[str, Any]) -> tuple[WhiteListEntry, list[Notice]]:
    """Put a receiver and code on the cross-province white list.

    Raises:
        Invalid: `unknown_enterprise`, `unknown_region`, `not_a_province`, or a code that is unknown or of
            another scheme.
        Conflict: it is entered already (`already_entered`).
    """
    require_enterprise(data["receiver_id"], "receiver_id")
    if catalogue.find_region(data["from_province"], "from_province").level != "province":
        raise Invalid("not_a_province", at="from_province")
    names = ("receiver_id", "from_province", "valid_from", "valid_until")
    return add_for_code(actor, WhiteListEntry, data, names)


def add_exemption(actor: Actor, data: dict[str, Any]) -> tuple[VerifiedExemption, list[Notice]]:
    """Record that a holder's evidence for an item of the exemption list was accepted.

    Raises:
        Invalid: `unknown_enterprise`, `unknown_exemption`, or a code that is unknown or of another scheme.
        Conflict: it is entered already (`already_entered`).
    """
    require_enterprise(data["enterprise_id"], "enterprise_id")
    if not catalogue.exemption_exists(data["item"]):
        raise Invalid("unknown_exemption", at="item", item=data["item"])
    names = ("enterprise_id", "item", "reference", "valid_from", "valid_until")
    return add_for_code(actor, VerifiedExemption, data, names)


def revoke(actor: Actor, model: type[Any], permit_id: UUID) -> None:
    """End a permit now; a second time changes nothing. Raises: NotFound."""
    with unit_of_work() as work:
        permit = work.lock(model, model.id == permit_id)
        if permit.revoked_at is not None:
            return
        permit.revoked_at = clock.now()
        if isinstance(permit, Channel):
            permit.tested_from = permit.test_due_on = None
        work.audit(actor, "revoke", permit)
        _emit_changed(work, permit)
        if isinstance(permit, COUNTED):
            emit_ended(work, "permit.revoked", permit)
    log.info("permit revoked", extra={"kind": model.__tablename__, "permit_id": str(permit_id)})


def add_for_code(
    actor: Actor, model: type[Row], data: dict[str, Any], names: tuple[str, ...], **others: Any
) -> tuple[Row, list[Notice]]:
    """Write a permit for one code: the fields `names` of `data`, and `others`."""
    with unit_of_work() as work:
        code, notices = named_code(actor, data["scheme"], data["code"], "")
        permit = model(**{name: data[name] for name in names}, code_id=code.id, **others)
        add_permit(work, actor, permit)
    return permit, notices + validity_notices(permit)


def add_permit(work: Work, actor: Actor, permit: Row) -> None:
    """Write a permit of any kind but a licence. Raises: Conflict: `already_entered`."""
    require_new(work, actor, permit)
    work.add(permit)
    if isinstance(permit, Channel):
        share_capacity_of_channel(work, permit)
        expect_tests(work, permit)
    work.audit(actor, "add", permit)
    _emit_changed(work, permit)
    log.info("permit added", extra={"kind": permit.__tablename__, "permit_id": str(permit.id)})


def _emit_changed(work: Work, permit: Row | Licence) -> None:
    work.emit("permit.changed", kind=permit.__tablename__, id=str(permit.id))


def require_enterprise(enterprise_id: UUID, at: str) -> None:
    """Raises: Invalid: there is no such enterprise (`unknown_enterprise`)."""
    if not enterprises.by_id({enterprise_id}):
        raise Invalid("unknown_enterprise", at=at)
