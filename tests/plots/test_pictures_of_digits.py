import numpy as np
import pytest

from nural import plots
from nural.data import Preparation
from nural.plots.digits import sheet_height
from nural.plots.figure import DPI, HEIGHT


@pytest.mark.parametrize("count", [0, 1, 15, 100])
@pytest.mark.parametrize(
    ("shape", "names"), [((28, 28, 1), "0123456789"), ((300, 200, 3), ["a name of many letters, more than fit", "$b$"])]
)
def test_mistakes_from_none_to_more_than_fit_are_a_slide(count, shape, names, grey, rng):
    labels = np.array(list(names))[rng.integers(0, len(names), count)]
    images = rng.random((count, *shape)).astype(np.float32)
    height, width = grey(plots.mistakes(images, labels, labels, rng.random(count), "title")).shape
    assert width == 1920
    assert height <= HEIGHT * DPI


def test_the_most_confident_mistakes_are_shown(grey):
    images = np.ones((100, 28, 28, 1), np.float32)
    labels = np.zeros(100, int)
    confidence = np.linspace(0, 1, 100)
    nothing = grey(plots.mistakes(images, labels, labels, confidence, "title"))
    images[:20] = 0  # the least confident
    assert (grey(plots.mistakes(images, labels, labels, confidence, "title")) == nothing).all()
    images[-20:] = 0
    assert grey(plots.mistakes(images, labels, labels, confidence, "title")).mean() < nothing.mean() - 10


def test_samples_are_shown_dark_on_light(grey):
    ink = np.ones((10, 784))
    dark, light = (grey(plots.samples(Preparation().pictures(x), np.arange(10), "title")) for x in (ink, 0 * ink))
    assert dark.mean() < light.mean() - 30


def test_a_sheet_is_higher_for_more_images_in_fewer_columns():
    assert sheet_height(10, 5, 1) > sheet_height(10, 10, 1) == sheet_height(1, 10, 1)
    assert sheet_height(10, 5, 2) > sheet_height(10, 5, 1)
