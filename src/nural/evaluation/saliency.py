"""What a network sees: the filters of its first layer, and how its answer depends on each pixel."""

import numpy as np

from nural.data.digits import PIXELS, SIDE
from nural.layer import Layer
from nural.layers import Conv2d, Linear


def first_filters(model: Layer) -> np.ndarray | None:
    """The weights of the first layer, each a small image: ``(F, h, w)``; None if that layer does not see an image.

    They are the kernels of a `Conv2d` with one input channel, or the weights of each unit of a `Linear` for 784 pixels.
    """
    first = next((layer for layer in model.leaves() if layer.shapes), None)
    if isinstance(first, Conv2d) and first.params["K"].shape[2] == 1:
        return first.params["K"][:, :, 0].transpose(2, 0, 1).copy()
    if isinstance(first, Linear) and first.in_features == PIXELS:
        return first.params["W"].T.reshape(-1, SIDE, SIDE).copy()
    return None


def saliency(model: Layer, x: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """How much a class's output grows with each input: S_n = ∂z_{n,c_n} / ∂x_n, of x's shape.

    This is what `backward` returns for ∂L/∂z = 1 at the class and 0 elsewhere. Where S is positive, more ink speaks for
    the class; where it is negative, against it.

    Args:
        model: The network, which is not changed.
        x: Inputs ``(N, …)``.
        classes: c, ``(N,)``.

    Source: Simonyan et al. 2014, Deep Inside Convolutional Networks, section 3.
    """
    replica = model.replica()
    z = replica.forward(np.asarray(x, model.dtype))
    dz = np.zeros_like(z)
    dz[np.arange(len(z)), classes] = 1
    return replica.backward(dz).copy()
