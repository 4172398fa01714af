"""`python -m engine`: the engine as a child process. People type `winnow engine run`."""

from __future__ import annotations

from engine.cli.engine import command

if __name__ == "__main__":
    command()
