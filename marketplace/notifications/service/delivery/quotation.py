"""What others wrote, as an e-mail of ours may quote it: on one line, without links, within the quotation."""

import re

from ....plain_text import shown

MOST_QUOTED = 120
QUOTATION_MARKS = re.compile('["“”„‟«»＂〝〞]')
LINK = re.compile(
    r"(?i)(?<=[\w)])[.．。](?=(?:[a-z][a-z0-9-]*|中国|公司|网络|网址)(?![^\W_]))|(?<=\w)(?=://)"
)
"""A dot before a word of ASCII letters, as in names of hosts; the end of a scheme."""


def quoted(text: str) -> str:
    """`text` to stand in a sentence of ours, between its quotation marks.

    Programs that read mail make links of names of hosts: their dots are put in brackets.
    """
    line = QUOTATION_MARKS.sub("'", shown(text))
    harmless = LINK.sub(lambda found: f"[{found[0] or ' '}]", line).replace("[ ]://", "[:]//")
    return harmless if len(harmless) <= MOST_QUOTED else harmless[: MOST_QUOTED - 1] + "…"
