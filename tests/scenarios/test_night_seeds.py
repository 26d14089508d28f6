"""The reference night with several seeds of the notional sensors: always two launches, one salvo, and nothing else.

Fifty seeds: bench/night.py. Outside truth: the published count (two), the published answer (outside Japan's EEZ), and the geometry
windows of the notional coalition, computed independently of the project.
"""

import pytest

from bench.night import Task, holds, play_seed

SEEDS = (1, 2, 3, 4, 5)
KOREA_FIRST_S = (33.0, 46.0)  # first sight of the northern radar at 39 s (burn 75 s), at most some scans of 2 s missed
JAPAN_FIRST_S = (110.0, 135.0)  # the ship at 134.5 E: sight from 122-129 s

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", SEEDS)
def test_the_night_is_two_launches_one_salvo_and_nothing_else(seed: int) -> None:
    """Every promise of the reference night holds, whatever the sensors' chance; geometry decides who sees what first."""
    outcome = play_seed(Task("2023-08-30", seed))
    assert [promise for promise, kept in holds(outcome).items() if not kept] == []
    korea = outcome.figures.nations["KOR"].alone.first_detection_s
    assert all(first is not None and KOREA_FIRST_S[0] <= first <= KOREA_FIRST_S[1] for first in korea)
    japan = outcome.figures.nations["JPN"].alone.first_detection_s
    assert all(first is not None and JAPAN_FIRST_S[0] <= first <= JAPAN_FIRST_S[1] for first in japan)


@pytest.mark.parametrize("seed", [1, 2])
def test_two_missiles_five_seconds_apart_are_two_events(seed: int) -> None:
    """Nearly the same path, 5 s apart: two events, one salvo, no more."""
    outcome = play_seed(Task("2023-08-30-salvo", seed))
    assert [promise for promise, kept in holds(outcome).items() if not kept] == []
