"""Legal bases: which is in force on the day that counts, how it is cited, and that nothing cites the past."""

import re
import subprocess
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from marketplace import clock
from marketplace.law.service import Book
from marketplace.law.service.article_numbers import article_in, chinese_number
from marketplace.messages import LANGUAGES, cited_in, table
from seed.catalogue import SeedError
from seed.legal_bases import LEGAL_BASES, read_legal_bases
from tests.http.cursors import walked

ROOT = Path(__file__).resolve().parents[2]
BASES = read_legal_bases()
BOOK = Book.of(BASES)
BY_ID = {basis.id: basis for basis in BASES}
LAST_DAY_OF_THE_OLD, FIRST_DAY_OF_THE_CODE = date(2026, 8, 14), date(2026, 8, 15)


# ---------------------------------------------------------------- the table


def test_every_row_of_the_old_law_ends_the_day_before_the_code_and_has_its_successor_there():
    old = [basis for basis in BASES if basis.id.startswith("solid-waste-law-")]
    assert len(old) == 30
    for basis in old:
        assert basis.valid_until == LAST_DAY_OF_THE_OLD, basis.id
        assert BY_ID[basis.replaced_by].valid_from == FIRST_DAY_OF_THE_CODE, basis.id


def test_the_code_the_transfer_measures_and_the_technical_guidelines_are_open():
    open_ids = {basis.id for basis in BASES if basis.valid_until is None}
    assert {"transfer-measures-2021", "hj-1259-2022", "hj-1276-2022", "gb-18597-2023"} <= open_ids
    assert {basis.id for basis in BASES if basis.id.startswith("eco-code-")} <= open_ids


@pytest.mark.parametrize(
    ("basis_id", "day", "expected"),
    [
        ("eco-code-476-2", FIRST_DAY_OF_THE_CODE, "eco-code-476-2"),
        ("eco-code-476-2", LAST_DAY_OF_THE_OLD, "solid-waste-law-22-2"),
        ("solid-waste-law-22-2", FIRST_DAY_OF_THE_CODE, "eco-code-476-2"),
        ("solid-waste-law-37-3", date(2030, 1, 1), "eco-code-1068-1"),
        ("eco-code-536", date(2021, 1, 1), "solid-waste-law-82"),
        ("hw-catalogue-2025", date(2024, 12, 31), "hw-catalogue-2021"),
        ("transfer-measures-2021", LAST_DAY_OF_THE_OLD, "transfer-measures-2021"),
        ("eco-code-980", LAST_DAY_OF_THE_OLD, None),
        ("eco-code-536", date(2019, 1, 1), None),
    ],
)
def test_a_subject_is_governed_by_what_is_in_force_on_the_day(basis_id, day, expected):
    found = BOOK.on(basis_id, day)
    assert (found.id if found else None) == expected


def test_citations_put_the_articles_of_one_text_together():
    cited = ["eco-code-536", "eco-code-476-1", "transfer-measures-2021"]
    today = date(2026, 12, 1)
    assert BOOK.cite(cited, today, "zh") == (
        "《生态环境法典》第五百三十六条、第四百七十六条第一款；《危险废物转移管理办法》"
    )
    assert BOOK.cite(cited, today, "en") == (
        "Ecological and Environmental Code art. 536, 476 §1; Measures for the Transfer of Hazardous Waste"
    )
    assert BOOK.cite(cited, LAST_DAY_OF_THE_OLD, "zh") == (
        "《固体废物污染环境防治法》第八十二条、第二十二条第一款；《危险废物转移管理办法》"
    )


def test_what_has_no_predecessor_is_left_out_unless_nothing_is_left():
    assert BOOK.cite(["eco-code-493", "eco-code-490"], LAST_DAY_OF_THE_OLD, "zh") == (
        "《固体废物污染环境防治法》第三十七条第一款、第二款"
    )
    assert (
        BOOK.cite(["eco-code-980"], LAST_DAY_OF_THE_OLD, "en") == "Ecological and Environmental Code art. 980"
    )


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (8, "八"), (10, "十"), (16, "十六"), (20, "二十"), (101, "一百零一"), (110, "一百一十"),
        (476, "四百七十六"), (980, "九百八十"), (1000, "一千"), (1004, "一千零四"), (1068, "一千零六十八"),
        (1171, "一千一百七十一"), (1010, "一千零一十"),
    ],
)  # fmt: skip
def test_numbers_of_articles_are_written_as_the_law_does(number, words):
    assert chinese_number(number) == words


def test_paragraphs_and_items_have_their_words():
    assert article_in("1171 (3)", "zh") == "第一千一百七十一条第三项"
    assert article_in("37 §1-2", "zh") == "第三十七条第一款、第二款"
    with pytest.raises(ValueError, match="is no article"):
        article_in("vierzig", "zh")


GOOD = "a-1,甲法,A Law,1,2020-01-01,2020-12-31,a-2,文,text,source"
NEXT = "a-2,乙法,B Law,2,2021-01-01,,,文,text,source"
HEAD = LEGAL_BASES.read_text(encoding="utf-8").splitlines()[0]


@pytest.mark.parametrize(
    ("rows", "line", "column"),
    [
        ([GOOD], 2, "replaced_by"),
        ([GOOD, NEXT.replace("2021-01-01", "2020-12-31")], 2, "replaced_by"),
        ([GOOD, NEXT, NEXT], 4, "id"),
        ([GOOD.replace("2020-12-31", "2019-12-31"), NEXT], 2, "valid_until"),
        ([GOOD.replace("2020-12-31", ""), NEXT], 2, "replaced_by"),
        ([NEXT.replace(",2,", ",zwei,")], 2, "article"),
        ([NEXT.replace("2021-01-01", "1.1.2021")], 2, "valid_from"),
    ],
)
def test_a_faulty_table_is_refused_at_its_line(tmp_path, rows, line, column):
    path = tmp_path / "legal_bases.csv"
    path.write_text("\n".join([HEAD, *rows, ""]), encoding="utf-8")
    with pytest.raises(SeedError) as refused:
        read_legal_bases(path)
    assert (refused.value.line, refused.value.column) == (line, column)


# ---------------------------------------------------------------- nothing cites what is no longer in force

IN_CHINESE = re.compile(r"第[一二三四五六七八九十百千零]+条")
IN_ENGLISH = re.compile(r"\bart\. ?(\d+(?: §\d+)?(?:(?:,| and) \d+(?: §\d+)?)*)")
OLD_LAW = re.compile(r"固废法|固体废物污染环境防治法|Solid Waste Law|solid-waste-law")
HISTORY = re.compile(
    r"history|until 2026-08-14|repealed|2026 年 8 月 14 日|废止|no longer in force", re.IGNORECASE
)
"""A line that says so may name what is no longer in force."""
OTHER_LAW = re.compile(r"Waste Shipment Regulation|RFC|1013/2006|Measures 2021, art|转移管理办法|增值税法")
OF_PERSONAL_DATA = re.compile(
    r"Personal Information Protection Law,? art\. ?(?P<en>\d+)"
    r"|个人信息保护法》?(?P<zh>第[一二三四五六七八九十]+条)"
)
"""A law in force that the table has none of, as waste is not its subject."""
ARTICLES_OF_PERSONAL_DATA = 74
NOT_CITING = ("tests/", "migrations/", "seed/data/legal_bases.csv", "seed/legal_bases.py", "marketplace/law/")
"""Files of the table itself, of what was, and of tests of both."""


def cited_articles():
    """(place, article) of every article that a tracked text or source file names."""
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in files.splitlines():
        if name.startswith(NOT_CITING) or not name.endswith(
            (".py", ".md", ".toml", ".csv", ".json", ".html")
        ):
            continue
        if not (ROOT / name).exists():
            continue
        for number, line in enumerate((ROOT / name).read_text(encoding="utf-8").splitlines(), start=1):
            yield f"{name}:{number}", line


@cache
def articles_in_force(day):
    """The articles of the table on that day, as they are written in English and in Chinese."""
    current = [basis for basis in BASES if BOOK.on(basis.id, day) is basis and basis.article]
    return (
        {re.sub(r" .*", "", basis.article) for basis in current},
        {IN_CHINESE.match(article_in(basis.article, "zh"))[0] for basis in current},
    )


@cache
def articles_of_personal_data():
    """The articles of the Personal Information Protection Law, in both scripts."""
    numbers = range(1, ARTICLES_OF_PERSONAL_DATA + 1)
    return {*map(str, numbers), *(article_in(str(number), "zh") for number in numbers)}


def without_personal_data(line):
    """A line without the articles that it cites of the Personal Information Protection Law."""

    def left(found):
        return "" if (found["en"] or found["zh"]) in articles_of_personal_data() else found[0]

    return OF_PERSONAL_DATA.sub(left, line)


def faults_of(line):
    """What a line cites that is not in force today."""
    if HISTORY.search(line) or OTHER_LAW.search(line):
        return []
    line = without_personal_data(line)
    english, chinese = articles_in_force(clock.today())
    cited = [article for found in IN_ENGLISH.findall(line) for article in re.split(r", | and ", found)]
    faults = [f"art. {article}" for article in cited if article.split(" ")[0] not in english]
    faults += [article for article in IN_CHINESE.findall(line) if article not in chinese]
    return faults + OLD_LAW.findall(line)


def test_no_text_cites_what_is_not_in_force_today_unless_it_says_that_it_is_history():
    faults = [f"{place} cites {fault}" for place, line in cited_articles() for fault in faults_of(line)]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    "line",
    [
        "See 《固体废物污染环境防治法》第二十二条.",
        "The law: 固废法 art. 22",
        "Ecological and Environmental Code art. 9999",
        "《生态环境法典》第九条",
        "as the Solid Waste Law says",
        "Personal Information Protection Law, art. 9999",
        "《个人信息保护法》第七十五条",
        "Personal Information Protection Law, art. 47, and Ecological and Environmental Code art. 9999",
    ],
)
def test_a_line_that_cites_the_past_or_the_unknown_is_found(line):
    assert faults_of(line)


def test_history_may_be_told():
    assert not faults_of("固废法 art. 22 (repealed, until 2026-08-14)")
    assert not faults_of("Ecological and Environmental Code art. 476 §2, 536")


def test_the_law_on_personal_data_is_in_force_beside_the_table():
    assert not faults_of("Personal Information Protection Law, art. 47")
    assert not faults_of("《个人信息保护法》第四十七条")


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_cite_only_through_the_table_and_what_is_in_force_today(language):
    for code, message in table().items():
        texts = [message[language], *(message.get(part, {}).get(language, "") for part in ("cause", "cure"))]
        for text in texts:
            by_itself = IN_CHINESE.search(text) or IN_ENGLISH.search(text)
            assert not by_itself, f"{code} cites by itself: {text}"
        for basis_id in cited_in(message[language]):
            assert BOOK.on(basis_id, clock.today()) is BY_ID[basis_id], (
                f"{code} cites {basis_id}, not in force"
            )
        assert cited_in(message["en"]) == cited_in(message["zh"]), code


# ---------------------------------------------------------------- over HTTP


def in_chinese(party, path):
    return party.call("GET", path, headers={"Accept-Language": "zh-CN"}).json


def test_the_table_is_read_by_day_and_words_and_tells_the_successor(marketplace):
    firm = marketplace.enterprise()
    old = firm.get("/legal-bases/solid-waste-law-22-2").json
    assert (old["valid_until"], old["replaced_by"], old["in_force"]) == (
        "2026-08-14",
        "eco-code-476-2",
        False,
    )
    new = in_chinese(firm, "/legal-bases/eco-code-476-2")
    assert (new["valid_from"], new["valid_until"], new["in_force"]) == ("2026-08-15", None, True)
    assert new["citation"] == "《生态环境法典》第四百七十六条第二款"
    before = firm.get("/legal-bases", on="2026-08-14", limit=100).json["items"]
    after = firm.get("/legal-bases", on="2026-08-15", limit=100).json["items"]
    assert "solid-waste-law-22-2" in {item["id"] for item in before}
    assert not any(item["id"].startswith("eco-code") for item in before)
    assert not any(item["id"].startswith("solid-waste-law") for item in after)
    found = firm.get("/legal-bases", q="转移管理办法").json["items"]
    assert [item["id"] for item in found] == ["transfer-measures-2021"]
    assert firm.get("/legal-bases/eco-code-1").status_code == 404
    assert firm.get("/legal-bases", on="yesterday").status_code == 422


def test_every_page_of_the_table_together_is_the_whole(marketplace):
    found = walked(marketplace.enterprise(), "/legal-bases", limit=40)
    assert [item["id"] for item in found] == sorted(BY_ID)


KUNSHAN = {"region": "320583", "location": {"lon": 120.98, "lat": 31.38, "crs": "wgs84"}}
STEEL = {"scheme": "cn-sw", "code": "900-001-S17"}


def warnings_of(party, listing):
    (item,) = in_chinese(party, f"/listings/{listing['id']}/matches")["items"]
    return {warning["code"]: warning["detail"] for warning in item["warnings"]}, item


@pytest.mark.parametrize(
    ("treatment", "code", "cites"),
    [
        ("R4", "advance_notice_required", "第四百七十六条第二款"),
        ("D10", "transfer_approval_required", "第四百七十六条第一款"),
        ("R13", "transfer_approval_required", "第四百七十六条第一款"),
    ],
)
def test_general_waste_across_a_line_cites_its_own_rule_and_the_duty_to_verify(
    marketplace, treatment, code, cites
):
    generator = marketplace.enterprise("generator")
    recycler = marketplace.enterprise("recycler", **KUNSHAN)
    demand = marketplace.demand(recycler, accepts=[STEEL], treatment=treatment)
    supply = marketplace.supply(generator, waste=STEEL)
    for party, listing in ((generator, supply), (recycler, demand)):
        said, item = warnings_of(party, listing)
        assert set(said) == {code, "verify_receiver"}
        assert said[code].endswith(f"（《生态环境法典》{cites}）。")
        assert "危险废物" not in said[code]
        assert "第四百九十条" in said["verify_receiver"]
        assert "第一千零六十八条第一款" in said["verify_receiver"]
        assert item["legal_basis"]["edition"]
    pairing = generator.get(f"/listings/{supply['id']}/matches/{demand['id']}").json
    assert {warning["code"] for warning in pairing["warnings"]} == {code, "verify_receiver"}
    assert pairing["legal_basis"]["edition"]


def test_hazardous_waste_across_a_line_cites_the_rule_for_hazardous_waste(marketplace):
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler(**KUNSHAN)
    marketplace.demand(recycler)
    supply = marketplace.supply(generator)
    marketplace.policy(cross_province="with_approval")
    said, item = warnings_of(generator, supply)
    assert list(said) == ["transfer_approval_required"]
    assert said["transfer_approval_required"].endswith(
        "（《生态环境法典》第五百三十六条、第四百七十六条第一款）。"
    )
    assert item["legal_basis"]["edition"] == "2021"


def test_a_refused_line_cites_the_rule_for_hazardous_waste(marketplace):
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler(**KUNSHAN)
    demand, supply = marketplace.demand(recycler), marketplace.supply(generator)
    pairing = generator.get(f"/listings/{supply['id']}/matches/{demand['id']}").json
    (failed,) = pairing["failed_gates"]
    assert failed["gate"] == "region"
    assert failed["source"] == (
        "Ecological and Environmental Code art. 536, 476 §1; Measures for the Transfer of Hazardous Waste"
    )


def test_before_the_code_the_old_law_was_cited_and_for_a_transfer_after_it_the_code(marketplace):
    marketplace.now = datetime(2026, 8, 1, 4, tzinfo=UTC)
    generator = marketplace.enterprise("generator")
    recycler = marketplace.enterprise("recycler", **KUNSHAN)
    spring = {"available_until": "2027-05-31"}
    demand = marketplace.demand(recycler, accepts=[STEEL], available_from="2026-08-01", **spring)
    supply = marketplace.supply(generator, waste=STEEL, available_from="2026-08-01", **spring)
    said, _ = warnings_of(generator, supply)
    assert said["advance_notice_required"].endswith("（《固体废物污染环境防治法》第二十二条第二款）。")
    marketplace.change(recycler, demand, available_from="2026-08-15")
    said, _ = warnings_of(generator, supply)
    assert said["advance_notice_required"].endswith("（《生态环境法典》第四百七十六条第二款）。")


def test_what_an_operator_corrects_is_cited_in_the_next_answer(marketplace, app):
    from sqlalchemy import text

    from marketplace.database import db

    def correct(article):
        with app.app_context():
            update = text("UPDATE legal_basis SET article = :article WHERE id = 'eco-code-544'")
            db.session.execute(update, {"article": article})
            db.session.commit()

    firm = marketplace.enterprise("generator")
    try:
        correct("544 §3")
        found = firm.get("/legal-bases/eco-code-544").json
        assert found["citation"] == "Ecological and Environmental Code art. 544 §3"
    finally:
        correct("544")


def test_the_front_pages_quote_the_sentence_that_the_exchange_is_built_on():
    for name, article in (
        ("README.md", "art. 980"), ("docs/api.md", "art. 980"), ("README.zh-CN.md", "第九百八十条"),
        ("docs/api.zh-CN.md", "第九百八十条"), ("marketplace/http/openapi/document.py", "art. 980"),
    ):  # fmt: skip
        beginning = "\n".join((ROOT / name).read_text(encoding="utf-8").splitlines()[:40])
        assert article in beginning, name


def test_validity_days_do_not_overlap_along_a_succession():
    for basis in BASES:
        if basis.replaced_by:
            assert BY_ID[basis.replaced_by].valid_from == basis.valid_until + timedelta(days=1), basis.id
