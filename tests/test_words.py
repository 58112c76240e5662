"""A word that was given up for a plainer one does not come back, in names of the code or of its files."""

import io
import re
import subprocess
import tokenize
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GLOSSARY = ROOT / "docs" / "glossary.md"
NAMES = {
    "OWED": "TASKS",
    "owe": "enqueue",
    "pour": "copy_rows",
    "hush": "mute_events",
    "tell_each": "emit_many",
    "tells": "event",
    "tell_again": "may_repeat",
    "wishes": "preferences",
    "Said": "Message",
    "speak": "render",
    "spoken": "render_warnings",
    "in_all_languages": "render_all",
    "SOUGHT": "SEARCH_HIT",
    "MUTUAL": "MATCH_MUTUAL",
    "Turn": "PageCursor",
    "Run": "HitSlice",
    "Sketch": "Outline",
    "Held": "IndexSnapshot",
    "Live": "LiveIndex",
    "Place": "RankKey",
    "Law": "SideTables",
    "Papers": "PermitTables",
    "govern": "set_rules",
    "Room": "Blueprint",
    "Duty": "PeriodicJob",
    "DUTIFUL": "PERIODIC_JOBS",
    "sink": "sift_down",
    "raise_bar": "push_score",
    "weed": "drop_below_bar",
    "roomier": "grow",
    "outdone": "has_better_sibling",
    "beyond_the_line": "cross_province_rows",
    "Town": "Marketplace",
}
"""Name given up -> name that took its place."""
FILES = {
    "marketplace/**/once.py": "deduplication.py",
    "marketplace/**/wishes.py": "preferences.py",
    "marketplace/**/telling.py": "instant.py",
    "marketplace/**/seeking.py": "saved_search_matching.py",
    "marketplace/**/dropping.py": "cancellation.py",
    "marketplace/**/releasing.py": "delivery.py",
    "marketplace/http/room.py": "blueprint.py",
    "marketplace/http/codes.py": "error_codes.py",
    "marketplace/http/handbook.py": "error_pages.py",
    "marketplace/**/causes/*": "messages/",
    "marketplace/**/sentences/*": "messages/",
    "marketplace/extensions.py": "database.py, valkey.py",
    "matching/**/law.py": "side_tables.py",
    "tests/city.py": "marketplace.py",
    "tests/**/town.py": "running.py",
}
"""Path given up -> file that took its place; `**/` is any folder or none."""


def tracked(*patterns):
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    paths = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    return [path for path in paths if path and (ROOT / path).exists()]


def given_up_names(path, source):
    """A sentence for each name given up that a source text has."""
    if NAMES.keys().isdisjoint(re.findall(r"\w+", source)):
        return []
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [
        f"{path}:{token.start[0]}: {token.string} was given up; its place is taken by {NAMES[token.string]}"
        for token in tokens
        if token.type == tokenize.NAME and token.string in NAMES
    ]


def given_up_files(paths):
    """A sentence for each path given up."""
    return [
        f"{path}: this name was given up; its place is taken by {new}"
        for path in paths
        for old, new in FILES.items()
        if fnmatch(path, old) or fnmatch(path, old.replace("**/", ""))
    ]


def test_no_name_that_was_given_up_comes_back():
    found = []
    for path in tracked("*.py"):
        if not path.startswith("migrations/versions/"):
            found += given_up_names(path, (ROOT / path).read_text(encoding="utf-8"))
    assert not found, "\n".join(found)


def test_no_file_whose_name_was_given_up_comes_back():
    found = given_up_files(tracked())
    assert not found, "\n".join(found)


def test_a_name_or_file_that_comes_back_fails_with_the_new_one():
    assert given_up_names("room.py", "class Duty:\n    pass\n") == [
        "room.py:1: Duty was given up; its place is taken by PeriodicJob"
    ]
    assert given_up_names("room.py", '"""Duty, in prose."""\nDuties = 1\n') == []
    assert given_up_files(["marketplace/deals/service/once.py", "marketplace/deals/models.py"]) == [
        "marketplace/deals/service/once.py: this name was given up; its place is taken by deduplication.py"
    ]
    assert given_up_files(["marketplace/once.py"]), "a file beside the rooms too"


def test_the_glossary_lists_every_name_that_was_given_up():
    table = GLOSSARY.read_text(encoding="utf-8").partition("## Given up")[2]
    listed = dict(re.findall(r"^\| `(\w+)` \| `(\w+)` \|$", table, re.MULTILINE))
    assert listed == NAMES, (
        'give docs/glossary.md, under "## Given up", the rows of NAMES in tests/test_words.py'
    )
