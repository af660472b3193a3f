"""What the activation layers share."""

from typing import Any

import numpy as np

from nural.layers.pair_layer import PairLayer


class Activation(PairLayer):
    """A layer around an elementwise pair: y and dx have x's shape and lie in buffers of the layer."""

    def compute(self, x: np.ndarray) -> np.ndarray:
        """y, the activation of x."""
        return self.pair[0](x, *self.arguments, out=self.buffer("y", x.shape, x.dtype))

    def backward(self, dy: np.ndarray, need_dx: bool = True) -> Any:
        """∂L/∂x of dy's shape, given dy = ∂L/∂y; ``need_dx`` changes nothing, for there is nothing else to compute."""
        return self.pair[1](dy, *self.arguments, *self.saved, out=self.buffer("dx", dy.shape, dy.dtype))
