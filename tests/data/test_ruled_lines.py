import numpy as np
import pytest
from disturbances import rules, squares

from nural.data.ruled_lines import remove_lines

DISC = np.hypot(*(np.mgrid[:240, :300] - np.array([110, 140]).reshape(2, 1, 1)))
RING = (200 * np.clip(6 + 0.5 - np.abs(DISC - 60), 0, 1)).astype(np.uint8)


@pytest.mark.parametrize("tilt", [0, 1.7, -12])
@pytest.mark.parametrize("level", [120, 200])
@pytest.mark.parametrize("paper", [rules, squares])
def test_lines_go_and_strokes_stay(rng, tilt, level, paper):
    lines = (level * paper(rng, RING.shape, 37, 2, tilt)).astype(np.uint8)
    cleaned = remove_lines(np.maximum(RING, lines), 80)
    assert (cleaned[RING == 0] >= 80).mean() < 0.01
    assert (cleaned[RING == 200] >= 80).mean() > 0.9


def test_what_reaches_no_border_is_no_line():
    ink = np.zeros((100, 100), np.uint8)
    ink[50:52, 2:98] = 200
    assert remove_lines(ink, 80) is ink


def test_a_thick_bar_is_no_line():
    ink = np.zeros((100, 100), np.uint8)
    ink[40:60] = 200
    assert (remove_lines(ink, 80) == ink).all()
