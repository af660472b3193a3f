import numpy as np
import pytest

import nural
from nural import Flatten, Linear, Unflatten
from nural.layers import fc_backward, fc_forward


def test_a_small_example_by_hand():
    x, W, b = np.array([[1.0, 2.0]]), np.array([[1.0, 0.0, -1.0], [0.5, 2.0, 1.0]]), np.array([0.0, 1.0, 2.0])
    np.testing.assert_array_equal(fc_forward(x, W, b), [[2.0, 5.0, 3.0]])
    dW, db, dx = fc_backward(np.array([[1.0, 0.0, 2.0]]), W, x)
    np.testing.assert_array_equal(dW, [[1.0, 0.0, 2.0], [2.0, 0.0, 4.0]])
    np.testing.assert_array_equal(db, [1.0, 0.0, 2.0])
    np.testing.assert_array_equal(dx, [[-1.0, 2.5]])


def test_a_gradient_that_is_not_wanted_is_not_computed(rng):
    x, W, dy = rng.standard_normal((4, 3)), rng.standard_normal((3, 2)), rng.standard_normal((4, 2))
    dW, db, dx = fc_backward(dy, W, x, out=(np.empty((3, 2)), None, None))
    np.testing.assert_array_equal(dW, x.T @ dy)
    assert db is None
    assert dx is None


def test_float32_inputs_with_float64_weights_give_float64(rng):
    x = rng.standard_normal((4, 3)).astype(np.float32)
    y = fc_forward(x, rng.standard_normal((3, 2)), np.zeros(2))
    assert y.dtype == np.float64
    assert fc_backward(y, rng.standard_normal((3, 2)), x)[2].dtype == np.float64


def test_features_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match=r"x has 5 features, W of shape \(3, 2\) takes 3"):
        fc_forward(np.ones((1, 5)), np.ones((3, 2)), np.ones(2))


@pytest.mark.parametrize("bias", [True, False])
def test_the_layer_is_the_pair(bias, rng):
    layer = Linear(3, 2, bias=bias, rng=rng)
    x, dy = rng.standard_normal((5, 3)).astype(np.float32), rng.standard_normal((5, 2)).astype(np.float32)
    W, b = layer.params["W"], layer.params.get("b")
    np.testing.assert_array_equal(layer.forward(x), fc_forward(x, W, b))
    dW, db, dx = fc_backward(dy, W, x)
    np.testing.assert_array_equal(layer.backward(dy), dx)
    np.testing.assert_array_equal(layer.grads["W"], dW)
    assert not bias or np.array_equal(layer.grads["b"], db)


def test_he_initialisation_and_zero_biases():
    layer = Linear(400, 500, rng=np.random.default_rng(0))
    assert layer.params["W"].std() == pytest.approx(np.sqrt(2 / 400), rel=0.01)
    assert not layer.params["b"].any()


def test_flatten_there_and_back(rng):
    layer = Flatten()
    x = rng.standard_normal((4, 2, 3, 5))
    assert layer.forward(x).shape == (4, 30)
    np.testing.assert_array_equal(layer.backward(layer.forward(x)), x)
    with pytest.raises(ValueError, match="Flatten: the batch is empty"):
        layer.forward(x[:0])


def test_flatten_channel_by_channel(rng, tmp_path):
    layer = Flatten(channels_first=True)
    x, dy = rng.standard_normal((4, 2, 3, 5)), rng.standard_normal((4, 30))
    np.testing.assert_array_equal(layer.forward(x), x.transpose(0, 3, 1, 2).reshape(4, 30))
    np.testing.assert_array_equal(layer.backward(dy), dy.reshape(4, 5, 2, 3).transpose(0, 2, 3, 1))
    np.testing.assert_array_equal(layer.forward(x[:2]), x[:2].transpose(0, 3, 1, 2).reshape(2, 30))
    sequences = rng.standard_normal((4, 2, 3))
    np.testing.assert_array_equal(layer.forward(sequences), sequences.reshape(4, 6))
    assert layer.backward(dy[:, :6]).shape == (4, 2, 3)
    nural.save(nural.Sequential(layer), tmp_path / "flatten.safetensors")
    np.testing.assert_array_equal(nural.load(tmp_path / "flatten.safetensors").forward(x), layer.forward(x))


def test_unflatten_is_the_inverse_of_flatten(rng, tmp_path):
    layer = Unflatten(1, (4, 3, 2))
    x = rng.standard_normal((5, 24))
    images = layer.forward(x)
    assert images.shape == (5, 4, 3, 2)
    assert np.shares_memory(images, x)
    np.testing.assert_array_equal(Flatten().forward(images), x)
    np.testing.assert_array_equal(layer.backward(images), x)
    nural.save(nural.Sequential(layer), tmp_path / "unflatten.safetensors")
    loaded = nural.load(tmp_path / "unflatten.safetensors")
    assert repr(loaded.children["0"]) == "Unflatten(dim=1, unflattened_size=(4, 3, 2))"
    np.testing.assert_array_equal(loaded.forward(x), images)


def test_what_unflatten_refuses(rng):
    layer = Unflatten(1, (4, 3, 2))
    for shape in ((5, 23), (5, 4, 6), (24,)):
        with pytest.raises(ValueError, match=r"Unflatten: x has shape .*; \(4, 3, 2\) needs rows of 24 values"):
            layer.forward(rng.standard_normal(shape))
    layer.forward(rng.standard_normal((5, 24)))
    with pytest.raises(ValueError, match=r"Unflatten: dy has shape \(5, 24\)"):
        layer.backward(rng.standard_normal((5, 24)))
    with pytest.raises(ValueError, match="Unflatten: unflattened_size must be the shape of a sample, got"):
        Unflatten(1, ())
    with pytest.raises(ValueError, match="unflattened_size must be at least 1, got -1"):
        Unflatten(1, (4, -1))
    with pytest.raises(ValueError, match=r"Unflatten.*dim"):
        Unflatten(2, (4, 3))
