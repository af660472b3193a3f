"""The elastic field against the formula it stands for."""

import math

import numpy as np
import pytest

from nural.data.augmentation import Elastic


def field_deviation(elastic):
    """Of the displacement at each pixel, ``(28, 28)``."""
    return np.sqrt((elastic.fields() ** 2).sum(0)).reshape(28, 28)


def test_the_field_has_the_deviation_that_the_docstring_says():
    deviation = field_deviation(Elastic(alpha=20, sigma=4))
    expected = 20 / (2 * 4 * math.sqrt(3 * math.pi))
    assert deviation[14, 14] == pytest.approx(expected, rel=0.02)
    assert deviation[0, 14] == pytest.approx(math.sqrt(2) * expected, rel=0.05)


def test_the_field_is_noise_smoothed_by_a_gaussian():
    """Smoothing a wave on a reflected grid leaves its strength of it."""
    elastic = Elastic(alpha=10, sigma=2)
    distance = np.arange(-28, 29)
    gaussian = np.exp(-(distance**2) / (2 * elastic.sigma**2))
    gaussian /= gaussian.sum()
    smooth = np.zeros((28, 28))
    for row in range(28):
        for step, weight in zip(distance, gaussian, strict=True):
            place = (row + step) % 56
            smooth[row, min(place, 55 - place)] += weight
    covariance = np.einsum("ka,kb->ab", elastic.fields(), elastic.fields())
    expected = elastic.alpha**2 / 3 * np.kron(smooth @ smooth.T, smooth @ smooth.T)
    assert np.abs(covariance - expected).max() < 0.02 * expected.max()


def test_as_many_waves_as_the_docstring_says():
    assert len(Elastic(sigma=4).fields()) == 22


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"alpha": -1}, "Elastic: alpha must be from 0 to 100"), ({"sigma": 1}, "Elastic: sigma must be from 2 to 14")],
)
def test_strengths_out_of_range(arguments, message):
    with pytest.raises(ValueError, match=message):
        Elastic(**arguments)
