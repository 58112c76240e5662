"""How to reach an enterprise."""

from ..models import Enterprise


def contact_for(enterprise: Enterprise) -> dict[str, str]:
    """Name, e-mail and phone of an enterprise's contact.

    For the enterprise itself, whoever oversees it, and the other side of a mutual interest only: the caller
    makes sure of that.
    """
    return {
        "name": enterprise.contact_name,
        "email": enterprise.contact_email,
        "phone": enterprise.contact_phone,
    }


def contact_columns(contact: dict[str, str]) -> dict[str, str]:
    """A contact as the columns of Enterprise that hold it; the reverse of `contact_for`."""
    return {f"contact_{part}": contact[part] for part in ("name", "email", "phone")}
