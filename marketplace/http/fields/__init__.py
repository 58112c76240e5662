"""Fields and validators that all rooms share; NaN, infinities and look-alike types are refused."""

from .checks import Length, Matches, OneOf, Range, unique
from .lists import Choices, Dict, List
from .moments import FIRST_YEAR, LAST_YEAR, Day, Moment, json_value, moment_text
from .numbers import (
    FEN_PER_CNY,
    MAX_TONNES,
    MAX_VERSION,
    Adcode,
    Flag,
    Kilometres,
    Number,
    Price,
    Scaled,
    Tonnes,
    Whole,
)
from .queries import QueryNumber, QueryPrice, QueryTonnes, QueryWhole, TextNumber
from .sentences import localise_errors
from .texts import Identifier, Lines, Normalised, Text, UnmarkedLines
from .values import CRS, GROWS, KnownValue, Value

__all__ = [
    "CRS",
    "FEN_PER_CNY",
    "FIRST_YEAR",
    "GROWS",
    "LAST_YEAR",
    "MAX_TONNES",
    "MAX_VERSION",
    "Adcode",
    "Choices",
    "Day",
    "Dict",
    "Flag",
    "Identifier",
    "Kilometres",
    "KnownValue",
    "Length",
    "Lines",
    "List",
    "Matches",
    "Moment",
    "Normalised",
    "Number",
    "OneOf",
    "Price",
    "QueryNumber",
    "QueryPrice",
    "QueryTonnes",
    "QueryWhole",
    "Range",
    "Scaled",
    "Text",
    "TextNumber",
    "Tonnes",
    "UnmarkedLines",
    "Value",
    "Whole",
    "json_value",
    "localise_errors",
    "moment_text",
    "unique",
]
