"""`python -m tui`: the app on the store that is found from here."""

from store.cli import call
from tui.cli.open import command

if __name__ == "__main__":
    raise SystemExit(call(command, name="python -m tui"))
