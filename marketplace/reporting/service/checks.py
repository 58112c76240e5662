"""Whether a declaration can be true: its balance, the manifests, and the enterprise's own history.

Nothing here refuses: a gap is shown with its figures, and what only looks odd is a hint. The tests and their
bounds are our own choice (`law.md` 5).
"""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from matching import KG_PER_T

from ...errors import Notice
from ..models import DeclaredAmount
from .figures import Known, Line

A = DeclaredAmount
FEWEST_PERIODS = 6
"""Periods before this one without which nothing is said of a figure's size."""
MOST_DEVIATIONS = 3.5
"""Robust standard deviations from the median from which a figure is unusual (Iglewicz and Hoaglin, 1993)."""
MAD_OF_DEVIATION = 0.6745
"""The median absolute deviation of a normal distribution, in standard deviations."""
LEAST_SPREAD = 0.05
"""Share of the median that a deviation is at least: figures that hardly vary are not all unusual."""
JUDGED = (A.GENERATED, A.OWN, A.OUTSIDE)
REPEATED = 3
"""Equal figures in a row that are hinted at, this one included."""
FEWEST_ROUND = 3
"""Figures that must all be whole tonnes before that is hinted at."""
FULL_YEAR_SHARE = 0.02
"""Of all that was in hand, what may be missing in a year that counts as balanced."""


def gap_kg(line: Line) -> int:
    """What a line lacks: opening + generated + received - own - outside - closing; 0 if it balances."""
    came = line[A.OPENING.column] + line[A.GENERATED.column] + line[A.RECEIVED.column]
    gone: int = line[A.OWN.column] + line[A.OUTSIDE.column] + line[A.CLOSING.column]
    return int(came) - gone


def in_hand_kg(line: Line) -> int:
    """All that was there in the period: opening stock, generated and received."""
    return int(line[A.OPENING.column] + line[A.GENERATED.column] + line[A.RECEIVED.column])


def balances(lines: Sequence[Line]) -> bool:
    """Whether a year had waste at all and its balance closes within the share that is allowed."""
    whole = sum(map(in_hand_kg, lines))
    return whole > 0 and sum(abs(gap_kg(line)) for line in lines) <= whole * FULL_YEAR_SHARE


def is_unusual(kg: int, history: Sequence[int]) -> bool:
    """Whether a figure is far from the earlier ones, by median and median absolute deviation.

    Never with fewer than `FEWEST_PERIODS` of them.
    """
    if len(history) < FEWEST_PERIODS:
        return False
    middle = median(history)
    spread = median(abs(each - middle) for each in history) / MAD_OF_DEVIATION
    return abs(kg - middle) > MOST_DEVIATIONS * max(spread, middle * LEAST_SPREAD, 1)


def notices_of(lines: Sequence[Line], known: Known) -> list[Notice]:
    """What is to be said of the lines of a declaration."""
    notices = []
    for line in lines:
        notices += _balance_notices(line)
        notices += _transfer_notices(line, known.moved.get(line["code_id"], (0, 0)))
        notices += _history_notices(line, known.history)
    left_out = known.moved.keys() - {line["code_id"] for line in lines}
    for code_id in sorted(left_out):
        notices += _transfer_notices(_empty(known.lines[code_id]), known.moved[code_id])
    return notices + _round_notices(lines)


def _empty(line: Line) -> Line:
    return {**line, **{amount.column: 0 for amount in A}}


def _balance_notices(line: Line) -> list[Notice]:
    gap = gap_kg(line)
    if not gap:
        return []
    closing = line[A.CLOSING.column]
    facts = {
        "code": line["code"],
        "expected_t": tonnes(closing + gap),
        "closing_t": tonnes(closing),
        "gap_t": tonnes(abs(gap)),
    }
    return [Notice("balance_gap", "lines", facts)]


def _transfer_notices(line: Line, moved: tuple[int, int]) -> list[Notice]:
    declared = (line[A.RECEIVED.column], line[A.OUTSIDE.column])
    return [
        Notice(
            "transfers_differ",
            "lines",
            {
                "code": line["code"],
                "amount": amount,
                "declared_t": tonnes(said),
                "manifests_t": tonnes(by_manifest),
            },
        )
        for amount, said, by_manifest in zip((A.RECEIVED, A.OUTSIDE), declared, moved, strict=True)
        if said != by_manifest
    ]


def _history_notices(line: Line, history: Sequence[Mapping[int, Line]]) -> list[Notice]:
    code_id, notices = line["code_id"], []
    for amount in JUDGED:
        before = [_amount(lines, code_id, amount) for lines in history]
        kg = line[amount.column]
        facts = {"code": line["code"], "amount": amount, "figure_t": tonnes(kg)}
        if is_unusual(kg, before):
            notices.append(Notice("unusual_figure", "lines", {**facts, "median_t": tonnes(median(before))}))
        if amount == A.GENERATED and kg and _is_repeated(kg, before):
            notices.append(Notice("figure_repeated", "lines", {**facts, "times": REPEATED}))
    return notices


def _amount(lines: Mapping[int, Line], code_id: int, amount: DeclaredAmount) -> int:
    return int(lines[code_id][amount.column]) if code_id in lines else 0


def _is_repeated(kg: int, history: Sequence[int]) -> bool:
    latest = history[: REPEATED - 1]
    return len(latest) == REPEATED - 1 and set(latest) == {kg}


def _round_notices(lines: Iterable[Line]) -> list[Notice]:
    asked = [line[amount.column] for line in lines for amount in (A.GENERATED, A.OWN) if line[amount.column]]
    if len(asked) >= FEWEST_ROUND and not any(kg % KG_PER_T for kg in asked):
        return [Notice("figures_round", "lines")]
    return []


def tonnes(kg: float) -> float:
    """Kilograms as sentences show them."""
    return kg / KG_PER_T
