"""Leaky ReLU and what else is like a ReLU, and the logarithm of a softmax."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from nural.learn.case import Case, Draw
from nural.learn.function import REFERENCE, Function, known
from nural.learn.functions.activations import of_both_signs

Settings = tuple[tuple[Any, ...], ...]
SHAPES = [((2, 3), ""), ((3, 2), ""), ((4, 5), ""), ((1, 4), "one sample"), ((3, 3), "square")]


def _cases(draw: Draw, way: str, of_output: str = "", settings: Settings = ((),)) -> Iterator[Case]:
    """x; or dy, the settings, and x or the output of the function that is named."""
    for turn, (shape, label) in enumerate(SHAPES):
        for setting in settings:
            x, sizes = of_both_signs(draw, turn, shape), dict(zip("NM", shape, strict=True))
            if way == "forward":
                yield Case((x, *setting), sizes, label)
            else:
                saved = REFERENCE[of_output](x, *setting) if of_output else x
                yield Case((draw.numbers(turn, *shape), *setting, saved), sizes, label)


def _pair(name: str, torch: str, settings: Settings = ((),), from_output: bool = False) -> list[Function]:
    """Forward and backward, which is given its settings behind dy, and x or y last."""
    forward, backward = f"{name}_forward", f"{name}_backward"
    output = forward if from_output else ""
    return [
        known(forward, "y", lambda draw: _cases(draw, "forward", settings=settings), torch),
        known(backward, "dx", lambda draw: _cases(draw, "backward", output, settings), f"the gradient of {torch}"),
    ]


def _slopes(draw: Draw, way: str) -> Iterator[Case]:
    for turn, (shape, label) in enumerate(SHAPES):
        for count in (1, shape[1]):
            x, a = of_both_signs(draw, turn, shape), 0.25 * np.arange(1.0, count + 1)
            args = (x, a) if way == "forward" else (draw.numbers(turn, *shape), a, x)
            yield Case(args, dict(zip("NM", shape, strict=True)), label, optional=count == 1)


_OF = "torch.nn.functional."
FUNCTIONS = [
    *_pair("leaky_relu", f"{_OF}leaky_relu", ((0.2,), (0.01,))),
    known("prelu_forward", "y", lambda draw: _slopes(draw, "forward"), f"{_OF}prelu"),
    known("prelu_backward", "da dx", lambda draw: _slopes(draw, "backward"), f"the gradients of {_OF}prelu"),
    *_pair("hardtanh", f"{_OF}hardtanh", ((-1.0, 1.0), (-2.0, 3.0)), from_output=True),
    *_pair("elu", f"{_OF}elu", ((1.0,), (0.5,))),
    *_pair("selu", f"{_OF}selu"),
    *_pair("gelu", f"{_OF}gelu", (("none",), ("tanh",))),
    *_pair("silu", f"{_OF}silu"),
    *_pair("softsign", f"{_OF}softsign"),
    *_pair("softplus", f"{_OF}softplus", ((1.0, 20.0), (2.0, 3.0))),
    *_pair("log_softmax", f"{_OF}log_softmax", from_output=True),
]
