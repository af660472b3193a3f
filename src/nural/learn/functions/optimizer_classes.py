"""Optimizers as classes: `update(params, grads)`."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from nural.learn.building import made
from nural.learn.case import Case, Draw
from nural.learn.function import Function, Pieces
from nural.learn.functions import optimizers


def _optimizer(name: str, piece: str, states: int, settings: dict[str, float], torch: str) -> Function:
    counted = piece == "adam_update"
    plain = optimizers.steps(states, counted)

    def call(cls: Any, W: np.ndarray, gradients: np.ndarray) -> Any:
        optimizer = made(cls, settings)
        params = {"W": W}
        method = getattr(optimizer, "update", None) or optimizer.step
        for g in gradients:
            method(params, {"W": g})
        return params["W"]

    def right(f: Pieces, W: np.ndarray, gradients: np.ndarray) -> Any:
        zeros = [np.zeros_like(W) for _ in range(states)]
        return plain(f[piece], W, gradients, *zeros, *settings.values())[0]

    def draw(draw: Draw) -> Iterator[Case]:
        for turn, shape in enumerate(optimizers.SHAPES):
            count = 1 if turn == 0 else 4
            yield Case(
                (draw.numbers(turn, *shape), optimizers.gradients(draw, turn, count, *shape)), {}, f"{count} steps"
            )

        def accepts(results: dict[str, Any]) -> bool:
            return bool(np.abs(results["W"]).min() > 0.02)

        if counted:
            case = np.zeros(2), np.full((1, 2), 1e-6)
            yield Case(case, {}, optimizers.SMALL, special=True, accepts=accepts, means="epsilon-inside-root")

    return Function(name, ("W",), draw, ("W", "grads"), (piece,), right, torch, call, changes=("W",))


CLASSES = [
    _optimizer("SGD", "sgd_update", 0, {"learning_rate": 0.1}, "torch.optim.SGD"),
    _optimizer("Momentum", "momentum_update", 1, {"learning_rate": 0.1, "momentum": 0.8}, "torch.optim.SGD"),
    _optimizer("AdaGrad", "adagrad_update", 1, {"learning_rate": 0.1}, "torch.optim.Adagrad"),
    _optimizer("RMSProp", "rmsprop_update", 1, {"learning_rate": 0.1, "alpha": 0.9}, "torch.optim.RMSprop"),
    _optimizer("Adam", "adam_update", 2, {"learning_rate": 0.1, "beta1": 0.8, "beta2": 0.95}, "torch.optim.Adam"),
]
