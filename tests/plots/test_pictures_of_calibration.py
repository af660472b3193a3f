import numpy as np
import pytest

from nural import plots
from nural.evaluation.calibration import Bin, Coverage
from nural.plots.calibration import _wilson


def test_reliability_of_one_bin_and_of_many(grey, coloured):
    for rows in ([Bin(0.9, 1, 7, 0.97, 1)], [Bin(i / 10, i / 10 + 0.1, 10**i, i / 10 + 0.05, 0.5) for i in range(10)]):
        png = plots.reliability(rows, 0.01, "title")
        assert grey(png).shape == (1080, 1920)
        assert coloured(png)[0] > 0.01


def test_wilsons_interval():
    low, high = _wilson(np.array([0.0, 0.5, 1.0]), np.array([10, 100, 1]))
    np.testing.assert_allclose(low, [0, 0.4038, 0.2065], atol=1e-4)  # as its author's formula gives them
    np.testing.assert_allclose(high, [0.2775, 0.5962, 1], atol=1e-4)


@pytest.mark.parametrize("own", [None, Coverage(0.6, 0.5, 0.02, 50), Coverage(1.0, 0.0, None, 100)])
def test_coverage_with_a_threshold_of_the_models_own_or_none(own, grey, coloured):
    curve = [Coverage(0.0, 1.0, 0.1, 0), Coverage(0.5, 0.7, 0.05, 30), Coverage(0.9, 0.0, None, 100)]
    png = plots.coverage(curve, curve, own, "title")
    assert grey(png).shape == (1080, 1920)
    assert (coloured(png)[1] > 0) == (own is not None and own.error is not None)


def test_coverage_of_a_perfect_model(grey):
    rows = [Coverage(0.0, 1.0, 0.0, 0)]
    assert grey(plots.coverage(rows, rows, None, "title")).std() > 5
