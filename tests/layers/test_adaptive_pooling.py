import tracemalloc

import numpy as np
import pytest

import nural
from nural import AdaptiveAvgPool2d, AdaptiveMaxPool2d, Conv2d, Flatten, GlobalAvgPool2d, Linear, Sequential
from nural.cases import relative_error

SIZES = [1, 3, (3, 4), (3, None), (None, 2), (8, 9), (7, 5)]
KINDS = [AdaptiveAvgPool2d, AdaptiveMaxPool2d]
each_kind = pytest.mark.parametrize("kind", KINDS)
each_size = pytest.mark.parametrize("output_size", SIZES)


@each_kind
def test_bins_share_rows_where_they_do_not_divide_the_image(kind):
    x = np.array([1.0, 2, 3, 4, 5]).reshape(1, 1, 5, 1)
    expected = [1.5, 3, 4.5] if kind is AdaptiveAvgPool2d else [2, 4, 5]  # columns 0–1, 1–3 and 3–4
    layer = kind((1, 3))
    assert layer.forward(x).ravel().tolist() == expected
    dx = layer.backward(np.array([6.0, 6, 6]).reshape(1, 1, 3, 1)).ravel().tolist()
    assert dx == ([3, 5, 2, 5, 3] if kind is AdaptiveAvgPool2d else [0, 6, 0, 6, 6])


def test_of_equal_maxima_the_first_one_gets_the_gradient():
    layer = AdaptiveMaxPool2d(1)
    layer.forward(np.array([[0.0, 1], [1, 1]]).reshape(1, 2, 2, 1))
    assert layer.backward(np.full((1, 1, 1, 1), 5.0)).ravel().tolist() == [0, 5, 0, 0]


def test_global_average_is_the_adaptive_one_of_size_1(rng):
    x, dy = rng.standard_normal((3, 4, 5, 2)), rng.standard_normal((3, 2))
    layer, adaptive = GlobalAvgPool2d(), AdaptiveAvgPool2d(1)
    np.testing.assert_allclose(layer.forward(x), adaptive.forward(x)[:, 0, 0])
    np.testing.assert_allclose(layer.backward(dy), adaptive.backward(dy[:, None, None]))


@each_kind
@each_size
def test_the_layer_is_the_pair(kind, output_size, rng):
    layer = kind(output_size)
    x = rng.standard_normal((3, 7, 5, 2)).astype(np.float32)
    y = kind.pair[0](x, output_size)
    np.testing.assert_array_equal(layer.forward(x), y)
    saved = (x, y) if kind is AdaptiveMaxPool2d else (x.shape,)
    np.testing.assert_array_equal(layer.backward(y), kind.pair[1](y, *saved, output_size))


def test_config_and_repr():
    assert repr(AdaptiveAvgPool2d((3, None))) == "AdaptiveAvgPool2d(output_size=(3, None))"
    assert repr(GlobalAvgPool2d()) == "GlobalAvgPool2d()"
    assert AdaptiveMaxPool2d(2).config() == {"output_size": 2}


@each_size
def test_a_model_file_keeps_it(output_size, tmp_path, rng):
    model = Sequential(AdaptiveMaxPool2d(output_size), AdaptiveAvgPool2d(output_size), GlobalAvgPool2d())
    nural.save(model, tmp_path / "m")
    x = rng.standard_normal((2, 7, 5, 3)).astype(np.float32)
    np.testing.assert_array_equal(nural.load(tmp_path / "m").forward(x), model.forward(x))


@pytest.mark.parametrize("layer", [AdaptiveAvgPool2d((3, 2)), AdaptiveMaxPool2d((3, 2)), GlobalAvgPool2d()])
def test_gradients_of_a_network(layer, rng):
    x = rng.standard_normal((2, 7, 5, 2)).astype(np.float32)
    features = 3 if isinstance(layer, GlobalAvgPool2d) else 3 * 6
    model = Sequential(Conv2d(2, 3, 1), layer, Flatten(), Linear(features, 3), rng=rng)
    assert set(nural.check_gradients(model, x, np.array([0, 2]))) == {*model.params, "x"}


@pytest.mark.parametrize("build", [lambda: AdaptiveAvgPool2d(5), lambda: AdaptiveMaxPool2d(5), GlobalAvgPool2d])
def test_a_short_batch_after_a_full_one_allocates_nothing(build, rng):
    layer = build()
    x = rng.standard_normal((16, 24, 24, 32)).astype(np.float32)
    layer.backward(layer.forward(x))
    tracemalloc.start()
    y = layer.forward(x[:5])
    dx = layer.backward(y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * 65536  # NumPy's own buffers for a strided operation are of 64 KB
    fresh = build()
    np.testing.assert_array_equal(fresh.forward(x[:5]), y)
    np.testing.assert_array_equal(fresh.backward(y), dx)


@each_kind
def test_wrong_inputs_and_arguments_are_named(kind):
    with pytest.raises(ValueError, match=r"channels-last in nural, \(N, H, W, C\); got an array of shape \(3, 3\)"):
        kind(2).forward(np.zeros((3, 3), np.float32))
    with pytest.raises(ValueError, match="channels-last"):
        GlobalAvgPool2d().forward(np.zeros((3, 3), np.float32))
    for wrong in (0, (1, 2, 3), "all"):
        with pytest.raises(ValueError, match="output_size must be a whole number, at least 1, or two of them; got"):
            kind(wrong).forward(np.zeros((1, 3, 3, 1), np.float32))


@pytest.mark.parity
@each_kind
@each_size
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-10), ("float32", 1e-5)])
@pytest.mark.parametrize("ties", [False, True])
def test_equals_pytorchs_layer(kind, output_size, dtype, tolerance, ties, rng):
    import torch

    layer = kind(output_size)
    x = rng.standard_normal((3, 7, 5, 4)).astype(dtype)
    x = np.maximum(np.round(x), 0) if ties else x
    x_theirs = torch.from_numpy(x).permute(0, 3, 1, 2).contiguous().requires_grad_()
    y_theirs = getattr(torch.nn, kind.__name__)(output_size)(x_theirs)
    y = layer.forward(x)
    dy = rng.standard_normal(y.shape).astype(dtype)
    y_theirs.backward(torch.from_numpy(dy).permute(0, 3, 1, 2).contiguous())
    assert x_theirs.grad is not None
    assert relative_error(y, y_theirs.detach().permute(0, 2, 3, 1)) < tolerance
    assert relative_error(layer.backward(dy), x_theirs.grad.permute(0, 2, 3, 1)) < tolerance
