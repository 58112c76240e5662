"""When a message may be repeated: the rule in Python and the one in statements are the same."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from marketplace import clock
from marketplace.database import db
from marketplace.listings.models import Kind, Listing
from marketplace.notifications.models import LastNotification
from marketplace.notifications.service.planning.deduplication import (
    MAY_REPEAT_SQL,
    REPEAT_AFTER,
    may_repeat,
)
from tests.effort import tries

NOW = datetime(2026, 12, 1, 4, tzinfo=UTC)
PRICES = st.one_of(st.none(), st.integers(-3_000, 3_000), st.integers(-(10**12), 10**12))
WEIGHTS = st.one_of(st.integers(1, 3_000), st.integers(1, 10**12))
AGES = st.one_of(
    st.just(REPEAT_AFTER), st.timedeltas(timedelta(0), timedelta(days=60)), st.just(timedelta(0))
)


@st.composite
def near(draw, values):
    """A value and one at about a tenth from it, or another."""
    value = draw(values)
    if value is None or draw(st.booleans()):
        return value, draw(values)
    tenth = value * draw(st.sampled_from([9, 10, 11])) // 10
    return value, tenth + draw(st.integers(-1, 1))


TERMS = st.tuples(near(PRICES), near(WEIGHTS), AGES, st.sampled_from(list(Kind)))
STATEMENT = text(
    f"SELECT {MAY_REPEAT_SQL} FROM"
    " (SELECT CAST(:at AS timestamptz) AS at, CAST(:last_kg AS bigint) AS remaining_kg,"
    " CAST(:last_fen AS bigint) AS price_fen) record,"
    " (SELECT CAST(:kg AS bigint) AS remaining_kg, CAST(:fen AS bigint) AS price_fen,"
    " CAST(:kind AS text) AS kind) theirs"
)


def test_statements_repeat_what_python_repeats(app):
    with app.app_context(), clock.at(lambda: NOW):

        @settings(max_examples=tries(400))
        @given(TERMS)
        def compare(terms):
            (last_fen, fen), (last_kg, kg), age, kind = terms
            last = LastNotification(price_fen=last_fen, remaining_kg=last_kg, at=NOW - age)
            listing = Listing(kind=kind, price_fen=fen, remaining_kg=kg)
            parameters = {
                "at": last.at, "last_kg": last_kg, "last_fen": last_fen, "kg": kg, "fen": fen,
                "kind": kind.value, "now": NOW,
            }  # fmt: skip
            assert db.session.scalar(STATEMENT, parameters) is may_repeat(last, listing)

        compare()
