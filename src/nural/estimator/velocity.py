"""Stochastic gradient descent in scikit-learn's form."""

import numpy as np

from nural.optimizers import Optimizer


class VelocitySGD(Optimizer):
    """Momentum on steps instead of gradients: v ← μv − ηg; W ← W + v (Nesterov: W ← W + μv − ηg).

    `nural.SGD` keeps v / −η, which is equivalent until η changes; after that, v here still holds steps of the old η.

    Args:
        learning_rate: η.
        momentum: μ, from 0 to 1.
        nesterov: Whether to look ahead along the velocity.

    Source: Sutskever et al. 2013, On the importance of initialization and momentum in deep learning, equations 1 to 4.
    """

    slots = {"velocity": 0.0}  # noqa: RUF012

    def __init__(self, learning_rate: float, momentum: float = 0.9, nesterov: bool = True) -> None:
        super().__init__(learning_rate)
        self.require(most=1, momentum=momentum)
        self.momentum, self.nesterov = momentum, nesterov

    def rule(self, W: np.ndarray, g: np.ndarray, *slots: np.ndarray) -> None:
        """One step of W."""
        (v,) = slots
        step = np.multiply(g, self.learning_rate, out=self.scratch(W))
        v *= self.momentum
        v -= step
        if self.nesterov:
            W -= step
            W += np.multiply(v, self.momentum, out=step)
        else:
            W += v
