"""The base of every schema: what it refuses, and how it writes a response."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple

import marshmallow as ma
from marshmallow import fields
from marshmallow.utils import get_value

from ..fields import Dict, List, localise_errors
from ..languages import Message


class Shown(NamedTuple):
    """How one field of a response is written: under which name, from which entry, by what.

    A value of the type `plain` is shown as it is; `default` is shown where there is none.
    """

    name: str
    entry: str
    plain: type | None
    write: Callable[..., Any]
    default: Any

    @classmethod
    def by(cls, name: str, field: fields.Field[Any]) -> "Shown":
        entry = name if field.attribute is None else field.attribute
        default = field.dump_default() if callable(field.dump_default) else field.dump_default
        return cls(field.data_key or name, entry, plain_type(field), field._serialize, default)


def plain_type(field: fields.Field[Any]) -> type | None:
    """The type of values that marshmallow writes of such a field as they are; None: each is made."""
    how = type(field)._serialize
    if how is fields.String._serialize:
        return str
    if isinstance(field, fields.Number) and how is fields.Number._serialize and not field.as_string:
        return field.num_type  # type: ignore[no-any-return]
    return bool if how is fields.Boolean._serialize and isinstance(field, fields.Boolean) else None


class Schema(ma.Schema):
    """Base of every schema: refuses unknown fields, with messages in the caller's language.

    Responses are written as marshmallow writes them, but by a plan that is made once: a page of 20 items has
    hundreds of fields, and looking each one up anew took a third of the request.
    """

    class Meta:
        unknown = ma.RAISE
        ordered = True

    error_messages: Any = {"unknown": Message("unknown_field"), "type": Message("not_an_object")}
    is_read: bool = True
    """Whether bodies are read by it; then every list and object in it must have a bound."""

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        localise_errors(field_obj)
        if self.is_read and not field_obj.dump_only:
            require_bounds(field_obj, f"{type(self).__name__}.{field_name}")

    @cached_property
    def _plan(self) -> list[Shown]:
        return [Shown.by(name, field) for name, field in self.dump_fields.items()]

    def _serialize(self, obj: Any, *, many: bool = False) -> Any:
        if many and obj is not None:
            return [self._serialize(item) for item in obj]
        is_dict = type(obj) is dict
        written = {}
        for name, entry, plain, write, default in self._plan:
            value = obj.get(entry, default) if is_dict else get_value(obj, entry, default)
            if value is None or type(value) is plain:
                written[name] = value
            elif value is not ma.missing:
                written[name] = write(value, name, obj)
        return written

    def __deepcopy__(self, memo: Any) -> "Schema":
        """Itself: a schema is never changed, and the OpenAPI document copies each many times."""
        return self


class ResponseSchema(Schema):
    """Base of what is only returned: every field is present, except those that `optional` names."""

    optional: tuple[str, ...] = ()
    is_read = False

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        super().on_bind_field(field_name, field_obj)
        field_obj.required = field_name not in self.optional


def require_bounds(field: fields.Field[Any], name: str) -> None:
    """Raises: TypeError: the field, or one inside it, is a list or an object without a bound."""
    if isinstance(field, fields.List | fields.Dict) and not isinstance(field, List | Dict):
        raise TypeError(f"{name} has no bound: use List or Dict of marketplace.http.fields")
    for inside in ("inner", "key_field", "value_field"):
        if (inner := getattr(field, inside, None)) is not None:
            require_bounds(inner, name)


class Prebuilt(fields.Nested):
    """A nested object that is already built as JSON, and is sent as it is."""

    def _serialize(self, value: Any, *_: Any, **__: Any) -> Any:  # type: ignore[override]
        return value
