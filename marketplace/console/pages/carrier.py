"""What a transporter says of itself: where it carries, whether hazardous waste, who answers on duty."""

from functools import partial
from typing import Any

from flask import Response, url_for

from ... import identity
from ...catalogue import service as catalogue
from ...events.actor import ENTERPRISE
from ...http.fields import Lines, Normalised
from ...http.languages import Message
from ...http.schemas import Schema
from ...persons.service import Acting
from ...transporters import service as transporters
from ..form_fields import Checked, WrittenRegions
from ..forms import Errors, change_or_show, typed, version_seen
from ..page import pages
from ..visitor import members_only, private

OWNER = "admin"


class CarrierForm(Schema):
    """By the names of the API; the whole of it."""

    service_area = WrittenRegions(1000, load_default=list)
    hazardous = Checked()
    duty_phone = Normalised(60, identity.phone, Message("phone_form"), load_default=None)
    note = Lines(500, load_default=None)


CARRIER = CarrierForm()


@pages.get("/settings/carrier")
@members_only(kinds=(ENTERPRISE,))
def show_carrier(who: Acting) -> Response:
    """The register of one's own enterprise, which is a transporter."""
    return _carrier(who)


def _carrier(who: Acting, http_status: int = 200, errors: Errors | None = None) -> Response:
    actor = who.actor
    assert actor.enterprise_id is not None
    row = transporters.find_register(actor, actor.enterprise_id)
    shown = {
        "service_area": ", ".join(f"{region:06d}" for region in row.service_area),
        "hazardous": row.hazardous,
        "duty_phone": row.duty_phone,
        "note": row.note,
    }
    return private(
        "carrier.html",
        http_status,
        version=row.version or 0,
        values=typed() if errors else shown,
        regions=catalogue.region_names(set(row.service_area)),
        may_write=OWNER in actor.scopes,
        errors=errors or {},
        api=f"/api/v1/transporters/{actor.enterprise_id}",
    )


@pages.post("/settings/carrier")
@members_only(OWNER, kinds=(ENTERPRISE,))
def change_carrier(who: Acting) -> Any:
    """Say it."""
    actor = who.actor
    assert actor.enterprise_id is not None
    register = transporters.find_changeable_register(actor, actor.enterprise_id)

    def change(data: dict[str, Any]) -> None:
        transporters.change_register(actor, register.enterprise_id, data, version_seen())

    return change_or_show(CARRIER, partial(_carrier, who), change, url_for("console.show_carrier"))
