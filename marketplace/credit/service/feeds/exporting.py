"""The report of an import as a file, and the workbook to fill in: nothing in either runs as a formula."""

import io
import tempfile
from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import select

from .... import clock, spreadsheet_files
from ....database import db
from ....messages import say
from ....messages.names import readable
from ....spreadsheet_files import csv_lines, without_formula
from ...models import MOST_FEED_ROWS, CreditImport, CreditImportRow, FeedResult
from .answers import DAYS
from .columns import COLUMNS
from .importing import said_of

HEAD = (
    "行 / row", "外部编号 / reference", "结果 / result", "列 / field", "代码 / code", "说明", "detail",
)  # fmt: skip
NUMERIC = (True, *[False] * (len(HEAD) - 1))
MOST_LINES = 30 * MOST_FEED_ROWS
"""Of a report: a row has some twenty problems at most."""
HELP = ("feed_each", "feed_required", "feed_days", "feed_rules", "feed_references")
"""Of the sentences `template_...`, in the order of the page."""
LANGUAGES = ("zh", "en")


def report_file(feed: CreditImport, kind: str) -> Iterator[bytes]:
    """All rows of which nothing was recorded, with the reason in both languages, as CSV or XLSX."""
    lines = _lines(feed)
    if kind == "csv":
        head = [spreadsheet_files.BYTE_ORDER_MARK, csv_lines([HEAD])]
        return spreadsheet_files.finished(iter([*head, *(csv_lines([line]) for line in lines)]))
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever has sent the last of it
    spreadsheet_files.write_workbook(file, "report", HEAD, NUMERIC, lines, MOST_LINES)
    return spreadsheet_files.chunks_of(file)


def _lines(feed: CreditImport) -> Iterator[list[str]]:
    query = (
        select(CreditImportRow)
        .where(CreditImportRow.import_id == feed.id, CreditImportRow.result != FeedResult.RECORDED)
        .order_by(CreditImportRow.number)
    )
    for row in db.session.scalars(query):
        for said in said_of(row):
            texts = [said["reference"] or "", _result(said["result"]), said["field"], said["code"]]
            details = [said["detail"][language] for language in LANGUAGES]
            yield [str(said["row"]), *map(without_formula, [*texts, *details])]


def _result(result: FeedResult) -> str:
    return " / ".join(readable(result, language) for language in LANGUAGES)


def template() -> bytes:
    """The workbook to fill in, as an XLSX file."""
    from openpyxl import Workbook  # here and below: only who needs it should pay for it
    from openpyxl.styles import Alignment, Font, PatternFill

    book = Workbook()
    sheet = book.active
    sheet.title = "填写 Feed"
    sheet.freeze_panes = "A2"
    for place, column in enumerate(COLUMNS.values(), start=1):
        head = sheet.cell(1, place, column.heading)
        head.font = Font(bold=True)
        head.fill = PatternFill("solid", fgColor="FFE699" if column.required else "DDEBF7")
        whole = sheet.column_dimensions[head.column_letter]
        whole.width, whole.number_format = 26, "yyyy-mm-dd" if column.name in DAYS else "@"
    page = book.create_sheet("说明 Help")
    page.column_dimensions["A"].width = 110
    for name in HELP:
        for language in LANGUAGES:
            page.append([say(f"template_{name}", language, most=f"{MOST_FEED_ROWS:,}", day=_example_day())])
            page.cell(page.max_row, 1).alignment = Alignment(wrap_text=True, vertical="top")
        page.append([])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _example_day() -> str:
    return (clock.today() - timedelta(days=30)).isoformat()
