# ruff: noqa: E501 - scripts of one line
"""Sheets made hostile by chance: each is read or refused within 2 s and 300 MB. `make hostile` tries 10,000."""

import io
import json
import subprocess
import sys
import zipfile

import openpyxl
import pytest
from openpyxl.utils.escape import unescape

from marketplace.http.problems import MOST_SHOWN
from marketplace.listings.routes import MAX_UPLOAD
from marketplace.listings.service.sheets import reading
from marketplace.sandbox import process, running
from marketplace.spreadsheets.bounds import LAST_COLUMN, LONGEST_FORMAT
from tests.cost import cost_of
from tests.http.responses import refused
from tests.listings import hostile
from tests.listings.sheets import SUPPLY, csv_of, send, xlsx_of
from tests.listings.test_hostile_sheets import with_sheet, worksheet
from tests.readers import PROCESS, READERS

QUICK = len(hostile.FAMILIES)
"""Sheets of each run of the suite: one of each family."""
QUICK_S = 5
"""Seconds of processor that none of them may take here: half of the reader's own limit. Two, which `make hostile` asks
for, depend on the machine and on what else runs on it."""


@pytest.mark.slow
def test_sheets_made_hostile_by_chance_cost_little():
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.listings.hostile", str(QUICK), str(QUICK_S)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{QUICK} sheets" in done.stdout


def test_every_family_makes_another_sheet_each_time():
    names, made = zip(*hostile.sheets(2 * len(hostile.FAMILIES)), strict=True)
    assert len(set(names)) == len(hostile.FAMILIES) == len(names) / 2
    assert len(set(made)) > 0.9 * len(made)


CELL = '<row r="2"><c r="{}" t="inlineStr"><is><t>x</t></is></c></row>'


@pytest.mark.parametrize("reference", ["Z" * 80_000, "ZZZ2", "A" + "9" * 80_000, "XFE2", "2", "a2"])
def test_a_cell_that_no_spreadsheet_has_is_named_as_unreadable(marketplace, reference):
    response = send(marketplace.enterprise("generator"), with_sheet(worksheet(CELL.format(reference))))
    refused(response, 422, "sheet_unreadable", "file")
    assert LAST_COLUMN == 16_384


def test_a_number_format_of_80_000_brackets_is_refused_at_once(marketplace):
    for length in (LONGEST_FORMAT + 1, 80_000):
        sheet = hostile.workbook(
            hostile.random.Random(1),
            styles=hostile.styled(["[" * length], [170]),
            rows='<row><c s="0"><v>1</v></c></row>',
        )
        refused(send(marketplace.enterprise("generator"), sheet), 422, "sheet_bomb", "file")


def test_wrong_headings_are_answered_in_few_words(marketplace):
    heads = {f"{'列' * 60}{number}": "x" for number in range(290)}
    response = send(marketplace.enterprise("generator"), csv_of({**SUPPLY, **heads}))
    body = response.json
    assert (response.status_code, body["error_count"], len(body["rows"])) == (422, 290, MOST_SHOWN)
    assert len(response.data) < 100_000


# ---------------------------------------------------------------- the process that reads


def reader_that(tmp_path, monkeypatch, does):
    """Have files read by a script that does this instead."""
    script = tmp_path / "reader.py"
    script.write_text(
        "import resource, sys\nresource.setrlimit(resource.RLIMIT_AS, (300_000_000,) * 2)\n" + does
    )
    monkeypatch.setattr(process, "__file__", str(script))


@pytest.mark.parametrize(
    ("does", "code"),
    [
        ("resource.setrlimit(resource.RLIMIT_CPU, (1, 1))\nwhile True: pass", "sheet_too_costly"),
        ("try: b'x' * 10**9\nexcept MemoryError: sys.exit(3)", "sheet_too_costly"),
        ("import os; os.kill(os.getpid(), 11)", "sheet_too_costly"),
        ("raise KeyError('no part of the file is said here')", "sheet_unreadable"),
    ],
)
def test_a_reader_dies_alone_and_the_answer_says_so(
    marketplace, own_readers, tmp_path, monkeypatch, does, code
):
    trader = marketplace.enterprise("generator")
    reader_that(tmp_path, monkeypatch, does)
    refused(send(trader, csv_of(SUPPLY)), 422, code, "file")
    monkeypatch.setattr(process, "__file__", PROCESS)
    assert send(trader, csv_of(SUPPLY)).status_code == 201


NO_ENVIRONMENT = "import os; os.kill(os.getpid(), 11) if set(os.environ) <= {'LC_CTYPE'} else sys.exit(1)"
"""Dies in one way where there is none but what Python itself sets, in another where there is."""


def test_hostile_sheets_are_as_large_as_an_upload_may_be():
    assert hostile.LARGEST == MAX_UPLOAD


def test_a_reader_has_no_environment(marketplace, tmp_path, monkeypatch):
    reader_that(tmp_path, monkeypatch, NO_ENVIRONMENT)
    refused(send(marketplace.enterprise("generator"), csv_of(SUPPLY)), 422, "sheet_too_costly", "file")


@pytest.mark.parametrize("module", READERS)
def test_each_reader_starts_alone(module):
    """It finds what it imports, though the packages around it are empty."""
    probe = "import runpy, sys; p = runpy.run_path(sys.argv[1]); p['_make_packages_empty'](sys.argv[2])"
    probe += "; __import__(sys.argv[2])"
    done = subprocess.run(
        [sys.executable, "-I", "-c", probe, process.__file__, module],
        capture_output=True, text=True, env={}, cwd="/", check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_a_reader_has_limits_and_none_of_the_application():
    probe = (
        "import json, resource, runpy, sys\n"
        f"path = {process.__file__!r}\n"
        f"sys.argv = [path, {reading.READER!r}, '10', '300']\n"
        "try: runpy.run_path(path, run_name='__main__')\n"
        "except SystemExit: pass\n"
        "heavy = {name.partition('.')[0] for name in sys.modules} & {'flask', 'sqlalchemy', 'redis', 'numpy', 'marshmallow'}\n"
        "limits = [resource.getrlimit(getattr(resource, f'RLIMIT_{name}'))[0] for name in ('CPU', 'AS', 'CORE')]\n"
        "print(json.dumps([sorted(heavy), limits]))\n"
    )
    asked = {"do": "read", "kind_is_known": True, "most_rows": 10}
    done = subprocess.run(
        [sys.executable, "-I", "-c", probe], input=json.dumps(asked).encode() + b"\n" + csv_of(SUPPLY),
        capture_output=True, env={}, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout.splitlines()[-1]) == [[], [10, 300_000_000, 0]]


def test_a_sheet_of_few_rows_and_much_text_waits_for_the_worker(marketplace):
    """Reading a composition may cost a hundred times what its characters say."""
    rows = [{**SUPPLY, "名称": f"lot {number}", "成分": ("酸" * 50 + "1%;") * 70} for number in range(240)]
    sheet = csv_of(*rows, encoding="gb18030")
    sender = marketplace.enterprise("generator")
    seconds, response = cost_of(lambda: send(sender, sheet), tries=1)
    assert (len(sheet) < 4_000_000, response.status_code, seconds < 1) == (True, 202, True)


def test_a_marked_sheet_whose_marking_costs_too_much_is_answered_by_the_problem(
    marketplace, tmp_path, monkeypatch
):
    trader = marketplace.enterprise("generator")
    faulty = xlsx_of({**SUPPLY, "数量": "viel"})
    monkeypatch.setattr("marketplace.listings.service.mark_sheet", lambda *_: None)
    refused(send(trader, faulty, marked="true"), 422, "import_refused", "row 2.quantity")


def test_no_more_files_are_read_at_once_than_there_is_memory_for(marketplace, monkeypatch):
    trader = marketplace.enterprise("generator")
    monkeypatch.setattr(running, "WAIT_S", 0.0)
    with running.READERS, running.READERS:
        response = send(trader, csv_of(SUPPLY))
        refused(response, 503, "sheets_busy")
        assert response.headers["Retry-After"]
    assert send(trader, csv_of(SUPPLY)).status_code == 201


# ---------------------------------------------------------------- growth

PIECES = {
    "rows of XML": lambda many: with_sheet(worksheet(CELL.format("B2") * many)),
    "cells": lambda many: with_sheet(worksheet("<row>" + "<c><v>1</v></c>" * (many // 4) + "</row>")),
    "merged cells": lambda many: with_sheet(worksheet("", '<mergeCell ref="A2:B2"/>' * (many // 2))),
    "a comment": lambda many: with_sheet(worksheet(f"<!--{'x' * 20 * many}-->")),
    "lines of CSV": lambda many: csv_of(SUPPLY) + b"a,b\n" * many,
    "commas": lambda many: csv_of(SUPPLY) + b"," * (many // 3),
    "a quotation": lambda many: csv_of(SUPPLY) + b'"' + b"x\n" * many,
    "blank lines": lambda many: csv_of(SUPPLY) + b"\r" * many + csv_of(SUPPLY),
    "the address of a namespace": lambda many: with_sheet(
        f'<n:worksheet xmlns:n="{"u" * many}">{"<n:a/>" * (many // 2)}</n:worksheet>'.encode()
    ),
    "values of attributes": lambda many: with_sheet(worksheet("", f'<a b="{"&lt;" * many}"/>')),
}


@pytest.mark.parametrize("make", PIECES.values(), ids=PIECES)
def test_reading_takes_time_in_proportion_to_the_file(make):
    hold_proportion(make, hostile.READ)


def hold_proportion(make, asked):
    """Five times the length, at most fifteen times the time; a machine that had a hiccup is asked again."""
    answers, seen = hostile.reading_module(), []
    for _ in range(3):
        seen.append([hostile.read_in_child(answers, make(many), asked)[1] for many in (6_000, 30_000)])
        short, long = map(min, zip(*seen, strict=True))
        if long < 0.1 or long < 15 * short:
            return
    raise AssertionError(seen)


def styled(fills, formats="<xf/>"):
    return (
        f'<styleSheet xmlns="{hostile.NAMESPACE}"><fills count="1">{fills}</fills>'
        f'<cellXfs count="1">{formats}</cellXfs></styleSheet>'
    )


def book(rows="", styles="", **parts):
    return hostile.workbook(
        hostile.random.Random(1), hostile.GOOD + rows, styles=styles or styled("<fill></fill>"), **parts
    )


MARKED = {
    "fills without an end tag": lambda many: book(styles=styled("<fill/>" * many)),
    "styles with a sign in a value": lambda many: book(styles=styled("<fill/>", '<xf a=">"/>' * many)),
    "rows in a comment": lambda many: book("<!--" + "<row>" * many + "-->"),
    "rows in plain data": lambda many: book("<a><![CDATA[" + "<row>" * many + "]]></a>"),
    "cells with a sign in a value": lambda many: book("<row>" + '<c a=">"/>' * many + "</row>"),
    "dimensions in a comment": lambda many: book(before="<!--" + "<dimension" * many + "-->"),
    "lists of fills in a comment": lambda many: book(
        styles=styled("").replace("<fills", "<!--" + "<fills " * many + "--><fills", 1)
    ),
    "blank lines": lambda many: csv_of(SUPPLY) + b"\n" * many + b"x,y\n",
}


@pytest.mark.parametrize("make", MARKED.values(), ids=MARKED)
def test_marking_takes_time_in_proportion_to_the_file(make):
    """A sheet that is wanted back with its faults marked is searched for the ends of its elements."""
    hold_proportion(make, hostile.MARK)


def test_a_csv_with_gaps_and_marks_of_control_comes_back_row_by_row():
    sheet = csv_of(SUPPLY) + b"\n\n=1+1,\x0b_x0041_,<&\n"
    answers = hostile.reading_module()
    first, workbook = answers.answers({**hostile.MARK, "language": "en"}, sheet)
    page = openpyxl.load_workbook(io.BytesIO(workbook)).active
    assert json.loads(first) == {"marked": True}
    assert (page["A5"].value, page["A5"].data_type, page["C5"].value) == ("=1+1", "s", "<&")
    assert [page.cell(4, column).value for column in (1, 2, 3)] == [None] * 3
    assert unescape(page["B5"].value) == "\x0b_x0041_"


def test_entries_of_one_name_are_not_guessed_at(marketplace):
    out = io.BytesIO(xlsx_of(SUPPLY))
    with zipfile.ZipFile(out, "a") as file, pytest.warns(UserWarning, match="Duplicate"):
        file.writestr("xl/worksheets/sheet1.xml", worksheet(""))
    refused(send(marketplace.enterprise("generator"), out.getvalue()), 422, "sheet_unreadable", "file")
