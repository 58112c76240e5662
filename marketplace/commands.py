"""What an operator types: `flask --app wsgi ...`."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from sqlalchemy.exc import OperationalError

from . import lives, scheduler
from .catalogue import service as catalogue
from .database import db
from .enterprises import service as enterprises
from .events import service as events
from .events.actor import ADMIN, PLATFORM
from .http import error_pages
from .matches import service as matches
from .messages import LANGUAGES, say

if TYPE_CHECKING:
    from alembic.config import Config

admin = AppGroup("admin", help="Platform staff.")
seed = AppGroup("seed", help="Load catalogues, regions, and the demo city.")
match = AppGroup("match", help="Matching.")
parked = AppGroup("parked", help="Tasks that were given up.")

PROGRESS_S = 1.0


def register(app: Flask) -> None:
    """Add the commands to the flask command line."""
    for one in (
        admin,
        seed,
        match,
        parked,
        db_upgrade,
        db_downgrade,
        run_scheduler,
        run_clock,
        write_errors,
        write_lives,
    ):
        app.cli.add_command(one)


def alembic_config() -> "Config":
    """Alembic on this application's database."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "migrations")
    url = current_app.config["SETTINGS"].database_url
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def _reaching(action: Any) -> None:
    """Run `action`; a database that is not there is said in one sentence."""
    try:
        action()
    except OperationalError as error:
        raise click.ClickException(
            f"The database does not answer: run `make serve` first, or set DATABASE_URL.\n{error.orig}"
        ) from error


@click.command("db-upgrade")
@with_appcontext
def db_upgrade() -> None:
    """Bring the database to the newest version."""
    from alembic import command as alembic  # only here: every other process is 10 MB the smaller

    _reaching(lambda: alembic.upgrade(alembic_config(), "head"))


@click.command("db-downgrade")
@click.argument("revision")
@with_appcontext
def db_downgrade(revision: str) -> None:
    """Take the database back to REVISION ("base" for none)."""
    from alembic import command as alembic

    _reaching(lambda: alembic.downgrade(alembic_config(), revision))


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
    """Write the pages of error codes in docs/ anew."""
    for tongue in LANGUAGES:
        path = error_pages.kept_in(tongue)
        path.write_text(error_pages.written("errors.md", tongue), encoding="utf-8")
        click.echo(path)


@click.command("lives")
def write_lives() -> None:
    """Write docs/lives.md from the life cycles."""
    path = Path(current_app.root_path).parent / "docs" / "lives.md"
    path.write_text(lives.page(), encoding="utf-8")
    click.echo(path)


@admin.command("create")
@click.option("--name", required=True, help="Who the admin is.")
def create_admin(name: str) -> None:
    """Make an admin and print its API key, alone, on the last line."""

    def create() -> None:
        _, key = enterprises.create_staff(PLATFORM, ADMIN, name)
        click.echo(f"Admin {name}: this key is shown once.", err=True)
        click.echo(key)

    _reaching(create)


@admin.command("key")
@click.argument("usccs", nargs=-1, required=True)
def create_keys(usccs: tuple[str, ...]) -> None:
    """Make a new key for each enterprise that lost its own; prints USCC and key, a line each."""

    def create() -> None:
        for uscc in usccs:
            click.echo(f"{uscc} {enterprises.replace_lost_key(uscc)}")

    _reaching(create)


@seed.command("catalogue")
def seed_catalogue() -> None:
    """Load waste codes, crosswalk, exemptions, treatments and regions; again changes nothing."""
    from seed.catalogue import SeedError, read_catalogue

    try:
        rows = read_catalogue()
    except SeedError as error:
        raise click.ClickException(str(error)) from error
    _reaching(lambda: _report(catalogue.load(rows)))


@seed.command("demo")
def seed_demo() -> None:
    """Load the demo city around Shaoxing, unless it is there already."""
    from seed.load_demo import load_demo

    _reaching(lambda: _report(load_demo()))


def _report(counts: dict[str, int]) -> None:
    for name, count in counts.items():
        click.echo(f"{name:>24}  {count:,}")


@match.command("train")
@click.option("--progress", is_flag=True, help="Say how far it is.")
def train_order(progress: bool) -> None:
    """Train the learned order now and say whether it is used from now on."""

    def train() -> None:
        version = matches.request_training()
        matches.train(version, lambda text: click.echo(text, err=True) if progress else None)
        model = matches.find_model(version)
        for name, metric in model.card.get("metrics", {}).items():
            gain = metric["gain"]
            shown = f"{gain['value']:+.3f} ({gain['low']:+.3f} to {gain['high']:+.3f})"
            click.echo(f"{name}: formula {metric['formula']['value']:.3f}, gain {shown}")
        decision = say(f"order_{model.reason or 'used'}", "en")
        click.echo(f"Version {version}: {decision}")

    _reaching(train)


@match.command("rerank")
@click.option("--progress", is_flag=True, help="Stay and say how far it is, until it ends.")
def rerank(progress: bool) -> None:
    """Rank all open supplies anew, or join the run that does."""

    def start() -> None:
        run_id = matches.start_rerank("command")
        while True:
            seen = matches.progress_of(run_id)
            click.echo(_said(seen))
            if seen.state != "running" or not progress:
                return
            time.sleep(PROGRESS_S)
            db.session.rollback()

    _reaching(start)


def _said(seen: matches.Progress) -> str:
    left = "" if seen.seconds_left is None else f", {seen.seconds_left:.0f} s left"
    return (
        f"{seen.state}: {seen.parts_done} of {seen.parts} parts, {seen.supplies:,} of {seen.expected:,}"
        f" supplies, {seen.pairings:,} pairings, {seen.seconds:.1f} s,"
        f" {seen.per_second:,.0f} supplies/s{left}"
    )


@parked.command("list")
def list_parked() -> None:
    """Show parked tasks with the reason."""
    for task in events.parked_tasks():
        click.echo(f"{task.id}  {task.subscriber}  {task.attempts} tries  {task.payload}\n    {task.reason}")


@parked.command("replay")
@click.argument("task_ids", nargs=-1, type=int)
@click.option("--all", "everything", is_flag=True, help="All parked tasks.")
def replay_parked(task_ids: tuple[int, ...], everything: bool) -> None:
    """Make parked tasks due again."""
    if not task_ids and not everything:
        raise click.UsageError("Name task ids, or say --all.")
    click.echo(f"{events.replay(None if everything else list(task_ids))} tasks are due again")
