"""Schemas that all rooms share. Unknown fields, NUL characters and lone surrogates are refused."""

from .base import Prebuilt, ResponseSchema, Schema
from .characters import LONGEST_NAME, refuse_bad_characters
from .parts import (
    ContactSchema,
    FileNameQuery,
    InOrderSchema,
    LocationSchema,
    PeriodSchema,
    ReasonSchema,
    WrittenCodeSchema,
)
from .problems import FaultSchema, ProblemSchema, TableProblemSchema, WarningSchema
from .references import (
    CodeRefSchema,
    EnterpriseRefSchema,
    KeptFileSchema,
    LegalBasisSchema,
    PersonRefSchema,
    by_person,
)
from .texts import (
    LONGEST_PASSWORD,
    SPELLINGS,
    CodeText,
    Email,
    EnterpriseName,
    Password,
    Phone,
    SchemeText,
    StableCode,
    Uscc,
)

__all__ = [
    "LONGEST_NAME",
    "LONGEST_PASSWORD",
    "SPELLINGS",
    "CodeRefSchema",
    "CodeText",
    "ContactSchema",
    "Email",
    "EnterpriseName",
    "EnterpriseRefSchema",
    "FaultSchema",
    "FileNameQuery",
    "InOrderSchema",
    "KeptFileSchema",
    "LegalBasisSchema",
    "LocationSchema",
    "Password",
    "PeriodSchema",
    "PersonRefSchema",
    "Phone",
    "Prebuilt",
    "ProblemSchema",
    "ReasonSchema",
    "ResponseSchema",
    "Schema",
    "SchemeText",
    "StableCode",
    "TableProblemSchema",
    "Uscc",
    "WarningSchema",
    "WrittenCodeSchema",
    "by_person",
    "refuse_bad_characters",
]
