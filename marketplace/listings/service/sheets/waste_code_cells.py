"""Cells of waste codes and their schemes, read and written."""

import re
import unicodedata
from collections.abc import Iterable
from itertools import islice

from ....catalogue import service as catalogue
from ...schemas import MOST_ACCEPTS

SEPARATORS = re.compile(r"[;,、\n]")


def listed(text: str) -> list[str]:
    """The parts of a list such as "HW34; HW17", half-width; of too many, one more than may be."""
    parts = SEPARATORS.split(unicodedata.normalize("NFKC", text))
    return list(islice((" ".join(part.split()) for part in parts if part.strip()), MOST_ACCEPTS + 1))


def listed_codes(text: str) -> list[str]:
    """The codes of a list as they are written; a category beside its code is not a second one."""
    parts = listed(text)
    found = [catalogue.read_code(part).codes for part in parts]
    if len(parts) == 2 and [len(codes) for codes in found] == [1, 1]:
        (first,), (second,) = found
        if first.is_category != second.is_category and first.key[-2:] == second.key[-2:]:
            return [" ".join(parts)]
    return parts


def code_refs(codes: list[str], schemes: str | None) -> list[dict[str, str | None]]:
    """`{"scheme", "code"}` of each code in a list.

    `schemes` names one scheme for all or one for each; without it the form of a code shows its scheme, which
    is None where it does not: then the catalogue decides.

    Raises:
        ValueError: there are several schemes, and not one for each code.
    """
    given: list[str | None] = [*listed(schemes or "")]
    if len(given) == 1:
        given *= len(codes)
    if not given:
        given = [catalogue.form_scheme(code) for code in codes]
    return [{"scheme": scheme, "code": code} for scheme, code in zip(given, codes, strict=True)]


def written_refs(refs: Iterable[dict[str, str]]) -> tuple[str, str]:
    """(codes, schemes) that `code_refs` reads as `refs`; the schemes are empty where the form shows them."""
    refs = list(refs)
    codes = "; ".join(ref["code"] for ref in refs)
    if all(catalogue.form_scheme(ref["code"]) == ref["scheme"] for ref in refs):
        return codes, ""
    return codes, "; ".join(ref["scheme"] for ref in refs)
