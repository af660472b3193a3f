import numpy as np
import pytest

from nural import TwoLayerNet
from nural.data import to_categorical
from nural.models.two_layer import activation_function as af


@pytest.fixture(params=["relu", "sigmoid"])
def net(request):
    return TwoLayerNet(8, 5, 3, weight_init_std=0.5, activation=request.param)


def test_shapes_and_initial_spread():
    net = TwoLayerNet(784, 50, 10)
    assert {k: v.shape for k, v in net.params.items()} == {"W1": (784, 50), "b1": (50,), "W2": (50, 10), "b2": (10,)}
    assert net.params["W1"].std() == pytest.approx(0.01, rel=0.02)
    assert not net.params["b1"].any()


def test_relu_is_the_default_and_the_hidden_layer_is_what_is_asked_for(rng):
    x = rng.standard_normal((4, 8))
    for net, z in ((TwoLayerNet(8, 5, 3, 0.5), af.relu), (TwoLayerNet(8, 5, 3, 0.5, activation="sigmoid"), af.sigmoid)):
        W1, b1, W2, b2 = net.params.values()
        np.testing.assert_allclose(net.predict(x), af.softmax(z(x @ W1 + b1) @ W2 + b2), rtol=1e-14)
    with pytest.raises(ValueError, match="TwoLayerNet: activation must be one of relu, sigmoid, got 'tanh'"):
        TwoLayerNet(8, 5, 3, activation="tanh")


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


def test_lists_and_integers_will_do(net, rng):
    x, labels = np.rint(2 * rng.standard_normal((4, 8))), [0, 2, 1, 1]
    plain = net.gradient(x, np.array(labels))
    for given in (x.tolist(), list(x), x.astype(int)):
        assert net.loss(given, labels) == net.loss(x, labels)
        assert net.accuracy(given, labels) == net.accuracy(x, labels)
        for name, gradient in net.gradient(given, labels).items():
            np.testing.assert_array_equal(gradient, plain[name])
