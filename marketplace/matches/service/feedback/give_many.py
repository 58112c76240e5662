"""Many verdicts at once, each with a result of its own."""

from collections.abc import Sequence
from typing import Any

from ....errors import DomainError
from ....events.actor import Actor
from ....events.work import one_of_many
from ....listings import service as listings
from ..ranking.explanation import counterpart
from .give_feedback import give_feedback


def give_many(actor: Actor, answers: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Record verdicts one after the other; one that is refused stops none of the others.

    Returns:
        for each its two ids and what `give_feedback` answers, or the `refusal`.
    """
    return [_give(actor, answer) for answer in answers]


def _give(actor: Actor, answer: dict[str, Any]) -> dict[str, Any]:
    ids = {name: answer[name] for name in ("listing_id", "counterpart_id")}
    try:
        with one_of_many():
            listing = listings.find_own(actor, answer["listing_id"])
            other = counterpart(actor, listing, answer["counterpart_id"])
            return {**ids, **give_feedback(actor, listing, other, answer["verdict"], answer["reason"])}
    except DomainError as refusal:
        return {**ids, "verdict": answer["verdict"], "refusal": refusal}
