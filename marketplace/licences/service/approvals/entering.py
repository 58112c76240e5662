"""An admin enters a transfer approval as the province gave it."""

from typing import Any

from ....catalogue import service as catalogue
from ....catalogue.models import CatalogueCode, CodeLevel
from ....errors import Invalid, Notice
from ....events.actor import Actor
from ....events.work import Work, unit_of_work
from ....messages.names import Name
from ...models import TransferApproval
from ..permits import add_permit, named_code, require_enterprise
from ..plausible_permits import tonnes_notices, validity_notices
from .validity import End, EndCause, end_of, licence_until


def add_transfer_approval(actor: Actor, data: dict[str, Any]) -> tuple[TransferApproval, list[Notice]]:
    """Enter a transfer approval of one pair, code and way, with kilograms for its whole life.

    Returns:
        the approval, and notices: its end is earlier than asked for, the receiver has no licence for the
        code, doubtful figures and days.
    Raises:
        Invalid: `unknown_enterprise`, `same_enterprise`, a category in place of a code
            (`approval_of_category`), or a code that is unknown or of another scheme.
        Conflict: the document is entered already (`already_entered`).
    """
    with unit_of_work() as work:
        return add_approval(work, actor, data)


def add_approval(work: Work, actor: Actor, data: dict[str, Any]) -> tuple[TransferApproval, list[Notice]]:
    """`add_transfer_approval` as part of the caller's unit of work."""
    check_parties(data)
    code, notices = named_code(actor, data["scheme"], data["code"], "")
    require_single_code(code)
    end, end_notices = end_for(data, code)
    names = ("generator_id", "receiver_id", "way", "number", "valid_from")
    approval = TransferApproval(
        **{name: data[name] for name in names},
        code_id=code.id,
        kg=data["tonnes"],
        asked_until=data["valid_until"],
        valid_until=end.day,
    )
    add_permit(work, actor, approval)
    tonnes = tonnes_notices(approval.kg, "tonnes", [code])
    return approval, [*notices, *end_notices, *tonnes, *validity_notices(approval)]


def check_parties(data: dict[str, Any]) -> None:
    """Refuse unknown parties, and one that is both.

    Raises:
        Invalid: `unknown_enterprise` or `same_enterprise`.
    """
    require_enterprise(data["generator_id"], "generator_id")
    require_enterprise(data["receiver_id"], "receiver_id")
    if data["generator_id"] == data["receiver_id"]:
        raise Invalid("same_enterprise", at="receiver_id")


def require_single_code(code: CatalogueCode) -> None:
    """Refuse a category of hazardous waste: an approval names the code too.

    Source: Transfer Measures 2021, art. 27.

    Raises:
        Invalid: `approval_of_category`.
    """
    if code.hazardous and code.level == CodeLevel.CATEGORY:
        raise Invalid("approval_of_category", at="code", code=code.code)


def end_for(data: dict[str, Any], code: CatalogueCode) -> tuple[End, list[Notice]]:
    """The end of an approval, and what is to be said of it."""
    covering = {alias.alias_id for alias in catalogue.aliases_of([code.id])}
    licence = licence_until(data["receiver_id"], covering, data["way"], data["valid_from"])
    end = end_of(data["valid_from"], data["valid_until"], licence)
    notices = []
    if end.cause != EndCause.ASKED:
        cause = Name("end_cause", end.cause)
        notices.append(Notice("approval_shortened", "valid_until", {"until": end.day, "cause": cause}))
    if licence is None and code.hazardous:
        notices.append(Notice("receiver_without_licence", "receiver_id", {"code": code.code}))
    return end, notices
