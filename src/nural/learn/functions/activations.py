"""Activation functions, under the names of a pair and under those of one function and its derivative."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from nural.learn.case import Case, Draw
from nural.learn.function import Function, Pieces, known

SHAPES = [((2, 3), ""), ((3, 2), ""), ((4, 5), ""), ((5, 3), ""), ((1, 4), "one sample"), ((3, 3), "square")]


def _sizes(shape: tuple[int, ...]) -> dict[str, int]:
    return dict(zip("NM", shape, strict=True))


def of_both_signs(draw: Draw, turn: int, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers of both signs in every row and every column, where there is room."""
    x = np.abs(draw.numbers(turn, *shape))
    return x * np.where(np.add.outer(*map(np.arange, shape)) % 2, -1.0, 1.0)


def _forward(draw: Draw) -> Iterator[Case]:
    for turn, (shape, label) in enumerate(SHAPES):
        yield Case((of_both_signs(draw, turn, shape),), _sizes(shape), label)


def _forward_of_large(draw: Draw) -> Iterator[Case]:
    yield from _forward(draw)
    yield Case(
        (np.array([[800.0, 0.0], [-800.0, 1.0], [-1.0, 800.0]]),),
        {"N": 3, "M": 2},
        "large x",
        special=True,
        optional=True,
    )


def _softmax_forward(draw: Draw) -> Iterator[Case]:
    yield from _forward(draw)
    far = np.array([[1000.0, 999.0, 0.0], [1.0, 2.0, 3.0]])
    yield Case((far,), {"N": 2, "M": 3}, "large logits", special=True, means="softmax-overflow")
    apart = np.array([[-1000.0, -1001.0], [1.0, 3.0], [0.0, 1.0]])
    yield Case((apart,), {"N": 3, "M": 2}, "rows far apart", special=True, means="maximum-of-everything")


def _from_input(draw: Draw) -> Iterator[Case]:
    for turn, (shape, label) in enumerate(SHAPES):
        yield Case((draw.numbers(turn, *shape), of_both_signs(draw, turn, shape)), _sizes(shape), label)


def _from_output(forward: Callable[[np.ndarray], np.ndarray], draw: Draw) -> Iterator[Case]:
    for turn, (shape, label) in enumerate(SHAPES):
        y = forward(of_both_signs(draw, turn, shape))
        # Two digits are enough to look at, but for a softmax, whose rows have the sum 1.
        y = np.round(y, 2) if turn < 2 and forward is not _softmax else y
        yield Case((draw.numbers(turn, *shape), y), _sizes(shape), label)


def _softmax(x: np.ndarray) -> np.ndarray:
    y = np.exp(x - x.max(axis=1, keepdims=True))
    return y / y.sum(axis=1, keepdims=True)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def _relu_grad(f: Pieces, x: np.ndarray) -> np.ndarray:
    return f["relu_backward"](np.ones_like(x), x)


def _sigmoid_grad(f: Pieces, x: np.ndarray) -> np.ndarray:
    return f["sigmoid_backward"](np.ones_like(x), f["sigmoid_forward"](x))


def _same_as(name: str, piece: str, draw: Callable[[Draw], Iterator[Case]], torch: str) -> Function:
    return Function(name, ("y",), draw, ("x",), (piece,), lambda f, x: f[piece](x), torch)


_OF = "the gradient of torch."
FUNCTIONS = [
    known("relu_forward", "y", _forward, "torch.nn.functional.relu"),
    known("relu_backward", "dx", _from_input, _OF + "nn.functional.relu"),
    known("sigmoid_forward", "y", _forward_of_large, "torch.sigmoid"),
    known("sigmoid_backward", "dx", partial(_from_output, _sigmoid), _OF + "sigmoid"),
    known("tanh_forward", "y", _forward_of_large, "torch.tanh"),
    known("tanh_backward", "dx", partial(_from_output, np.tanh), _OF + "tanh"),
    known("softmax_forward", "y", _softmax_forward, "torch.softmax"),
    known("softmax_backward", "dx", partial(_from_output, _softmax), _OF + "softmax"),
    _same_as("relu", "relu_forward", _forward, "torch.nn.functional.relu"),
    _same_as("sigmoid", "sigmoid_forward", _forward_of_large, "torch.sigmoid"),
    _same_as("softmax", "softmax_forward", _softmax_forward, "torch.softmax"),
    Function("relu_grad", ("dx",), _forward, ("x",), ("relu_backward",), _relu_grad, _OF + "nn.functional.relu"),
    Function(
        "sigmoid_grad",
        ("dx",),
        _forward,
        ("x",),
        ("sigmoid_forward", "sigmoid_backward"),
        _sigmoid_grad,
        _OF + "sigmoid",
    ),
]
