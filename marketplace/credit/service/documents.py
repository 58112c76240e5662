"""Numbers of decisions as they are compared: the same decision, however its number was typed."""

import re
import unicodedata

from ...document_numbers import document_key

LEADING_ZEROS = re.compile(r"(?<=[]〕】)第])\s*0+(?=\d)")
"""Of the serial behind the year, which the form of such numbers has without them: 〔2026〕012号."""
OFTEN_LEFT_OUT = re.compile("[第号字]")
"""Words of a decision's number: 绍环罚字〔2026〕第012号 is 绍环罚〔2026〕12. Our own rule."""
NO_NUMBER = {"无", "暂无", "不详", "未知", "none", "na", "n/a", "null", "unknown"}


def decision_key(document: str | None) -> str | None:
    """The number of a decision as it is compared; None if the text names no document."""
    if document is None:
        return None
    folded = unicodedata.normalize("NFKC", document).casefold()
    key = document_key(OFTEN_LEFT_OUT.sub("", LEADING_ZEROS.sub("", folded)))
    is_number = any(letter.isalnum() for letter in key) and folded.strip() not in NO_NUMBER
    return key if is_number else None
