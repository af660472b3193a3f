import io

import numpy as np
import pytest
from PIL import Image

from nural import History, plots


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("L"))


def history(epochs, validation=True):
    scores = {"val_loss": 0.5, "val_accuracy": 0.9} if validation else {}
    rows = [{"epoch": i + 1, "step": 10 * (i + 1), "learning_rate": 0.1, "loss": 0.4, **scores} for i in range(epochs)]
    return History(list(np.linspace(2, 0.3, 10 * epochs)), rows)


@pytest.mark.parametrize(("epochs", "validation"), [(1, True), (20, True), (3, False)])
def test_learning_curve(epochs, validation):
    picture = pixels(plots.learning_curve(history(epochs, validation), "title"))
    assert picture.shape[1] > picture.shape[0] > 300
    assert picture.std() > 5


def test_confusion_of_a_perfect_model_too():
    for matrix in (np.diag([5] * 10), np.ones((10, 10), int)):
        assert pixels(plots.confusion(matrix, "title")).std() > 5


@pytest.mark.parametrize("count", [0, 1, 15, 100])
def test_mistakes_from_none_to_more_than_fit(count, rng):
    labels = rng.integers(0, 10, count)
    images = rng.random((count, 784)).astype(np.float32)
    assert pixels(plots.mistakes(images, labels, labels, rng.random(count), "title")).shape[1] > 1000


def test_samples_are_shown_dark_on_light(rng):
    dark = pixels(plots.samples(np.ones((10, 784)), np.arange(10), "title"))
    light = pixels(plots.samples(np.zeros((10, 784)), np.arange(10), "title"))
    assert dark.mean() < light.mean() - 30
