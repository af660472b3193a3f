"""The methods of the two-layer network, and its one-hot rows: known in the folder of its track only."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from nural.learn.case import Case, Draw
from nural.learn.function import REFERENCE, Function, Pieces
from nural.learn.functions.lively import lively, small_weights
from nural.learn.functions.networks import require_dictionary

#: Samples, features, units of the hidden layer, classes.
SIZES = [(2, 2, 3, 2), (3, 2, 4, 3), (4, 5, 3, 2), (1, 3, 2, 4)]
NAMES = "W1", "b1", "W2", "b2"
Params = dict[str, np.ndarray]


def _once(draw: Draw, turn: int, n: int, sizes: list[int]) -> tuple[Params, Any, Any]:
    """The params, x and t."""
    params = {}
    for k in (1, 2):
        params |= {
            f"W{k}": small_weights(draw, turn, sizes[k - 1], sizes[k]),
            f"b{k}": small_weights(draw, turn, sizes[k]),
        }
    return params, draw.numbers(turn, n, sizes[0]), np.eye(sizes[-1])[np.arange(n)[::-1] % sizes[-1]]


def _look(drawn: tuple[Params, Any, Any]) -> tuple[list[np.ndarray], list[Any]]:
    return [_hidden(REFERENCE, *drawn[:2])[0]], list(_gradient(REFERENCE, *drawn))


def _cases(draw: Draw) -> Iterator[Case]:
    for turn, (n, *sizes) in enumerate(SIZES):
        yield Case(lively(partial(_once, draw, turn, n, sizes), _look), {"N": n})


def _without_targets(draw: Draw) -> Iterator[Case]:
    for case in _cases(draw):
        yield Case(case.args[:2], case.sizes)


def _method(name: str) -> Callable[..., Any]:
    """How a method is called: on a network of the class with these params."""

    def call(cls: Any, params: Params, *args: Any) -> Any:
        net = cls(*params["W1"].shape, params["W2"].shape[1])
        net.params = {name: array.copy() for name, array in params.items()}
        returned = getattr(net, name)(*args)
        if not name.endswith("gradient"):
            return returned
        require_dictionary(returned, NAMES)
        return tuple(returned.get(key) for key in NAMES)

    return call


def _hidden(f: Pieces, params: Params, x: Any) -> tuple[Any, Any, Any]:
    a1 = f["fc_forward"](x, params["W1"], params["b1"])
    z1 = f["relu_forward"](a1)
    return a1, z1, f["fc_forward"](z1, params["W2"], params["b2"])


def _predict(f: Pieces, params: Params, x: Any) -> Any:
    return f["softmax_forward"](_hidden(f, params, x)[2])


def _loss(f: Pieces, params: Params, x: Any, t: Any) -> Any:
    return f["cross_entropy_loss"](_hidden(f, params, x)[2], t)[0]


def _accuracy(f: Pieces, params: Params, x: Any, t: Any) -> Any:
    return np.mean(_hidden(f, params, x)[2].argmax(axis=1) == t.argmax(axis=1))


def _numerical_gradient(f: Pieces, params: Params, x: Any, t: Any) -> Any:
    return tuple(f["numerical_gradient"](lambda _: _loss(f, params, x, t), params[name]) for name in NAMES)


def _gradient(f: Pieces, params: Params, x: Any, t: Any) -> Any:
    a1, z1, y = _hidden(f, params, x)
    dW2, db2, dz1 = f["fc_backward"](f["cross_entropy_loss"](y, t)[1], params["W2"], z1)
    dW1, db1, _ = f["fc_backward"](f["relu_backward"](dz1, a1), params["W1"], x)
    return dW1, db1, dW2, db2


def _labels(draw: Draw) -> Iterator[Case]:
    for count in (2, 3, 5, 12):
        yield Case((np.append(draw.rng.permutation(10), [9, 0])[:count],), {"N": count})


def _of_class(name: str, results: str, draw: Callable[..., Any], pieces: str, right: Any, torch: str, **more: Any):
    arguments = ("params", "x", "t")
    title, call = f"two-layer/TwoLayerNet.{name}", _method(name)
    return Function(title, tuple(results.split()), draw, arguments, tuple(pieces.split()), right, torch, call, **more)


_FORWARD, _ALL = "fc_forward relu_forward", "dW1 db1 dW2 db2"
FUNCTIONS = [
    _of_class("predict", "y", _without_targets, f"{_FORWARD} softmax_forward", _predict, "torch.nn.Sequential"),
    _of_class("loss", "loss", _cases, f"{_FORWARD} cross_entropy_loss", _loss, "torch.nn.CrossEntropyLoss"),
    _of_class("accuracy", "accuracy", _cases, _FORWARD, _accuracy, ""),
    _of_class(
        "numerical_gradient",
        _ALL,
        _cases,
        "numerical_gradient fc_forward relu_forward cross_entropy_loss",
        _numerical_gradient,
        "loss.backward()",
        rtol=1e-3,
    ),
    _of_class(
        "gradient",
        _ALL,
        _cases,
        f"{_FORWARD} cross_entropy_loss fc_backward relu_backward",
        _gradient,
        "loss.backward()",
    ),
    Function(
        "two-layer/change_one_hot_label",
        ("T",),
        _labels,
        ("X",),
        (),
        lambda _, labels: np.eye(10)[labels],
        "torch.nn.functional.one_hot",
    ),
]
