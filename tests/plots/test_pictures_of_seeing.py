import numpy as np
import pytest

from nural import plots


@pytest.mark.parametrize("shape", [(1, 3, 3), (8, 5, 5), (32, 7, 1), (100, 28, 28)])
def test_filters_of_any_number_and_size(shape, grey, rng):
    assert grey(plots.filters(rng.standard_normal(shape).astype(np.float32), "title")).shape == (1080, 1920)


def test_filters_have_signed_colours(coloured):
    shares = [coloured(plots.filters(np.full((4, 3, 3), sign), "title")) for sign in (-1.0, 0.0, 1.0)]
    (blue, _), nothing, (_, orange) = shares
    assert blue > 0.3 > nothing[0]
    assert orange > 0.3 > nothing[1]


def test_the_strongest_filters_are_shown(coloured):
    weights = np.full((100, 3, 3), -0.01)
    weights[::2] = 1
    blue, orange = coloured(plots.filters(weights, "title"))
    assert orange > 20 * blue  # some blue is in the scale


def test_saliency_lies_over_the_digit_in_signed_colours(coloured):
    images = np.zeros((10, 784))
    gradients = np.tile(np.where(np.arange(784) % 28 < 14, 1.0, -0.5), (10, 1))
    blue, orange = coloured(plots.saliency(images, gradients, [str(i) for i in range(10)], "title"))
    assert blue > 0.1
    assert orange > 0.1
    faint = coloured(plots.saliency(images, 0 * gradients, [str(i) for i in range(10)], "title"))
    assert max(faint) < 0.02


def test_saliency_of_few_digits(grey):
    assert grey(plots.saliency(np.ones((2, 784)), np.zeros((2, 784)), ["3", "4"], "title")).shape[1] == 1920
