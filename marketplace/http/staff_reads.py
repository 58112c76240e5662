"""Has the audit say what each answer shows the staff of contacts and credit records."""

from flask import Flask, Response, g, request

from ..events import service as events


def register(app: Flask) -> None:
    """Record reads before the answer goes out: what cannot be recorded is not shown."""
    app.before_request(events.begin_reads)
    app.after_request(_record)


def _record(response: Response) -> Response:
    """A change has its own audit line."""
    caller = g.get("actor")
    if caller is not None and request.method in ("GET", "HEAD") and response.status_code < 400:
        events.record_reads(caller)
    return response
