"""Recovery and disposal operations, with their Chinese names."""

from __future__ import annotations

import re
from pathlib import Path

from seed.catalogue.files import OPERATIONS, OPERATIONS_ZH
from seed.catalogue.rows import TreatmentRow
from seed.table import records

OPERATION = re.compile(r"R([1-9]|1[0-3])|D([1-9]|1[0-5])")


def read_treatments(
    path: Path | str = OPERATIONS, names_path: Path | str = OPERATIONS_ZH
) -> tuple[TreatmentRow, ...]:
    """R1 to R13 and D1 to D15 with the licence mode each needs; Chinese names from their own file.

    Raises:
        SeedError: the first malformed row, or an operation without a Chinese name.
    """
    names = _names_zh(Path(names_path))
    found: dict[str, TreatmentRow] = {}
    for record in records(Path(path), ("code", "kind", "name_en", "interim")):
        code = record.matching("code", OPERATION, "an operation R1-R13 or D1-D15")
        kind = "recovery" if code.startswith("R") else "disposal"
        if record.text("kind") != kind:
            raise record.error("kind", f"{code} is {kind}")
        if code in found:
            raise record.error("code", f"{code} is listed above already")
        if code not in names:
            raise record.error("code", f"{code} has no name in {names_path}")
        name, interim = record.text("name_en"), record.boolean("interim")
        found[code] = TreatmentRow(code, kind, _mode(code), name, names[code], interim)
    return tuple(found.values())


def _mode(code: str) -> str:
    if code in {"R13", "D13", "D14", "D15"}:
        return "store"
    return "use" if code.startswith("R") else "dispose"


def _names_zh(path: Path) -> dict[str, str]:
    names: dict[str, str] = {}
    for record in records(path, ("code", "name_zh")):
        code = record.matching("code", OPERATION, "an operation R1-R13 or D1-D15")
        if code in names:
            raise record.error("code", f"{code} is listed above already")
        names[code] = record.text("name_zh")
    return names
