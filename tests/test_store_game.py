"""The rules of the game: several people, engines, crashes and undo walk the table of statuses."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import database, jobs
from tests.game import ACTIONS, PLANS, Game, begin

moves = st.tuples(
    st.sampled_from([action for action, times in ACTIONS.items() for _ in range(times)]),
    st.integers(0, 2),
    st.integers(0, 3),
    st.integers(0, 11),
    st.one_of(st.none(), st.none(), st.none(), st.integers(0, 60)),
)


@pytest.fixture(scope="module")
def beginnings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Path]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "CHUNK", 2)
        yield [begin(tmp_path_factory.mktemp("begin"), plan) for plan in PLANS]


@pytest.mark.parametrize("number", range(len(PLANS)))
def test_no_sequence_of_actions_leaves_the_table(
    beginnings: list[Path], tmp_path_factory: pytest.TempPathFactory, number: int
) -> None:
    store = tmp_path_factory.mktemp("game") / "winnow.db"

    @settings(max_examples=12)
    @given(st.lists(moves, min_size=20, max_size=60))
    def walk(sequence: list[tuple[str, int, int, int, int | None]]) -> None:
        shutil.copy(beginnings[number], store)
        game = Game(store)
        try:
            for move in sequence:
                game.play(*move)
        finally:
            database.close()

    walk()
