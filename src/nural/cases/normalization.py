"""Cases of batch norm, layer norm and group norm."""

from typing import Any

import numpy as np

from nural.cases.case import Case, Pair, Size, Values, float_type
from nural.layers import batch_norm as bn
from nural.layers import group_norm as gn
from nural.layers import layer_norm as ln


def _affine(rng: np.random.Generator, shape: tuple[int, ...]) -> Values:
    return {"gamma": rng.uniform(0.5, 2, shape) * rng.choice([-1, 1], shape), "beta": rng.standard_normal(shape)}


def _vectors(rng: np.random.Generator, size: Size) -> Values:
    channels = size(1, 5)
    return {**_affine(rng, (channels,)), "x": 5 + 3 * rng.standard_normal((size(6, 9), channels))}


def _images(rng: np.random.Generator, size: Size) -> Values:
    channels = size(1, 5)
    return {"x": 3 * rng.standard_normal((size(1, 3), size(2, 4), size(3, 4), channels))}


def _with_statistics(rng: np.random.Generator, size: Size) -> Values:
    """Values with the statistics in a tuple, since they are constants."""
    values = _vectors(rng, size)
    channels = values["x"].shape[1]
    return values | {"statistics": (rng.standard_normal(channels), rng.uniform(0.1, 3, channels))}


def _channels_second(x: Any) -> Any:
    """``(N, …, C)`` in PyTorch's order, ``(N, C, …)``."""
    return x.movedim(-1, 1)


def _batch_norm(name: str, draw: Any, eps: float = 1e-5) -> Case:
    def forward(pair: Pair, v: Values, out: Any) -> tuple[np.ndarray, ...]:
        buffers = None if out is None else (out, *np.empty((2, v["x"].shape[-1]), out.dtype))
        return pair[0](v["x"], v.get("gamma"), v.get("beta"), eps, out=buffers)

    def backward(pair: Pair, dy: np.ndarray, v: Values, y: Any, out: Any) -> tuple[np.ndarray, ...]:
        learned = "gamma" in v
        buffers = (None, None, *out) if out is not None and not learned else out
        _, mean, variance = forward(pair, v, None)
        gradients = pair[1](dy, v.get("gamma"), v["x"], mean, variance, eps, out=buffers)
        return gradients if learned else gradients[2:]

    return Case(
        name,
        (bn.batch_norm_forward, bn.batch_norm_backward),
        draw=draw,
        call_forward=lambda pair, v, out: forward(pair, v, out)[0],
        call_backward=backward,
        torch=lambda torch, v: torch.nn.functional.batch_norm(
            _channels_second(v["x"]), None, None, v.get("gamma"), v.get("beta"), training=True, eps=eps
        ).movedim(1, -1),
    )


def _statistics(v: Values) -> tuple[np.ndarray, np.ndarray]:
    mean, variance = v["statistics"]
    return mean.astype(float_type(v["x"])), variance.astype(float_type(v["x"]))


def _layer_norm(name: str, axes: int, eps: float, learned: int = 2) -> Case:
    """Layer norm over ``axes`` dimensions of about five values, with γ and β, γ alone or neither."""

    def draw(rng: np.random.Generator, size: Size) -> Values:
        shape = tuple(size(4, 6) for _ in range(axes))
        affine = list(_affine(rng, shape).items())[:learned]
        return {**dict(affine), "x": 2 + 3 * rng.standard_normal((size(1, 3), size(1, 3), *shape))}

    def forward(pair: Pair, v: Values, out: Any) -> tuple[np.ndarray, ...]:
        leading = np.shape(v["x"])[:-axes]
        buffers = None if out is None else (out, np.empty(leading, out.dtype), np.empty(leading, out.dtype))
        return pair[0](v["x"], v.get("gamma"), v.get("beta"), axes, eps, out=buffers)

    def backward(pair: Pair, dy: np.ndarray, v: Values, y: Any, out: Any) -> tuple[np.ndarray, ...]:
        _, mean, inverse_std = forward(pair, v, None)
        buffers = None if out is None else (*out[:-1], *[None] * (2 - learned), out[-1])
        gradients = pair[1](dy, v.get("gamma"), v["x"], mean, inverse_std, axes, out=buffers)
        return (*gradients[:learned], gradients[2])

    return Case(
        name,
        (ln.layer_norm_forward, ln.layer_norm_backward),
        draw=draw,
        call_forward=lambda pair, v, out: forward(pair, v, out)[0],
        call_backward=backward,
        torch=lambda torch, v: torch.nn.functional.layer_norm(
            v["x"], v["x"].shape[-axes:], v.get("gamma"), v.get("beta"), eps
        ),
    )


def _group_norm(name: str, groups: int, eps: float, learned: bool = True) -> Case:
    """Group norm of images, of so many groups of up to three channels; with γ and β or without."""

    def draw(rng: np.random.Generator, size: Size) -> Values:
        channels = groups * size(1, 3)
        affine = _affine(rng, (channels,)) if learned else {}
        return {**affine, "x": 2 + 3 * rng.standard_normal((size(1, 3), size(2, 4), size(2, 3), channels))}

    def forward(pair: Pair, v: Values, out: Any) -> tuple[np.ndarray, ...]:
        buffers = None if out is None else (out, *np.empty((2, len(out), groups), out.dtype))
        return pair[0](v["x"], groups, v.get("gamma"), v.get("beta"), eps, out=buffers)

    def backward(pair: Pair, dy: np.ndarray, v: Values, y: Any, out: Any) -> tuple[np.ndarray, ...]:
        _, mean, inverse_std = forward(pair, v, None)
        buffers = out if out is None or learned else (None, None, *out)
        gradients = pair[1](dy, v.get("gamma"), v["x"], mean, inverse_std, out=buffers)
        return gradients if learned else gradients[2:]

    return Case(
        name,
        (gn.group_norm_forward, gn.group_norm_backward),
        draw=draw,
        call_forward=lambda pair, v, out: forward(pair, v, out)[0],
        call_backward=backward,
        torch=lambda torch, v: torch.nn.functional.group_norm(
            _channels_second(v["x"]), groups, v.get("gamma"), v.get("beta"), eps
        ).movedim(1, -1),
    )


CASES = [
    _batch_norm("batch_norm", _vectors),
    _batch_norm("batch_norm, images, no γ and β", _images, eps=1e-3),
    Case(
        "batch_norm_eval",
        (bn.batch_norm_eval_forward, bn.batch_norm_eval_backward),
        draw=_with_statistics,
        call_forward=lambda pair, v, out: pair[0](v["x"], *_statistics(v), v["gamma"], v["beta"], out=out),
        call_backward=lambda pair, dy, v, y, out: pair[1](dy, v["gamma"], v["x"], *_statistics(v), out=out),
        torch=lambda torch, v: torch.nn.functional.batch_norm(
            v["x"],
            *(torch.tensor(value, dtype=v["x"].dtype) for value in v["statistics"]),
            v["gamma"],
            v["beta"],
        ),
    ),
    _layer_norm("layer_norm", axes=1, eps=1e-5),
    _layer_norm("layer_norm, two dimensions", axes=2, eps=1e-3),
    _layer_norm("layer_norm, γ alone", axes=1, eps=1e-2, learned=1),
    _layer_norm("layer_norm, no γ and β", axes=1, eps=1e-5, learned=0),
    _group_norm("group_norm", groups=2, eps=1e-5),
    _group_norm("group_norm, one group, no γ and β", groups=1, eps=1e-3, learned=False),
]
