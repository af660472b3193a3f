import numpy as np
import pytest

from nural import plots
from nural.plots.digits import sheet_height
from nural.plots.figure import DPI, HEIGHT


@pytest.mark.parametrize("count", [0, 1, 15, 100])
def test_mistakes_from_none_to_more_than_fit_are_a_slide(count, grey, rng):
    labels = rng.integers(0, 10, count)
    images = rng.random((count, 784)).astype(np.float32)
    height, width = grey(plots.mistakes(images, labels, labels, rng.random(count), "title")).shape
    assert width == 1920
    assert height <= HEIGHT * DPI


def test_the_most_confident_mistakes_are_shown(grey):
    images = np.zeros((100, 784), np.float32)
    labels = np.zeros(100, int)
    confidence = np.linspace(0, 1, 100)
    nothing = grey(plots.mistakes(images, labels, labels, confidence, "title"))
    images[:20] = 1  # the least confident
    assert (grey(plots.mistakes(images, labels, labels, confidence, "title")) == nothing).all()
    images[-20:] = 1
    assert grey(plots.mistakes(images, labels, labels, confidence, "title")).mean() < nothing.mean() - 10


def test_samples_are_shown_dark_on_light(grey):
    dark = grey(plots.samples(np.ones((10, 784)), np.arange(10), "title"))
    light = grey(plots.samples(np.zeros((10, 784)), np.arange(10), "title"))
    assert dark.mean() < light.mean() - 30


def test_a_sheet_is_higher_for_more_images_in_fewer_columns():
    assert sheet_height(10, 5, 1) > sheet_height(10, 10, 1) == sheet_height(1, 10, 1)
    assert sheet_height(10, 5, 2) > sheet_height(10, 5, 1)
