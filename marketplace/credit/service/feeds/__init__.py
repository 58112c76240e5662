"""Feeds: sheets of decisions and findings that other systems keep, recorded row by row, each entry once."""

from .columns import feed_heading
from .exporting import report_file, template
from .importing import find_import, import_feed, list_imports, problems_of, run_import
from .retention import forget_old_rows
from .unmatched import district_of_unmatched, match_waiting, search_unmatched

__all__ = [
    "district_of_unmatched",
    "feed_heading",
    "find_import",
    "forget_old_rows",
    "import_feed",
    "list_imports",
    "match_waiting",
    "problems_of",
    "report_file",
    "run_import",
    "search_unmatched",
    "template",
]
