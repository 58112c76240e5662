"""`flask admin`: the platform's admins, as holders of keys and as persons; keys for who lost theirs."""

from uuid import UUID

import click
from flask.cli import AppGroup

from .. import clock, plain_text
from ..database import required_database
from ..enterprises import service as enterprises
from ..enterprises.models import ApiKey
from ..errors import NotFound
from ..events.actor import ADMIN, PLATFORM
from . import service

group = AppGroup("admin", help="Platform admins, and lost keys.")


@group.command("create")
@click.option("--name", required=True, help="Who the admin is.")
def create_admin(name: str) -> None:
    """Create an admin: print a code with which the person joins, and on the last line, alone, its API key."""
    try:
        name = plain_text.one_line(name)
    except plain_text.BadText as error:
        raise click.BadParameter(f"character {error.place} ({error.character}) cannot be seen") from error
    with required_database():
        staff, key = enterprises.create_staff(PLATFORM, ADMIN, name)
        code = service.invite_staff(PLATFORM, staff.id)
    click.echo(f"Admin {name}: to log in on pages, open /join within seven days and type {code}", err=True)
    click.echo("For programs, this key; both are shown once.", err=True)
    click.echo(key)


@group.command("keys")
@click.option("--enterprises", "of_enterprises", is_flag=True, help="The keys of all enterprises instead.")
@click.option("--uscc", help="The keys of this enterprise instead.")
def list_keys(of_enterprises: bool, uscc: str | None) -> None:
    """Show every key of staff, or of enterprises: id, holder, name, whether it opens anything, and parent."""
    with required_database():
        keys = enterprises.enterprise_keys(uscc) if of_enterprises or uscc else enterprises.staff_keys()
        for key in keys:
            parent = f", created by {key.parent_id}" if key.parent_id else ""
            click.echo(f"{key.id}  {_holder(key)}: {key.name}, {_state(key)}{parent}")


def _holder(key: ApiKey) -> str:
    if key.staff is None:
        assert key.enterprise is not None
        return f"enterprise {key.enterprise.uscc} {key.enterprise.name}"
    region = f" {key.staff.region:06d}" if key.staff.region else ""
    return f"{key.staff.kind}{region} {key.staff.name}"


def _state(key: ApiKey) -> str:
    if key.revoked_at:
        return f"revoked on {key.revoked_at.astimezone(clock.LOCAL):%Y-%m-%d}"
    ends = "expired on" if key.expires_at <= clock.now() else "valid until"
    return f"{ends} {key.expires_at.astimezone(clock.LOCAL):%Y-%m-%d}"


@group.command("revoke")
@click.argument("key_ids", nargs=-1, required=True, type=UUID)
def revoke_keys(key_ids: tuple[UUID, ...]) -> None:
    """Revoke keys, anybody's, and what they created, by the ids that `admin keys` or GET /api-keys shows."""
    with required_database():
        for key_id in key_ids:
            try:
                enterprises.revoke_key(PLATFORM, key_id)
            except NotFound as error:
                raise click.ClickException(f"No key has the id {key_id}.") from error
            click.echo(f"{key_id} revoked")


@group.command("key")
@click.argument("usccs", nargs=-1, required=True)
def replace_keys(usccs: tuple[str, ...]) -> None:
    """Create a new key for each enterprise that lost its own; prints USCC and key, one line each."""
    with required_database():
        for uscc in usccs:
            click.echo(f"{uscc} {enterprises.replace_lost_key(uscc)}")
