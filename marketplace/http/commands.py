"""`flask cursor-keys`: the keys that seal the cursors of lists."""

import click
from flask.cli import AppGroup

from .. import clock
from ..database import required_database
from . import cursor_keys

group = AppGroup("cursor-keys", help="The keys that seal the cursors of lists.")
MOMENT = "%Y-%m-%d %H:%M:%S"


@group.command("list")
def list_keys() -> None:
    """Show the keys by number and time, never what they are."""
    with required_database():
        for key in cursor_keys.list_keys():
            click.echo(_described(key))


@group.command("rotate")
@click.option("--at-once", is_flag=True, help="End the old keys now: one may have become known.")
def rotate(at_once: bool) -> None:
    """Make a new key. It seals a minute from now; the old ones open what they sealed for a day more.

    With --at-once whoever is paging starts the list again.
    """
    with required_database():
        click.echo(_described(cursor_keys.rotate(at_once=at_once)))


def _described(key: cursor_keys.CursorKey) -> str:
    begins = f"{key.seals_from.astimezone(clock.LOCAL):{MOMENT}}"
    ends = f", opens until {key.opens_until.astimezone(clock.LOCAL):{MOMENT}}" if key.opens_until else ""
    return f"key {key.no}: seals from {begins}{ends}"
