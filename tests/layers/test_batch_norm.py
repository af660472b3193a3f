import tracemalloc

import numpy as np
import pytest

import nural
from nural import BatchNorm1d, BatchNorm2d, Linear, Sequential
from nural.cases import relative_error
from nural.layers import batch_norm_backward, batch_norm_eval_backward, batch_norm_eval_forward, batch_norm_forward
from nural.layers.rows import channel_sums, long_rows, repeated

LAYOUTS = [(BatchNorm1d, (6, 4)), (BatchNorm1d, (3, 5, 4)), (BatchNorm2d, (3, 2, 5, 4))]
each_layout = pytest.mark.parametrize(("kind", "shape"), LAYOUTS)


def test_a_small_example_by_hand():
    y, mean, variance = batch_norm_forward(np.array([[1.0], [3.0]]), np.array([2.0]), np.array([10.0]), eps=0.0)
    np.testing.assert_array_equal(y, [[8.0], [12.0]])
    assert (mean, variance) == (2.0, 1.0)


def test_training_gives_each_channel_mean_0_and_variance_1(rng):
    y = BatchNorm2d(3).forward((7 + 5 * rng.standard_normal((8, 6, 6, 3))).astype(np.float32), train=True)
    np.testing.assert_allclose(y.mean(axis=(0, 1, 2)), 0, atol=1e-6)
    np.testing.assert_allclose(y.var(axis=(0, 1, 2)), 1, rtol=1e-5)


def test_a_large_mean_does_not_drown_the_variance(rng):
    x = (10000 + rng.standard_normal((64, 12, 12, 8))).astype(np.float32)
    exact = batch_norm_forward(x.astype(np.float64))
    found = batch_norm_forward(x)
    np.testing.assert_allclose(found[2], exact[2], rtol=1e-4)
    np.testing.assert_allclose(found[0], exact[0], atol=5e-3)


@each_layout
@pytest.mark.parametrize("affine", [True, False])
def test_the_layer_is_the_pair(kind, shape, affine, rng):
    layer = kind(4, eps=1e-3, affine=affine)
    for array in layer.params.values():
        array[...] = rng.standard_normal(4)
    x, dy = rng.standard_normal((2, *shape)).astype(np.float32)
    gamma, beta = layer.params.get("gamma"), layer.params.get("beta")
    y, mean, variance = batch_norm_forward(x, gamma, beta, 1e-3)
    np.testing.assert_array_equal(layer.forward(x, train=True), y)
    dgamma, dbeta, dx = batch_norm_backward(dy, gamma, x, mean, variance, 1e-3)
    np.testing.assert_array_equal(layer.backward(dy), dx)
    assert not affine or np.array_equal(layer.grads["gamma"], dgamma)
    assert not affine or np.array_equal(layer.grads["beta"], dbeta)

    mean, variance = layer.state["running_mean"], layer.state["running_var"]
    np.testing.assert_array_equal(layer.forward(x), batch_norm_eval_forward(x, mean, variance, gamma, beta, 1e-3))
    dgamma, dbeta, dx = batch_norm_eval_backward(dy, gamma, x, mean, variance, 1e-3)
    np.testing.assert_array_equal(layer.backward(dy), dx)
    assert not affine or np.array_equal(layer.grads["gamma"], dgamma)


def test_names_shapes_and_first_values():
    layer = BatchNorm1d(3)
    assert {name: list(value) for name, value in layer.params.items()} == {"gamma": [1, 1, 1], "beta": [0, 0, 0]}
    assert {name: list(value) for name, value in layer.state.items()} == {
        "running_mean": [0, 0, 0],
        "running_var": [1, 1, 1],
    }
    assert list(BatchNorm1d(3, bias=False).params) == ["gamma"]
    assert list(BatchNorm1d(3, affine=False).params) == []
    assert list(BatchNorm1d(3, track_running_stats=False).state) == []
    assert list(BatchNorm1d(3, momentum=None).state) == ["running_mean", "running_var", "num_batches_tracked"]


def test_evaluation_changes_no_statistics_and_treats_each_sample_alone(rng):
    layer = BatchNorm1d(4)
    layer.forward(rng.standard_normal((8, 4)).astype(np.float32), train=True)
    before = {name: value.copy() for name, value in layer.state.items()}
    x = rng.standard_normal((8, 4)).astype(np.float32)
    together = layer.forward(x).copy()
    np.testing.assert_allclose(together, np.concatenate([layer.forward(x[i : i + 1]).copy() for i in range(8)]))
    np.testing.assert_equal(dict(layer.state), before)


@pytest.mark.parametrize("correction", [0, 1])
def test_running_statistics(correction, rng):
    layer = BatchNorm1d(2, momentum=0.25, correction=correction, dtype=np.float64)
    mean, variance = np.zeros(2), np.ones(2)
    for _ in range(3):
        x = rng.standard_normal((5, 2))
        layer.forward(x, train=True)
        mean = 0.75 * mean + 0.25 * x.mean(axis=0)
        variance = 0.75 * variance + 0.25 * x.var(axis=0, ddof=correction)
    np.testing.assert_allclose(layer.state["running_mean"], mean)
    np.testing.assert_allclose(layer.state["running_var"], variance)


def test_without_momentum_the_running_statistics_are_the_average(rng):
    layer = BatchNorm1d(2, momentum=None, dtype=np.float64)
    batches = [rng.standard_normal((5, 2)) for _ in range(4)]
    for x in batches:
        layer.forward(x, train=True)
    np.testing.assert_allclose(layer.state["running_mean"], np.mean(batches, axis=(0, 1)))
    np.testing.assert_allclose(layer.state["running_var"], np.mean([x.var(axis=0, ddof=1) for x in batches], axis=0))
    assert layer.state["num_batches_tracked"] == 4


def test_a_replica_and_a_converted_copy_own_their_statistics(rng):
    layer = BatchNorm1d(2)
    twin, copy = layer.replica(), layer.astype(np.float64)
    twin.forward(rng.standard_normal((5, 2)).astype(np.float32), train=True)
    assert twin.state["running_mean"].any()
    assert not layer.state["running_mean"].any()
    assert not copy.state["running_mean"].any()
    assert copy.state["running_mean"].dtype == np.float64


@pytest.mark.parametrize("train", [False, True])
@each_layout
def test_gradients_of_a_network(kind, shape, train, rng):
    model = Sequential(Linear(5, 4), kind(4), Linear(4, 3), rng=rng)
    x = rng.standard_normal((*shape[:-1], 5))
    model.forward(rng.standard_normal((*shape[:-1], 5)).astype(np.float32), train=True)
    t = rng.standard_normal((*shape[:-1], 3))
    assert set(nural.check_gradients(model, x, t, loss=nural.mean_squared_loss, train=train)) == {*model.params, "x"}


@pytest.mark.parametrize("settings", [{}, {"momentum": None}, {"affine": False}, {"bias": False, "eps": 0.1}])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_model_file_keeps_settings_and_statistics(settings, dtype, tmp_path, rng):
    model = Sequential(BatchNorm1d(4, correction=0, dtype=dtype, **settings))
    x = rng.standard_normal((6, 4)).astype(dtype)
    model.forward(x, train=True)
    nural.save(model, tmp_path / "m")
    loaded = nural.load(tmp_path / "m")
    assert loaded.children["0"].config() == model[0].config()
    np.testing.assert_array_equal(loaded.forward(x), model.forward(x))
    np.testing.assert_array_equal(loaded.forward(x, train=True), model.forward(x, train=True))
    np.testing.assert_equal(dict(loaded.state), dict(model.state))


def test_a_short_batch_after_a_full_one_allocates_nothing(rng):
    layer = BatchNorm2d(16)
    x, dy = rng.standard_normal((2, 16, 20, 20, 16)).astype(np.float32)
    layer.forward(x, train=True)
    layer.backward(dy)
    tracemalloc.start()
    y = layer.forward(x[:5], train=True)
    dx = layer.backward(dy[:5])
    layer.forward(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 65536
    np.testing.assert_array_equal(y.shape, dx.shape)
    fresh = BatchNorm2d(16)
    np.testing.assert_array_equal(fresh.forward(x[:5], train=True), layer.forward(x[:5], train=True))
    np.testing.assert_array_equal(fresh.backward(dy[:5]), layer.backward(dy[:5]))


def test_what_is_refused(rng):
    with pytest.raises(ValueError, match=r"batch_norm_forward: x of shape \(1, 3\) has one value per channel"):
        BatchNorm1d(3).forward(np.ones((1, 3), np.float32), train=True)
    with pytest.raises(ValueError, match="one value per channel"):
        BatchNorm1d(3, track_running_stats=False).forward(np.ones((1, 3), np.float32))
    assert BatchNorm1d(3).forward(np.ones((1, 3), np.float32)).shape == (1, 3)
    with pytest.raises(ValueError, match=r"BatchNorm2d.*takes \(N, H, W, C\) with C = 3; got shape \(2, 3, 8, 8\)"):
        BatchNorm2d(3).forward(np.ones((2, 3, 8, 8), np.float32))
    with pytest.raises(ValueError, match=r"takes \(N, C\) or \(N, L, C\) with C = 3; got shape \(2, 8, 8, 3\)"):
        BatchNorm1d(3).forward(np.ones((2, 8, 8, 3), np.float32))
    with pytest.raises(ValueError, match="the batch is empty"):
        BatchNorm1d(3).forward(np.ones((0, 3), np.float32))
    x = rng.standard_normal((4, 6)).T
    with pytest.raises(ValueError, match="batch_norm_forward: an array to write to must be contiguous"):
        batch_norm_forward(x, out=(np.empty((4, 6)).T, np.empty(4), np.empty(4)))
    np.testing.assert_array_equal(batch_norm_forward(x)[0], batch_norm_forward(x.copy())[0])


def test_repr():
    assert repr(BatchNorm2d(8, momentum=None)) == "BatchNorm2d(num_features=8, momentum=None)"


@pytest.mark.parametrize("shape", [(7, 3), (4, 6, 6, 8), (2, 3, 5, 2), (3, 600), (1, 1)])
def test_long_rows_are_the_channels_repeated(shape, rng):
    x, w = rng.standard_normal((2, *shape))
    rows = long_rows(x)
    assert np.shares_memory(rows, x)
    per_channel = rng.standard_normal(shape[-1])
    np.testing.assert_array_equal((rows * repeated(per_channel, rows)).reshape(shape), x * per_channel)
    axes = tuple(range(len(shape) - 1))
    np.testing.assert_allclose(channel_sums(rows, shape[-1]), x.sum(axes))
    np.testing.assert_allclose(channel_sums(rows, shape[-1], long_rows(w)), (x * w).sum(axes), atol=1e-12)


@pytest.mark.parity
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-10), (np.float32, 1e-5)])
@pytest.mark.parametrize("track", [True, False])
@pytest.mark.parametrize(("affine", "bias"), [(True, True), (True, False), (False, False)])
@pytest.mark.parametrize("momentum", [0.1, 0.8, None, 0.0])
@each_layout
def test_equals_pytorch_over_several_steps(kind, shape, momentum, affine, bias, track, dtype, tolerance, rng):
    import torch

    torch.set_num_threads(1)
    settings = {"eps": 1e-3, "momentum": momentum, "affine": affine, "track_running_stats": track}
    ours = kind(4, **settings, bias=bias, dtype=dtype)
    theirs = getattr(torch.nn, kind.__name__)(4, **settings, dtype=getattr(torch, np.dtype(dtype).name))
    for name, theirs_name in (("gamma", "weight"), ("beta", "bias")):
        if name in ours.params:
            ours.params[name][...] = rng.standard_normal(4)
            getattr(theirs, theirs_name).data = torch.from_numpy(ours.params[name].copy())
    for train in (True, True, False, True, False):
        theirs.train(train)
        x, dy = (2 + 3 * rng.standard_normal((2, *shape))).astype(dtype)
        given = torch.from_numpy(x).movedim(-1, 1).contiguous().requires_grad_()
        theirs.zero_grad()
        y = theirs(given)
        y.backward(torch.from_numpy(dy).movedim(-1, 1))
        assert given.grad is not None
        assert relative_error(ours.forward(x, train), y.movedim(1, -1).detach().numpy()) < tolerance
        assert relative_error(ours.backward(dy), given.grad.movedim(1, -1).numpy()) < tolerance
        for name, theirs_name in (("gamma", "weight"), ("beta", "bias")):
            if name in ours.params:
                assert relative_error(ours.grads[name], getattr(theirs, theirs_name).grad.numpy()) < tolerance
        for name, value in ours.state.items():
            assert relative_error(value, getattr(theirs, name).numpy().reshape(value.shape)) < tolerance
