import tracemalloc

import numpy as np
import pytest

import nural
from nural import AdaptiveAvgPool2d, AvgPool2d, Conv2d, Flatten, GlobalAvgPool2d, Linear, MaxPool2d, Sequential
from nural.cases import relative_error
from nural.layers import (
    avg_pool2d_backward,
    avg_pool2d_forward,
    max_pool2d_backward,
    max_pool2d_forward,
    same_padding,
)

MAX = [
    ((2,), {}, (6, 4)),
    ((2,), {}, (7, 5)),
    (((3, 2), (1, 2)), {}, (7, 5)),
    ((3, 2, 1), {}, (7, 7)),
    ((2, 5), {}, (8, 9)),
    ((1, 3), {"ceil_mode": True}, (8, 8)),
    ((3, 2), {"ceil_mode": True, "padding": (1, 0)}, (6, 8)),
    ((2,), {"dilation": (3, 2), "stride": 1, "padding": 1}, (8, 8)),
    ((3,), {"stride": 4, "padding": 1, "dilation": 2, "ceil_mode": True}, (8, 9)),
]
AVG = [
    ((2,), {}, (6, 4)),
    (((3, 2), (1, 2)), {}, (7, 5)),
    ((3, 2, 1), {}, (7, 7)),
    ((3, 2, 1), {"count_include_pad": False}, (7, 6)),
    ((3, 2, 1, True), {}, (6, 8)),
    ((3, 2), {"padding": 1, "ceil_mode": True, "count_include_pad": False}, (6, 8)),
    ((2, 5), {"divisor_override": 3}, (8, 9)),
]
LAYERS = [*((MaxPool2d, *rest) for rest in MAX), *((AvgPool2d, *rest) for rest in AVG)]
each_layer = pytest.mark.parametrize(("kind", "arguments", "settings", "size"), LAYERS)


def images(rows):
    return np.array(rows, float)[None, :, :, None]


def test_a_small_example_by_hand():
    x = images([[1, 2, 0, 7], [3, 4, 5, 6]])
    assert max_pool2d_forward(x, 2).ravel().tolist() == [4, 7]
    assert avg_pool2d_forward(x, 2).ravel().tolist() == [2.5, 4.5]
    dy = images([[10, 20]])
    np.testing.assert_array_equal(
        max_pool2d_backward(dy, x, images([[4, 7]]), 2), images([[0, 0, 0, 20], [0, 10, 0, 0]])
    )
    np.testing.assert_array_equal(avg_pool2d_backward(dy, x.shape, 2), images([[2.5, 2.5, 5, 5]] * 2))


def test_of_equal_maxima_the_first_one_gets_the_gradient():
    x = np.zeros((1, 4, 4, 1))
    dx = max_pool2d_backward(np.ones((1, 2, 2, 1)), x, max_pool2d_forward(x, 2), 2)
    np.testing.assert_array_equal(dx, images([[1, 0, 1, 0], [0] * 4] * 2))
    dx = max_pool2d_backward(np.ones((1, 4, 4, 1)), x, max_pool2d_forward(x, 3, 1, 1), 3, 1, 1)
    np.testing.assert_array_equal(dx, images([[4, 2, 2, 0], [2, 1, 1, 0], [2, 1, 1, 0], [0] * 4]))


def test_padding_is_no_maximum_and_nan_is_one():
    assert max_pool2d_forward(np.full((1, 2, 2, 1), -5.0), 2, 2, 1).ravel().tolist() == [-5] * 4
    found = max_pool2d_forward(images([[1, np.nan, 2, 3], [np.nan, 1, 4, 5]]), 2)
    np.testing.assert_array_equal(found.ravel(), [np.nan, 5])


def test_a_window_that_sees_padding_alone_has_no_maximum():
    x = np.zeros((1, 2, 2, 1))
    y = max_pool2d_forward(x, 2, padding=1, dilation=3)  # one pixel before the image and one after it
    assert y.ravel().tolist() == [-np.inf]
    assert not max_pool2d_backward(np.ones_like(y), x, y, 2, padding=1, dilation=3).any()


def test_what_the_average_divides_by():
    x = np.ones((1, 3, 3, 1))
    whole = avg_pool2d_forward(x, 2, 2, 1)
    np.testing.assert_array_equal(whole, images([[1 / 4, 2 / 4], [2 / 4, 1]]))
    np.testing.assert_array_equal(avg_pool2d_forward(x, 2, 2, 1, count_include_pad=False), np.ones((1, 2, 2, 1)))
    np.testing.assert_array_equal(avg_pool2d_forward(x, 2, 2, 1, divisor_override=1), 4 * whole)
    np.testing.assert_array_equal(avg_pool2d_forward(x, 2, ceil_mode=True), np.ones((1, 2, 2, 1)))


def test_keras_same_with_a_stride():
    x = images([[1, 2, 3, 4, 5]])
    padding = same_padding((1, 5), (1, 2), 2)
    assert avg_pool2d_forward(x, (1, 2), 2, padding, count_include_pad=False).ravel().tolist() == [1.5, 3.5, 5]
    assert max_pool2d_forward(-x, (1, 2), 2, padding).ravel().tolist() == [-1, -3, -5]


@each_layer
def test_the_layer_is_the_pair(kind, arguments, settings, size, rng):
    layer = kind(*arguments, **settings)
    x = rng.standard_normal((3, *size, 2)).astype(np.float32)
    y = kind.pair[0](x, *arguments, **settings)
    np.testing.assert_array_equal(layer.forward(x), y)
    dy = rng.standard_normal(y.shape).astype(np.float32)
    saved = (x, y) if kind is MaxPool2d else (x.shape,)
    np.testing.assert_array_equal(layer.backward(dy), kind.pair[1](dy, *saved, *arguments, **settings))
    assert list(layer.params) == []


def test_config_and_repr():
    layer = MaxPool2d(3, padding=1)
    assert repr(layer) == "MaxPool2d(kernel_size=3, padding=1)"
    assert MaxPool2d(**layer.config()).config() == layer.config()
    assert repr(AvgPool2d(2, count_include_pad=False)) == "AvgPool2d(kernel_size=2, count_include_pad=False)"


@each_layer
def test_a_model_file_keeps_it(kind, arguments, settings, size, tmp_path, rng):
    model = Sequential(kind(*arguments, **settings))
    nural.save(model, tmp_path / "m")
    x = rng.standard_normal((2, *size, 3)).astype(np.float32)
    np.testing.assert_array_equal(nural.load(tmp_path / "m").forward(x), model.forward(x))


@each_layer
def test_gradients_of_a_network(kind, arguments, settings, size, rng):
    layer = kind(*arguments, **settings)
    x = rng.standard_normal((2, *size, 2)).astype(np.float32)
    features = 3 * layer.forward(x)[0, :, :, 0].size
    model = Sequential(Conv2d(2, 3, 1), layer, Flatten(), Linear(features, 3), rng=rng)
    assert set(nural.check_gradients(model, x, np.array([0, 2]))) == {*model.params, "x"}


def test_a_conversion_to_float64(rng):
    for layer in (MaxPool2d(2).astype(np.float64), AvgPool2d(2).astype(np.float64)):
        y = layer.forward(rng.standard_normal((2, 4, 4, 2)))
        assert y.dtype == layer.backward(y).dtype == np.float64


@pytest.mark.parametrize("kind", [MaxPool2d, AvgPool2d])
def test_a_short_batch_after_a_full_one_allocates_nothing(kind, rng):
    layer = kind(3, 2, 1)
    x = rng.standard_normal((16, 24, 24, 32)).astype(np.float32)
    layer.backward(layer.forward(x))
    tracemalloc.start()
    y = layer.forward(x[:5])
    dx = layer.backward(y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * 65536  # NumPy's own buffers for a strided operation are of 64 KB
    fresh = kind(3, 2, 1)
    np.testing.assert_array_equal(fresh.forward(x[:5]), y)
    np.testing.assert_array_equal(fresh.backward(y), dx)


@pytest.mark.parametrize("kind", [MaxPool2d, AvgPool2d])
def test_wrong_inputs_and_arguments_are_named(kind):
    x = np.zeros((1, 3, 3, 1), np.float32)
    with pytest.raises(ValueError, match=r"channels-last in nural, \(N, H, W, C\); got an array of shape \(3, 3\)"):
        kind(2).forward(x[0, :, :, 0])
    with pytest.raises(ValueError, match=r"extends over \(4, 4\) pixels is larger than the padded image, \(3, 3\)"):
        kind(4).forward(x)
    with pytest.raises(ValueError, match=r"padding can be at most half of the kernel size, 3 // 2; got 2"):
        kind(3, padding=2).forward(x)
    with pytest.raises(ValueError, match="stride must be a whole number, at least 1"):
        kind(2, 0).forward(x)
    with pytest.raises(ValueError, match="the batch is empty"):
        kind(2).forward(x[:0])


@pytest.mark.parametrize("size", [640, 1024])
def test_large_windows_are_summed_exactly_enough(size, rng):
    x = rng.random((1, size, size, 3)).astype(np.float32)
    expected = x.mean(axis=(1, 2), dtype=np.float64)
    for layer in (AvgPool2d(size), AdaptiveAvgPool2d(1), GlobalAvgPool2d()):
        assert relative_error(layer.forward(x).reshape(1, 3), expected) < 1e-6
    assert relative_error(AvgPool2d(64).forward(x), AvgPool2d(64).forward(x.astype(float))) < 1e-6


def test_a_window_larger_than_what_is_left_of_the_image(rng):
    x = rng.standard_normal((2, 5, 4, 3))
    for ceil_mode in (False, True):
        windows = avg_pool2d_forward(x, 4, 3, 2, ceil_mode, count_include_pad=not ceil_mode)
        padded = np.pad(x, ((0, 0), (2, 5), (2, 5), (0, 0)))
        counted = np.pad(np.ones_like(x), ((0, 0), (2, 5), (2, 5), (0, 0))) if ceil_mode else None
        for r, c in np.ndindex(windows.shape[1:3]):
            window = np.s_[:, 3 * r : 3 * r + 4, 3 * c : 3 * c + 4]
            n = 16 if counted is None else counted[window][:1, :, :, :1].sum()
            np.testing.assert_allclose(windows[:, r, c], padded[window].sum(axis=(1, 2)) / n)


def test_a_divisor_of_0_is_refused():
    with pytest.raises(ValueError, match="divisor_override must not be 0"):
        AvgPool2d(2, divisor_override=0).forward(np.zeros((1, 2, 2, 1), np.float32))


@pytest.mark.parity
@each_layer
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-10), ("float32", 1e-5)])
@pytest.mark.parametrize("ties", [False, True])
def test_equals_pytorchs_layer(kind, arguments, settings, size, dtype, tolerance, ties, rng):
    import torch

    layer = kind(*arguments, **settings)
    x = rng.standard_normal((3, *size, 4)).astype(dtype)
    x = np.maximum(np.round(x), 0) if ties else x
    x_theirs = torch.from_numpy(x).permute(0, 3, 1, 2).contiguous().requires_grad_()
    y_theirs = getattr(torch.nn, kind.__name__)(*arguments, **settings)(x_theirs)
    y = layer.forward(x)
    dy = rng.standard_normal(y.shape).astype(dtype)
    y_theirs.backward(torch.from_numpy(dy).permute(0, 3, 1, 2).contiguous())
    assert x_theirs.grad is not None
    assert relative_error(y, y_theirs.detach().permute(0, 2, 3, 1)) < tolerance
    assert relative_error(layer.backward(dy), x_theirs.grad.permute(0, 2, 3, 1)) < tolerance
