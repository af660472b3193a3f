"""Adam and AdamW."""

import math
from collections.abc import Sequence

import numpy as np

from nural.optimizers.optimizer import Optimizer, average


class Adam(Optimizer):
    """Adaptive moments: m ← β₁m + (1 − β₁) g; v ← β₂v + (1 − β₂) g²; W ← W − η m̂ / (√v̂ + ε).

    m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ) at step t, without the bias of m and v towards zero, where they begin.
    The step is computed as η √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε̂), ε̂ = ε √(1 − β₂ᵗ), which is the same.

    Args:
        learning_rate: η.
        betas: (β₁, β₂).
        eps: ε.
        weight_decay: λ; see `Optimizer`.
        amsgrad: Divide by the largest v so far.
        eps_hat: ``eps`` is ε̂ itself, as at the end of the paper's section 2, and in Keras (with 1e-7).
        decoupled_weight_decay: See `Optimizer`.
        maximize: See `Optimizer`.

    Raises:
        ValueError: a negative argument, or a beta that is not below 1.

    Source: Kingma and Ba 2015, Adam: A Method for Stochastic Optimization, algorithm 1; amsgrad: Reddi et al. 2018, On
    the Convergence of Adam and Beyond, in PyTorch's form.
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        betas: Sequence[float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        eps_hat: bool = False,
        decoupled_weight_decay: bool = False,
        maximize: bool = False,
    ) -> None:
        super().__init__(learning_rate, weight_decay, decoupled_weight_decay, maximize)
        beta1, beta2 = betas
        self.require(eps=eps)
        self.require(below=1, beta1=beta1, beta2=beta2)
        self.betas, self.eps, self.amsgrad, self.eps_hat = (beta1, beta2), eps, amsgrad, eps_hat
        self.slots = {"mean": 0.0, "square_mean": 0.0} | ({"largest_square_mean": 0.0} if amsgrad else {})

    def rule(self, W: np.ndarray, g: np.ndarray, *slots: np.ndarray) -> None:
        """One step of W."""
        m, v, *largest = slots
        beta1, beta2 = self.betas
        scratch = self.scratch(W)
        average(m, g, beta1, scratch)
        average(v, np.multiply(g, g, out=scratch), beta2, scratch)
        if self.amsgrad:
            v = np.maximum(largest[0], v, out=largest[0])
        root = math.sqrt(1 - beta2**self.steps)
        np.sqrt(v, out=scratch)
        scratch += self.eps if self.eps_hat else self.eps * root
        np.divide(m, scratch, out=scratch)
        scratch *= self.learning_rate * root / (1 - beta1**self.steps)
        W -= scratch


class AdamW(Adam):
    """Adam with decoupled weight decay: W ← W − ηλW before each step of `Adam`.

    Args:
        learning_rate: η.
        betas: (β₁, β₂).
        eps: ε.
        weight_decay: λ; Keras's default is 0.004.
        amsgrad: Divide by the largest v so far.
        eps_hat: See `Adam`.
        maximize: See `Optimizer`.

    Raises:
        ValueError: a negative argument, or a beta that is not below 1.

    Source: Loshchilov and Hutter 2019, Decoupled Weight Decay Regularization, algorithm 2, in PyTorch's form.
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        betas: Sequence[float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        amsgrad: bool = False,
        *,
        eps_hat: bool = False,
        maximize: bool = False,
    ) -> None:
        others = {"eps_hat": eps_hat, "decoupled_weight_decay": True, "maximize": maximize}
        super().__init__(learning_rate, betas, eps, weight_decay, amsgrad, **others)
