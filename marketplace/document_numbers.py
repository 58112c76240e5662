"""Numbers of documents (licences, approvals, decisions) as they are compared: one document, one number."""

import unicodedata

IGNORED = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf", "Ps", "Pe", "Pi", "Pf", "Pd", "Pc"})
"""Blanks, marks that do not show, brackets, quotes and dashes, by category of Unicode."""
MORE_DASHES = frozenset("−ー⁃˗")
"""Dashes that Unicode counts as something else."""


def document_key(number: str) -> str:
    """A document number without what people write differently: width, case, blanks, brackets, dashes.

    "浙危废经第〔2026〕12号" and "浙危废经第 (2026) 12 号" have the same key. A number of nothing else is kept
    as it is.
    """
    folded = unicodedata.normalize("NFKC", number).casefold()
    return "".join(letter for letter in folded if _counts(letter)) or number.strip()


def _counts(letter: str) -> bool:
    return unicodedata.category(letter) not in IGNORED and letter not in MORE_DASHES
