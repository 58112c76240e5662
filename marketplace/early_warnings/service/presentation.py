"""What is shown of the model: whether it warns, what it was learned from, and how well it did since."""

from datetime import date
from typing import Any

from ...http.languages import language
from ...messages import say
from ..models import NOT_TRAINED, REFUSED, EarlyWarningModel
from .training import is_refused, newest_model


def show_model() -> dict[str, Any]:
    """The newest training with its card; of a platform that has never trained, or where what is stored is
    refused, only that."""
    row = newest_model()
    status = _status_of(row)
    about = {
        "status": status,
        "detail": say(f"early_warning_{status}", language()),
        "notice": say("early_warning_notice", language()),
    }
    if row is None:
        return {**about, "model_id": None, "trained_at": None, "simulated": None}
    card = {} if status == REFUSED else row.card
    simulated = {"simulated_notice": say("early_warning_simulated", language())} if row.is_simulated else {}
    return {
        **about,
        **simulated,
        "model_id": row.id,
        "trained_at": row.created_at,
        "simulated": row.is_simulated,
        **card,
        **({"parts": _with_days(card["parts"])} if "parts" in card else {}),
    }


def _with_days(parts: dict[str, Any]) -> dict[str, Any]:
    days = ("first", "last")
    return {
        name: {**about, **{day: about[day] and date.fromisoformat(about[day]) for day in days}}
        for name, about in parts.items()
    }


def _status_of(row: EarlyWarningModel | None) -> str:
    if row is None:
        return NOT_TRAINED
    return REFUSED if is_refused(row) else str(row.verdict.value)
