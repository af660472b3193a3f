"""The mistakes that people make, each as what stands in the right function and what is written in its place."""

from nural.learn.function import Function
from nural.learn.mistakes import (
    activations,
    classes,
    cnn,
    convolution,
    fully_connected,
    initializers,
    losses,
    normalization,
    optimizers,
    pooling,
    recurrent,
)
from nural.learn.mistakes.mistake import Mistake

FAMILIES = (
    *(fully_connected, activations, losses, convolution, pooling, normalization, recurrent),
    *(optimizers, initializers, classes, cnn),
)
MISTAKES: list[Mistake] = [m for family in FAMILIES for m in family.MISTAKES]


def mistakes_of(function: Function) -> list[Mistake]:
    """Those that can be made in a function; where two fit, the first is meant."""
    return [m for m in MISTAKES if m.piece in function.pieces and m.only in ("", function.name)]


#: Mistakes of which there are many in one place: no two of them are made together.
MANY = "log-epsilon", "probability-clipped"
