"""What the layers share that are nothing but a pair: activations and poolings."""

from typing import Any

import numpy as np

from nural.checks import as_floats
from nural.layer import Layer, arguments_of


class PairLayer(Layer):
    """A layer without weights that computes with one pair, to which it passes the arguments of its constructor."""

    pair: tuple[Any, Any]
    #: What the backward function takes of the forward pass: "input", "output", "input and output", or "input shape".
    saves = "output"

    @property
    def arguments(self) -> tuple[Any, ...]:
        """What the pair takes beside its arrays: the constructor's arguments."""
        return tuple([getattr(self, argument.name) for argument in arguments_of(type(self))])

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """y, which the pair's forward function makes of x; it lives until the next call."""
        x = as_floats(type(self).__name__, x, self.dtype)
        y = self.compute(x)
        match self.saves:
            case "output":
                self.saved = y
            case "input":
                self.saved = x
            case "input and output":
                self.saved = x, y
            case "input shape":
                self.saved = x.shape
        return y

    def compute(self, x: np.ndarray) -> np.ndarray:
        """The pair's forward function on an array of floats."""
        raise NotImplementedError(f"{type(self).__name__} has no compute")
