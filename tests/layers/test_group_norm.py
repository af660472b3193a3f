import tracemalloc

import numpy as np
import pytest

import nural
from nural import GroupNorm, LayerNorm, Linear, Sequential
from nural.cases import relative_error
from nural.layers import group_norm_backward, group_norm_forward

#: Groups, and the shape of the input: rows, sequences, images; channels all together and each by itself.
SHAPES = [(2, (4, 6)), (1, (4, 6)), (3, (4, 5, 6)), (6, (4, 3, 2, 6)), (2, (4, 3, 2, 6))]
each_shape = pytest.mark.parametrize(("groups", "shape"), SHAPES)


def test_a_small_example_by_hand():
    x = np.array([[[1.0, 3.0, 0.0, 0.0], [1.0, 3.0, 4.0, 4.0]]])  # a sample, two positions, two groups of two channels
    y, mean, inverse_std = group_norm_forward(x, 2, np.array([2.0, 4.0, 1.0, 1.0]), eps=0.0)
    np.testing.assert_array_equal(mean, [[2.0, 2.0]])
    np.testing.assert_array_equal(inverse_std, [[1.0, 0.5]])
    np.testing.assert_array_equal(y, [[[-2.0, 4.0, -1.0, -1.0], [-2.0, 4.0, 1.0, 1.0]]])


def test_one_group_is_layer_norm_over_the_whole_sample(rng):
    x, dy = rng.standard_normal((2, 4, 3, 2, 6))
    one, whole = GroupNorm(1, 6, affine=False), LayerNorm((3, 2, 6), elementwise_affine=False)
    np.testing.assert_allclose(one.forward(x), whole.forward(x), rtol=1e-12)
    np.testing.assert_allclose(one.backward(dy), whole.backward(dy), rtol=1e-9, atol=1e-12)


@each_shape
@pytest.mark.parametrize(("affine", "bias"), [(True, True), (True, False), (False, True)])
def test_the_layer_is_the_pair(groups, shape, affine, bias, rng):
    layer = GroupNorm(groups, 6, 1e-3, affine, bias)
    for array in layer.params.values():
        array[...] = rng.standard_normal(6)
    x, dy = rng.standard_normal((2, *shape)).astype(np.float32)
    gamma, beta = layer.params.get("gamma"), layer.params.get("beta")
    y, mean, inverse_std = group_norm_forward(x, groups, gamma, beta, 1e-3)
    for train in (True, False):
        np.testing.assert_array_equal(layer.forward(x, train), y)
    dgamma, dbeta, dx = group_norm_backward(dy, gamma, x, mean, inverse_std)
    np.testing.assert_array_equal(layer.backward(dy), dx)
    assert not affine or np.array_equal(layer.grads["gamma"], dgamma)
    assert not (affine and bias) or np.array_equal(layer.grads["beta"], dbeta)
    assert layer.backward(dy, need_dx=False) is None
    assert not affine or np.array_equal(layer.grads["gamma"], dgamma)


@each_shape
def test_gradients_of_a_network(groups, shape, rng):
    model = Sequential(Linear(4, 6), GroupNorm(groups, 6), Linear(6, 3), rng=rng)
    x, t = rng.standard_normal((*shape[:-1], 4)), rng.standard_normal((*shape[:-1], 3))
    assert set(nural.check_gradients(model, x, t, loss=nural.mean_squared_loss)) == {*model.params, "x"}


def test_a_model_file_keeps_it(tmp_path, rng):
    model = Sequential(GroupNorm(2, 6, eps=0.1))
    model.params["0.gamma"] = rng.standard_normal(6)
    nural.save(model, tmp_path / "m")
    loaded = nural.load(tmp_path / "m")
    x = rng.standard_normal((3, 2, 6)).astype(np.float32)
    assert repr(loaded.children["0"]) == "GroupNorm(num_groups=2, num_channels=6, eps=0.1)"
    np.testing.assert_array_equal(loaded.forward(x), model.forward(x))


def test_a_short_batch_after_a_full_one_allocates_nothing_large(rng):
    layer = GroupNorm(4, 64)
    x, dy = rng.standard_normal((2, 40, 30, 64)).astype(np.float32)
    layer.forward(x)
    layer.backward(dy)
    tracemalloc.start()
    layer.forward(x[:25])
    layer.backward(dy[:25])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 65536
    fresh = GroupNorm(4, 64)
    np.testing.assert_array_equal(fresh.forward(x[:25]), layer.forward(x[:25]))
    np.testing.assert_array_equal(fresh.backward(dy[:25]), layer.backward(dy[:25]))


def test_what_is_refused():
    with pytest.raises(ValueError, match="GroupNorm: 6 channels cannot be divided into 4 equal groups"):
        GroupNorm(4, 6)
    with pytest.raises(ValueError, match="GroupNorm: num_groups must be at least 1, got 0"):
        GroupNorm(0, 6)
    with pytest.raises(ValueError, match=r"GroupNorm takes \(N, …, 6\); got shape \(4, 5\)"):
        GroupNorm(2, 6).forward(np.ones((4, 5), np.float32))
    with pytest.raises(ValueError, match="group_norm_forward: the batch is empty"):
        GroupNorm(2, 6).forward(np.ones((0, 6), np.float32))
    with pytest.raises(ValueError, match=r"x must be \(N, …, C\) with 4 groups of equal size in C, got \(2, 6\)"):
        group_norm_forward(np.ones((2, 6)), 4)


@pytest.mark.parity
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-10), (np.float32, 1e-5)])
@pytest.mark.parametrize("eps", [1e-5, 1e-3])
@pytest.mark.parametrize("affine", [True, False])
@each_shape
def test_equals_pytorch(groups, shape, affine, eps, dtype, tolerance, rng):
    import torch

    torch.set_num_threads(1)
    ours = GroupNorm(groups, 6, eps, affine, dtype=dtype)
    theirs = torch.nn.GroupNorm(groups, 6, eps, affine, dtype=getattr(torch, np.dtype(dtype).name))
    names = {"gamma": "weight", "beta": "bias"}
    for name, value in ours.params.items():
        value[...] = rng.standard_normal(6)
        getattr(theirs, names[name]).data = torch.from_numpy(value.copy())
    x, dy = (2 + 3 * rng.standard_normal((2, *shape))).astype(dtype)
    given = torch.from_numpy(x).requires_grad_()
    y = theirs(given.movedim(-1, 1)).movedim(1, -1)
    y.backward(torch.from_numpy(dy))
    assert given.grad is not None
    assert relative_error(ours.forward(x, train=True), y.detach().numpy()) < tolerance
    assert relative_error(ours.backward(dy), given.grad.numpy()) < tolerance
    for name, gradient in ours.grads.items():
        assert relative_error(gradient, getattr(theirs, names[name]).grad.numpy()) < tolerance
