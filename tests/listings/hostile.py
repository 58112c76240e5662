# ruff: noqa: E501 - a table of pieces reads best in few lines
"""Makes hostile sheets, each another one, and has each read as an import would: `python -m tests.listings.hostile 10000`.

A sheet is drawn from a family by chance (the seed is fixed): what an attacker makes long, many, deep or wrong in
one part of a file. A light process reads each in a child of its own with the limits of the real one, so that its
processor time and memory are its own; every other round it has it marked. Whatever takes over 2 s or 300 MB, or dies,
is printed and fails the run.
"""

import importlib.util
import io
import os
import random
import resource
import sys
import zipfile
from collections import Counter
from importlib import import_module
from pathlib import Path

MOST_S, MOST_MB = 2.0, 300
LARGEST = 20_000_000
"""Bytes of an upload: `listings.routes.MAX_UPLOAD`, which would bring the application with it."""
SEED = 20261126
READER = Path(__file__).parents[2] / "marketplace/sandbox/process.py"
ANSWERS = "marketplace.listings.service.sheets.answers"
NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEADINGS = ("类型", "名称", "废物代码", "数量", "单位", "最小批量", "付款方", "单价", "起始日期", "截止日期")
PIECES = (
    "[", "]", '"', "[$", "\\", ";", "e", "0,", "General", "#?", "(", ")", "【", "9", "1,", ".", " ", "\u3000", "a",
    "酸", "&#65;", "-", "/", "年", "\ufe0f", "单位:", "数量(", "_x0041_", "y", "%",
)  # fmt: skip


def size(chance, most):
    """A number up to `most`, small and large ones alike."""
    return int(10 ** chance.uniform(0, len(str(most)) - 1)) if chance.random() < 0.8 else most


def long(chance, most):
    """A text of one piece again and again, or of several mixed."""
    pieces = chance.sample(PIECES, chance.choice((1, 1, 1, 2, 3)))
    text = "".join(pieces) * (size(chance, most) // sum(map(len, pieces)) + 1)
    return text[:most]


def quoted(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def cell(text, about=""):
    return f'<c t="inlineStr"{about}><is><t>{quoted(text)}</t></is></c>'


def row(*cells, about=""):
    return f"<row{about}>{''.join(cells)}</row>"


HEAD = row(*map(cell, HEADINGS))
GOOD = row(*map(cell, ("供应", "稀硫酸", "900-349-34", "12", "吨", "1", "", "", "2026-12-01", "2027-05-31")))


def relations(*parts):
    lines = "".join(
        f'<Relationship Id="r{number}" Type="http://x/{kind}" Target="{quoted(target)}"/>'
        for number, (kind, target) in enumerate(parts)
    )
    return f'<Relationships xmlns="http://x">{lines}</Relationships>'


def workbook(chance, rows=GOOD, *, before="", after="", head=HEAD, sheets="", more=(), **parts):
    """A small workbook with these parts in place of its own."""
    entries = {
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{NAMESPACE}" xmlns:r="http://r"><sheets>'
        f'<sheet name="a" sheetId="1" r:id="r0"/>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(
            ("worksheet", "sheet.xml"), ("styles", "styles.xml"), ("sharedStrings", "strings.xml"), *more
        ),
        "xl/styles.xml": parts.get("styles", f'<styleSheet xmlns="{NAMESPACE}"/>'),
        "xl/strings.xml": parts.get("strings", f'<sst xmlns="{NAMESPACE}"/>'),
        "xl/sheet.xml": f'<worksheet xmlns="{NAMESPACE}">{before}<sheetData>{head}{rows}</sheetData>{after}</worksheet>',
    }
    return packed(chance, entries.items())


def packed(chance, entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as file:
        for name, data in entries:
            file.writestr(name, data)
    return out.getvalue()


def styled(formats, styles):
    codes = "".join(f'<numFmt numFmtId="{n + 170}" formatCode="{quoted(c)}"/>' for n, c in enumerate(formats))
    return (
        f'<styleSheet xmlns="{NAMESPACE}"><numFmts>{codes}</numFmts><cellXfs>'
        + "".join(f'<xf numFmtId="{number}"/>' for number in styles) + "</cellXfs></styleSheet>"
    )  # fmt: skip


def number_formats(chance):
    formats = [long(chance, 200_000 if chance.random() < 0.3 else 255) for _ in range(size(chance, 900))]
    cells = "".join(f'<c s="{n}"><v>1</v></c>' for n in range(min(len(formats), 9)))
    return workbook(chance, row(cells), styles=styled(formats[:1000], range(170, 170 + len(formats))))


def styles(chance):
    ids = [chance.choice(("0", "14", "9" * size(chance, 4000), "-1", "x"))] * size(chance, 60_000)
    return workbook(chance, styles=styled([], ids))


def references(chance):
    reference = chance.choice(
        ("Z" * size(chance, 1_000_000), "A" + "9" * size(chance, 100_000), "ZZZ1", "XFD1048577", "a1", "", "É1",
         "A-1", "A1:B2", "A" * 8)
    )  # fmt: skip
    about = f' r="{reference}"'
    return workbook(chance, row(*[cell("x", about)] * size(chance, 20), about=chance.choice(("", about))))


def row_numbers(chance):
    number = chance.choice(("9" * size(chance, 100_000), "-1", "1e9", "0", "1048577", " 7 ", "٣"))
    return workbook(chance, row(cell("x"), about=f' r="{number}"') * size(chance, 1000))


def numbers(chance):
    text = chance.choice(
        ("1" * size(chance, 1_000_000), "1e999", "nan", "-inf", "0x1", "1_0", "1e-999", "9" * 60)
    )
    return workbook(chance, row(*[f"<c><v>{text}</v></c>"] * 10) * size(chance, 100))


def shared_strings(chance):
    strings = "".join(f"<si><t>{quoted(long(chance, 4000))}</t></si>" for _ in range(size(chance, 400)))
    cells = '<c t="s"><v>0</v></c>' * 10
    many = chance.choice(
        ("", "<si/>" * size(chance, 500_000), "<si><r><t>a</t></r></si>" * size(chance, 90_000))
    )
    return workbook(
        chance, row(cells) * size(chance, 20_000), strings=f'<sst xmlns="{NAMESPACE}">{strings}{many}</sst>'
    )


def rich_text(chance):
    run = chance.choice(
        ("<r><t>a</t></r>", '<r><rPr><vertAlign val="superscript"/></rPr><t>1</t></r>', "<rPh><t>a</t></rPh>")
    )
    return workbook(chance, row(f'<c t="inlineStr"><is>{run * size(chance, 200_000)}</is></c>'))


def merged(chance):
    cells = chance.choice(("A2:B2", "A3:A9999", "A" + "9" * size(chance, 9000), ":" * 50, "", "ZZZ9:A1"))
    many = f'<mergeCell ref="{cells}"/>' * size(chance, 200_000)
    return workbook(chance, GOOD * size(chance, 2000), after=f"<mergeCells>{many}</mergeCells>")


def columns(chance):
    width = chance.choice(("0", "9" * size(chance, 100_000), "x", "1e999"))
    many = f'<col min="1" max="{chance.choice((1, 16384, 10**9))}" hidden="1" width="{width}"/>' * size(
        chance, 20_000 if len(width) < 1000 else 150
    )
    return workbook(chance, before=f"<cols>{many}</cols>")


def many_sheets(chance):
    count = size(chance, 3000)
    sheets = f'<sheet name="{quoted(long(chance, 3000))}" r:id="r{chance.choice((0, 3))}"/>' * count
    filler = chance.choice(("", "<x/>" * size(chance, 300_000), f"<!--{'-a' * 20_000}-->"))
    return workbook(chance, filler, head="", sheets=sheets, more=[("worksheet", "sheet.xml")])


def many_relations(chance):
    target = chance.choice(("../" * size(chance, 90_000), "/" * size(chance, 90_000), long(chance, 9000)))
    return workbook(chance, more=[("hyperlink", target)] * (size(chance, 3000) if len(target) < 3000 else 9))


def hyperlinks(chance):
    link = f'<hyperlink ref="A1" r:id="r9" display="{quoted(long(chance, 300))}"/>'
    return workbook(
        chance, after=f'<hyperlinks xmlns:r="http://r">{link * size(chance, 90_000)}</hyperlinks>'
    )


def attributes(chance):
    many = "".join(f' a{n}="1"' for n in range(size(chance, 200_000)))
    name = "n" * size(chance, 3_000_000)
    return workbook(
        chance, chance.choice((f"<row{many}/>", f"<{name}/>", f'<row {name}="1"/>', f'<row spans="{name}"/>'))
    )


def namespaces(chance):
    many = "".join(f' xmlns:n{n}="http://x/{n}"' for n in range(size(chance, 100_000)))
    return workbook(chance, f"<row{many}>{cell('x')}</row>" * chance.choice((1, 5)))


def addresses(chance):
    """Prefixes whose addresses are long, before many elements or attributes."""
    element, attribute = chance.choice((("n:a", "a"), ("a", "n:a"), ("n:c", "n:r")))
    many = "".join(f' {attribute}{n}=""' for n in range(size(chance, 60_000)))
    few = f"<{element}/>" * size(chance, 900_000)
    within = chance.choice((few, f"<{element}{many}/>" * chance.choice((1, 9))))
    return workbook(chance, f'<b xmlns:n="{"u" * size(chance, 900_000)}">{within}</b>')


def many_attributes(chance):
    names = "".join(
        f' {letter}="{chance.choice(("", "&lt;" * 9))}"' for letter in "abcdefghijklm"[: size(chance, 13)]
    )
    return workbook(chance, f"<{chance.choice(('a', 'row', 'c'))}{names}/>" * size(chance, 1_000_000))


def deep(chance):
    depth = size(chance, 1_000_000)
    return workbook(chance, "<a>" * depth + ("</a>" * depth if chance.random() < 0.7 else ""))


def many_elements(chance):
    piece = chance.choice(
        ("<row/>", "<c/>", "<a/>", '<row hidden="1"/>', row(cell("a")), "<!---->", "<?x?>", "<![CDATA[]]>")
    )
    return workbook(chance, piece * size(chance, 2_000_000))


def many_cells(chance):
    piece = chance.choice(
        ('<c r="A2" t="inlineStr"><is><t>x</t></is></c>', "<c><v>1</v></c>", "<c><f>A1</f></c>", '<c t="e"/>')
    )
    return workbook(chance, row(piece * size(chance, 60_000)) * chance.choice((1, 1, 5)))


def many_headings(chance):
    heads = row(*(cell(long(chance, 5000)) for _ in range(size(chance, 300))))
    return workbook(chance, heads * 30 + GOOD, head=chance.choice(("", HEAD)))


def long_cells(chance):
    texts = [long(chance, 40_000) for _ in HEADINGS]
    return workbook(chance, row(*map(cell, texts)) * size(chance, 300))


def tokens(chance):
    text = "x" * size(chance, 20_000_000)
    return workbook(
        chance,
        chance.choice((f"<!--{text}-->", f"<?x {text}?>", f"<![CDATA[{text}]]>", f'<a b="{text}"/>', text)),
    )


def entities(chance):
    piece = chance.choice(("&#65;", "&amp;", "&lol;", "&#x110000;", "&#0;"))
    return workbook(chance, f"<row><c><is><t>{piece * size(chance, 300_000)}</t></is></c></row>")


def entries(chance):
    name = chance.choice(("n", "n" * 200, "../" * 30, "xl/vbaProject.bin", "a\x00", "目"))
    return packed(chance, ((f"{n}x{name}", b"") for n in range(size(chance, 3000))))


def damaged(chance):
    data = bytearray(workbook(chance, GOOD * 5))
    for _ in range(size(chance, 30)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data[: chance.choice((len(data), chance.randrange(1, len(data))))])


def inflated(chance):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for n in range(chance.choice((1, 3, 9))):
            file.writestr(f"xl/{n}.xml", chance.choice((b"0", b"<a/>", b" ")) * size(chance, 9_000_000))
    return out.getvalue()


def csv_text(chance):
    """One piece of CSV again and again, below headings or alone."""
    piece = chance.choice((
        ",", '"', '""', ",\n", "\n", "\r", "a,", '"a\n', '"a\nb,c,d,e,f"', "\x00", ";", "\t", "，", "=1,", "' ,",
        "类型,", "类型\n", "(", "数量（吨）,", "合计,1\n", "供应,稀硫酸,900-349-34\n", "\u2028", "\ufeff", "a" * 500, "a,b\n",
    ))  # fmt: skip
    head = chance.choice(("", ",".join(HEADINGS) + "\n", ",".join(HEADINGS) + '\n"'))
    text = head + piece * (size(chance, 5_000_000) // len(piece.encode()) + 1)
    return text.encode(chance.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16", "gb18030")), "replace")


def csv_rows(chance):
    texts = [long(chance, 5000).replace('"', '""').replace("\n", " ") for _ in HEADINGS]
    rows = [",".join(HEADINGS), *[",".join(f'"{text}"' for text in texts)] * size(chance, 90)]
    return "\n".join(rows).encode()


def csv_lines(chance):
    """Lines with many cells or none, in quotes or not: what `csv` makes a list of."""
    line = chance.choice(
        (
            "",
            " ",
            "\u3000",
            '""',
            "x," * size(chance, 19_000),
            " ," * size(chance, 9000),
            ",,甲" * size(chance, 3000),
        )
    )
    line = chance.choice((line, line, '"' + "\n" * size(chance, 2000) + '"')) + "\n"
    text = ",".join(HEADINGS) + "\n" + line * (size(chance, 19_000_000) // len(line.encode()) + 1)
    return text.encode()


def comments_and_fills(chance):
    """What is harmless to read and costly for whoever looks for the end of an element with a pattern."""
    piece = chance.choice(
        ("<row>", '<row a=">"/>', '<c a=">"/>', "<dimension", "<fills ", "<fill/>", "<row ' ")
    )
    many = piece * size(chance, 190_000)
    comment = f"<!--{many}-->"
    where = chance.randrange(4)
    fills = many if piece == "<fill/>" else ""
    styles = (
        f'<styleSheet xmlns="{NAMESPACE}">{comment if where == 0 else ""}<fills count="1">{fills}</fills>'
        f'<cellXfs count="1">{"<xf/>" * size(chance, 60_000)}</cellXfs></styleSheet>'
    )
    rows = many if where == 3 and piece.endswith("/>") and "c" in piece else ""
    return workbook(
        chance,
        GOOD * size(chance, 9000) + f"<row>{rows}</row>" + (comment if where == 1 else ""),
        before=comment if where == 2 else "",
        styles=styles,
    )


def noise(chance):
    data = chance.randbytes(size(chance, 300_000))
    return (
        chance.choice((b"", b"PK\x03\x04", b"\xff\xfe", b"\xef\xbb\xbf", ",".join(HEADINGS).encode() + b"\n"))
        + data
    )


FAMILIES = (
    number_formats, styles, references, row_numbers, numbers, shared_strings, rich_text, merged, columns,
    many_sheets, many_relations, hyperlinks, attributes, namespaces, addresses, many_attributes, deep, many_elements, many_cells,
    many_headings, long_cells, tokens, entities, entries, damaged, inflated, csv_text, csv_rows, csv_lines,
    comments_and_fills, noise,
)  # fmt: skip


def sheets(count, seed=SEED):
    """(name of the family, sheet), each family in turn; none is larger than the service takes."""
    for number in range(count):
        family = FAMILIES[number % len(FAMILIES)]
        chance = random.Random(f"{seed} {number}")
        while len(upload := family(chance)) > LARGEST:
            pass
        yield family.__name__, upload


def reading_module():
    """`answers` as the reader has it, with none of the application around it."""
    spec = importlib.util.spec_from_file_location("process", READER)
    reader = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reader)
    before = dict(sys.modules)
    reader._make_packages_empty(ANSWERS)
    answers = import_module(ANSWERS)
    sys.modules.update(before)  # the packages of the application, for the tests that follow
    return answers


READ = {"do": "read", "kind_is_known": True, "most_rows": 10_000}
FAULT = {"row": 2, "column": "quantity", "code": "x", "detail": {"en": "Correct it.", "zh": "请改正。"}}
MARK = {"do": "mark", "faults": [FAULT], "language": None}
"""A refused sheet that is wanted back with its faults marked is gone through again."""


def read_in_child(answers, upload, asked=READ):
    """(what became of a sheet, seconds of processor, megabytes) of a child with the limits of the real one."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (10, 11))
            resource.setrlimit(resource.RLIMIT_AS, (MOST_MB * 1_000_000,) * 2)
            last = b""
            for line in answers.answers(asked, upload):
                last = line
            os.write(writing, last[:2000])
            status = 0
        except MemoryError:
            status = 3
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as said:
        answer = said.read()
    _, status, used = os.wait4(child, 0)
    outcome = "died" if status else "refused" if b'"refusal"' in answer else "read"
    return outcome, used.ru_utime + used.ru_stime, used.ru_maxrss / 1000


def main(count, most_s=MOST_S):
    """Read so many sheets, print what became of them, and return how many were too costly."""
    answers = reading_module()
    outcomes, worst_s, worst_mb, costly = Counter(), (0.0, ""), (0.0, ""), 0
    for number, (name, upload) in enumerate(sheets(count)):
        asked = READ if number // len(FAMILIES) % 2 == 0 else MARK
        outcome, seconds, megabytes = read_in_child(answers, upload, asked)
        name = name if asked is READ else f"{name}, marked"
        outcomes[outcome] += 1
        worst_s, worst_mb = max(worst_s, (seconds, name)), max(worst_mb, (megabytes, name))
        if outcome == "died" or seconds > most_s or megabytes > MOST_MB:
            costly += 1
            print(
                f"{number} {name} ({len(upload)} bytes) {outcome}: {seconds:.2f} s, {megabytes:.0f} MB",
                flush=True,
            )
    print(
        f"{count} sheets: {dict(outcomes)}; at most {worst_s[0]:.2f} s ({worst_s[1]}), {worst_mb[0]:.0f} MB ({worst_mb[1]})"
    )
    return costly


if __name__ == "__main__":
    sys.exit(bool(main(int(sys.argv[1]), *map(float, sys.argv[2:]))))
