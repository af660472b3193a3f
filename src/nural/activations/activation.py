"""What the activation layers share."""

from typing import Any

import numpy as np

from nural.batch import as_floats
from nural.layer import Layer, arguments_of


class Activation(Layer):
    """A layer without weights around one elementwise pair.

    A subclass names its pair and says whether the backward function takes the input or the output of the forward one.
    """

    pair: tuple[Any, Any]
    saves = "output"

    @property
    def arguments(self) -> tuple[Any, ...]:
        """What the pair takes beside its arrays: the constructor's arguments."""
        return tuple([getattr(self, argument.name) for argument in arguments_of(type(self))])

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """y, the activation of x, of x's shape; it lives until the next call."""
        x = as_floats(type(self).__name__, x, self.dtype)
        y = self.pair[0](x, *self.arguments, out=self.buffer("y", x.shape, x.dtype))
        self.saved = y if self.saves == "output" else x
        return y

    def backward(self, dy: np.ndarray, need_dx: bool = True) -> Any:
        """∂L/∂x of dy's shape, given dy = ∂L/∂y; ``need_dx`` changes nothing, for there is nothing else to compute."""
        return self.pair[1](dy, *self.arguments, self.saved, out=self.buffer("dx", dy.shape, dy.dtype))
