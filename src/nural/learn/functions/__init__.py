"""The functions that the checker knows, by name."""

from nural.learn.function import Function
from nural.learn.functions import (
    activations,
    adaptive_pooling,
    classes,
    cnn,
    convolution,
    dnn,
    fully_connected,
    initializers,
    losses,
    normalization,
    optimizers,
    rectifiers,
    recurrent,
    two_layer,
)

FAMILIES = (
    *(fully_connected, activations, rectifiers, losses, convolution, adaptive_pooling),
    *(normalization, recurrent, optimizers, initializers),
)
FUNCTIONS: dict[str, Function] = {function.name: function for family in FAMILIES for function in family.FUNCTIONS}
#: Classes, by their name in PyTorch.
CLASSES: dict[str, Function] = {function.name: function for function in classes.CLASSES}
#: The modules of functions of one track, such as "dnn/forward": no function of another file is taken for them.
TRACKS = dnn, two_layer, cnn
OF_TRACKS: dict[str, Function] = {function.name: function for of_one in TRACKS for function in of_one.FUNCTIONS}
KINDS = FUNCTIONS | CLASSES | OF_TRACKS
