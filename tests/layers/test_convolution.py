import tracemalloc

import numpy as np
import pytest

import nural
from nural import Conv2d, Flatten, Linear, ReLU, Sequential
from nural.cases import relative_error
from nural.layers import conv2d_backward, conv2d_forward, pad2d_backward, pad2d_forward, same_padding, winograd

#: Arguments after the channels and the kernel's size, and sizes of images that they do not divide.
SETTINGS = [
    ((4, 6, 3), {}, (7, 5)),
    ((4, 6, (2, 5)), {"stride": (3, 2)}, (9, 8)),
    ((4, 6, 2), {"stride": 4}, (11, 7)),
    ((4, 6, 1), {}, (5, 6)),
    ((4, 6, 1), {"stride": 2, "padding": 1, "groups": 2}, (5, 6)),
    ((4, 6, 3), {"padding": 5, "bias": False}, (4, 3)),
    ((4, 6, (4, 3)), {"padding": "same", "dilation": (3, 2)}, (6, 8)),
    ((4, 6, 3), {"padding": "valid", "dilation": 2}, (6, 8)),
    ((4, 6, 3), {"groups": 2, "padding": (0, 2)}, (6, 8)),
    ((4, 4, 3), {"groups": 4, "stride": 2}, (6, 8)),
    ((4, 12, (3, 2)), {"groups": 4, "padding": 1, "bias": False}, (6, 8)),
    ((1, 5, 3), {"stride": 2}, (8, 8)),
    ((10, 14, 3), {"padding": 1}, (6, 8)),  # the plain product of columns
    ((16, 20, 3), {"padding": 1}, (9, 12)),  # Winograd's form; those above of few channels have Toeplitz's
    ((4, 6, 3), {"stride": 2, "padding": 2, "padding_mode": "reflect"}, (6, 5)),
    ((4, 6, 3), {"stride": 2, "padding": (1, 2), "padding_mode": "circular"}, (6, 5)),
    ((4, 6, (2, 4)), {"padding": "same", "padding_mode": "replicate"}, (6, 5)),
    ((4, 6, 3), {"padding": "valid", "padding_mode": "reflect"}, (6, 5)),
]
each_setting = pytest.mark.parametrize(("arguments", "settings", "size"), SETTINGS)


@pytest.fixture(autouse=True)
def winograd_of_few_tiles_too(monkeypatch):
    monkeypatch.setattr(winograd, "LEAST_TILES", 1)


def with_random_bias(layer, rng):
    if layer.bias:
        layer.params["b"] = rng.standard_normal(layer.out_channels)
    return layer


def by_definition(x, K, b, stride, padding, dilation):
    """The formula of `conv2d_forward`, one output at a time."""
    kh, kw = K.shape[:2]
    x = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    oh, ow = ((size - dilation * (k - 1) - 1) // stride + 1 for size, k in zip(x.shape[1:3], (kh, kw), strict=True))
    y = np.tile(b, (len(x), oh, ow, 1))
    for r, c, i, j in np.ndindex(oh, ow, kh, kw):
        y[:, r, c] += x[:, r * stride + i * dilation, c * stride + j * dilation] @ K[i, j]
    return y


def test_one_patch_times_one_kernel():
    x = np.arange(9.0).reshape(1, 3, 3, 1)
    K = np.array([[1.0, 0], [0, -1]]).reshape(2, 2, 1, 1)
    assert conv2d_forward(x, K, np.array([10.0])).ravel().tolist() == [6, 6, 6, 6]


@pytest.mark.parametrize(("stride", "padding", "dilation"), [(1, 0, 1), (2, 1, 1), (3, 2, 2)])
def test_the_definition(stride, padding, dilation, rng):
    x, K, b = rng.standard_normal((2, 7, 9, 3)), rng.standard_normal((3, 2, 3, 4)), rng.standard_normal(4)
    expected = by_definition(x, K, b, stride, padding, dilation)
    np.testing.assert_allclose(conv2d_forward(x, K, b, stride, padding, dilation), expected, atol=1e-12)


def test_a_1_by_1_kernel_is_a_fully_connected_layer_at_each_pixel(rng):
    x, K = rng.standard_normal((2, 4, 5, 3)), rng.standard_normal((1, 1, 3, 6))
    np.testing.assert_allclose(conv2d_forward(x, K), x @ K[0, 0])


def test_groups_see_their_own_channels_alone(rng):
    x, K = rng.standard_normal((2, 5, 5, 4)), rng.standard_normal((3, 3, 2, 6))
    halves = [conv2d_forward(x[..., 2 * g : 2 * g + 2], K[..., 3 * g : 3 * g + 3]) for g in range(2)]
    np.testing.assert_allclose(conv2d_forward(x, K, groups=2), np.concatenate(halves, axis=3))


def test_keras_same_with_a_stride(rng):
    x, K = rng.standard_normal((1, 6, 7, 1)), rng.standard_normal((3, 3, 1, 1))
    y = conv2d_forward(x, K, stride=2, padding=same_padding((6, 7), 3, 2))
    assert y.shape == (1, 3, 4, 1)
    bottom_and_both = np.pad(x, ((0, 0), (0, 1), (1, 1), (0, 0)))  # 6 rows lack one, 7 columns lack two
    np.testing.assert_allclose(y, conv2d_forward(bottom_and_both, K, stride=2))


def test_unwanted_gradients_are_not_computed(rng):
    x, K = rng.standard_normal((2, 5, 5, 3)), rng.standard_normal((3, 3, 3, 4))
    dy = rng.standard_normal((2, 3, 3, 4))
    dK, db, dx = conv2d_backward(dy, K, x)
    for wanted in np.ndindex(2, 2, 2):
        out = [np.empty_like(g) if w else None for g, w in zip((dK, db, dx), wanted, strict=True)]
        found = conv2d_backward(dy, K, x, out=tuple(out))
        for got, expected, w in zip(found, (dK, db, dx), wanted, strict=True):
            assert (got is None) if not w else np.array_equal(got, expected)


def test_arrays_that_are_not_contiguous(rng):
    x, K = rng.standard_normal((3, 5, 6, 2)).transpose(3, 2, 1, 0), rng.standard_normal((4, 3, 2, 2)).T
    y = conv2d_forward(x, K)
    np.testing.assert_allclose(y, conv2d_forward(x.copy(), K.copy()))
    dy = rng.standard_normal(y.T.shape).T
    for found, expected in zip(conv2d_backward(dy, K, x), conv2d_backward(dy.copy(), K.copy(), x.copy()), strict=True):
        np.testing.assert_allclose(found, expected)
    with pytest.raises(ValueError, match="conv2d_forward: an array to write to must be contiguous"):
        conv2d_forward(x, K, out=np.empty(y.T.shape).T)
    with pytest.raises(ValueError, match="conv2d_backward: an array to write to must be contiguous"):
        conv2d_backward(dy, K, x, out=(np.empty(K.T.shape).T, None, None))


@each_setting
def test_the_layer_is_the_pair(arguments, settings, size, rng):
    layer = with_random_bias(Conv2d(*arguments, **settings, rng=rng), rng)
    K, b = layer.params["K"], layer.params.get("b")
    x = rng.standard_normal((3, *size, layer.in_channels)).astype(np.float32)
    seen, padding = x, layer.padding
    if layer.padding_mode != "zeros":
        seen, padding = pad2d_forward(x, layer.sides, layer.padding_mode), 0
    y = conv2d_forward(seen, K, b, layer.stride, padding, layer.dilation, layer.groups)
    np.testing.assert_array_equal(layer.forward(x), y)
    dy = rng.standard_normal(y.shape).astype(np.float32)
    dK, db, dx = conv2d_backward(dy, K, seen, layer.stride, padding, layer.dilation, layer.groups)
    if layer.padding_mode != "zeros":
        dx = pad2d_backward(dx, layer.sides, layer.padding_mode)
    np.testing.assert_array_equal(layer.backward(dy), dx)
    np.testing.assert_array_equal(layer.grads["K"], dK)
    assert b is None or np.array_equal(layer.grads["b"], db)
    assert layer.backward(dy, need_dx=False) is None


def test_names_shapes_and_first_values(rng):
    layer = Conv2d(4, 6, (3, 2), groups=2, rng=rng)
    assert {name: value.shape for name, value in layer.params.items()} == {"K": (3, 2, 2, 6), "b": (6,)}
    assert not layer.params["b"].any()
    assert layer.params["K"].dtype == np.float32
    assert list(Conv2d(4, 6, 3, bias=False).params) == ["K"]
    std = Conv2d(64, 64, 5, rng=rng).params["K"].std()
    assert abs(std / np.sqrt(2 / (5 * 5 * 64)) - 1) < 0.02


def test_config_and_repr():
    layer = Conv2d(1, 8, 5, padding="same", bias=False)
    assert repr(layer) == "Conv2d(in_channels=1, out_channels=8, kernel_size=5, padding='same', bias=False)"
    assert Conv2d(**layer.config()).config() == layer.config()


@each_setting
def test_a_model_file_keeps_it(arguments, settings, size, tmp_path, rng):
    model = Sequential(with_random_bias(Conv2d(*arguments, **settings, rng=rng), rng))
    x = rng.standard_normal((2, *size, arguments[0])).astype(np.float32)
    nural.save(model, tmp_path / "m")
    np.testing.assert_array_equal(nural.load(tmp_path / "m").forward(x), model.forward(x))


def test_four_numbers_of_padding_survive_a_model_file(tmp_path, rng):
    model = Sequential(Conv2d(1, 2, 3, stride=2, padding=same_padding(6, 3, 2)))
    nural.save(model, tmp_path / "m")
    x = rng.standard_normal((2, 6, 6, 1)).astype(np.float32)
    np.testing.assert_array_equal(nural.load(tmp_path / "m").forward(x), model.forward(x))


@each_setting
def test_gradients_of_a_network(arguments, settings, size, rng):
    layer = with_random_bias(Conv2d(*arguments, **settings, rng=rng), rng)
    x = rng.standard_normal((2, *size, arguments[0])).astype(np.float32)
    model = Sequential(layer, ReLU(), Flatten(), Linear(layer.forward(x)[0].size, 3), rng=rng)
    assert set(nural.check_gradients(model, x, np.array([0, 2]))) == {*model.params, "x"}


def test_a_conversion_to_float64(rng):
    layer = Conv2d(2, 3, 3, padding=1, padding_mode="reflect").astype(np.float64)
    y = layer.forward(rng.standard_normal((2, 4, 4, 2)))
    assert {array.dtype for array in (y, layer.backward(y), *layer.grads.values())} == {np.dtype(np.float64)}


@pytest.mark.parametrize("mode", ["zeros", "reflect"])
@pytest.mark.parametrize("bias", [True, False])
def test_a_short_batch_after_a_full_one_allocates_nothing(mode, bias, rng):
    layer = Conv2d(16, 32, 3, padding=1, padding_mode=mode, bias=bias)
    x = rng.standard_normal((16, 20, 20, 16)).astype(np.float32)
    dy = rng.standard_normal((16, 20, 20, 32)).astype(np.float32)
    layer.forward(x, train=True)
    layer.backward(dy)
    tracemalloc.start()
    y = layer.forward(x[:5], train=True)
    dx = layer.backward(dy[:5])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * 65536  # NumPy's own buffers for a strided operation are of 64 KB
    fresh = Conv2d(16, 32, 3, padding=1, padding_mode=mode, bias=bias)
    np.testing.assert_array_equal(fresh.forward(x[:5]), y)
    np.testing.assert_array_equal(fresh.backward(dy[:5]), dx)
    np.testing.assert_array_equal(fresh.grads["K"], layer.grads["K"])


def test_wrong_inputs_are_named():
    layer = Conv2d(1, 8, 3)
    with pytest.raises(
        ValueError, match=r"channels-last in nural, \(N, H, W, C\); got an array of shape \(28, 28, 1\)"
    ):
        layer.forward(np.zeros((28, 28, 1), np.float32))
    with pytest.raises(ValueError, match=r"x of shape \(2, 1, 28, 28\), \(N, H, W, C\), has 28 channels; K .* takes 1"):
        layer.forward(np.zeros((2, 1, 28, 28), np.float32))
    with pytest.raises(
        ValueError, match=r"a kernel that extends over \(3, 3\) .* larger than the padded image, \(2, 9\)"
    ):
        layer.forward(np.zeros((1, 2, 9, 1), np.float32))
    with pytest.raises(ValueError, match="the batch is empty"):
        layer.forward(np.zeros((0, 9, 9, 1), np.float32))
    with pytest.raises(ValueError, match="channels-last"):
        Conv2d(1, 8, 3, padding=1, padding_mode="reflect").forward(np.zeros((9, 9), np.float32))
    with pytest.raises(ValueError, match="2 groups do not divide K's 3 output channels evenly"):
        conv2d_forward(np.zeros((1, 3, 3, 2)), np.zeros((1, 1, 1, 3)), groups=2)


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match="Conv2d: 2 groups do not divide 4 and 5 channels evenly"):
        Conv2d(4, 5, 3, groups=2)
    with pytest.raises(ValueError, match="Conv2d: groups must be at least 1, got 0"):
        Conv2d(4, 4, 3, groups=0)
    with pytest.raises(ValueError, match="Conv2d: there is no padding_mode 'mirror'; choose from zeros, reflect"):
        Conv2d(4, 4, 3, padding_mode="mirror")
    with pytest.raises(ValueError, match=r"Conv2d: kernel_size must be a whole number, at least 1, .* got \(3, 0\)"):
        Conv2d(4, 4, (3, 0))
    with pytest.raises(ValueError, match=r'Conv2d: padding="same" .* needs stride 1'):
        Conv2d(4, 4, 3, stride=2, padding="same")


@pytest.mark.parity
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths:UserWarning")
@each_setting
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-10), ("float32", 1e-5)])
def test_equals_pytorchs_layer(arguments, settings, size, dtype, tolerance, rng):
    import torch

    theirs = torch.nn.Conv2d(*arguments, **settings, dtype=getattr(torch, dtype))
    ours = Conv2d(*arguments, **settings, dtype=dtype)
    ours.params["K"] = theirs.weight.detach().permute(2, 3, 1, 0).numpy()
    if theirs.bias is not None:
        ours.params["b"] = theirs.bias.detach().numpy()
    x = rng.standard_normal((3, *size, arguments[0])).astype(dtype)
    x_theirs = torch.from_numpy(x).permute(0, 3, 1, 2).contiguous().requires_grad_()
    y_theirs = theirs(x_theirs)
    y = ours.forward(x)
    dy = rng.standard_normal(y.shape).astype(dtype)
    y_theirs.backward(torch.from_numpy(dy).permute(0, 3, 1, 2).contiguous())
    dx = ours.backward(dy)
    assert x_theirs.grad is not None
    assert theirs.weight.grad is not None
    assert relative_error(y, y_theirs.detach().permute(0, 2, 3, 1)) < tolerance
    assert relative_error(dx, x_theirs.grad.permute(0, 2, 3, 1)) < tolerance
    assert relative_error(ours.grads["K"], theirs.weight.grad.permute(2, 3, 1, 0)) < tolerance
    if theirs.bias is not None:
        assert relative_error(ours.grads["b"], theirs.bias.grad) < tolerance
