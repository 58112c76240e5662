"""`flask parked`: tasks that were given up."""

import click
from flask.cli import AppGroup

from . import service

group = AppGroup("parked", help="Tasks that were given up.")


@group.command("list")
def list_parked() -> None:
    """Show parked tasks with the reason."""
    for task in service.parked_tasks():
        click.echo(f"{task.id}  {task.subscriber}  {task.attempts} tries  {task.payload}\n    {task.reason}")


@group.command("replay")
@click.argument("task_ids", nargs=-1, type=int)
@click.option("--all", "everything", is_flag=True, help="All parked tasks.")
def replay_parked(task_ids: tuple[int, ...], everything: bool) -> None:
    """Make parked tasks due again."""
    if not task_ids and not everything:
        raise click.UsageError("Name task ids, or give --all.")
    click.echo(f"{service.replay(None if everything else list(task_ids))} tasks are due again")
