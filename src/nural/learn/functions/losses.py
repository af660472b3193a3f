"""Losses: each returns the loss and its gradient."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from nural.learn.case import Case, Draw
from nural.learn.function import Function, Pieces, known

SIZES = [(2, 3, ""), (3, 2, ""), (4, 5, ""), (5, 3, ""), (1, 4, "one sample"), (3, 3, "square")]


def _labels(draw: Draw, n: int, classes: int) -> np.ndarray:
    """Labels of which no two neighbours are equal, nor all of them their own place."""
    return (np.arange(n)[::-1] + draw.rng.integers(classes)) % classes


def _of_both_kinds(y: np.ndarray, labels: np.ndarray, label: str = "", means: str | None = None) -> Iterator[Case]:
    """With one-hot rows and with labels; a special case if it is there for the mistake that it ``means``."""
    sizes = {"N": len(y), "M": y.shape[1]}
    for group, t in {"one-hot": np.eye(y.shape[1])[labels], "labels": labels}.items():
        yield Case((y, t), sizes, label, group, special=means is not None, means=means or "")


def _cross_entropy(draw: Draw) -> Iterator[Case]:
    for turn, (n, classes, label) in enumerate(SIZES):
        yield from _of_both_kinds(draw.numbers(turn, n, classes), _labels(draw, n, classes), label)
    # The most probable class is the right one here, so that no logarithm of 0 hides that the exponentials overflow.
    yield from _of_both_kinds(
        np.array([[1000.0, 998.0, 999.0], [1.0, 3.0, 2.0]]), np.array([0, 2]), "large logits", "softmax-overflow"
    )
    y = np.array([[-b, 0.0, -40.0] for b in (9, 16, 19, 23, 28, 35)])
    yield from _of_both_kinds(y, np.zeros(len(y), int), "small probabilities", "")
    yield from _of_both_kinds(np.array([[0.0, -800.0, 1.0]]), np.array([1]), "probability 0", "log-of-zero")
    apart = np.array([[-1000.0, -1001.0, -1002.0], [1.0, 3.0, 2.0]])
    yield from _of_both_kinds(apart, np.array([1, 0]), "rows far apart", "maximum-of-everything")


def _mean_squared(draw: Draw) -> Iterator[Case]:
    for turn, (n, m, label) in enumerate([*SIZES, (4, 1, "one output")]):
        yield Case((draw.numbers(turn, n, m), draw.numbers(turn, n, m)), {"N": n, "M": m}, label)


def _binary(draw: Draw) -> Iterator[Case]:
    for turn, (n, m, label) in enumerate([*SIZES, (4, 1, "one output")]):
        t = (np.arange(n * m).reshape(n, m) * 2 % 3 == 0).astype(float)
        yield Case((draw.numbers(turn, n, m), t), {"N": n, "M": m}, label)
    y, t = np.array([[9.0, -16.0, 19.0], [-23.0, -28.0, -35.0]]), np.array([[0.0, 1.0, 0.0], [1.0, 1.0, 1.0]])
    yield Case((y, t), {"N": 2, "M": 3}, "small probabilities", special=True)
    y, t = np.array([[-800.0, 2.0]]), np.array([[1.0, 0.0]])
    yield Case((y, t), {"N": 1, "M": 2}, "probability 0", special=True, means="log-of-zero")
    y, t = np.array([[800.0, 2.0]]), np.array([[1.0, 0.0]])
    yield Case((y, t), {"N": 1, "M": 2}, "large logits", special=True, means="softmax-overflow")


def _of_probabilities(draw: Draw) -> Iterator[Case]:
    for turn, (n, classes, label) in enumerate(SIZES):
        y = np.exp(draw.normal(n, classes))
        y = np.round(y / y.sum(axis=1, keepdims=True), 2 if turn < 2 else 9)
        y[:, -1] = 1 - y[:, :-1].sum(axis=1)
        yield from _of_both_kinds(y, _labels(draw, n, classes), label)
    for case in _of_both_kinds(np.array([[1.0, 0.0]]), np.array([1]), "probability 0", "log-of-zero"):
        yield replace(case, accepts=_is_finite)


def _is_finite(results: dict[str, np.ndarray]) -> bool:
    """The formula has no number here; with a small number added, or clipped, any will do."""
    return bool(np.isfinite(results["loss"]).all())


def _negative_log(f: Pieces, y: np.ndarray, t: np.ndarray) -> float:
    """−mean_n Σ_c t_nc log p_nc: the loss whose softmax has been taken already."""
    return f["cross_entropy_loss"](np.log(y), t)[0]


FUNCTIONS = [
    known("cross_entropy_loss", "loss dy", _cross_entropy, "torch.nn.functional.cross_entropy"),
    known("mean_squared_loss", "loss dy", _mean_squared, "torch.nn.functional.mse_loss"),
    known("binary_cross_entropy_loss", "loss dy", _binary, "torch.nn.functional.binary_cross_entropy_with_logits"),
    Function(
        "cross_entropy_error",
        ("loss",),
        _of_probabilities,
        ("y", "t"),
        ("cross_entropy_loss",),
        _negative_log,
        "torch.nn.functional.nll_loss of log y",
    ),
]
