"""The commands in the documents work, and the responses are as shown."""

import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.docs.reader import ROOT, Reader, blocks, hold, renewed

OURS = str(Path(__file__).parent)
ADMIN = re.compile(r"^ADMIN=.*$", re.MULTILINE)
GUIDES = ("docs/api.md", "docs/api.zh-CN.md")
TOUR = ("README.md", "### Five minutes with curl")


def environment(curl):
    """A shell's environment with this python3 first and, where asked for or where there is none, our curl."""
    ours = [OURS] if curl == "ours" or not shutil.which("curl") else []
    folders = [*ours, str(Path(sys.executable).parent), os.environ["PATH"]]
    return {**os.environ, "PATH": os.pathsep.join(folders)}


def test_the_five_minute_tour_of_the_readme_works_from_top_to_bottom(marketplace):
    with Reader(marketplace.app, environment("ours")).at_work() as reader:
        for block in blocks(*TOUR):
            reader.do(block.text)

    refused = [response.get_json() for response in reader.responses if response.status_code >= 400]
    assert not refused
    explained, ranked = (reader.responses[number].get_json() for number in (-3, -1))
    assert [gate["gate"] for gate in explained["failed_gates"]] == ["licence"]
    assert [match["rank"] for match in ranked["items"]] == [1]


@pytest.mark.parametrize("guide", GUIDES)
def test_every_example_of_the_guide_responds_as_shown(marketplace, guide):
    """With HUANLIU_RECORD=1 the sentences that it shows are written again from the real responses."""
    text = (ROOT / guide).read_text(encoding="utf-8")
    shown = 0
    with Reader(marketplace.app, environment("the machine's")).at_work() as reader:
        responses = []
        for block in blocks(guide):
            if block.wait:
                marketplace.settle()
                marketplace.wait(**block.wait)
            if block.kind == "sh":
                responses = reader.do(ADMIN.sub(f"ADMIN={marketplace.admin.key}", block.text))
            elif block.kind == "http":
                if os.environ.get("HUANLIU_RECORD"):
                    text = text.replace(block.text, renewed(block.text, responses[-1]))
                else:
                    hold(block.text, responses[-1])
                shown += 1
    assert shown > 20
    if os.environ.get("HUANLIU_RECORD"):
        (ROOT / guide).write_text(text, encoding="utf-8")


def structure(path):
    """Depth of each heading, and the code blocks without their comments."""
    text = (ROOT / path).read_text(encoding="utf-8")
    code = [
        (block.kind, re.sub(r"\s*#.*", "", block.text) if block.kind == "sh" else "")
        for block in blocks(path)
    ]
    outside = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return [len(heading) for heading in re.findall(r"^(#+) ", outside, re.MULTILINE)], code


CHINESE_ONLY = re.compile(r"^curl\(\) \{.*\n| -H 'Accept-Language: zh-CN'", re.MULTILINE)
"""What makes the same commands ask for Chinese."""


@pytest.mark.parametrize("english", ["README.md", "docs/api.md"])
def test_a_chinese_document_has_the_same_sections_and_the_same_commands(english):
    headings, code = structure(english)
    theirs, their_code = structure(english.replace(".md", ".zh-CN.md"))

    assert theirs == headings
    for (kind, mine), (their_kind, other) in zip(code, their_code, strict=True):
        assert kind == their_kind
        assert CHINESE_ONLY.sub("", mine) == CHINESE_ONLY.sub("", other)


@pytest.mark.parametrize(
    "path", [str(page.relative_to(ROOT)) for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"))]
)
def test_every_link_of_a_document_leads_somewhere(path):
    text = re.sub(r"```.*?```", "", (ROOT / path).read_text(encoding="utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        assert "://" in link or ((ROOT / path).parent / link).exists(), f"{path} links to {link}"


NAMED_FILE = re.compile(r"`((?:[\w-]+/)*[\w-]+\.(?:py|toml|json|md|csv))`")
AGREED = {"models.py", "schemas.py", "service.py", "routes.py", "jobs.py", "commands.py"}
"""Files of every room."""
HOMES = [
    ROOT / home
    for home in (
        "",
        "marketplace",
        "marketplace/listings/service/sheets",
        "docs",
        "matching",
        "matching/index",
        "migrations/versions",
    )
]
"""A name may be given from the top, or from a folder that a page is about."""


@pytest.mark.parametrize(
    "path", ["CONTRIBUTING.md", *(f"docs/{path.name}" for path in ROOT.glob("docs/*.md"))]
)
def test_every_file_that_a_document_names_exists(path):
    named = NAMED_FILE.findall((ROOT / path).read_text(encoding="utf-8"))
    missing = [
        name for name in named if name not in AGREED and not any((home / name).exists() for home in HOMES)
    ]

    assert missing == [], f"{path} names files that are not there"
