"""What the scheduler runs for reports."""

from . import service


def open_reports() -> None:
    """Open the declarations and plans that have become due."""
    service.open_reports()


def remind() -> None:
    """Remind enterprises of what is due soon."""
    service.remind()


def judge_years() -> None:
    """Judge the years of which the term is over."""
    service.judge_years()
