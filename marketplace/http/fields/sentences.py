"""Our sentences for the errors that fields of marshmallow have by themselves."""

from functools import cache
from typing import Any

from marshmallow import fields

from ..languages import Message

KINDS: dict[type, str] = {
    fields.String: "text",
    fields.Integer: "whole_number",
    fields.Float: "number",
    fields.Boolean: "flag",
    fields.Date: "day",
    fields.DateTime: "moment",
    fields.UUID: "id",
    fields.List: "list",
    fields.Dict: "object",
    fields.Nested: "object",
    fields.Raw: "object",
}
"""What a field is called in its own errors, by the nearest of its classes."""


def localise_errors(field: fields.Field[Any]) -> None:
    """Give a built-in field, and those inside it, our sentences for its own errors."""
    kind = next(name for base in type(field).__mro__ if (name := KINDS.get(base)))
    field.error_messages = _sentences(kind, tuple(field.error_messages))
    for name in ("inner", "key_field", "value_field"):
        inner = getattr(field, name, None)
        if inner is not None:
            localise_errors(inner)


@cache
def _sentences(kind: str, errors: tuple[str, ...]) -> dict[str, Any]:
    """Our sentences for the errors of a kind of field, which the thousands of fields of that kind share."""
    return {error: Message(f"field_{error}", kind=Message(f"kind_{kind}")) for error in errors}
