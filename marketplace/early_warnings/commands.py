"""`flask credit`, continued: early warnings trained and computed at once."""

import click

from ..credit.commands import group
from ..database import required_database
from . import service


@group.command("warn")
def warn() -> None:
    """Train the model of early warnings if it is due or refused, and compute the warnings now."""
    with required_database():
        model = service.train()
        run = service.score()
    click.echo(f"model of {model.month}: {model.verdict}; {run.scored:,} scored, {run.warned:,} warned of")
