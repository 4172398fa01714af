"""`python -m tui`: the app on the store that is found from here."""

from store.cli import call, winnow

if __name__ == "__main__":
    raise SystemExit(call(winnow, ["open"], name="python -m tui"))
