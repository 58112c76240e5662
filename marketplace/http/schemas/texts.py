"""Texts of one form that all rooms read: codes, addresses, numbers, names, passwords."""

import unicodedata
from typing import Any

from marshmallow import ValidationError, fields

from ... import identity, lookalikes, plain_text
from ..fields import Identifier, KnownValue, Length, Normalised, Text
from ..languages import Message

MAX_CODE_TEXT = 200
"""Characters of a code as people write it: a category, a code and the name of the waste."""
SPELLINGS = (
    "Width, case, blanks, dashes and the European asterisk do not matter, and the category may stand beside"
    " its code: `hw08`, `HW08 900-249-08`, `90024908`, `16 05 06*`."
)
MOST_USCC = 40
"""Characters of a unified social credit code as people write it, in groups."""
SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 200
"""Characters; NIST SP 800-63B asks for eight at least, the rest is our own choice."""


class CodeText(Identifier):
    """A waste code as people write it."""

    def __init__(self, **kwargs: Any) -> None:
        about = {"description": f"{kwargs.pop('about', 'A code or a category.')} {SPELLINGS}"}
        super().__init__(MAX_CODE_TEXT, metadata=about, **kwargs)


class SchemeText(Identifier):
    """The name of a scheme, which may be left out where the code shows it."""

    def __init__(self, **kwargs: Any) -> None:
        about = {
            "description": "cn-hw, cn-sw, eu-low or a local scheme; may be left out where the code shows it."
        }
        super().__init__(20, load_default=None, allow_none=True, metadata=about, **kwargs)


class StableCode(KnownValue):
    """The code of a refusal, a warning or a reason."""

    def __init__(self, about: str = "", **kwargs: Any) -> None:
        super().__init__(
            about=f"{about} A stable code in snake_case; /errors explains it.".lstrip(), **kwargs
        )


class Email(Normalised):
    """An e-mail address in its one form."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(254, identity.email, Message("email_form"), **kwargs)


class Phone(Normalised):
    """A telephone number in its one form."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(60, identity.phone, Message("phone_form"), **kwargs)


class Uscc(Normalised):
    """A unified social credit code in its one form."""

    def __init__(self, **kwargs: Any) -> None:
        about = {"description": "统一社会信用代码, GB 32100-2015; blanks, dashes, width, case are free."}
        super().__init__(MOST_USCC, identity.uscc, Message("uscc_invalid"), metadata=about, **kwargs)


class EnterpriseName(Text):
    """The name of an enterprise: letters and digits in plain forms, and in scripts that belong together."""

    folded = staticmethod(lambda text: lookalikes.one_form(plain_text.one_line(text)))

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        name = super()._deserialize(value, *args, **kwargs)
        if found := lookalikes.mixed_scripts(name):
            character, place = found
            about = f"U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip()
            raise ValidationError(Message("name_mixes_scripts", character=about, place=place))
        return name


class Password(fields.String):
    """A password, as it was typed: nothing of it is folded away."""

    def __init__(self, about: str = "", shortest: int = SHORTEST_PASSWORD) -> None:
        """Args: shortest: 1 of a password that was chosen before, whatever the bounds were then."""
        described = {"description": about} if about else {}
        bounds = Length(min=shortest, max=LONGEST_PASSWORD)
        super().__init__(required=True, validate=bounds, metadata={"format": "password", **described})

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        password: str = super()._deserialize(value, *args, **kwargs)
        if not password.isprintable():
            raise ValidationError([Message("password_unprintable")])
        return password
