"""What can become of a pairing."""

from enum import StrEnum


class Outcome(StrEnum):
    """What became of a pairing, from the least to the furthest; `CLOSED` is a completed transfer."""

    SHOWN = "shown"
    NOT_SUITABLE = "not_suitable"
    INTERESTED = "interested"
    OFFERED = "offered"
    DEALT = "dealt"
    CLOSED = "closed"


POSITIVE_OUTCOMES = (Outcome.INTERESTED, Outcome.OFFERED, Outcome.DEALT, Outcome.CLOSED)
"""Outcomes by which a side moved towards a deal."""
