"""`python -m engine`: the engine as a child process. People type `winnow engine run`."""

from __future__ import annotations

import sys

from engine.cli.engine import command
from store.cli import call

if __name__ == "__main__":
    sys.exit(call(command, name="winnow engine"))
