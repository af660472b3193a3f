"""The activation layers, and the scaled complementary error function under GELU; the pairs are in the cases."""

import math
import tracemalloc

import numpy as np
import pytest

import nural
from nural import activations as a
from nural.activations.erfcx import erfcx
from nural.cases import relative_error
from nural.cases.layers import LAYERS as TABLE

#: Every activation as the table of layers has it, and with arguments that lie further off.
LAYERS = [
    layer
    for kind, tried in TABLE.items()
    if kind.__module__.startswith("nural.activations.")
    for layer, _ in tried
    if type(layer) is kind and getattr(layer, "num_parameters", 1) == 1
] + [
    a.LeakyReLU(negative_slope=1.5),
    a.PReLU(num_parameters=6, init=0.1),
    a.ELU(alpha=2.0),
    a.Softplus(beta=2.0, threshold=5.0),
    a.Softplus(beta=-2.0),
    a.Softmax(dim=1),
    a.LogSoftmax(dim=1),
]
each_layer = pytest.mark.parametrize("layer", LAYERS, ids=repr)


def fresh(layer):
    return type(layer)(**layer.config())


def images(rng, n=3, dtype: type = np.float32):
    return 3 * rng.standard_normal((n, 4, 5, 6)).astype(dtype)


@each_layer
def test_a_short_batch_after_a_full_one_gives_what_it_gives_alone(layer, rng):
    layer, alone = fresh(layer), fresh(layer)
    full, short = images(rng, 4), images(rng, 2)
    layer.backward(layer.forward(full, train=True).copy())
    y, dx = layer.forward(short, train=True), layer.backward(short)
    np.testing.assert_array_equal(y, alone.forward(short, train=True))
    np.testing.assert_array_equal(dx, alone.backward(short))
    for name, gradient in layer.grads.items():
        np.testing.assert_array_equal(gradient, alone.grads[name])


@each_layer
def test_gradients_of_a_network_with_the_layer(layer, rng):
    model = nural.Sequential(nural.Linear(5, 6), fresh(layer), nural.Linear(6, 3))
    model = nural.Sequential(nural.Flatten(), model) if getattr(layer, "dim", -1) != 1 else model
    nural.check_gradients(model, rng.standard_normal((4, 5)), rng.integers(0, 3, 4))


@each_layer
def test_round_trip_through_a_model_file(layer, rng, tmp_path):
    layer = fresh(layer)
    for value in layer.params.values():
        value += 0.125
    nural.save(layer, tmp_path / "model.safetensors")
    loaded = nural.load(tmp_path / "model.safetensors")
    assert repr(loaded) == repr(layer)
    x = images(rng)
    np.testing.assert_array_equal(loaded.forward(x), layer.forward(x))


@each_layer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_inputs_give_finite_outputs_and_slopes_without_a_warning(layer, dtype):
    layer = fresh(layer).astype(dtype)
    x = np.array([-1e30, -1e3, -100, -30, -1e-30, 0, 1e-30, 30, 100, 1e3, 1e30, 5], dtype).reshape(2, 6)
    y = layer.forward(x)
    assert y.dtype == dtype
    assert np.isfinite(y).all()
    assert np.isfinite(layer.backward(np.ones_like(x))).all()


@each_layer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_largest_inputs_give_no_warning(layer, dtype):
    layer = fresh(layer).astype(dtype)
    x = np.array([[-0.6, 0.9, 0.5, 0.1, 0, 0], [1e-9, 0, 0, 0, 0, 0]], dtype) * np.finfo(dtype).max
    assert not np.isnan(layer.forward(x)).any()
    assert np.isfinite(layer.backward(np.ones_like(x))).all()


@each_layer
def test_nothing_large_is_allocated_once_the_buffers_are_there(layer, rng):
    layer = fresh(layer)
    x = rng.standard_normal((50, 20, 100, 6)).astype(np.float32)  # 2.4 MB
    layer.backward(layer.forward(x))
    tracemalloc.start()
    try:
        layer.backward(layer.forward(x))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    rows = x.nbytes // 6 if isinstance(layer, a.Softmax | a.LogSoftmax) else 0  # a number for each row
    assert peak < 8 * 65536 + 3 * rows


@pytest.mark.parametrize("layer", LAYERS[:16], ids=repr)
def test_a_single_number_passes(layer):
    if getattr(layer, "num_parameters", 1) == 1:
        layer, x = fresh(layer), np.array(-0.7, np.float32)
        y, dx = layer.forward(x), layer.backward(np.ones_like(x))
        assert y.shape == dx.shape == ()
        assert y == pytest.approx(fresh(layer).forward(x[np.newaxis])[0])


def test_views_are_read_and_written_as_they_lie(rng):
    x = rng.standard_normal((6, 10))[:, ::2].T
    out = np.full((6, 10), np.nan)[:, ::2].T
    assert a.elu_forward(x, 1.0, out=out) is out
    np.testing.assert_array_equal(out, a.elu_forward(np.ascontiguousarray(x), 1.0))


def test_relu_of_what_is_not_finite():
    x = np.array([-np.inf, -1, 0, 1, np.inf, np.nan], np.float32)
    np.testing.assert_array_equal(a.relu_forward(x), [0, 0, 0, 1, np.inf, np.nan])


def test_prelu_learns_its_slopes(rng):
    layer = a.PReLU(num_parameters=3)
    assert {name: value.shape for name, value in layer.params.items()} == {"a": (3,)}
    np.testing.assert_array_equal(layer.params["a"], [0.25] * 3)
    x = np.array([[-2.0, 2.0, -4.0]], np.float32)
    np.testing.assert_array_equal(layer.forward(x), [[-0.5, 2.0, -1.0]])
    np.testing.assert_array_equal(layer.backward(np.ones_like(x)), [[0.25, 1.0, 0.25]])
    np.testing.assert_array_equal(layer.grads["a"], [-2.0, 0.0, -4.0])


def test_prelu_computes_only_what_is_wanted(rng):
    x, dy, slopes = rng.standard_normal((4, 3)), rng.standard_normal((4, 3)), np.array([0.1, 0.2, 0.3])
    da, dx = a.prelu_backward(dy, slopes, x)
    out = np.empty(3), np.empty((4, 3))
    np.testing.assert_array_equal(a.prelu_backward(dy, slopes, x, out=(out[0], None))[0], da)
    np.testing.assert_array_equal(a.prelu_backward(dy, slopes, x, out=(None, out[1]))[1], dx)


def test_prelu_refuses_slopes_that_fit_no_channel(rng):
    with pytest.raises(ValueError, match=r"prelu_forward: slopes of shape \(5,\) fit neither"):
        a.PReLU(num_parameters=5).forward(images(rng))


def test_gelu_refuses_an_unknown_approximation(rng):
    with pytest.raises(ValueError, match='approximate must be "none" or "tanh", got \'sigmoid\''):
        a.GELU(approximate="sigmoid")
    with pytest.raises(ValueError, match="approximate must be"):
        a.gelu_forward(images(rng), "sigmoid")


def test_softplus_refuses_beta_0(rng):
    with pytest.raises(ValueError, match="Softplus: beta must not be 0"):
        a.Softplus(beta=0.0)
    with pytest.raises(ValueError, match="softplus_forward: beta must not be 0"):
        a.softplus_forward(images(rng), 0.0)


@pytest.mark.parametrize("layer", [a.Softmax, a.LogSoftmax])
@pytest.mark.parametrize("dim", [1.5, None, "1"])
def test_softmax_refuses_a_dimension_that_is_no_integer(layer, dim):
    with pytest.raises(TypeError, match=f"{layer.__name__}: dim must be an integer, got {dim!r}"):
        layer(dim)


@pytest.mark.parametrize("dtype", [np.float16, np.longdouble])
def test_gelu_refuses_a_type_for_which_it_has_no_coefficients(dtype):
    x = np.ones((2, 3), dtype)
    for use in (lambda: a.gelu_forward(x), lambda: a.gelu_backward(x, "none", x)):
        with pytest.raises(TypeError, match=f"GELU is built, needs float32 or float64, got {x.dtype}"):
            use()


@pytest.mark.parametrize("approximate", ["none", "tanh"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gelu_at_its_ends(approximate, dtype):
    largest = np.finfo(dtype).max
    x = np.array([[-np.inf, -largest, -1e20, 1e15, 1e20, largest, np.inf]], dtype)
    y = a.gelu_forward(x, approximate)
    np.testing.assert_array_equal(y, np.maximum(x, 0))
    np.testing.assert_array_equal(a.gelu_backward(np.ones_like(x), approximate, x), x > 0)
    assert np.isnan(a.gelu_forward(np.array([[np.nan]], dtype), approximate)).all()


@pytest.mark.parametrize("slope", [-3e9, 1e-9, 0.3, 1.6e7, 3e9])
def test_no_slope_is_lost_in_float32(slope):
    x, dy = np.array([[-2.0, 3.0]], np.float32), np.ones((1, 2), np.float32)
    layers = a.LeakyReLU(slope), a.PReLU(init=slope), a.PReLU(2, init=slope)
    for layer in layers:
        np.testing.assert_allclose(layer.forward(x), [[-2 * slope, 3]], rtol=1e-6)
        np.testing.assert_allclose(layer.backward(dy), [[slope, 1]], rtol=1e-6)
    np.testing.assert_allclose(a.elu_backward(dy, slope, x), [[slope * math.exp(-2), 1]], rtol=1e-6)


def test_softplus_is_the_identity_beyond_its_threshold():
    x = np.array([-1.0, 1.4, 1.6])
    below = [math.log1p(math.exp(2 * value)) / 2 for value in x[:2]]
    np.testing.assert_allclose(a.softplus_forward(x, 2.0, 3.0), [*below, 1.6], rtol=1e-15)
    np.testing.assert_allclose(a.softplus_backward(np.ones(3), 2.0, 3.0, x)[2], 1.0)


def test_log_softmax_keeps_what_softmax_rounds_to_zero():
    x = np.array([[0.0, -1000.0]], np.float32)
    assert a.softmax_forward(x)[0, 1] == 0
    assert a.log_softmax_forward(x)[0, 1] == -1000


def test_gelu_keeps_the_digits_of_its_left_tail():
    x = np.array([-1.0, -4.0, -8.0, -12.0, -30.0])
    exact = [value / 2 * math.erfc(-value / math.sqrt(2)) for value in x]
    np.testing.assert_allclose(a.gelu_forward(x), exact, rtol=1e-12)


def test_erfcx_has_the_digits_of_the_standard_library():
    x = np.concatenate([np.linspace(0, 5, 20001), np.logspace(-12, 0, 1000)])
    erfc = np.array([math.erfc(value) for value in x])
    erf = np.array([math.erf(value) for value in x])
    np.testing.assert_allclose(np.exp(-x * x) * erfcx(x), erfc, rtol=1e-14)  # x² in the exponent costs one digit
    np.testing.assert_allclose(1 - np.exp(-x * x) * erfcx(x), erf, rtol=0, atol=1e-15)
    np.testing.assert_allclose(erfcx(x.astype(np.float32)), erfcx(x), rtol=5e-7)


def test_erfcx_of_large_numbers_follows_its_asymptotic_series():
    x = np.array([1e3, 1e6, 1e12])
    np.testing.assert_allclose(erfcx(x), (1 - 1 / (2 * x * x)) / (math.sqrt(math.pi) * x), rtol=1e-12)
    assert erfcx(np.array([0.0])) == pytest.approx(1, abs=1e-15)


PYTORCH = [
    ("ReLU", {}),
    ("LeakyReLU", {}),
    ("LeakyReLU", {"negative_slope": 0.0}),
    ("LeakyReLU", {"negative_slope": -0.5}),
    ("LeakyReLU", {"negative_slope": 3.0}),
    ("Hardtanh", {}),
    ("Hardtanh", {"min_val": 0.0, "max_val": 6.0}),
    ("Hardtanh", {"min_val": -65504.0, "max_val": float("inf")}),
    ("PReLU", {}),
    ("PReLU", {"num_parameters": 6, "init": -0.3}),
    ("ELU", {"alpha": 0.3}),
    ("ELU", {"alpha": -1.5}),
    ("SELU", {}),
    ("GELU", {}),
    ("GELU", {"approximate": "tanh"}),
    ("SiLU", {}),
    ("Sigmoid", {}),
    ("Tanh", {}),
    ("Softplus", {}),
    ("Softplus", {"beta": 0.5, "threshold": 2.0}),
    ("Softplus", {"beta": 2, "threshold": -100}),
    ("Softplus", {"beta": -2.0}),
    ("Softmax", {"dim": -1}),
    ("LogSoftmax", {"dim": -1}),
]


@pytest.mark.parity
@pytest.mark.parametrize(("name", "arguments"), PYTORCH, ids=str)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-10), (np.float32, 1e-5)], ids=["float64", "float32"])
@pytest.mark.parametrize("scale", [1, 30])
def test_layer_equals_pytorch_on_images(name, arguments, dtype, tolerance, scale, rng):
    import torch

    ours, theirs = getattr(a, name)(**arguments).astype(dtype), getattr(torch.nn, name)(**arguments)
    if name.endswith("Softmax"):
        theirs.dim = 1  # their channels
    theirs.to(torch.float64 if dtype == np.float64 else torch.float32)
    x, dy = scale * images(rng, dtype=dtype), images(rng, dtype=dtype)
    x_theirs = torch.from_numpy(x.transpose(0, 3, 1, 2).copy()).requires_grad_()
    y_theirs = theirs(x_theirs)
    y_theirs.backward(torch.from_numpy(dy.transpose(0, 3, 1, 2).copy()))
    assert x_theirs.grad is not None
    assert relative_error(ours.forward(x), y_theirs.detach().permute(0, 2, 3, 1)) < tolerance
    assert relative_error(ours.backward(dy), x_theirs.grad.permute(0, 2, 3, 1)) < tolerance
    for gradient, parameter in zip(ours.grads.values(), theirs.parameters(), strict=True):
        assert relative_error(gradient, parameter.grad) < tolerance


@pytest.mark.parity
@pytest.mark.parametrize("name", ["Softmax", "LogSoftmax"])
@pytest.mark.parametrize("dim", [0, 1, -2, -1])
def test_softmax_over_any_dimension_equals_pytorch(name, dim, rng):
    import torch

    x, dy = images(rng, dtype=np.float64), images(rng, dtype=np.float64)
    x_theirs = torch.from_numpy(x.copy()).requires_grad_()
    y_theirs = getattr(torch.nn, name)(dim)(x_theirs)
    y_theirs.backward(torch.from_numpy(dy))
    layer = getattr(a, name)(dim).astype(np.float64)
    assert relative_error(layer.forward(x), y_theirs.detach()) < 1e-10
    assert relative_error(layer.backward(dy), x_theirs.grad) < 1e-10
