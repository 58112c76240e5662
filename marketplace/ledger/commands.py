"""`flask credit`, continued: the ledger checked, begun, anchored and given away."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar
from uuid import UUID

import click

from .. import messages
from ..credit.commands import group
from ..database import required_database
from ..errors import DomainError
from . import service

Result = TypeVar("Result")


@group.command("verify")
@click.option("--progress", is_flag=True, help="Report every 100,000 entries.")
def verify(progress: bool) -> None:
    """Check every entry, head and anchor, and every row of credit; name the first bad one."""
    report = _report if progress else lambda rows: None
    with required_database():
        outcome = service.verify(report=report)
    click.echo(f"{outcome.rows:,} entries of {outcome.enterprises:,} chains, {outcome.anchors:,} anchors")
    if outcome.first_bad is not None:
        raise click.ClickException(f"first bad row: {outcome.first_bad}")
    if not outcome.ok:
        raise click.ClickException(
            f"{outcome.unsealed:,} rows are not sealed yet: set CREDIT_LEDGER_KEYS,"
            " then run `flask credit ledger-begin`"
        )
    click.echo("everything adds up")


def _report(rows: int) -> None:
    click.echo(f"{rows:,} entries", err=True)


def _or_sentence(verb: Callable[[], Result]) -> Result:
    """What a verb returns. Raises: click.ClickException: the sentence of its refusal."""
    try:
        return verb()
    except DomainError as error:
        raise click.ClickException(messages.say(error.code, "en", **error.facts)) from error


@group.command("ledger-begin")
@click.option(
    "--accept-changes", is_flag=True, help="Also rows changed or added past the ledger, as they are."
)
def begin(accept_changes: bool) -> None:
    """Seal what the ledger does not keep yet, as the scheduler does after an upgrade."""
    with required_database():
        sealed = _or_sentence(partial(service.begin, accept_changes=accept_changes))
    click.echo(f"{sealed:,} rows sealed")


@group.command("anchor")
def anchor() -> None:
    """Make the anchor of the day now, as the scheduler does once a day."""
    with required_database():
        made = _or_sentence(service.anchor_today)
    click.echo(
        "nothing to anchor" if made is None else f"anchor {made.no} of {made.day}: sha256 {made.digest}"
    )


@group.command("chain")
@click.argument("enterprise_id", type=UUID)
def chain(enterprise_id: UUID) -> None:
    """Write the chain of an enterprise, an entry a line, for whoever is to check it."""
    with required_database():
        for line in service.chain_lines(enterprise_id):
            click.echo(line)


@group.command("public-key")
def public_key() -> None:
    """Print the public keys of Ed25519 by which anchors can be checked."""
    for key in sorted(service.public_keys()):
        click.echo(key)
