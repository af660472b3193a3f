"""What the activation layers share."""

from typing import Any

import numpy as np

from nural.layers.pair_layer import PairLayer


class Activation(PairLayer):
    """A layer that computes with an activation's pair: y and dx, of x's shape, are the layer's buffers."""

    def compute(self, x: np.ndarray) -> np.ndarray:
        """y, the activation of x."""
        return self.pair[0](x, *self.arguments, out=self.buffer("y", x.shape, x.dtype))

    def backward(self, dy: np.ndarray, need_dx: bool = True) -> Any:
        """∂L/∂x of dy's shape, given dy = ∂L/∂y, whatever ``need_dx``: there is nothing else to compute."""
        return self.pair[1](dy, *self.arguments, self.saved, out=self.buffer("dx", dy.shape, dy.dtype))
