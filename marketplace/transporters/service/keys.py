"""What papers, vehicles and people are compared by, however they are written."""

from collections.abc import Mapping
from typing import Any

from ... import identity
from ...document_numbers import document_key
from ..models import PaperKind

NAME_END = "\n"
"""Ends the name of a person in a key of the crew; no folded name has it."""


def plate_key(plate: str) -> str:
    """A plate as it is compared; what is none is kept as it was typed, and no vehicle has it."""
    try:
        return identity.plate(plate)
    except ValueError:
        return plate


def name_key(name: str) -> str:
    """A person's name as it is compared."""
    return document_key(name)


def paper_key(kind: PaperKind, data: Mapping[str, Any]) -> str:
    """What a paper is known by: its number, its plate, or a person's name and card.

    Cards of one person mostly have one number; of several the least counts.
    """
    if kind == PaperKind.VEHICLE:
        return plate_key(data["plate"])
    if kind == PaperKind.CREW:
        card = min(document_key(card["number"]) for card in data["cards"])
        return f"{name_key(data['name'])}{NAME_END}{card}"
    return document_key(data["number"])
