"""Runs the command: `python -m matching.evaluate`."""

import sys

from matching.evaluate.command import main

if __name__ == "__main__":
    sys.exit(main())
