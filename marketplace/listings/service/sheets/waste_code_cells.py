"""Cells of waste codes and their schemes, read and written."""

import re
import unicodedata
from collections.abc import Iterable

SEPARATORS = re.compile(r"[;,、\n]")
SCHEMES = (
    ("cn-hw", re.compile(r"HW\d\d|\d{3}-\d{3}-\d\d", re.ASCII)),
    ("cn-sw", re.compile(r"SW\d\d|\d{3}-\d{3}-S\d\d", re.ASCII)),
    ("eu-low", re.compile(r"\d\d( \d\d){0,2}\*?", re.ASCII)),
)


def listed(text: str) -> list[str]:
    """The parts of a list such as "HW34; HW17", half-width."""
    parts = SEPARATORS.split(unicodedata.normalize("NFKC", text))
    return [" ".join(part.split()) for part in parts if part.strip()]


def scheme_of(code: str) -> str | None:
    """The scheme that a code shows by its form."""
    return next((scheme for scheme, form in SCHEMES if form.fullmatch(code)), None)


def code_refs(codes: str, schemes: str | None) -> list[dict[str, str | None]]:
    """`{"scheme", "code"}` of each code in a list.

    `schemes` names one scheme for all or one for each; without it the form of a code shows its scheme,
    which is None where it does not.

    Raises:
        ValueError: there are several schemes, and not one for each code.
    """
    named = listed(codes)
    given = [scheme.lower() for scheme in listed(schemes or "")]
    if len(given) == 1:
        given *= len(named)
    if not given:
        return [_ref(code) for code in named]
    return [{"scheme": scheme, "code": code} for scheme, code in zip(given, named, strict=True)]


def _ref(code: str) -> dict[str, str | None]:
    """A code whose form is known is written as the catalogue has it; there the European `*` is a property."""
    upper = code.upper()
    scheme = scheme_of(upper)
    return {"scheme": scheme, "code": upper.removesuffix("*") if scheme else code}


def written_refs(refs: Iterable[dict[str, str]]) -> tuple[str, str]:
    """(codes, schemes) that `code_refs` reads as `refs`; the schemes are empty where the form shows them."""
    refs = list(refs)
    codes = "; ".join(ref["code"] for ref in refs)
    if code_refs(codes, None) == refs:
        return codes, ""
    return codes, "; ".join(ref["scheme"] for ref in refs)
