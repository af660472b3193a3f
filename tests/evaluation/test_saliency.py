import numpy as np
import pytest

from nural import (
    LSTM,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    MaxPool2d,
    ReLU,
    Residual,
    Sequential,
    Unflatten,
    load_pretrained,
    numerical_gradient,
)
from nural.evaluation.saliency import first_filters, saliency


def test_the_filters_of_a_linear_layer_are_images_of_its_weights(rng):
    model = Sequential(Sequential(ReLU(), Linear(784, 5)), ReLU(), Linear(5, 10), rng=rng)
    filters = first_filters(model)
    assert filters is not None
    assert filters.shape == (5, 28, 28)
    assert filters[3, 2, 7] == model.params["0.1.W"][2 * 28 + 7, 3]


def test_the_filters_of_a_convolution_are_its_kernels(rng):
    convolution = Conv2d(1, 4, (3, 5), rng=rng)
    model = Sequential(Unflatten(1, (28, 28, 1)), Residual(Sequential(convolution, Conv2d(4, 1, 3))))
    filters = first_filters(model)
    assert filters is not None
    assert filters.shape == (4, 3, 5)
    assert filters[2, 1, 3] == convolution.params["K"][1, 3, 0, 2]
    filters[...] = 0
    assert convolution.params["K"].any()


@pytest.mark.parametrize("model", [ReLU(), LSTM(28, 4), Sequential(Linear(30, 784), Linear(784, 3)), Conv2d(3, 4, 3)])
def test_other_first_layers_have_no_filters_to_be_seen(model):
    assert first_filters(model) is None


def test_saliency_is_the_gradient_of_the_class_that_is_asked_for(rng):
    model = Sequential(
        *(Unflatten(1, (8, 8, 1)), Conv2d(1, 3, 3), BatchNorm2d(3), ReLU(), MaxPool2d(2), Dropout(0.5), Flatten()),
        Linear(27, 4),
        rng=rng,
    ).astype(np.float64)
    model.state["2.running_mean"] = rng.standard_normal(3)
    x, classes = rng.random((5, 64)), np.array([0, 3, 1, 1, 2])

    def chosen(inputs):
        return float(model.forward(inputs)[np.arange(5), classes].sum())

    np.testing.assert_allclose(saliency(model, x, classes), numerical_gradient(chosen, x), atol=1e-6)


def test_saliency_of_the_model_inside_tells_ink_for_from_ink_against(mnist):
    model = load_pretrained()
    x, y = (part[:200] for part in mnist[2])
    step = 1e-3 * np.sign(saliency(model, x, y))
    before, after = (model.forward(images)[np.arange(200), y].copy() for images in (x, x + step.astype(np.float32)))
    assert np.mean(after > before) > 0.99
