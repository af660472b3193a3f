"""The functions of the track dnn alone, whose names are known in its folder only: its network, as a whole."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from nural.learn.case import Case, Draw
from nural.learn.function import Function, Pieces
from nural.learn.functions.lively import small_weights
from nural.learn.functions.networks import WholeNetwork

#: Samples, features, units of the layers between, classes.
SIZES = [(2, 2, 3, 4, 2), (3, 2, 4, 3, 5), (4, 5, 3, 2, 3), (1, 3, 2, 4, 2)]
NAMES = "W1", "b1", "W2", "b2", "W3", "b3"
NEURONS = "z1", "a1", "z2", "a2", "y"


def _once(draw: Draw, turn: int, n: int, sizes: list[int]) -> tuple[Any, Any, dict[str, np.ndarray]]:
    """x, t and weights."""
    drawn = {}
    for k in range(1, len(sizes)):
        drawn |= {
            f"W{k}": small_weights(draw, turn, sizes[k - 1], sizes[k]),
            f"b{k}": small_weights(draw, turn, sizes[k]),
        }
    return draw.numbers(turn, n, sizes[0]), np.eye(sizes[-1])[np.arange(n)[::-1] % sizes[-1]], drawn


def _draws(draw: Draw) -> Iterator[tuple[Callable[[], Any], dict[str, int]]]:
    for turn, (n, *sizes) in enumerate(SIZES):
        yield partial(_once, draw, turn, n, sizes), {"N": n}


def _forward(f: Pieces, x: np.ndarray, weights: dict[str, np.ndarray]) -> tuple[np.ndarray, ...]:
    z1 = f["fc_forward"](x, weights["W1"], weights["b1"])
    a1 = f["relu_forward"](z1)
    z2 = f["fc_forward"](a1, weights["W2"], weights["b2"])
    a2 = f["relu_forward"](z2)
    return z1, a1, z2, a2, f["fc_forward"](a2, weights["W3"], weights["b3"])


def _backward(f: Pieces, x: Any, t: Any, weights: dict[str, Any], neurons: dict[str, Any]) -> tuple[Any, ...]:
    loss, dy = f["cross_entropy_loss"](neurons["y"], t)
    dW3, db3, da2 = f["fc_backward"](dy, weights["W3"], neurons["a2"])
    dW2, db2, da1 = f["fc_backward"](f["relu_backward"](da2, neurons["z2"]), weights["W2"], neurons["a1"])
    dW1, db1, _ = f["fc_backward"](f["relu_backward"](da1, neurons["z1"]), weights["W1"], x)
    return loss, dW1, db1, dW2, db2, dW3, db3


def _answers(draw: Draw) -> Iterator[Case]:
    for turn, (n, *_, classes) in enumerate([(4, 3), (5, 4), (7, 3), (1, 4)]):
        y = draw.apart(n, classes)
        right = (y.argmax(axis=1) + (np.arange(n) % 3 == turn % 3)) % classes
        yield Case((y, np.eye(classes)[right]), {"N": n})


def _accuracy(f: Pieces, y: np.ndarray, t: np.ndarray) -> Any:
    return np.mean(y.argmax(axis=1) == t.argmax(axis=1))


NETWORK = WholeNetwork("dnn", ("fc", "relu"), NAMES, NEURONS, ("z1", "z2"), _forward, _backward, _draws)
FUNCTIONS = [
    *NETWORK.functions(),
    Function("dnn/get_accuracy", ("accuracy",), _answers, ("y", "t"), (), _accuracy),
]
