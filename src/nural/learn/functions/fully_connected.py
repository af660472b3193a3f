"""Fully connected layers, and the proof of gradients."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from nural.learn.case import Case, Draw
from nural.learn.function import known

#: Samples, features in, features out; what is special about them.
SIZES = [
    *[(2, 1, 3, ""), (3, 2, 4, ""), (4, 3, 2, ""), (5, 7, 3, "")],
    *[(1, 3, 2, "one sample"), (3, 4, 1, "one output"), (3, 2, 2, "square W"), (2, 3, 3, "square W")],
]


def _turns() -> list[tuple[int, tuple[int, int, int, str]]]:
    """Where weights are square, whole numbers again: the others may raise an exception, and this is what is shown."""
    return [(0 if "square" in size[3] else turn, size) for turn, size in enumerate(SIZES)]


def _forward(draw: Draw) -> Iterator[Case]:
    for turn, (n, i, o, label) in _turns():
        args = draw.numbers(turn, n, i), draw.numbers(turn, i, o), draw.numbers(turn, o)
        yield Case(args, {"N": n, "D": i, "M": o}, label)


def _backward(draw: Draw) -> Iterator[Case]:
    for turn, (n, i, o, label) in _turns():
        args = draw.numbers(turn, n, o), draw.numbers(turn, i, o), draw.numbers(turn, n, i)
        yield Case(args, {"N": n, "D": i, "M": o}, label)


def _slope(draw: Draw) -> Iterator[Case]:
    for turn, shape in enumerate([(2,), (3,), (2, 3), (3, 2)]):
        c = draw.numbers(turn, *shape)
        yield Case((Polynomial(c, 0), draw.numbers(turn, *shape)), {}, "f(W) = Σ c W²")
        yield Case((Polynomial(c, 1), draw.numbers(turn, *shape)), {}, "f(W) = Σ c W² + sin W")
    # At 0 the slope of w² is 0 from both sides together, and h times a million from one.
    yield Case((Polynomial(np.full(2, 1e6), 0), np.zeros(2)), {}, "f(W) = Σ 1000000 W² at 0", special=True)
    yield Case((Polynomial(np.full((2, 2), 1e6), 0), np.zeros((2, 2))), {}, "f(W) = Σ 1000000 W² at 0", special=True)


class Polynomial:
    """f(W) = Σ c W² + s Σ sin W: something whose slope is known."""

    def __init__(self, c: np.ndarray, s: float) -> None:
        self.c, self.s = c, s

    def __call__(self, W: np.ndarray) -> Any:
        """A number."""
        return np.sum(self.c * W**2 + self.s * np.sin(W))

    def __repr__(self) -> str:
        return "f"


FUNCTIONS = [
    known("fc_forward", "y", _forward, "torch.nn.functional.linear"),
    known("fc_backward", "dW db dx", _backward, "the gradients of torch.nn.functional.linear"),
    known("numerical_gradient", "gradient", _slope, "torch.autograd.grad", rtol=1e-3),
]
