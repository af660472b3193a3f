"""The functions that the checker knows, by name."""

from nural.learn.function import Function
from nural.learn.functions import (
    activations,
    adaptive_pooling,
    classes,
    convolution,
    fully_connected,
    losses,
    networks,
    normalization,
    optimizers,
    rectifiers,
    recurrent,
)

FAMILIES = (
    *(fully_connected, activations, rectifiers, losses, convolution, adaptive_pooling),
    *(normalization, recurrent, optimizers),
)
FUNCTIONS: dict[str, Function] = {function.name: function for family in FAMILIES for function in family.FUNCTIONS}
#: Classes, by their name in PyTorch.
CLASSES: dict[str, Function] = {function.name: function for function in classes.CLASSES}
#: Functions of one track, such as "dnn/forward": no function of another file is taken for them.
OF_TRACKS: dict[str, Function] = {function.name: function for function in networks.FUNCTIONS}
KINDS = FUNCTIONS | CLASSES | OF_TRACKS
