"""The functions that the checker knows, by name."""

from nural.learn.function import Function
from nural.learn.functions import (
    activations,
    classes,
    convolution,
    fully_connected,
    initializers,
    losses,
    normalization,
    optimizers,
    recurrent,
)

FAMILIES = (
    fully_connected,
    activations,
    losses,
    convolution,
    normalization,
    recurrent,
    optimizers,
    initializers,
)
FUNCTIONS: dict[str, Function] = {function.name: function for family in FAMILIES for function in family.FUNCTIONS}
#: Classes, by their name in PyTorch.
CLASSES: dict[str, Function] = {function.name: function for function in classes.CLASSES}
KINDS = FUNCTIONS | CLASSES
