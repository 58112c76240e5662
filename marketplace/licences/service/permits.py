"""Admins enter permits and revoke them; what matches rely on them is ranked again."""

import logging
from typing import Any, TypeVar
from uuid import UUID

from ... import clock
from ...catalogue import service as catalogue
from ...enterprises import service as enterprises
from ...errors import Invalid, Notice
from ...events.actor import Actor
from ...events.work import Work, unit_of_work
from ..models import Channel, Licence, LicenceLine, VerifiedExemption, WhiteListEntry, mode_mask

Row = TypeVar("Row", Licence, Channel, WhiteListEntry, VerifiedExemption)

log = logging.getLogger(__name__)


def add_licence(actor: Actor, data: dict[str, Any]) -> tuple[Licence, list[Notice]]:
    """Enter an operating licence, with kilograms a year for each line; notices are about doubtful codes.

    Raises:
        Invalid: `unknown_enterprise`, or a code that is unknown or of another scheme.
    """
    _require_enterprise(data["enterprise_id"], "enterprise_id")
    names = ("enterprise_id", "number", "kind", "valid_from", "valid_until")
    notices: list[Notice] = []
    lines: list[LicenceLine] = []
    with unit_of_work() as work:
        for number, line in enumerate(data["lines"]):
            code, doubts = catalogue.resolve(line["scheme"], line["code"], f"lines.{number}")
            notices += doubts
            mask = mode_mask(line["modes"])
            lines.append(LicenceLine(code_id=code.id, modes=mask, kg_per_year=line["tonnes_per_year"]))
        licence = Licence(**{name: data[name] for name in names}, lines=lines)
        _add(work, actor, licence, number=licence.number)
    return licence, notices


def add_channel(actor: Actor, data: dict[str, Any]) -> tuple[Channel, list[Notice]]:
    """Enter an approved point-to-point channel, with kilograms a year.

    Raises:
        Invalid: `unknown_enterprise`, the same enterprise on both sides (`same_enterprise`), or a code that
            is unknown or of another scheme.
    """
    _require_enterprise(data["generator_id"], "generator_id")
    _require_enterprise(data["receiver_id"], "receiver_id")
    if data["generator_id"] == data["receiver_id"]:
        raise Invalid("same_enterprise", at="receiver_id")
    names = ("generator_id", "receiver_id", "use", "approval_number", "valid_from", "valid_until")
    return _add_for_code(actor, Channel, data, names, kg_per_year=data["tonnes_per_year"])


def add_white_list(actor: Actor, data: dict[str, Any]) -> tuple[WhiteListEntry, list[Notice]]:
    """Put a receiver and code on the cross-province white list.

    Raises:
        Invalid: `unknown_enterprise`, `unknown_region`, `not_a_province`, or a code that is unknown or of
            another scheme.
    """
    _require_enterprise(data["receiver_id"], "receiver_id")
    if catalogue.find_region(data["from_province"], "from_province").level != "province":
        raise Invalid("not_a_province", at="from_province")
    names = ("receiver_id", "from_province", "valid_from", "valid_until")
    return _add_for_code(actor, WhiteListEntry, data, names)


def add_exemption(actor: Actor, data: dict[str, Any]) -> tuple[VerifiedExemption, list[Notice]]:
    """Record that a holder's evidence for an item of the exemption list was accepted.

    Raises:
        Invalid: `unknown_enterprise`, `unknown_exemption`, or a code that is unknown or of another scheme.
    """
    _require_enterprise(data["enterprise_id"], "enterprise_id")
    if not catalogue.exemption_exists(data["item"]):
        raise Invalid("unknown_exemption", at="item", item=data["item"])
    names = ("enterprise_id", "item", "reference", "valid_from", "valid_until")
    return _add_for_code(actor, VerifiedExemption, data, names)


def revoke(actor: Actor, model: type[Any], permit_id: UUID) -> None:
    """End a permit now; a second time changes nothing. Raises: NotFound."""
    with unit_of_work() as work:
        permit = work.lock(model, model.id == permit_id)
        if permit.revoked_at is not None:
            return
        permit.revoked_at = clock.now()
        work.audit(actor, "revoke", permit)
        _emit_changed(work, permit)
    log.info("permit revoked", extra={"kind": model.__tablename__, "permit_id": str(permit_id)})


def _add_for_code(
    actor: Actor, model: type[Row], data: dict[str, Any], names: tuple[str, ...], **others: Any
) -> tuple[Row, list[Notice]]:
    """Write a permit for one code: the fields `names` of `data`, and `others`."""
    code, notices = catalogue.resolve(data["scheme"], data["code"], "")
    permit = model(**{name: data[name] for name in names}, code_id=code.id, **others)
    with unit_of_work() as work:
        _add(work, actor, permit)
    return permit, notices


def _add(work: Work, actor: Actor, permit: Row, **detail: Any) -> None:
    work.add(permit)
    work.audit(actor, "add", permit, **detail)
    _emit_changed(work, permit)
    log.info("permit added", extra={"kind": permit.__tablename__, "permit_id": str(permit.id)})


def _emit_changed(work: Work, permit: Row) -> None:
    work.emit("permit.changed", kind=permit.__tablename__, id=str(permit.id))


def _require_enterprise(enterprise_id: UUID, at: str) -> None:
    if not enterprises.by_id({enterprise_id}):
        raise Invalid("unknown_enterprise", at=at)
