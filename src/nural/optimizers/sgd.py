"""Stochastic gradient descent."""

import numpy as np

from nural.optimizers.optimizer import Optimizer


class SGD(Optimizer):
    """Stochastic gradient descent: v ← μv + (1 − τ) g; W ← W − η v (Nesterov: W ← W − η (g + μv)).

    On its first step v is g itself, as in PyTorch. Keras keeps ηv instead of v, which is the same while η is.

    Args:
        learning_rate: η.
        momentum: μ; 0 for plain descent.
        dampening: τ.
        weight_decay: λ; see `Optimizer`.
        nesterov: Look ahead along the velocity.
        decoupled_weight_decay: See `Optimizer`.
        maximize: See `Optimizer`.

    Raises:
        ValueError: a negative argument, or Nesterov without momentum or with dampening.

    Source: Sutskever et al. 2013, On the importance of initialization and momentum in deep learning, in PyTorch's form.
    """

    def __init__(
        self,
        learning_rate: float = 0.1,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        decoupled_weight_decay: bool = False,
        maximize: bool = False,
    ) -> None:
        super().__init__(learning_rate, weight_decay, decoupled_weight_decay, maximize)
        self.require(momentum=momentum)
        if nesterov and (momentum == 0 or dampening != 0):
            raise ValueError("SGD: Nesterov needs a momentum above 0 and no dampening")
        self.momentum, self.dampening, self.nesterov = momentum, dampening, nesterov
        if momentum:
            self.slots = {"velocity": 0.0}

    def rule(self, W: np.ndarray, g: np.ndarray, *slots: np.ndarray) -> None:
        """One step of W."""
        scratch = self.scratch(W)
        if self.momentum:
            (v,) = slots
            v *= self.momentum
            v += g if self.steps == 1 or not self.dampening else np.multiply(g, 1 - self.dampening, out=scratch)
            if self.nesterov:
                ahead = np.multiply(v, self.momentum, out=scratch)
                g = np.add(g, ahead, out=ahead)
            else:
                g = v
        W -= np.multiply(g, self.learning_rate, out=scratch)
