"""Images."""

import math
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.base import clone

from nural.estimator import ConvolutionalClassifier
from nural.layers import MaxPool2d

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def classifier(**arguments):
    defaults = {"channels": (8,), "hidden_layer_sizes": (16,), "random_state": 0, "max_iter": 2, "batch_size": 50}
    return ConvolutionalClassifier(**defaults | arguments)


def kinds(estimator):
    return [type(layer).__name__ for layer in estimator.network_.layers]


def test_it_learns_digits(digits):
    x, y = digits
    estimator = classifier(max_iter=60, learning_rate_init=0.01).fit(x[:400], y[:400])
    assert kinds(estimator) == ["Conv2d", "ReLU", "MaxPool2d", "Flatten", "Linear", "ReLU", "Linear"]
    assert [W.shape for W in estimator.coefs_] == [(3, 3, 1, 8), (128, 16), (16, 10)]
    assert estimator.coefs_[0].dtype == np.float32
    assert estimator.score(x[400:], y[400:]) > 0.9


def test_rows_and_images_are_the_same(digits):
    x, y = digits
    images = x.reshape(-1, 8, 8)
    by_rows, by_images, with_depth = (classifier().fit(a, y) for a in (x, images, images[..., np.newaxis]))
    assert by_rows.loss_curve_ == by_images.loss_curve_ == with_depth.loss_curve_
    assert by_images.image_shape_ == (8, 8, 1)
    np.testing.assert_array_equal(by_images.predict(x), by_rows.predict(images))


def test_image_shape(digits):
    x, y = digits
    estimator = classifier(image_shape=(4, 8, 2), channels=(4, 4), kernel_size=(1, 3), pool_size=(1, 2)).fit(x, y)
    assert estimator.image_shape_ == (4, 8, 2)
    assert [W.shape for W in estimator.coefs_][:3] == [(1, 3, 2, 4), (1, 3, 4, 4), (4 * 2 * 4, 16)]


@pytest.mark.parametrize("shape", [(4, 16), (16, 4), (1, 64), (2, 8, 4), (63, 1, 1)])
def test_images_of_any_shape(digits, shape):
    x, y = digits[0][:, : math.prod(shape)], digits[1]
    images = x.reshape(-1, *shape)
    by_images, by_rows = classifier().fit(images, y), classifier(image_shape=shape).fit(x, y)
    assert by_images.image_shape_ == by_rows.image_shape_ == (*shape, 1)[:3]
    assert by_images.loss_curve_ == by_rows.loss_curve_
    np.testing.assert_array_equal(by_images.predict(x), by_rows.predict(images))
    held = classifier(validation_data=(images, y), early_stopping=True).fit(images, y)
    assert held.best_validation_score_ == max(held.score(x, y), held.best_validation_score_)


def test_rows_that_are_no_square_images_are_lines_and_a_warning_says_so(digits):
    x, y = digits[0][:, :63], digits[1]
    with pytest.warns(UserWarning, match=r"each is taken for one line of 63 pixels; give image_shape") as caught:
        estimator = classifier().fit(x, y)
    assert caught[0].filename == __file__
    assert estimator.image_shape_ == (1, 63, 1)
    estimator.partial_fit(x, y)  # without a further warning


def test_pooling_leaves_one_pixel(digits):
    estimator = classifier(channels=(2,) * 5, pool_size=(2, 3)).fit(*digits)
    sizes = [layer.kernel_size for layer in estimator.network_.layers if isinstance(layer, MaxPool2d)]
    assert sizes == [(2, 3), (2, 2), (2, 1)]


def test_extras(digits):
    x, y = digits
    arguments = {"batch_norm": True, "dropout": [0, 0.2], "activation": ["silu", "tanh"], "pool_size": 1}
    untrained: Any = clone(classifier(**arguments))
    estimator = untrained.fit(x, y)
    expected = ["Conv2d", "BatchNorm2d", "SiLU", "Flatten", "Linear", "BatchNorm1d", "Tanh", "Dropout", "Linear"]
    assert kinds(estimator) == expected


def test_lbfgs_and_partial_fit(digits):
    x, y = digits
    assert classifier(solver="lbfgs", max_iter=20).fit(x, y).loss_ < 1
    estimator = classifier()
    for _ in range(3):
        estimator.partial_fit(x, y, classes=range(10))
    assert len(estimator.loss_curve_) == 3


def test_errors(digits):
    x, y = digits
    with pytest.raises(ValueError, match=r"expected the shape of an image, \(H, W\) or \(H, W, C\), found \(64,\)"):
        classifier(image_shape=(64,)).fit(x, y)
    with pytest.raises(ValueError, match=r"image_shape must hold whole numbers, got \(6.4, 10\)"):
        classifier(image_shape=(6.4, 10)).fit(x, y)
    with pytest.raises(ValueError, match=r"pool_size must be > 0, got \[0\]"):
        classifier(pool_size=0).fit(x, y)
    with pytest.raises(ValueError, match=r"image_shape \(4, 4, 1\) has 16 values, X has 64 a row"):
        classifier(image_shape=(4, 4)).fit(x, y)
    with pytest.raises(ValueError, match=r"expected images of image_shape \(4, 16\), found \(8, 8, 1\)"):
        classifier(image_shape=(4, 16)).fit(x.reshape(-1, 8, 8), y)
    with pytest.raises(ValueError, match=r"expected images of shape \(8, 8, 1\), found \(4, 16\)"):
        classifier().fit(x, y).predict(x.reshape(-1, 4, 16))
