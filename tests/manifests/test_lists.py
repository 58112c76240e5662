"""Lists, the receiver's calendar, the closing rate, the export, and numbers under a race."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

from marketplace.database import db
from marketplace.events.work import unit_of_work
from marketplace.manifests.service.numbers import next_number
from tests.manifests.trade import ok


def test_each_party_finds_its_manifests_by_role_state_and_day(trade):
    first, second = trade.draft(), trade.issued()
    for party, role in (
        (trade.supplier, "supplier"),
        (trade.receiver, "receiver"),
        (trade.carrier, "transporter"),
    ):
        found = ok(party.get("/manifests", role=role, mine="true"))["items"]
        assert [item["id"] for item in found] == [second["id"], first["id"]]
    assert ok(trade.receiver.get("/manifests", role="supplier"))["items"] == []
    assert [item["id"] for item in ok(trade.supplier.get("/manifests?status=draft"))["items"]] == [
        first["id"]
    ]
    assert ok(trade.supplier.get("/manifests?from=2026-12-02"))["items"] == []


def test_the_receiver_sees_what_is_to_come_by_day(trade):
    later = trade.issued(10.0, planned_on="2026-12-09")
    sooner = trade.issued(10.0, planned_on="2026-12-03")
    trade.draft(10.0)
    page = ok(trade.receiver.get("/manifests/expected", limit=1))
    rest = ok(trade.receiver.get("/manifests/expected", limit=1, cursor=page["next"]))
    assert [item["id"] for item in page["items"] + rest["items"]] == [sooner["id"], later["id"]]
    assert ok(trade.supplier.get("/manifests/expected"))["items"] == []


def test_the_closing_rate_counts_issued_and_not_cancelled(trade):
    closed, _, cancelled = trade.received(10.0), trade.issued(10.0), trade.issued(10.0)
    trade.by(trade.receiver, closed, "close")
    trade.by(trade.supplier, cancelled, "cancel", reason="改期")
    period = {"region": "330600", "from": "2026-12-01", "until": "2026-12-31"}
    rate = ok(trade.marketplace.regulator("330600").get("/manifests/closing-rate", **period))
    assert (rate["issued"], rate["closed"], rate["rate"]) == (2, 1, 0.5)
    assert rate["items"][0]["enterprise"]["id"] == trade.supplier.id
    by_district = ok(trade.supplier.get("/manifests/closing-rate", by="district"))["items"]
    assert by_district == [{"region": "330602", "issued": 2, "closed": 1, "rate": 0.5}]


def test_the_export_has_a_row_a_line_in_the_readers_language(trade):
    trade.received(20.0, refused_t=5.0, reason="太浑")
    with trade.marketplace.app.app_context():
        db.session.execute(db.text("UPDATE manifest SET official_number = '=1+1'"))
        db.session.commit()
    answer = trade.supplier.call("GET", "/manifests/export", headers={"Accept-Language": "zh-CN"})
    head, row = answer.data.decode("utf-8-sig").splitlines()
    assert head.startswith('"联单编号","国家联单编号","状态"')
    assert '"部分拒收"' in row
    assert '"15.000"' in row
    assert '"\'=1+1"' in row, "no spreadsheet runs it"
    workbook = trade.supplier.get("/manifests/export", format="xlsx")
    assert workbook.data[:2] == b"PK"


def test_numbers_of_a_day_have_no_gap_and_no_double_when_many_draft_at_once(app, marketplace):
    day = date(2026, 12, 24)

    def take(no):
        with app.app_context():
            try:
                with unit_of_work() as work:
                    number = next_number(work, 330602, day)
                    if no % 5 == 0:
                        raise LookupError("this draft fails after it got its number")
                return number
            except LookupError:
                return None
            finally:
                db.session.remove()

    with ThreadPoolExecutor(8) as pool:
        numbers = sorted(filter(None, pool.map(take, range(100))))
    assert numbers == [f"33060220261224{serial:06d}" for serial in range(1, 81)]
