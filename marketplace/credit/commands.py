"""`flask credit`: what an operator does to all standings at once."""

import click
from flask.cli import AppGroup

from ..database import required_database
from . import service

group = AppGroup("credit", help="Credit standings.")


@group.command("recompute")
def recompute() -> None:
    """Compute the standing of every enterprise from its events, and write those that differ."""
    with required_database():
        count, written = service.recompute()
    click.echo(f"{count} standings computed, {written} written.")
