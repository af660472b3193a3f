import numpy as np
import pytest

from nural.data.morphology import closing, thicken, thin, widen


def test_closing_fills_what_is_narrower_than_the_window():
    levels = np.full((40, 40), 200, np.uint8)
    levels[:, 10:14] = 50
    assert (closing(levels, 5) == 200).all()
    assert (closing(levels, 4) == levels).all()


def test_closing_keeps_a_slope_that_goes_on():
    slope = np.broadcast_to(np.arange(60, 220, 4, dtype=np.uint8), (40, 40))
    assert (closing(slope, 11, continued=True) == slope).all()
    assert (closing(slope, 11)[:, 0] > 60).all()


@pytest.mark.parametrize("window", [1, 2, 3, 6, 7])
def test_widen(rng, window):
    levels = rng.random((9, 12))
    padded = np.pad(levels, window - 1)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (window, window))
    assert (widen(levels, window) == windows.max(axis=(2, 3))).all()


@pytest.mark.parametrize("radius", [0.3, 1.0, 2.4])
def test_a_bar_grows_and_shrinks_by_the_radius(radius):
    bar = np.zeros((40, 60), np.float32)
    bar[10:30, 10:50] = 1
    assert thicken(bar, radius)[:, 30].sum() == pytest.approx(20 + 2 * radius, abs=1e-4)
    assert thin(bar, radius)[:, 30].sum() == pytest.approx(20 - 2 * radius, abs=1e-4)
