"""RNN, LSTM and GRU as classes: all steps of a batch of sequences forward, and all of them back."""

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np

from nural.learn.building import NotTaken, Results, holds, with_weights
from nural.learn.case import Case, Draw
from nural.learn.function import REFERENCE, Function, Pieces

#: Samples, steps, features, hidden units; the sizes of all arrays differ.
SIZES = [(1, 2, 1, 2, ""), (2, 3, 3, 2, ""), (3, 4, 2, 3, ""), (2, 4, 5, 4, ""), (2, 1, 3, 2, "one step")]
WEIGHTS: tuple[str, ...] = "W_ih", "W_hh", "b_ih", "b_hh"


def _cases(gates: int, draw: Draw) -> Iterator[Case]:
    for turn, (n, steps, features, hidden, label) in enumerate(SIZES):
        width = gates * hidden
        shapes = (n, steps, features), (features, width), (hidden, width), (width,), (width,)
        x, W_ih, W_hh, b_ih, b_hh = (np.round(draw.normal(*shape), 1) for shape in shapes)
        two = turn % 2 == 0
        arrays = x, W_ih, W_hh, b_ih, b_hh if two else b_hh * 0, draw.whole(n, steps, hidden)
        sizes = {"N": n, "T": steps, "D": features, "H": hidden}
        yield Case(arrays, sizes, label or ("a second bias" if two else ""))


def _layer(kind: str) -> Any:
    """How a class of this kind is called: with two biases, or with one, which is their sum."""

    def call(cls: Any, x: Any, W_ih: Any, W_hh: Any, b_ih: Any, b_hh: Any, dy: Any) -> Results:
        given = {"inputs": len(W_ih), "outputs": len(W_hh)}
        weights: dict[str, Any] = dict(zip(WEIGHTS, (W_ih, W_hh, b_ih, b_hh), strict=True))
        method = getattr(cls, "forward", cls.__call__)
        asked = [p for p in list(inspect.signature(method).parameters.values())[2:] if p.default is p.empty]
        states = [np.zeros((len(x), len(W_hh))) for p in asked if p.kind is p.POSITIONAL_OR_KEYWORD]
        any_biases = {**given, **weights, "b_both": b_ih}
        if holds(cls, any_biases, weights):
            return with_weights(cls, given, weights, x, dy, *states)
        if kind == "gru" and b_hh.any():
            raise NotTaken
        one = {"W_ih": W_ih, "W_hh": W_hh, "b_both": b_ih + b_hh}
        y, dW_ih, dW_hh, db, dx = with_weights(cls, given, one, x, dy, *states)
        # Of a bias that it has not there is nothing to judge.
        db_hh = db if kind != "gru" else _right(kind, REFERENCE, x, W_ih, W_hh, b_ih, b_hh, dy)[4]
        return y, dW_ih, dW_hh, db, db_hh, dx

    return call


def _right(kind: str, f: Pieces, x: Any, W_ih: Any, W_hh: Any, b_ih: Any, b_hh: Any, dy: Any) -> Results:
    columns = np.arange(W_ih.shape[1])
    if "gates" in f:  # a class with its gates in another order takes other columns for the first, the second, …
        columns = columns.reshape(-1, len(W_hh))[list(f["gates"]())].ravel()
        W_ih, W_hh, b_ih, b_hh = (array[..., columns] for array in (W_ih, W_hh, b_ih, b_hh))
    saved = f[f"{kind}_forward"](x, W_ih, W_hh, b_ih, b_hh)
    saved = saved if isinstance(saved, tuple) else (saved,)
    dW_ih, dW_hh, db_ih, db_hh, *_, dx = f[f"{kind}_backward"](dy, W_ih, W_hh, x, *saved)
    gradients = (gradient[..., np.argsort(columns)] for gradient in (dW_ih, dW_hh, db_ih, db_hh))
    return saved[0], *gradients, dx


def _recurrent(name: str, gates: int) -> Function:
    kind = name.lower()
    return Function(
        name,
        ("h", *(f"d{weight}" for weight in WEIGHTS), "dx"),
        lambda draw: _cases(gates, draw),
        ("x", *WEIGHTS, "dy"),
        (f"{kind}_forward", f"{kind}_backward", "gradients_over_time", "gates"),
        lambda f, *args: _right(kind, f, *args),
        f"torch.nn.{name} and its gradients",
        _layer(kind),
    )


CLASSES = [_recurrent("RNN", 1), _recurrent("LSTM", 4), _recurrent("GRU", 3)]
