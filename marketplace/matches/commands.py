"""`flask match`: train the learned ranking, rank everything again."""

import time

import click
from flask.cli import AppGroup

from ..database import db, required_database
from ..messages import say
from . import service
from .models import RankingModel

PROGRESS_S = 1.0

group = AppGroup("match", help="Matching.")


@group.command("train")
@click.option("--progress", is_flag=True, help="Show the progress.")
def train_ranking(progress: bool) -> None:
    """Train the learned ranking, and print whether it is used from now on."""
    with required_database():
        version = service.request_training()
        service.train(version, lambda text: click.echo(text, err=True) if progress else None)
        _show_training(service.find_model(version))


def _show_training(model: RankingModel) -> None:
    for name, metric in model.card.get("metrics", {}).items():
        gain = metric["gain"]
        interval = f"{gain['value']:+.3f} ({gain['low']:+.3f} to {gain['high']:+.3f})"
        click.echo(f"{name}: formula {metric['formula']['value']:.3f}, gain {interval}")
    decision = say(f"order_{model.reason or 'used'}", "en")
    click.echo(f"Version {model.version}: {decision}")


@group.command("rerank")
@click.option("--progress", is_flag=True, help="Stay and show the progress until it ends.")
def rerank(progress: bool) -> None:
    """Rank all open supplies again, or join the run that is doing so."""
    with required_database():
        run_id = service.start_rerank("command")
        while _show_progress(service.progress_of(run_id)) and progress:
            time.sleep(PROGRESS_S)
            db.session.rollback()


def _show_progress(progress: service.Progress) -> bool:
    """Print how far a run is. Returns whether it is still running."""
    left = "" if progress.seconds_left is None else f", {progress.seconds_left:.0f} s left"
    click.echo(
        f"{progress.state}: {progress.parts_done} of {progress.parts} parts,"
        f" {progress.supplies:,} of {progress.expected:,} supplies, {progress.pairings:,} pairings,"
        f" {progress.seconds:.1f} s, {progress.per_second:,.0f} supplies/s{left}"
    )
    return progress.state == "running"
