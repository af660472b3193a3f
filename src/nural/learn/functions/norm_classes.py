"""Batch norm, layer norm and dropout as classes, in training and in prediction."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from nural.learn.building import Results, forward, gradient, made, take_weights, with_weights
from nural.learn.case import Case, Draw
from nural.learn.comparing import same
from nural.learn.function import Function, Pieces
from nural.learn.functions import normalization

#: The share of the batch in a running average: what is kept is more than what is new.
NEW = 0.1


def _normalize(cls: Any, x: Any, gamma: Any, beta: Any, dy: Any) -> Results:
    layer = made(cls, {"features": x.shape[-1], "gamma": gamma, "beta": beta})
    take_weights(layer, {"gamma": gamma, "beta": beta})
    before = _running(layer, x)
    y = np.array(forward(layer, x, train=True))
    running = _running(layer, x)
    by_running = [s for s in (before, running, (x[0] * 0, x[0] * 0), (x[0] * 0, x[0] * 0 + 1)) if s is not None]
    training = float(not any(_is_normalized(y, x, *statistics, gamma, beta) for statistics in by_running))
    share, prediction = NEW, 1.0
    dx = np.array(layer.backward(dy))
    gradients = [gradient(layer, name, value) for name, value in (("gamma", gamma), ("beta", beta))]
    gradients = [None if g is None else np.array(g) for g in gradients]
    if running is not None:
        mean = x.mean(0)
        share = min((NEW, 1 - NEW), key=lambda s: abs(s - running[0] @ mean / (mean @ mean)))
        asked = np.array(forward(layer, x, train=False))
        prediction = float(not _is_normalized(asked, x, mean, x.var(0), gamma, beta))
    return y, *gradients, dx, share, training, prediction


def _running(layer: Any, x: Any) -> tuple[Any, Any] | None:
    """The running mean and variance of a layer, if it has them."""
    found = []
    for wanted in ("mean", "var"):
        names = [k for k in vars(layer) if wanted in k.lower() and ("run" in k.lower() or "mov" in k.lower())]
        value = np.array(getattr(layer, names[0]) if names else 0.0)
        found.append(value.ravel() if value.size == x.shape[1] and value.dtype.kind == "f" else None)
    return None if found[0] is None or found[1] is None else (found[0], found[1])


def _is_normalized(y: Any, x: Any, mean: Any, variance: Any, gamma: Any, beta: Any) -> bool:
    """Whether y is x with these statistics, with whichever ε."""
    roots = [np.sqrt(variance + eps) for eps in normalization.EPSILONS]
    return any(same(y, gamma * (x - mean) / root + beta, 1e-3) for root in roots)


def _normalize_cases(sizes: list[tuple[int, int]], draw: Draw) -> Iterator[Case]:
    for turn, (n, d) in enumerate(sizes):
        x = draw.apart(n, d) * (1 if turn < 2 else 1.7)
        gamma, beta = np.arange(2.0, 2 + d), np.arange(1.0, 1 + d)
        yield Case((x, gamma, beta, draw.whole(n, d)), {"N": n, "D": d}, "square" if n == d else "")


def _batch_norm_cases(draw: Draw) -> Iterator[Case]:
    yield from _normalize_cases([(3, 2), (4, 3), (5, 2), (6, 4), (3, 3)], draw)
    x, gamma, beta = draw.normal(4, 3) * 1e-3, np.arange(2.0, 5), np.arange(1.0, 4)
    yield normalization.near_one_another("batch_norm_forward", (x, gamma, beta), "y", (), draw.whole(4, 3))


def _right_batch_norm(f: Pieces, x: Any, gamma: Any, beta: Any, dy: Any) -> Results:
    y, mean, variance = f["batch_norm_forward"](x, gamma, beta)
    gradients = f["batch_norm_backward"](dy, gamma, x, mean, variance)
    told = [
        f[name]() if name in f else value for name, value in (("share", NEW), ("training", 1.0), ("prediction", 1.0))
    ]
    return y, *gradients, *told


def _layer_norm(cls: Any, x: Any, gamma: Any, beta: Any, dy: Any) -> Results:
    return with_weights(cls, {"features": x.shape[-1]}, {"gamma": gamma, "beta": beta}, x, dy)


def _right_layer_norm(f: Pieces, x: Any, gamma: Any, beta: Any, dy: Any) -> Results:
    y, mean, r = f["layer_norm_forward"](x, gamma, beta)
    return y, *f["layer_norm_backward"](dy, gamma, x, mean, r)


def _dropout(cls: Any, p: float) -> Results:
    """Of each pass what is kept is multiplied by, and the share of zeros: all that does not hang on luck."""
    layer = made(cls, {"p": p, "keep": 1 - p})
    x = np.ones((200, 100))
    y = np.array(forward(layer, x.copy(), train=True))
    dx = np.array(layer.backward(x.copy()))
    zeros = y == 0
    dropped = float(dx[zeros].max(initial=0))
    prediction = np.array(forward(layer, x.copy(), train=False))
    constant = np.ptp(prediction) == 0
    return (
        np.array([y.max(), np.round(zeros.mean() * 20) / 20]),
        np.array([float(dx[~zeros].max(initial=0)), dropped]),
        float(prediction.max()) if constant else np.nan,
    )


def _dropout_cases(draw: Draw) -> Iterator[Case]:
    for p in (0.2, 0.7, 0.4):

        def accepts(results: dict[str, Any], p: float = p) -> bool:
            """Scaled in training; or in prediction instead, as the first paper has it."""
            scaled = ([1 / (1 - p), p], [1 / (1 - p), 0], 1), ([1, p], [1, 0], 1 - p)
            return any(
                np.allclose(results["y"], y)
                and np.allclose(results["dx"], dx)
                and np.allclose(results["prediction"], now)
                for y, dx, now in scaled
            )

        yield Case((p,), {}, f"p = {p}", accepts=accepts)


def _right_dropout(f: Pieces, p: float) -> Results:
    return f["of_dropout"](p) if "of_dropout" in f else of_dropout(1 / (1 - p), p)


def of_dropout(scale: float, zeros: float, through: float = 0, prediction: float = 1) -> Results:
    """What a class is described by."""
    return np.array([scale, zeros]), np.array([scale, through]), prediction


CLASSES = [
    Function(
        "BatchNorm",
        ("y", "dgamma", "dbeta", "dx", "running average", "training", "prediction"),
        _batch_norm_cases,
        ("x", "gamma", "beta", "dy"),
        ("batch_norm_forward", "batch_norm_backward", "training", "share", "prediction"),
        _right_batch_norm,
        "torch.nn.BatchNorm1d and its gradients",
        _normalize,
        rtol=1e-4,
    ),
    Function(
        "LayerNorm",
        ("y", "dgamma", "dbeta", "dx"),
        lambda draw: _normalize_cases([(2, 3), (3, 4), (5, 3), (4, 6), (3, 3)], draw),
        ("x", "gamma", "beta", "dy"),
        ("layer_norm_forward", "layer_norm_backward"),
        _right_layer_norm,
        "torch.nn.LayerNorm and its gradients",
        _layer_norm,
        rtol=1e-4,
    ),
    Function(
        "Dropout",
        ("y", "dx", "prediction"),
        _dropout_cases,
        ("p",),
        ("of_dropout",),
        _right_dropout,
        "torch.nn.Dropout",
        _dropout,
        rtol=1e-3,
    ),
]
