"""A local scheme, and the crosswalk from its codes to national ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from seed.catalogue.files import LOCAL
from seed.catalogue.hazardous_waste import read_hazardous
from seed.catalogue.rows import CodeRow, CrosswalkRow, SchemeRow
from seed.catalogue.schemes import read_schemes
from seed.catalogue.solid_waste import read_solid
from seed.table import Record, records

ISW_CODE = re.compile(r"ISW(-[0-9]{2}){3}")
_LOCAL_HEADER = ("code", "name_zh", "name_en", "category", "national_scheme", "national_code", "confidence")


def read_local(
    path: Path | str = LOCAL,
    edition: str = "example",
    *,
    national: Iterable[CodeRow] | None = None,
    schemes: Iterable[SchemeRow] | None = None,
) -> tuple[CodeRow, ...]:
    """Scheme `isw`: codes only, the local class in `industry`; hazardous if any code it maps to is.

    A code that maps to several national codes has a row for each, with the same names.

    Args:
        national: rows of `cn-hw` and `cn-sw` to map to; those that ship, if not given.
        schemes: what the schemes are declared to be about; as they ship, if not given.
    Raises:
        SeedError: the first malformed row, one mapping to a code that is not there, or, in a scheme declared
            general, to a hazardous one.
    """
    known = _by_key(national)
    found: dict[str, CodeRow] = {}
    for record, link in _local_records(Path(path), known, schemes):
        target = known[link.national_scheme, link.national_code]
        before = found.get(link.code)
        row = CodeRow(
            scheme="isw",
            code=link.code,
            level="code",
            parent=None,
            name_zh=record.text("name_zh"),
            name_en=record.text("name_en"),
            industry=record.text("category"),
            hazardous=target.hazardous or (before is not None and before.hazardous),
            hazard="",
            edition=edition,
            evidence="example",
            tradable=target.tradable and (before is None or before.tradable),
        )
        if before and (before.name_zh, before.name_en, before.industry) != (
            row.name_zh,
            row.name_en,
            row.industry,
        ):
            raise record.error("code", f"{row.code} had other names or another category above")
        found[row.code] = row
    return tuple(found.values())


def read_crosswalks(
    path: Path | str = LOCAL,
    *,
    national: Iterable[CodeRow] | None = None,
    schemes: Iterable[SchemeRow] | None = None,
) -> tuple[CrosswalkRow, ...]:
    """Where each local code leads; `national` and `schemes` as in `read_local`.

    Raises:
        SeedError: the first malformed row.
    """
    return tuple(link for _, link in _local_records(Path(path), _by_key(national), schemes))


def _by_key(national: Iterable[CodeRow] | None) -> dict[tuple[str, str], CodeRow]:
    rows = read_hazardous() + read_solid() if national is None else national
    return {(row.scheme, row.code): row for row in rows}


def _local_records(
    path: Path, known: dict[tuple[str, str], CodeRow], schemes: Iterable[SchemeRow] | None
) -> Iterator[tuple[Record, CrosswalkRow]]:
    general = {
        row.scheme for row in (read_schemes() if schemes is None else schemes) if row.waste == "general"
    }
    seen: set[tuple[str, str, str]] = set()
    for record in records(path, _LOCAL_HEADER):
        code = record.matching("code", ISW_CODE, "a code ISW-NN-NN-NN")
        scheme = record.one_of("national_scheme", ("cn-hw", "cn-sw"))
        target = record.text("national_code")
        if (scheme, target) not in known:
            raise record.error("national_code", f"{target!r} is not in {scheme}")
        if "isw" in general and known[scheme, target].hazardous:
            raise record.error("national_code", f"{target} is hazardous, and isw is declared general")
        if (code, scheme, target) in seen:
            raise record.error("national_code", f"{code} maps to {target} twice")
        seen.add((code, scheme, target))
        confidence = record.number("confidence", 0, 1)
        if confidence == 0:
            raise record.error("confidence", "must be greater than 0")
        yield record, CrosswalkRow("isw", code, scheme, target, confidence)
