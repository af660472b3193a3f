import numpy as np
import pytest

from nural import TwoLayerNet
from nural.data import to_categorical


@pytest.fixture
def net():
    return TwoLayerNet(input_size=8, hidden_size=5, output_size=3, weight_init_std=0.5)


def test_shapes_and_initial_spread():
    net = TwoLayerNet(784, 50, 10)
    assert {k: v.shape for k, v in net.params.items()} == {"W1": (784, 50), "b1": (50,), "W2": (50, 10), "b2": (10,)}
    assert net.params["W1"].std() == pytest.approx(0.01, rel=0.02)
    assert not net.params["b1"].any()


def test_predict_gives_probabilities(net, rng):
    np.testing.assert_allclose(net.predict(rng.standard_normal((4, 8))).sum(axis=1), 1)


@pytest.mark.parametrize("one_hot", [True, False])
def test_both_gradients_agree(net, rng, one_hot):
    x, labels = rng.standard_normal((6, 8)), rng.integers(0, 3, 6)
    t = to_categorical(labels, 3) if one_hot else labels
    numeric, exact = net.numerical_gradient(x, t), net.gradient(x, t)
    assert list(exact) == list(numeric) == list(net.params)
    for name in exact:
        np.testing.assert_allclose(exact[name], numeric[name], rtol=1e-6, atol=1e-9)


def test_descending_the_gradient_learns(net, blobs):
    x, labels = blobs[0].repeat(2, axis=1)[:, :8], blobs[1]
    t = to_categorical(labels, 3)
    before = net.loss(x, t)
    for _ in range(200):
        gradient = net.gradient(x, t)
        for name in ("W1", "b1", "W2", "b2"):
            net.params[name] -= 0.5 * gradient[name]
    assert net.loss(x, t) < before / 2
    assert net.accuracy(x, t) == net.accuracy(x, labels) > 0.9


def test_one_sample_alone(net, rng):
    x, t = rng.standard_normal(8), np.array([0, 1, 0])
    assert net.predict(x).shape == (3,)
    assert net.loss(x, t) == net.loss(x[None], t[None]) == net.loss(x, 1)
