"""The schemes, and what waste each is declared to be about."""

from __future__ import annotations

import re
from pathlib import Path

from seed.catalogue.files import SCHEMES
from seed.catalogue.rows import SchemeRow
from seed.table import records

SCHEME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
WASTE = ("hazardous", "general", "both")


def read_schemes(path: Path | str = SCHEMES) -> tuple[SchemeRow, ...]:
    """Every scheme: one declared general has no hazardous code, and maps to none.

    Raises:
        SeedError: the first malformed row, or a scheme twice.
    """
    found: dict[str, SchemeRow] = {}
    for record in records(Path(path), ("scheme", "name_zh", "name_en", "waste")):
        scheme = record.matching("scheme", SCHEME, "a scheme such as cn-hw")
        if scheme in found:
            raise record.error("scheme", f"{scheme} is listed above already")
        found[scheme] = SchemeRow(
            scheme, record.text("name_zh"), record.text("name_en"), record.one_of("waste", WASTE)
        )
    return tuple(found.values())
