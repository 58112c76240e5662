"""What an operator types, `flask --app wsgi ...`: the commands of the platform as a whole."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from sqlalchemy import make_url

from . import clock, lives, messages, scheduler
from .catalogue import service as catalogue
from .database import required_database
from .enterprises import service as enterprises
from .errors import DomainError
from .events import commands as tasks
from .http import commands as cursor_keys
from .http import error_pages
from .law import service as law
from .listings import service as listings
from .persons import service as persons

if TYPE_CHECKING:
    from alembic.config import Config

SEALED = (("secrets of authenticators", persons.reseal_secrets),)
"""What is sealed, each with what seals it again: returns how many, and how many no key opens."""

seed = AppGroup("seed", help="Load catalogues, regions, and the demo city.")


def register(app: Flask) -> None:
    """Add the commands of the platform to the flask command line; rooms bring their own."""
    for command in (
        seed,
        tasks.group,
        cursor_keys.group,
        db_upgrade,
        db_downgrade,
        run_scheduler,
        run_clock,
        write_errors,
        write_lives,
        reseal,
    ):
        app.cli.add_command(command)


def alembic_config() -> "Config":
    """Alembic on this application's database, as the owner of its tables, who grants rights."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "migrations")
    settings = current_app.config["SETTINGS"]
    url = settings.database_owner_url or settings.database_url
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    app_role = make_url(settings.database_url).username
    config.attributes["app_role"] = app_role if app_role != make_url(url).username else None
    return config


@click.command("db-upgrade")
@with_appcontext
def db_upgrade() -> None:
    """Bring the database to the newest version."""
    from alembic import command as alembic  # only here: every other process is 10 MB smaller

    with required_database():
        alembic.upgrade(alembic_config(), "head")


@click.command("db-downgrade")
@click.argument("revision")
@with_appcontext
def db_downgrade(revision: str) -> None:
    """Take the database back to REVISION ("base" for none)."""
    from alembic import command as alembic

    with required_database():
        alembic.downgrade(alembic_config(), revision)


@click.command("scheduler")
@click.option("--list", "list_only", is_flag=True, help="Print the periodic jobs and end.")
def run_scheduler(list_only: bool) -> None:
    """Run what is due: tasks, releases, expiries, lapses. A second one waits for the first to end."""
    if not list_only:
        scheduler.run(current_app._get_current_object())  # type: ignore[attr-defined]
        return
    for job in scheduler.PERIODIC_JOBS:
        click.echo(f"{job.name:<40}{job.schedule}")


@click.command("clock", deprecated="use `scheduler`", hidden=True)
def run_clock() -> None:
    """Run the scheduler, by the name that it had in version 0.1."""
    scheduler.run(current_app._get_current_object())  # type: ignore[attr-defined]


@click.command("errors")
def write_errors() -> None:
    """Write docs/errors.md and docs/errors.zh-CN.md from the messages, citing the legal bases that ship."""
    from seed.legal_bases import read_legal_bases

    book = law.Book.of(read_legal_bases())
    messages.set_citations(lambda basis_ids, lang, day: book.cite(basis_ids, day or clock.today(), lang))
    for lang in messages.LANGUAGES:
        path = error_pages.docs_file(lang)
        path.write_text(error_pages.error_page("errors.md", lang), encoding="utf-8")
        click.echo(path)


@click.command("lives")
def write_lives() -> None:
    """Write docs/lives.md from the life cycles."""
    path = Path(current_app.root_path).parent / "docs" / "lives.md"
    path.write_text(lives.page(), encoding="utf-8")
    click.echo(path)


@click.command("reseal")
@with_appcontext
def reseal() -> None:
    """Seal with the first key of SECRET_KEYS what an earlier one sealed; may be stopped and run again."""
    unopened = 0
    try:
        with required_database():
            for name, seal_again in SEALED:
                done, lost = seal_again()
                click.echo(f"{name}: {done} sealed again, {lost} that no key opens")
                unopened += lost
    except DomainError as error:
        raise click.ClickException(messages.say(error.code, "en", **error.facts)) from error
    if unopened:
        raise click.ClickException("Keep the earlier keys: docs/log-ins.md says what to do about lost ones.")


@seed.command("catalogue")
def seed_catalogue() -> None:
    """Load legal bases, catalogues, regions with outlines, and say what lies where; twice changes nothing."""
    from seed.catalogue import read_catalogue, read_outlines  # only here: no process needs it while it serves
    from seed.legal_bases import read_legal_bases
    from seed.table import SeedError

    try:
        bases, rows = read_legal_bases(), read_catalogue()
        outlines = read_outlines({row.adcode for row in rows.regions})
        with required_database():
            _show_counts(law.load(bases) | catalogue.load(rows) | _located(catalogue.load_outlines(outlines)))
    except SeedError as error:
        raise click.ClickException(str(error)) from error
    except DomainError as error:
        raise click.ClickException(messages.say(error.code, "en", **error.facts)) from error


def _located(everything: bool) -> dict[str, int]:
    """Say of enterprises and listings in which district they lie; returns how many changed."""
    return {
        "enterprises located": enterprises.locate_enterprises(everything=everything),
        "listings located": listings.locate_listings(everything=everything),
    }


@seed.command("demo")
def seed_demo() -> None:
    """Load the demo city around Shaoxing, unless it is there already."""
    from seed.load_demo import load_demo  # only here, as above

    with required_database():
        _show_counts(load_demo())


def _show_counts(counts: dict[str, int]) -> None:
    for name, count in counts.items():
        click.echo(f"{name:>24}  {count:,}")
