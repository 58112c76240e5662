"""Enterprises as an official names them in a form: by their credit code, or by a name that only one has."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from .. import identity
from ..enterprises import service as enterprises
from ..errors import DomainError
from ..events.actor import Actor
from ..http.schemas import Schema
from .forms import Errors, beside_fields, once, read_form, wrong
from .page import text

LONGEST = 100
MOST = 20
ANY = {**dict.fromkeys(("grade", "status", "role", "region", "blocked")), "sort": "created_at", "limit": MOST}


def enter_naming(
    actor: Actor,
    schema: Schema,
    names: tuple[str, ...],
    show: Callable[[int, Errors], Any],
    enter: Callable[[dict[str, Any]], str],
) -> Any:
    """Enter once what a form says of enterprises and go on, or show its page again with what is wrong.

    Args:
        names: the fields that name enterprises; `enter` gets their ids, and returns the address to go to.
    """
    data, errors = read_form(schema)
    if data is not None:
        data, errors = with_firms(actor, data, names)
    if data is None or errors:
        return show(422, errors)
    try:
        return once(actor, partial(enter, data))
    except DomainError as error:
        return show(error.status, beside_fields(schema, wrong(error)))


def with_firms(actor: Actor, data: dict[str, Any], names: tuple[str, ...]) -> tuple[dict[str, Any], Errors]:
    """What a form says with ids in place of what enterprises are called in the fields `names`.

    Returns:
        the same with the ids that were found, and words beside the fields that name none or several.
    """
    found, errors = dict(data), {}
    for name in names:
        ids = _ids_of(actor, data[name])
        if len(ids) == 1:
            found[name] = ids[0]
        else:
            errors[name] = [text("firms_named_several" if ids else "firms_named_none")]
    return found, errors


def _ids_of(actor: Actor, called: str) -> list[UUID]:
    """Those who are called exactly so, else those whose name or code it is a part of."""
    rows = enterprises.search(actor, {**ANY, "q": called}, None)
    code = identity.folded_uscc(called)
    exact = [row.id for row in rows if row.uscc == code or row.name == called]
    return exact or [row.id for row in rows]
