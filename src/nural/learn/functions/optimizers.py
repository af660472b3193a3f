"""Optimizers, which change their weights in place, step after step; and weight decay as a loss."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from nural.learn.case import Case, Draw
from nural.learn.function import REFERENCE, Function, Pieces, known

SHAPES = [(2,), (3,), (2, 3), (3, 2)]
#: Weights so near 0, and gradients so small, that what they are divided by is ε.
SMALL = "small gradients"


def steps(states: int, counted: bool) -> Callable[..., Any]:
    """How an update is called: once for each gradient, with its running arrays, and the number of the step.

    What it returns counts where it leaves its arguments as they were.
    """

    def call(update: Any, W: np.ndarray, gradients: np.ndarray, *more: Any) -> Any:
        arrays, settings = [W, *more[:states]], more[states:]
        for step, g in enumerate(gradients, 1):
            before = arrays[0].copy()
            returned = update(arrays[0], g, *arrays[1:], *([step] if counted else []), *settings)
            if returned is not None and np.array_equal(before, arrays[0]):
                returned = list(returned) if isinstance(returned, tuple | list) else [returned]
                arrays[: len(returned)] = returned
        return tuple(arrays)

    return call


def gradients(draw: Draw, turn: int, *shape: int) -> np.ndarray:
    """None of them near 0, where the answer would hang on ε, and on where a formula has it."""
    g = draw.numbers(turn, *shape)
    return g + np.sign(g) / 2


def _steps_of(draw: Draw, states: int, settings: list[tuple[Any, ...]]) -> Iterator[Case]:
    for turn, shape in enumerate(SHAPES):
        count = 1 if turn == 0 else 4
        for setting in settings:
            W, zeros = draw.numbers(turn, *shape), [np.zeros(shape) for _ in range(states)]
            yield Case(
                (W, gradients(draw, turn, count, *shape), *zeros, *setting),
                {},
                f"{count} steps" if count > 1 else "one step",
            )


def _small(draw: Draw, states: int, eps: tuple[Any, ...]) -> Iterator[Case]:
    """ε outside the root moves W by about the learning rate; inside, hardly at all."""

    def accepts(results: dict[str, Any]) -> bool:
        return bool(np.abs(results["W"]).min() > 0.02)

    args = np.zeros(2), np.full((1, 2), 1e-6), *(np.zeros(2) for _ in range(states)), 0.1
    yield Case(args, {}, SMALL, special=True, accepts=accepts, means="epsilon-inside-root")


def _adam(draw: Draw) -> Iterator[Case]:
    yield from _steps_of(draw, 2, [(), (0.1, 0.8, 0.95)])
    yield from _small(draw, 2, ())


def _adamw(draw: Draw) -> Iterator[Case]:
    yield from _steps_of(draw, 2, [(0.1, 0.8, 0.95, 1e-8, 0.5), (0.2, 0.9, 0.99, 1e-8, 0.1)])


def _scaled(draw: Draw) -> Iterator[Case]:
    yield from _steps_of(draw, 1, [(), (0.1,)])
    yield from _small(draw, 1, ())


def update(name: str, results: str, draw: Callable[[Draw], Iterator[Case]], torch: str) -> Function:
    """An update of the reference, whose results are what it changes."""
    arrays = tuple(results.split())
    counted = "step" in REFERENCE[name].__code__.co_varnames
    call = steps(len(arrays) - 1, counted)

    def right(f: Pieces, *args: Any) -> Any:
        return call(f[name], *args)

    arguments = known(name, results, draw).arguments
    return Function(
        name,
        arrays,
        draw,
        arguments,
        (name, *(piece for piece in REFERENCE[name].__code__.co_names if piece in REFERENCE)),
        right,
        torch,
        call=call,
        extras=arrays[1:],
        changes=arrays,
    )


def _decay(draw: Draw) -> Iterator[Case]:
    for turn, (i, o) in enumerate([(2, 3), (3, 2), (1, 4), (3, 3)]):
        for weight_decay in (0.5, 0.1):
            args = draw.numbers(turn, i, o), draw.numbers(turn, o), weight_decay
            yield Case(args, {"D": i, "M": o}, f"λ = {weight_decay}")


FUNCTIONS = [
    update("sgd_update", "W", lambda draw: _steps_of(draw, 0, [(0.1,), (0.5,)]), "torch.optim.SGD"),
    update(
        "momentum_update",
        "W velocity",
        lambda draw: _steps_of(draw, 1, [(), (0.1, 0.8)]),
        "torch.optim.SGD with momentum",
    ),
    update(
        "nesterov_update",
        "W velocity",
        lambda draw: _steps_of(draw, 1, [(), (0.1, 0.8)]),
        "torch.optim.SGD with nesterov=True",
    ),
    update("adagrad_update", "W square_sum", _scaled, "torch.optim.Adagrad"),
    update("rmsprop_update", "W square_mean", _scaled, "torch.optim.RMSprop"),
    update("adam_update", "W m v", _adam, "torch.optim.Adam"),
    update("adamw_update", "W m v", _adamw, "torch.optim.AdamW"),
    known("weight_decay_loss", "loss dW db", _decay, "the gradient of weight_decay * W.square().sum()"),
]
