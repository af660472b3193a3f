import tracemalloc

import numpy as np
import pytest

import nural
from nural import LayerNorm, Linear, Sequential
from nural.cases import relative_error
from nural.layers import layer_norm_backward, layer_norm_forward

SHAPES = [((5,), (4, 5)), ((5,), (4, 3, 5)), ((2, 5), (4, 3, 2, 5)), ((3, 2, 5), (4, 3, 2, 5))]
each_shape = pytest.mark.parametrize(("normalized_shape", "shape"), SHAPES)


def test_a_small_example_by_hand():
    y, mean, inverse_std = layer_norm_forward(np.array([[1.0, 3.0], [5.0, 5.0]]), np.array([2.0, 4.0]), eps=1.0)
    np.testing.assert_array_equal(mean, [2.0, 5.0])
    np.testing.assert_array_equal(inverse_std, [1 / np.sqrt(2), 1.0])
    np.testing.assert_allclose(y, [[-np.sqrt(2), np.sqrt(8)], [0.0, 0.0]])


def test_each_sample_has_mean_0_and_variance_1(rng):
    x = (rng.standard_normal((4, 100)) * [[1], [10], [100], [0.1]] + [[0], [1], [200], [3]]).astype(np.float32)
    y = LayerNorm(100, eps=0.0).forward(x)
    np.testing.assert_allclose(y.mean(axis=1), 0, atol=1e-4)
    np.testing.assert_allclose(y.var(axis=1), 1, rtol=1e-4)


@each_shape
@pytest.mark.parametrize(("affine", "bias"), [(True, True), (True, False), (False, True)])
def test_the_layer_is_the_pair(normalized_shape, shape, affine, bias, rng):
    layer = LayerNorm(normalized_shape, 1e-3, affine, bias)
    for array in layer.params.values():
        array[...] = rng.standard_normal(normalized_shape)
    x, dy = rng.standard_normal((2, *shape)).astype(np.float32)
    gamma, beta, axes = layer.params.get("gamma"), layer.params.get("beta"), len(normalized_shape)
    y, mean, inverse_std = layer_norm_forward(x, gamma, beta, axes, 1e-3)
    for train in (True, False):
        np.testing.assert_array_equal(layer.forward(x, train), y)
    dgamma, dbeta, dx = layer_norm_backward(dy, gamma, x, mean, inverse_std, axes)
    np.testing.assert_array_equal(layer.backward(dy), dx)
    assert not affine or np.array_equal(layer.grads["gamma"], dgamma)
    assert not (affine and bias) or np.array_equal(layer.grads["beta"], dbeta)
    assert layer.backward(dy, need_dx=False) is None
    assert not affine or np.array_equal(layer.grads["gamma"], dgamma)


def test_names_and_first_values():
    assert {name: value.tolist() for name, value in LayerNorm(2).params.items()} == {"gamma": [1, 1], "beta": [0, 0]}
    assert list(LayerNorm(2, bias=False).params) == ["gamma"]
    assert list(LayerNorm(2, elementwise_affine=False).params) == []


def test_an_integer_a_list_and_a_tuple_mean_the_same():
    assert LayerNorm(5).config() == LayerNorm([5]).config() == LayerNorm((5,)).config()
    assert repr(LayerNorm([2, 5])) == "LayerNorm(normalized_shape=(2, 5))"


@each_shape
def test_gradients_of_a_network(normalized_shape, shape, rng):
    model = Sequential(Linear(4, 5), LayerNorm(normalized_shape), Linear(5, 3), rng=rng)
    x, t = rng.standard_normal((*shape[:-1], 4)), rng.standard_normal((*shape[:-1], 3))
    assert set(nural.check_gradients(model, x, t, loss=nural.mean_squared_loss)) == {*model.params, "x"}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_model_file_keeps_it(dtype, tmp_path, rng):
    model = Sequential(LayerNorm((2, 5), eps=0.1, bias=False, dtype=dtype))
    model.params["0.gamma"] = rng.standard_normal((2, 5))
    nural.save(model, tmp_path / "m")
    loaded = nural.load(tmp_path / "m")
    x = rng.standard_normal((3, 2, 5)).astype(dtype)
    assert loaded.children["0"].config() == model[0].config()
    np.testing.assert_array_equal(loaded.forward(x), model.forward(x))


def test_a_short_batch_after_a_full_one_allocates_nothing(rng):
    layer = LayerNorm(64)
    x, dy = rng.standard_normal((2, 40, 30, 64)).astype(np.float32)
    layer.forward(x)
    layer.backward(dy)
    tracemalloc.start()
    layer.forward(x[:25])
    layer.backward(dy[:25])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 65536
    fresh = LayerNorm(64)
    np.testing.assert_array_equal(fresh.forward(x[:25]), layer.forward(x[:25]))
    np.testing.assert_array_equal(fresh.backward(dy[:25]), layer.backward(dy[:25]))


def test_what_is_refused():
    with pytest.raises(ValueError, match=r"LayerNorm takes \(N, …, 2, 5\); got shape \(4, 5\)"):
        LayerNorm((2, 5)).forward(np.ones((4, 5), np.float32))
    with pytest.raises(ValueError, match=r"LayerNorm takes \(N, …, 5\); got shape \(5,\)"):
        LayerNorm(5).forward(np.ones(5, np.float32))
    with pytest.raises(ValueError, match="layer_norm_forward: the batch is empty"):
        LayerNorm(5).forward(np.ones((0, 5), np.float32))


@pytest.mark.parity
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-10), (np.float32, 1e-5)])
@pytest.mark.parametrize("eps", [1e-5, 1e-3])
@pytest.mark.parametrize(("affine", "bias"), [(True, True), (True, False), (False, True)])
@each_shape
def test_equals_pytorch(normalized_shape, shape, affine, bias, eps, dtype, tolerance, rng):
    import torch

    torch.set_num_threads(1)
    ours = LayerNorm(normalized_shape, eps, affine, bias, dtype=dtype)
    theirs = torch.nn.LayerNorm(normalized_shape, eps, affine, bias, dtype=getattr(torch, np.dtype(dtype).name))
    names = {"gamma": "weight", "beta": "bias"}
    for name, value in ours.params.items():
        value[...] = rng.standard_normal(normalized_shape)
        getattr(theirs, names[name]).data = torch.from_numpy(value.copy())
    x, dy = (2 + 3 * rng.standard_normal((2, *shape))).astype(dtype)
    given = torch.from_numpy(x).requires_grad_()
    y = theirs(given)
    y.backward(torch.from_numpy(dy))
    assert given.grad is not None
    assert relative_error(ours.forward(x, train=True), y.detach().numpy()) < tolerance
    assert relative_error(ours.backward(dy), given.grad.numpy()) < tolerance
    for name, gradient in ours.grads.items():
        assert relative_error(gradient, getattr(theirs, names[name]).grad.numpy()) < tolerance
