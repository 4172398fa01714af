"""`python -m store.cli`: the command `winnow` without its entry point."""

from __future__ import annotations

from store.cli import main

if __name__ == "__main__":
    main()
