"""Forms: read by a schema, and shown again with words beside the fields where something is wrong."""

from typing import Any

from flask import request
from marshmallow import EXCLUDE, ValidationError

from ..errors import DomainError
from ..http.languages import language, render
from ..http.problems import messages_by_field
from ..http.schemas import Schema, refuse_bad_characters
from ..messages import say

Errors = dict[str, list[str]]
WHOLE = "form"
"""The name under which what concerns no single field is said."""


def read_form(schema: Schema) -> tuple[dict[str, Any] | None, Errors]:
    """What was sent, and by field what is wrong with it; nothing of it if anything is.

    Fields that the form has beside those of the schema are ignored, and empty ones are as if they were not.
    """
    given = {name: value for name, value in request.form.to_dict().items() if value.strip()}
    errors: Errors = {}
    try:
        refuse_bad_characters(given)
        loaded: dict[str, Any] = schema.load(given, unknown=EXCLUDE)
    except ValidationError as error:
        for path, message in messages_by_field(error.messages):
            errors.setdefault(path or WHOLE, []).append(render(message))
        return None, errors
    return loaded, errors


def typed() -> dict[str, str]:
    """What was typed, as it came, to be shown again; no password."""
    return {name: value for name, value in request.form.to_dict().items() if name != "password"}


def wrong(error: DomainError) -> Errors:
    """A refusal of a service as words beside the field that it is about."""
    return {error.at or WHOLE: [say(error.code, language(), **error.facts)]}
