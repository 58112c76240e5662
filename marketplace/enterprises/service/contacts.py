"""How to reach an enterprise."""

from typing import Any

from ... import clock
from ..models import Enterprise
from .email_refusal import NOT_REFUSED

NOBODY = {"name": "", "email": "", "phone": ""}


def contact_for(enterprise: Any) -> dict[str, str] | None:
    """Name, e-mail and phone of an enterprise's contact; None if it was erased.

    For the enterprise itself, whoever oversees it, and the other side of a mutual interest only: the caller
    makes sure of that.
    """
    if enterprise.contact_erased_at is not None:
        return None
    return {
        "name": enterprise.contact_name,
        "email": enterprise.contact_email,
        "phone": enterprise.contact_phone,
    }


def contact_columns(contact: dict[str, str]) -> dict[str, str]:
    """A contact as the columns of Enterprise that hold it; the reverse of `contact_for`."""
    return {f"contact_{part}": contact[part] for part in ("name", "email", "phone")}


def erase_contact(enterprise: Enterprise) -> None:
    """Forget who the contact is, and what a mail relay said of the address."""
    for name, value in {**contact_columns(NOBODY), **NOT_REFUSED}.items():
        setattr(enterprise, name, value)
    enterprise.email_proven_at = None
    enterprise.contact_erased_at = enterprise.contact_erased_at or clock.now()
