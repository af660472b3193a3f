"""The functions of the track dnn alone, whose names are known in its folder only: its network, as a whole."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from nural.learn.case import Case, Draw
from nural.learn.function import REFERENCE, Function, Pieces
from nural.learn.functions.lively import lively, small_weights

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


def _look(drawn: tuple[Any, Any, Any]) -> tuple[list[np.ndarray], list[Any]]:
    x, t, weights = drawn
    neurons: dict[str, Any] = dict(zip(NEURONS, _forward(REFERENCE, x, weights), strict=True))
    return [neurons["z1"], neurons["z2"]], list(_backward(REFERENCE, x, t, weights, neurons))


def _drawn(draw: Draw) -> Iterator[tuple[np.ndarray, np.ndarray, dict[str, np.ndarray], dict[str, int]]]:
    """x, t, weights, and the sizes."""
    for turn, (n, *sizes) in enumerate(SIZES):
        yield *lively(partial(_once, draw, turn, n, sizes), _look), {"N": n}


def _forward_cases(draw: Draw) -> Iterator[Case]:
    for x, _, weights, sizes in _drawn(draw):
        yield Case((x, weights), sizes)


def _backward_cases(draw: Draw) -> Iterator[Case]:
    for x, t, weights, sizes in _drawn(draw):
        yield Case((x, t, weights, dict(zip(NEURONS, _forward(REFERENCE, x, weights), strict=True))), sizes)


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


def in_order(*names: str) -> Callable[..., Any]:
    """How a function that returns a dictionary is called, so that its results come in this order."""

    def call(f: Any, *args: Any) -> dict[str, Any]:
        returned = f(*args)
        require_dictionary(returned, names)
        return {name: returned.get(name) for name in names}

    return call


def require_dictionary(returned: Any, names: tuple[str, ...]) -> None:
    """Raise unless a dictionary was returned."""
    if not isinstance(returned, dict):
        raise TypeError(f"{type(returned).__name__} was returned, expected a dictionary with {', '.join(names)}")


def loss_and_gradients(*names: str) -> Callable[..., Any]:
    """How a function that returns a loss and a dictionary of gradients is called, so that they come in this order."""

    def call(f: Any, *args: Any) -> tuple[Any, ...]:
        returned = f(*args)
        if not isinstance(returned, tuple | list) or len(returned) != 2:
            raise TypeError(f"{type(returned).__name__} was returned, expected the loss and a dictionary of gradients")
        loss, gradients = returned
        require_dictionary(gradients, names)
        return loss, *(gradients.get(name) for name in names)

    return call


def _answers(draw: Draw) -> Iterator[Case]:
    for turn, (n, *_, classes) in enumerate([(4, 3), (5, 4), (7, 3), (1, 4)]):
        y = draw.apart(n, classes)
        right = (y.argmax(axis=1) + (np.arange(n) % 3 == turn % 3)) % classes
        yield Case((y, np.eye(classes)[right]), {"N": n})


def _accuracy(f: Pieces, y: np.ndarray, t: np.ndarray) -> Any:
    return np.mean(y.argmax(axis=1) == t.argmax(axis=1))


FUNCTIONS = [
    Function(
        "dnn/forward",
        NEURONS,
        _forward_cases,
        ("x", "weights"),
        ("fc_forward", "relu_forward"),
        _forward,
        "torch.nn.Sequential",
        call=in_order(*NEURONS),
    ),
    Function(
        "dnn/backward",
        ("loss", *(f"d{name}" for name in NAMES)),
        _backward_cases,
        ("x", "t", "weights", "neurons"),
        ("cross_entropy_loss", "fc_backward", "relu_backward"),
        _backward,
        "loss.backward()",
        call=loss_and_gradients(*NAMES),
    ),
    Function("dnn/get_accuracy", ("accuracy",), _answers, ("y", "t"), (), _accuracy),
]
