"""`python -m tests.template`: brings the database of the environment to the newest schema and catalogue.

Both commands in one process, which imports the application once. `make serve` gives each a process of its
own; tests/faults/test_supervisor.py runs that.
"""

import sys

from marketplace import create_app


def main() -> None:
    """Run both commands. Exits with what a failed one said."""
    runner = create_app(serves=False).test_cli_runner()
    for command in (["db-upgrade"], ["seed", "catalogue"]):
        done = runner.invoke(args=command)
        if done.exit_code:
            sys.exit(f"flask {' '.join(command)} failed: {done.exception!r}\n{done.output}")


if __name__ == "__main__":
    main()
