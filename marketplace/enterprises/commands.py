"""`flask admin`: the platform's admins, and keys for enterprises that lost theirs."""

import click
from flask.cli import AppGroup

from ..database import required_database
from ..events.actor import ADMIN, PLATFORM
from . import service

group = AppGroup("admin", help="Platform admins, and lost keys.")


@group.command("create")
@click.option("--name", required=True, help="Who the admin is.")
def create_admin(name: str) -> None:
    """Create an admin and print its API key, alone, on the last line."""
    with required_database():
        _, key = service.create_staff(PLATFORM, ADMIN, name)
    click.echo(f"Admin {name}: this key is shown once.", err=True)
    click.echo(key)


@group.command("key")
@click.argument("usccs", nargs=-1, required=True)
def replace_keys(usccs: tuple[str, ...]) -> None:
    """Create a new key for each enterprise that lost its own; prints USCC and key, one line each."""
    with required_database():
        for uscc in usccs:
            click.echo(f"{uscc} {service.replace_lost_key(uscc)}")
