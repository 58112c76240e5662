"""Feeds: good rows are recorded once, bad ones reported, and what nobody is known for waits."""

import csv
import io
import random
from datetime import timedelta

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from marketplace.credit import service
from marketplace.credit.models import CreditEvent, CreditImportRow, CreditReference, CreditUnmatched
from marketplace.database import db
from tests.http.responses import refused
from tests.marketplace import new_uscc
from tests.uploaded_files import made

CSV, XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
RESULTS = ("recorded", "skipped", "conflicting", "refused", "unmatched")


def row(uscc, reference="A-1", **about):
    """A row about a decision of its own."""
    return {
        "reference": reference, "uscc": uscc, "rule": "law.penalty_minor", "effective_on": "2026-11-02",
        "document": f"绍环罚字〔2026〕{reference}号", **about,
    }  # fmt: skip


def send(party, rows, source="浙江环境执法"):
    return party.call("POST", "/credit/imports", json={"rows": rows}, query_string={"source": source})


def send_file(party, content, media_type=CSV, source="浙江环境执法"):
    query = {"source": source}
    return party.call("POST", "/credit/imports", data=content, content_type=media_type, query_string=query)


def results(response):
    """{result: rows} of an import, without those that are none."""
    assert response.status_code in (200, 201, 202), response.json
    return {name: response.json[name] for name in RESULTS if response.json[name]}


def problems(response):
    return [(said["row"], said["result"], said["field"], said["code"]) for said in response.json["problems"]]


def events_of(marketplace, party):
    return marketplace.admin.get(f"/enterprises/{party.id}/credit/events", limit=100).json["items"]


def csv_of(rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def xlsx_of(*rows):
    book, out = openpyxl.Workbook(), io.BytesIO()
    for cells in rows:
        book.active.append(cells)
    book.save(out)
    return out.getvalue()


@pytest.fixture
def subject(marketplace):
    return marketplace.enterprise("generator")


def test_good_rows_are_recorded_and_bad_ones_reported(marketplace, subject):
    rows = [
        row(subject.number, "A-1", amount_cny=50000, authority="绍兴市生态环境局"),
        row(subject.number, "A-2", rule="law.no_such_rule"),
        row(subject.number, "A-3", effective_on="2027-01-01"),
        row("91330600MA2XXXXXX0", "A-4"),
        row(subject.number, "A-5", amount_cny="much"),
        {"uscc": subject.number, "colour": "red"},
        "no row",
        row(subject.number, "A-8", note=None),
    ]
    response = send(marketplace.admin, rows)

    assert results(response) == {"recorded": 2, "refused": 6}
    assert response.json["status"] == "done"
    said = problems(response)
    assert {
        (2, "refused", "rule", "unknown_rule"), (3, "refused", "effective_on", "effective_in_future"),
        (4, "refused", "uscc", "uscc_invalid"), (5, "refused", "amount_cny", "field_invalid"),
        (6, "refused", "colour", "unknown_field"), (6, "refused", "reference", "field_required"),
        (7, "refused", "row", "not_an_object"),
    } <= set(said)  # fmt: skip
    assert {number for number, *_ in said} == {2, 3, 4, 5, 6, 7}
    first = next(event for event in events_of(marketplace, subject) if event["document"].endswith("A-1号"))
    assert (first["points"], first["amount_cny"], first["evidence"]) == (-6, 50000, "浙江环境执法 A-1")
    assert subject.standing()["score"] == 68


def test_a_report_says_everything_in_both_languages_and_runs_no_formula(marketplace, subject):
    hostile = '=HYPERLINK("http://x")'
    feed = send(
        marketplace.admin, [row(subject.number, hostile, rule="x"), row(subject.number, "A-2", rule="y")]
    )
    path = f"/credit/imports/{feed.json['id']}/report"

    lines = list(csv.reader(io.StringIO(marketplace.admin.get(path).data.decode("utf-8-sig"))))
    assert lines[0][:2] == ["行 / row", "外部编号 / reference"]
    assert [(line[0], line[1], line[3], line[4]) for line in lines[1:]] == [
        ("1", f"'{hostile}", "rule", "unknown_rule"), ("2", "A-2", "rule", "unknown_rule")
    ]  # fmt: skip
    assert "规则表" in lines[1][5]
    assert "rule table" in lines[1][6]
    assert marketplace.admin.get(f"/credit/imports/{feed.json['id']}").json == feed.json

    shown = marketplace.admin.get(path, format="xlsx")
    assert (shown.content_type, shown.headers["Content-Disposition"][:11]) == (XLSX, "attachment;")
    sheet = openpyxl.load_workbook(io.BytesIO(shown.data)).active
    assert [cell.value for cell in sheet[2]][:2] == [1, f"'{hostile}"]
    assert {cell.data_type for line in sheet for cell in line} <= {"s", "n"}


@pytest.mark.parametrize("kind", ["json", "csv", "xlsx"])
def test_the_same_feed_in_any_form_says_the_same(marketplace, subject, kind):
    said = row(subject.number, "A-1", amount_cny=1234.5, note="责令改正")
    if kind == "json":
        response = send(marketplace.admin, [said])
    elif kind == "csv":
        cells = {"外部编号": "A-1", "统一社会信用代码": subject.number, "规则代码*": said["rule"],
                 "生效日期 / effective on": "2026年11月2日", "document": said["document"],
                 "金额（元）": "1,234.50", "备注": said["note"]}  # fmt: skip
        response = send_file(marketplace.admin, csv_of([cells]).decode().encode("gb18030"))
    else:
        head = ["名称：执法数据", None]
        names = ["外部编号 / reference*", "USCC", "rule", "effective on", "决定书文号", "amount_cny", "note"]
        cells = ["A-1", subject.number, said["rule"], "2026/11/02", said["document"], 1234.5, said["note"]]
        response = send_file(marketplace.admin, xlsx_of(head, names, cells), XLSX)
    assert results(response) == {"recorded": 1}, response.json

    assert results(send(marketplace.admin, [said])) == {"skipped": 1}
    for typed in ("Ａ－１", " Ａ\u20131 "):
        assert results(send(marketplace.admin, [said | {"reference": typed}])) == {"skipped": 1}
    changed = send(marketplace.admin, [said | {"amount_cny": 1}])
    assert problems(changed) == [(1, "conflicting", "reference", "feed_reference_differs")]
    assert len(events_of(marketplace, subject)) == 1


def test_a_reference_belongs_to_its_source_whose_name_has_no_case(marketplace, subject):
    one = row(subject.number, "A-1", document="甲罚〔2026〕1号")
    other = row(subject.number, "A-1", document="乙罚〔2026〕1号")
    assert results(send(marketplace.admin, [one], "Feed A")) == {"recorded": 1}
    assert results(send(marketplace.admin, [other], "Feed B")) == {"recorded": 1}
    assert results(send(marketplace.admin, [one], "ｆｅｅｄ  a")) == {"skipped": 1}


def test_a_decision_that_was_entered_by_hand_is_reported_and_not_recorded_again(marketplace, subject):
    event = marketplace.credit_event(subject, "law.penalty_minor")
    response = send(marketplace.admin, [row(subject.number, document=event["document"])])
    assert problems(response) == [(1, "refused", "document", "already_entered")]
    assert len(events_of(marketplace, subject)) == 1


def test_a_refused_row_may_be_corrected_and_sent_again(marketplace, subject):
    assert results(send(marketplace.admin, [row(subject.number, rule="x")])) == {"refused": 1}
    assert results(send(marketplace.admin, [row(subject.number)])) == {"recorded": 1}


def test_who_sent_a_feed_may_not_withdraw_what_was_in_it(marketplace, subject):
    send(marketplace.admin, [row(subject.number)])
    (event,) = events_of(marketplace, subject)
    path = f"/credit/events/{event['id']}/withdraw"
    refused(marketplace.admin.post(path, {"reason": "x"}), 409, "second_officer_needed")
    assert marketplace.second_admin().post(path, {"reason": "x"}).status_code == 200
    assert results(send(marketplace.admin, [row(subject.number)])) == {"skipped": 1}


# ---------------------------------------------------------------- codes that nobody has


def register(marketplace, number):
    return marketplace.client.post(
        "/api/v1/enterprises",
        json={
            "uscc": number, "name": f"新企业{number[-6:]}", "roles": ["generator"], "region": "330602",
            "contact": {"name": "王厂长", "email": "a@example.com", "phone": "0575-85000000"},
        },
    ).json  # fmt: skip


def waiting(party, **query):
    return party.get("/credit/imports/unmatched", **query).json["items"]


def test_an_entry_waits_until_an_enterprise_with_its_code_is_approved(marketplace):
    number = new_uscc()
    response = send(
        marketplace.admin, [row(number), row(number, "A-2", document=None, effective_on="2026-11-03")]
    )
    assert results(response) == {"unmatched": 2}
    assert {item["reference"] for item in waiting(marketplace.admin)} == {"A-1", "A-2"}
    assert results(send(marketplace.admin, [row(number)])) == {"skipped": 1}

    enterprise = register(marketplace, number)
    marketplace.settle()
    assert len(waiting(marketplace.admin, uscc=number)) == 2, (
        "anybody may register a code that is not its own"
    )
    assert marketplace.admin.post(f"/enterprises/{enterprise['id']}/approve").status_code == 200
    marketplace.settle()
    assert waiting(marketplace.admin) == []
    items = marketplace.admin.get(f"/enterprises/{enterprise['id']}/credit/events").json["items"]
    assert sorted(item["evidence"] for item in items) == ["浙江环境执法 A-1", "浙江环境执法 A-2"]
    assert results(send(marketplace.admin, [row(number)])) == {"skipped": 1}


def test_an_entry_about_a_registration_that_is_not_approved_waits_too(marketplace):
    pending = marketplace.enterprise("generator", approved=False)
    assert results(send(marketplace.admin, [row(pending.number)])) == {"unmatched": 1}
    assert events_of(marketplace, pending) == []


def test_an_approval_just_while_a_feed_is_read_is_made_up_for(marketplace, subject):
    """The entry is written after the approval's task has looked for it."""
    send(marketplace.admin, [row(new_uscc())])
    with marketplace.app.app_context():
        entry = db.session.scalars(select(CreditUnmatched)).one()
        entry.uscc = subject.number
        entry.data = {**entry.data, "uscc": subject.number}
        db.session.commit()
    marketplace.wait(minutes=11)
    assert waiting(marketplace.admin) == []
    assert len(events_of(marketplace, subject)) == 1


def test_an_entry_that_cannot_be_recorded_any_more_says_why_and_stays_listed(marketplace):
    number = new_uscc()
    send(marketplace.admin, [row(number, document="绍环罚〔2026〕77号"), row(number, "A-2")])
    other = marketplace.enterprise("generator")
    body = {"enterprise_id": other.id, "rule": "law.penalty_minor", "effective_on": "2026-11-01", "note": "x"}
    assert (
        marketplace.admin.post("/credit/events", {**body, "document": "绍环罚〔2026〕77号"}).status_code
        == 201
    )
    enterprise = register(marketplace, number)
    marketplace.admin.post(f"/enterprises/{enterprise['id']}/approve")
    marketplace.settle()

    (item,) = waiting(marketplace.admin)
    assert (item["reference"], item["code"]) == ("A-1", "already_entered")
    assert item["detail"]
    assert item["settled_at"]


def test_a_regulator_sees_what_waits_in_its_region_by_the_code_itself(marketplace):
    send(marketplace.admin, [row(new_uscc())])
    assert len(waiting(marketplace.regulator("330600"))) == 1
    assert waiting(marketplace.regulator("310000")) == []
    refused(marketplace.enterprise("generator").get("/credit/imports/unmatched"), 403, "role_forbids")
    assert waiting(marketplace.admin, source="another") == []


def test_what_a_feed_says_at_an_unknown_code_is_judged_at_once(marketplace):
    response = send(
        marketplace.admin, [row(new_uscc(), rule="x"), row(new_uscc(), "B", effective_on="2027-01-01")]
    )
    assert results(response) == {"refused": 2}


# ---------------------------------------------------------------- files that are none


@pytest.mark.parametrize(
    ("content", "media_type", "status", "code", "fields"),
    [
        (b"{", "application/json", 400, "not_json", []),
        (b'{"rows": [{"a": 1, "a": 2}]}', "application/json", 400, "not_json", []),
        (b'{"rows": [NaN]}', "application/json", 400, "not_json", []),
        (b"[" * 100_000, "application/json", 400, "not_json", []),
        (b"[]", "application/json", 422, "invalid_input", ["body"]),
        (b"{}", "application/json", 422, "invalid_input", ["rows"]),
        (b'{"rows": []}', "application/json", 422, "invalid_input", ["rows"]),
        (b'{"rows": [{}], "x": 1}', "application/json", 422, "invalid_input", ["x"]),
        (b"reference,uscc\n", CSV, 422, "import_refused", ["row 1.effective_on", "row 1.rule"]),
        (b"reference,uscc,rule,effective_on,hue\nA,B,C,D,E\n", CSV, 422, "import_refused", ["row 1.hue"]),
        (b"reference,uscc,rule,effective_on,USCC\nA,B,C,D,E\n", CSV, 422, "import_refused", ["row 1.uscc"]),
        (b"reference,uscc,rule,effective_on\n", CSV, 422, "feed_empty", ["file"]),
        (b"", CSV, 422, "feed_empty", ["file"]),
        (b"<html>", CSV, 422, "sheet_is_html", ["file"]),
        (b"PK\x03\x04", XLSX, 422, "sheet_unreadable", ["file"]),
        (made.archive(bytes(11_000_000)), XLSX, 422, "sheet_bomb", ["file"]),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", XLSX, 422, "sheet_old_excel", ["file"]),
        (b"x", "text/html", 415, "media_type_feed", []),
        (b" " * 20_000_001, CSV, 413, "body_too_large", []),
    ],
    ids=made.numbered(),
)  # fmt: skip
def test_what_is_no_feed_is_refused_and_nothing_is_stored(
    marketplace, content, media_type, status, code, fields
):
    refused(send_file(marketplace.admin, content, media_type), status, code, *fields)
    assert marketplace.admin.get("/credit/imports").json["items"] == []


def test_a_feed_has_10000_rows_at_most_and_a_source(marketplace, subject):
    lines = b"reference,uscc,rule,effective_on\n" + b"".join(
        b"%d,x,y,z\n" % number for number in range(10_001)
    )
    refused(send_file(marketplace.admin, lines), 422, "sheet_too_many_rows", "file")
    missing = marketplace.admin.call("POST", "/credit/imports", json={"rows": [row(subject.number)]})
    refused(missing, 422, "invalid_input", "source")


def test_cells_that_are_formulas_or_hidden_or_hold_odd_characters_are_reported(marketplace, subject):
    book, out = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    sheet.append(["reference", "uscc", "rule", "effective_on", "note"])
    for reference, note in (
        ("A-1", "=1+1"),
        ("A-2", "x"),
        ("A-3", "a\x00b".replace("\x00", "_x0000_")),
        ("A-4", None),
    ):
        sheet.append([reference, subject.number, "law.penalty_minor", "2026-11-02", note])
    sheet.row_dimensions[3].hidden = True
    book.save(out)
    response = send_file(marketplace.admin, out.getvalue(), XLSX)
    assert results(response) == {"recorded": 1, "refused": 3}
    assert {(said[0], said[3]) for said in problems(response)} >= {
        (2, "formula_in_cell"),
        (3, "feed_row_hidden"),
    }
    assert {said[0] for said in problems(response)} == {2, 3, 4}


def test_json_with_characters_that_cannot_be_stored_is_reported(marketplace, subject):
    rows = [
        row(subject.number, "A\x00"),
        row(subject.number, "\ud800"),
        row(subject.number, "C", amount_cny=1e400),
    ]
    rows += [row(subject.number, "D", note=["x"]), row(subject.number, "E", amount_cny=10**400)]
    content = json_text(rows)
    response = send_file(marketplace.admin, content, "application/json")
    assert results(response) == {"refused": 5}, response.json


def json_text(rows):
    import json

    return json.dumps({"rows": rows}).replace("Infinity", "1e400").encode()


def test_the_template_has_the_headings_that_are_read(marketplace, subject):
    shown = marketplace.admin.get("/credit/imports/template.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(shown.data))
    sheet = book.worksheets[0]
    sheet.append(["A-1", subject.number, "law.penalty_minor", "2026-11-02"])
    out = io.BytesIO()
    book.save(out)
    assert results(send_file(marketplace.admin, out.getvalue(), XLSX)) == {"recorded": 1}


# ---------------------------------------------------------------- long feeds


def long_feed(party, count):
    return [row(party.number, f"L-{number}", rule="site.defect") for number in range(count)]


def test_a_long_feed_is_left_to_the_queue_and_goes_on_where_it_ended(marketplace, subject, monkeypatch):
    rows = long_feed(subject, 230)
    response = send(marketplace.admin, rows)
    assert (response.status_code, response.json["status"], results(response)) == (202, "queued", {})
    assert response.headers["Location"].endswith(f"/credit/imports/{response.json['id']}")

    with marketplace.app.app_context():
        service.run_import(response.json["id"], 101, 200)
    shown = marketplace.admin.get(f"/credit/imports/{response.json['id']}")
    assert (shown.json["status"], results(shown)) == ("queued", {"recorded": 100})
    marketplace.settle()
    shown = marketplace.admin.get(f"/credit/imports/{response.json['id']}")
    assert (shown.json["status"], results(shown)) == ("done", {"recorded": 230})
    with marketplace.app.app_context():
        service.run_import(response.json["id"], 1, 230)
        assert db.session.scalar(select(func.count()).select_from(CreditEvent)) == 230


def test_rows_are_forgotten_after_half_a_year_and_references_never(marketplace, subject):
    feed = send(marketplace.admin, [row(subject.number)]).json
    marketplace.now += timedelta(days=181)
    with marketplace.app.app_context():
        service.forget_old_rows()
        assert db.session.scalar(select(func.count()).select_from(CreditImportRow)) == 0
        assert db.session.scalar(select(func.count()).select_from(CreditReference)) == 1
    assert results(marketplace.admin.get(f"/credit/imports/{feed['id']}")) == {"recorded": 1}


# ---------------------------------------------------------------- properties


@pytest.fixture
def parties(kept):
    with kept(
        lambda marketplace: (marketplace, [marketplace.enterprise("generator") for _ in range(3)])
    ) as both:
        yield both


BAD = (
    {"rule": "x"}, {"effective_on": "2027-01-01"}, {"uscc": "x"}, {"amount_cny": -1}, {"document": "x" * 200},
    {"colour": "red"}, {"acted_on": "2026-11-03", "decided_on": "2026-11-01"}, {"effective_on": None},
)  # fmt: skip
_sources = iter(range(10_000))


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.none() | st.sampled_from(BAD)), min_size=1, max_size=12),
    st.randoms(),
)
def test_half_a_feed_bad_sent_twice_and_in_any_order_records_each_good_row_once(parties, plan, chance):
    marketplace, enterprises = parties
    source = f"S{next(_sources)}"
    rows = [
        row(enterprises[who].number, f"{source}R{number}", **(bad or {}))
        for number, (who, bad) in enumerate(plan)
    ]
    good = sum(bad is None for _, bad in plan)
    before = {party.id: len(events_of_all(marketplace, party)) for party in enterprises}
    shuffled = chance.sample(rows, len(rows))

    first, again, other = (send(marketplace.admin, sent, source) for sent in (rows, rows, shuffled))

    assert results(first) == {
        name: count for name, count in (("recorded", good), ("refused", len(plan) - good)) if count
    }
    for later in (again, other):
        assert results(later) == {
            name: count for name, count in (("skipped", good), ("refused", len(plan) - good)) if count
        }
    for place, party in enumerate(enterprises):
        own = sum(who == place and bad is None for who, bad in plan)
        assert len(events_of_all(marketplace, party)) == before[party.id] + own
    with marketplace.app.app_context():
        for party in enterprises:
            row_of = marketplace.standing_of(party)
            assert row_of[0] == service.standing_of(enterprise_row(party)).score


def enterprise_row(party):
    from uuid import UUID

    from marketplace.enterprises.models import Enterprise

    return db.session.get_one(Enterprise, UUID(party.id))


def events_of_all(marketplace, party):
    with marketplace.app.app_context():
        return db.session.scalars(select(CreditEvent.id).where(CreditEvent.enterprise_id == party.id)).all()


def test_the_order_of_rows_makes_no_difference_to_the_score(marketplace):
    one, other = marketplace.enterprise("generator"), marketplace.enterprise("generator")
    rules = ["manifest.late_close"] * 7 + ["law.penalty_minor", "fulfilment.completed", "site.defect"]

    def rows(party):
        return [row(party.number, f"{party.id} {number}", rule=rule) for number, rule in enumerate(rules)]

    assert results(send(marketplace.admin, rows(one))) == {"recorded": 10}
    shuffled = random.Random(7).sample(rows(other), 10)
    assert results(send(marketplace.admin, shuffled)) == {"recorded": 10}
    assert one.standing() == other.standing()
