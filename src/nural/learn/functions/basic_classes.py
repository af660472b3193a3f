"""Layers without images, activations, losses and embeddings as classes: `forward` and `backward`."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from nural.learn.building import Results, forward, gradient, layer_of, with_weights
from nural.learn.case import Case, Draw
from nural.learn.function import Function, Pieces
from nural.learn.functions import activations, fully_connected, losses


def _linear(cls: Any, x: Any, W: Any, b: Any, dy: Any) -> Results:
    return with_weights(cls, {"inputs": len(W), "outputs": W.shape[1]}, {"W": W, "b": b}, x, dy)


def _linear_cases(draw: Draw) -> Iterator[Case]:
    for turn, (n, i, o, label) in enumerate(fully_connected.SIZES):
        shapes = (n, i), (i, o), (o,), (n, o)
        yield Case(tuple(draw.numbers(turn, *shape) for shape in shapes), {"N": n, "D": i, "M": o}, label)


def saved(f: Pieces, x: Any, y: Any) -> Any:
    """What an activation keeps for the way back: its output."""
    return f["saved"](x, y) if "saved" in f else y


def _activation(name: str, torch: str) -> Function:
    forward_name, backward_name = f"{name.lower()}_forward", f"{name.lower()}_backward"

    def call(cls: Any, x: Any, dy: Any) -> Results:
        layer, _ = layer_of(cls, {}, {"W": x})
        y = np.array(forward(layer, x, train=True))
        return y, layer.backward(dy)

    def right(f: Pieces, x: Any, dy: Any) -> Results:
        y = f[forward_name](x)
        return y, f[backward_name](dy, saved(f, x, y))

    def draw(draw: Draw) -> Iterator[Case]:
        for case in next(f for f in activations.FUNCTIONS if f.name == forward_name).draw(draw):
            if not (case.special or case.optional):
                yield Case((*case.args, draw.whole(*case.args[0].shape)), case.sizes, case.label)

    pieces = (forward_name, backward_name, "saved")
    return Function(name, ("y", "dx"), draw, ("x", "dy"), pieces, right, torch, call)


def _loss(name: str, piece: str, torch: str) -> Function:
    plain = next(f for f in losses.FUNCTIONS if f.name == piece)

    def call(cls: Any, y: Any, t: Any) -> Results:
        layer, _ = layer_of(cls, {}, {"W": y, "b": t})
        loss = np.array(forward(layer, y, t))
        try:
            return loss, layer.backward()
        except TypeError:
            return loss, layer.backward(1)

    return Function(name, ("loss", "dy"), plain.draw, ("y", "t"), (piece,), lambda f, y, t: f[piece](y, t), torch, call)


def _embedding(cls: Any, idx: Any, W: Any, dy: Any) -> Results:
    layer, _ = layer_of(cls, {"words": len(W), "features": W.shape[1]}, {"W": W})
    y = np.array(forward(layer, idx))
    layer.backward(dy)
    return y, gradient(layer, "W", W)


def _embedding_cases(draw: Draw) -> Iterator[Case]:
    for turn, words in enumerate([[1, 0, 1], [2, 2, 0, 2], [0, 3, 1, 3, 0], [2, 0, 1]]):
        W, d = draw.numbers(turn, 4, 2 + turn % 2), 2 + turn % 2
        yield Case((np.array(words), W, draw.numbers(turn, len(words), d)), {"N": len(words), "D": d})


def _right_embedding(f: Pieces, idx: Any, W: Any, dy: Any) -> Results:
    return f["embedding_forward"](idx, W), f["embedding_backward"](dy, W, idx)


CLASSES = [
    Function(
        "Linear",
        ("y", "dW", "db", "dx"),
        _linear_cases,
        ("x", "W", "b", "dy"),
        ("fc_forward", "fc_backward"),
        lambda f, x, W, b, dy: (f["fc_forward"](x, W, b), *f["fc_backward"](dy, W, x)),
        "torch.nn.Linear and its gradients",
        _linear,
    ),
    _activation("ReLU", "torch.nn.ReLU"),
    _activation("Sigmoid", "torch.nn.Sigmoid"),
    _activation("Tanh", "torch.nn.Tanh"),
    _activation("Softmax", "torch.nn.Softmax"),
    _loss("CrossEntropyLoss", "cross_entropy_loss", "torch.nn.CrossEntropyLoss"),
    _loss("MSELoss", "mean_squared_loss", "torch.nn.MSELoss"),
    Function(
        "Embedding",
        ("y", "dW"),
        _embedding_cases,
        ("idx", "W", "dy"),
        ("embedding_forward", "embedding_backward"),
        _right_embedding,
        "torch.nn.Embedding and its gradients",
        _embedding,
    ),
]
