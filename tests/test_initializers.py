"""Initializers: variance, bounds, orthogonality, and the frameworks' defaults by name."""

import math
from typing import Any

import numpy as np
import pytest

import nural
from nural import initializers
from nural.initializers import (
    fan_in_uniform,
    fans,
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    normal,
    orthogonal,
    uniform,
    zeros,
)

LINEAR, KERNEL = (300, 200), (3, 3, 40, 60)  # fans (300, 200) and (360, 540)


@pytest.mark.parametrize(("shape", "expected"), [(LINEAR, (300, 200)), (KERNEL, (360, 540)), ((5, 1, 2), (5, 10))])
def test_fans(shape, expected):
    assert fans(shape) == expected


@pytest.mark.parametrize("draw", [he_normal, he_uniform, glorot_normal, glorot_uniform, fan_in_uniform, orthogonal()])
def test_a_vector_has_no_fans(draw, rng):
    with pytest.raises(ValueError, match=r"at least two dimensions, \(in, out\).*\(5,\)"):
        draw(rng, (5,))


@pytest.mark.parametrize("shape", [LINEAR, KERNEL])
@pytest.mark.parametrize(
    ("draw", "variance"),
    [
        (he_normal, lambda fan_in, fan_out: 2 / fan_in),
        (he_uniform, lambda fan_in, fan_out: 2 / fan_in),
        (glorot_normal, lambda fan_in, fan_out: 2 / (fan_in + fan_out)),
        (glorot_uniform, lambda fan_in, fan_out: 2 / (fan_in + fan_out)),
        (fan_in_uniform, lambda fan_in, fan_out: 1 / (3 * fan_in)),
        (normal(0.3), lambda fan_in, fan_out: 0.09),
        (uniform(0.3), lambda fan_in, fan_out: 0.03),
    ],
)
def test_mean_and_variance(draw, variance, shape, rng):
    W = draw(rng, shape)
    std = math.sqrt(variance(*fans(shape)))
    assert W.shape == shape
    assert W.dtype == np.float64
    assert abs(W.mean()) < 5 * std / math.sqrt(W.size)
    assert W.std() == pytest.approx(std, rel=0.02)


@pytest.mark.parametrize("shape", [LINEAR, KERNEL])
@pytest.mark.parametrize(
    ("draw", "bound"),
    [
        (he_uniform, lambda fan_in, fan_out: math.sqrt(6 / fan_in)),
        (glorot_uniform, lambda fan_in, fan_out: math.sqrt(6 / (fan_in + fan_out))),
        (fan_in_uniform, lambda fan_in, fan_out: 1 / math.sqrt(fan_in)),
        (uniform(0.3), lambda fan_in, fan_out: 0.3),
    ],
)
def test_a_uniform_distribution_fills_its_bounds(draw, bound, shape, rng):
    W, limit = draw(rng, shape), bound(*fans(shape))
    assert 0.999 * limit < np.abs(W).max() <= limit
    counts = np.histogram(W, bins=10, range=(-limit, limit))[0]
    assert counts == pytest.approx(W.size / 10, abs=5 * math.sqrt(W.size * 0.09))


@pytest.mark.parametrize("shape", [(7, 7), (20, 5), (5, 20), (3, 3, 4, 10), (1, 1, 2, 30)])
@pytest.mark.parametrize("gain", [1.0, 2.5])
def test_orthogonal_columns_or_rows_of_the_same_length(shape, gain, rng):
    W = orthogonal(gain)(rng, shape).reshape(-1, shape[-1])
    products = W.T @ W if W.shape[0] >= W.shape[1] else W @ W.T
    np.testing.assert_allclose(products, gain**2 * np.eye(min(W.shape)), atol=1e-13)


def test_orthogonal_matrices_are_drawn_without_preference(rng):
    entries = np.array([orthogonal()(rng, (2, 2))[0, 0] for _ in range(4000)])  # the cosine of a uniform angle
    assert abs(entries.mean()) < 0.05
    assert np.mean(entries**2) == pytest.approx(0.5, abs=0.03)


def test_zeros(rng):
    np.testing.assert_array_equal(zeros(rng, (2, 3)), np.zeros((2, 3)))


# -- layers ----------------------------------------------------------------------------------------------------------


def test_a_function_draws_the_weight_and_leaves_the_bias_at_zero(rng):
    layer = nural.Linear(300, 200, initializer=glorot_uniform, rng=rng)
    assert np.abs(layer.params["W"]).max() <= math.sqrt(6 / 500)
    np.testing.assert_array_equal(layer.params["b"], 0)


def test_torch_by_name_draws_weight_and_bias(rng):
    layer = nural.Linear(300, 2000, initializer="torch", rng=rng)
    for value in layer.params.values():
        assert np.abs(value).max() == pytest.approx(1 / math.sqrt(300), rel=0.01)
        assert value.std() == pytest.approx(1 / math.sqrt(900), rel=0.05)


def test_keras_by_name_draws_the_weight_only(rng):
    layer = nural.Linear(300, 200, initializer="keras", rng=rng)
    assert np.abs(layer.params["W"]).max() == pytest.approx(math.sqrt(6 / 500), rel=0.01)
    np.testing.assert_array_equal(layer.params["b"], 0)


def test_the_bias_of_a_convolution_has_the_bound_of_its_kernel(rng):
    b = nural.Conv2d(40, 5000, 3, initializer="torch", rng=rng).params["b"]
    assert b.shape == (5000,)
    assert np.abs(b).max() == pytest.approx(1 / math.sqrt(360), rel=0.01)
    np.testing.assert_array_equal(nural.Conv2d(40, 5000, 3, initializer=he_normal, rng=rng).params["b"], 0)


def test_without_a_bias_there_is_none():
    assert list(nural.Linear(3, 2, bias=False, initializer="torch").params) == ["W"]


def test_an_unknown_name_is_refused(rng):
    with pytest.raises(
        ValueError, match="Linear: initializer must be a function or one of torch, keras, got 'tensorflow'"
    ):
        nural.Linear(3, 2, initializer="tensorflow")


# -- PyTorch ---------------------------------------------------------------------------------------------------------


@pytest.mark.parity
@pytest.mark.parametrize("shape", [(300, 200), (20, 700), (3, 5, 40, 60)])
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("he_normal", "kaiming_normal_(W, nonlinearity='relu')"),
        ("he_uniform", "kaiming_uniform_(W, nonlinearity='relu')"),
        ("glorot_normal", "xavier_normal_(W)"),
        ("glorot_uniform", "xavier_uniform_(W)"),
        ("fan_in_uniform", "kaiming_uniform_(W, a=5 ** 0.5)"),
    ],
)
def test_distributions_are_those_of_pytorch(ours, theirs, shape, rng):
    import torch

    torch.manual_seed(0)
    W_theirs = torch.empty(shape[-1], shape[-2], *shape[:-2])
    eval(f"init.{theirs}", {"init": torch.nn.init, "W": W_theirs})
    W = getattr(initializers, ours)(rng, shape)
    assert W.std() == pytest.approx(W_theirs.std().item(), rel=0.03)
    if "uniform" in ours:
        assert np.abs(W).max() == pytest.approx(W_theirs.abs().max().item(), rel=1e-3)


@pytest.mark.parity
def test_defaults_are_those_of_pytorch_s_layers(rng):
    import torch

    torch.manual_seed(0)
    start: Any = {"initializer": "torch", "rng": rng}
    pairs = [
        (nural.Linear(300, 2000, **start), torch.nn.Linear(300, 2000)),
        (nural.Conv2d(40, 3000, (3, 5), **start), torch.nn.Conv2d(40, 3000, (3, 5))),
        (nural.Conv2d(40, 3000, 3, groups=10, **start), torch.nn.Conv2d(40, 3000, 3, groups=10)),
    ]
    for ours, layer in pairs:
        W, b = ours.params.values()
        assert np.abs(W).max() == pytest.approx(layer.weight.abs().max().item(), rel=1e-3)
        assert layer.bias is not None
        assert np.abs(b).max() == pytest.approx(layer.bias.abs().max().item(), rel=5e-3)
