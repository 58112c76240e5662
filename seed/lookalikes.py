"""Derives the tables of `marketplace/lookalikes.py` from Unicode: `python -m seed.lookalikes FOLDER`.

FOLDER holds Scripts.txt, ScriptExtensions.txt, PropertyValueAliases.txt and Unihan_Variants.txt of one
version of Unicode, and confusables.txt (UTS 39). seed/data/SOURCES.md says which versions are in use.
"""

import csv
import re
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from marketplace.lookalikes import LOOKALIKES, SCRIPTS

ROW = re.compile(r"\ufeff?([0-9A-F]+)(?:\.\.([0-9A-F]+))?\s*;\s*([^#;]+)")


def main(folder: Path) -> None:
    """Write both tables anew."""
    with SCRIPTS.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("first", "last", "scripts"), *_ranges(folder)])
    forms = dict(_simplified(folder)) | dict(_confusables(folder))
    with LOOKALIKES.open("w", encoding="utf-8", newline="") as file:
        rows = sorted(forms.items())
        csv.writer(file, lineterminator="\n").writerows([("character", "form"), *rows])


def _rows(file: Path) -> Iterator[tuple[int, int, str]]:
    """First and last code point, and the value, of each row of a file of the Unicode Character Database."""
    for line in file.read_text(encoding="utf-8").splitlines():
        if found := ROW.match(line):
            first = int(found[1], 16)
            yield first, int(found[2], 16) if found[2] else first, found[3].strip()


def _ranges(folder: Path) -> list[tuple[str, str, str]]:
    """Ranges of code points of the same scripts; characters of every script are left out."""
    scripts = {place: name for first, last, name in _rows(folder / "Scripts.txt")
               for place in range(first, last + 1) if name not in ("Common", "Inherited")}  # fmt: skip
    short = dict(_short_names(folder))
    for first, last, names in _rows(folder / "ScriptExtensions.txt"):
        extended = " ".join(sorted(short[name] for name in names.split()))
        scripts.update(dict.fromkeys(range(first, last + 1), extended))
    merged: list[tuple[int, int, str]] = []
    for place in sorted(scripts):
        if merged and merged[-1][1] == place - 1 and merged[-1][2] == scripts[place]:
            merged[-1] = (merged[-1][0], place, scripts[place])
        else:
            merged.append((place, place, scripts[place]))
    return [(f"{first:04X}", f"{last:04X}", names) for first, last, names in merged]


def _short_names(folder: Path) -> Iterator[tuple[str, str]]:
    """The long name of each script by its short one."""
    for line in (folder / "PropertyValueAliases.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("sc ;"):
            short, long = (part.strip() for part in line.split(";")[1:3])
            yield short, long


def _confusables(folder: Path) -> Iterator[tuple[str, str]]:
    """What each character looks like, of those that normalisation leaves as they are."""
    for first, _, form in _rows(folder / "confusables.txt"):
        character = chr(first)
        if unicodedata.normalize("NFKC", character) == character:
            yield character, "".join(chr(int(part, 16)) for part in form.split())


def _simplified(folder: Path) -> Iterator[tuple[str, str]]:
    """The simplified form of each traditional character that has exactly one, another than itself."""
    for line in (folder / "Unihan_Variants.txt").read_text(encoding="utf-8").splitlines():
        parts = line.split("\t")
        if len(parts) == 3 and parts[1] == "kSimplifiedVariant" and " " not in parts[2]:
            yield chr(int(parts[0][2:], 16)), chr(int(parts[2][2:], 16))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
