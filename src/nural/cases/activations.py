"""Cases of the activation functions."""

from collections.abc import Callable
from typing import Any

import numpy as np

from nural import activations as a
from nural.cases.case import Case, Size, Values


def _smooth(rng: np.random.Generator, size: Size) -> Values:
    """Values near enough to zero that no gradient nearly vanishes: that would be no test of central differences."""
    return {"x": rng.uniform(-4, 4, (size(1, 5), size(1, 7)))}


def _kinked(rng: np.random.Generator, size: Size) -> Values:
    """Values at least 0.1 from the kink at zero."""
    shape = size(1, 5), size(1, 7)
    return {"x": rng.choice([-1.0, 1.0], shape) * rng.uniform(0.1, 4, shape)}


def _case(
    name: str,
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    torch: Any,
    draw: Any = _smooth,
    **settings: Any,
) -> Case:
    """A case of a pair whose backward function takes either the output, as ``y``, or the input, as ``x``."""
    saves = "y" if "y" in backward.__code__.co_varnames[: backward.__code__.co_argcount] else "x"
    return Case(
        ", ".join([name, *(f"{key} {value}" for key, value in settings.items())]),
        (forward, backward),
        draw=draw,
        call_forward=lambda pair, v, out: pair[0](v["x"], *settings.values(), out=out),
        call_backward=lambda pair, dy, v, y, out: (
            pair[1](dy, *settings.values(), y if saves == "y" else v["x"], out=None if out is None else out[0]),
        ),
        torch=lambda torch_, v: torch(torch_.nn.functional, v["x"]),
    )


def _prelu_case(name: str, slopes: Callable[[Size, int], int]) -> Case:
    def draw(rng: np.random.Generator, size: Size) -> Values:
        x = _kinked(rng, size)["x"]
        return {"a": rng.uniform(-0.5, 1.5, slopes(size, x.shape[-1])), "x": x}

    return Case(
        name,
        (a.prelu_forward, a.prelu_backward),
        draw=draw,
        call_forward=lambda pair, v, out: pair[0](v["x"], v["a"], out=out),
        call_backward=lambda pair, dy, v, y, out: pair[1](dy, v["a"], v["x"], out=out),
        torch=lambda torch, v: torch.nn.functional.prelu(v["x"], v["a"]),
    )


def _around_threshold(rng: np.random.Generator, size: Size) -> Values:
    """Values at least 0.1 from 1.5, where beta 2 meets the threshold 3."""
    return {"x": _kinked(rng, size)["x"] + 1.5}


def _beside_bounds(rng: np.random.Generator, size: Size) -> Values:
    """Values at least 0.1 from −1 and 2."""
    shape = size(1, 5), size(1, 7)
    sides = rng.uniform(-4, -1.1, shape), rng.uniform(-0.9, 1.9, shape), rng.uniform(2.1, 4, shape)
    return {"x": np.choose(rng.integers(3, size=shape), sides)}


CASES = [
    _case("relu", a.relu_forward, a.relu_backward, lambda F, x: F.relu(x), _kinked),
    _case(
        "leaky_relu",
        a.leaky_relu_forward,
        a.leaky_relu_backward,
        lambda F, x: F.leaky_relu(x, 0.2),
        _kinked,
        negative_slope=0.2,
    ),
    _case(
        "leaky_relu",
        a.leaky_relu_forward,
        a.leaky_relu_backward,
        lambda F, x: F.leaky_relu(x, 1.7),
        _kinked,
        negative_slope=1.7,
    ),
    _case(
        "hardtanh",
        a.hardtanh_forward,
        a.hardtanh_backward,
        lambda F, x: F.hardtanh(x, -1.0, 2.0),
        _beside_bounds,
        min_val=-1.0,
        max_val=2.0,
    ),
    _prelu_case("prelu, one slope", lambda size, channels: 1),
    _prelu_case("prelu, a slope for each channel", lambda size, channels: channels),
    _case("elu", a.elu_forward, a.elu_backward, lambda F, x: F.elu(x, 1.0), _kinked, alpha=1.0),
    _case("elu", a.elu_forward, a.elu_backward, lambda F, x: F.elu(x, 2.5), _kinked, alpha=2.5),
    _case("selu", a.selu_forward, a.selu_backward, lambda F, x: F.selu(x), _kinked),
    _case("gelu", a.gelu_forward, a.gelu_backward, lambda F, x: F.gelu(x), approximate="none"),
    _case(
        "gelu",
        a.gelu_forward,
        a.gelu_backward,
        lambda F, x: F.gelu(x, approximate="tanh"),
        approximate="tanh",
    ),
    _case("sigmoid", a.sigmoid_forward, a.sigmoid_backward, lambda F, x: F.sigmoid(x)),
    _case("tanh", a.tanh_forward, a.tanh_backward, lambda F, x: F.tanh(x)),
    _case("softsign", a.softsign_forward, a.softsign_backward, lambda F, x: F.softsign(x)),
    _case("silu", a.silu_forward, a.silu_backward, lambda F, x: F.silu(x)),
    _case(
        "softplus",
        a.softplus_forward,
        a.softplus_backward,
        lambda F, x: F.softplus(x, 1.0, 20.0),
        beta=1.0,
        threshold=20.0,
    ),
    _case(
        "softplus",
        a.softplus_forward,
        a.softplus_backward,
        lambda F, x: F.softplus(x, 2.0, 3.0),
        _around_threshold,
        beta=2.0,
        threshold=3.0,
    ),
    _case("softmax", a.softmax_forward, a.softmax_backward, lambda F, x: F.softmax(x, dim=-1)),
    _case("log_softmax", a.log_softmax_forward, a.log_softmax_backward, lambda F, x: F.log_softmax(x, dim=-1)),
]
