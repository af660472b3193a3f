"""Optimizers that divide the gradient by its past size, entry by entry, with no bias to correct."""

import numpy as np

from nural.optimizers.optimizer import Optimizer, average


class AdaGrad(Optimizer):
    """Adaptive gradient: s ← s + g²; W ← W − η g / (√s + ε).

    Args:
        learning_rate: η.
        lr_decay: δ; at step t, η is divided by 1 + (t − 1) δ.
        weight_decay: λ; see `Optimizer`.
        initial_accumulator_value: Where s begins; 0 as in PyTorch, Keras begins at 0.1.
        eps: ε.
        eps_inside_sqrt: Divide by √(s + ε), as Keras does.
        decoupled_weight_decay: See `Optimizer`.
        maximize: See `Optimizer`.

    Raises:
        ValueError: a negative argument.

    Source: Duchi et al. 2011, Adaptive Subgradient Methods for Online Learning and Stochastic Optimization, section 1.
    """

    def __init__(
        self,
        learning_rate: float = 0.01,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        eps_inside_sqrt: bool = False,
        decoupled_weight_decay: bool = False,
        maximize: bool = False,
    ) -> None:
        super().__init__(learning_rate, weight_decay, decoupled_weight_decay, maximize)
        self.require(lr_decay=lr_decay, initial_accumulator_value=initial_accumulator_value, eps=eps)
        self.lr_decay, self.initial_accumulator_value = lr_decay, initial_accumulator_value
        self.eps, self.eps_inside_sqrt = eps, eps_inside_sqrt
        self.slots = {"square_sum": initial_accumulator_value}

    def rule(self, W: np.ndarray, g: np.ndarray, *slots: np.ndarray) -> None:
        """One step of W."""
        (s,) = slots
        scratch = self.scratch(W)
        s += np.multiply(g, g, out=scratch)
        np.divide(g, _root(s, self.eps, self.eps_inside_sqrt, out=scratch), out=scratch)
        scratch *= self.learning_rate / (1 + (self.steps - 1) * self.lr_decay)
        W -= scratch


class RMSProp(Optimizer):
    """Divide by the root of the mean square: s ← αs + (1 − α) g²; W ← W − η g / (√s + ε).

    Centred, the mean ḡ ← αḡ + (1 − α) g is kept too, and s − ḡ², the variance, takes the place of s under the root.
    With momentum, b ← μb + g / (√s + ε) and W ← W − η b. Keras keeps ηb instead of b, which is the same while η is.

    Args:
        learning_rate: η.
        alpha: α; Keras's rho, 0.9 there.
        eps: ε.
        weight_decay: λ; see `Optimizer`.
        momentum: μ.
        centered: Divide by the root of the variance.
        eps_inside_sqrt: Divide by √(s + ε), as Keras does.
        decoupled_weight_decay: See `Optimizer`.
        maximize: See `Optimizer`.

    Raises:
        ValueError: a negative argument, or an alpha above 1.

    Source: Tieleman and Hinton 2012, Neural Networks for Machine Learning, lecture 6e; centred: Graves 2013, Generating
    Sequences With Recurrent Neural Networks, equations 38 to 45.
    """

    def __init__(
        self,
        learning_rate: float = 0.01,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        eps_inside_sqrt: bool = False,
        decoupled_weight_decay: bool = False,
        maximize: bool = False,
    ) -> None:
        super().__init__(learning_rate, weight_decay, decoupled_weight_decay, maximize)
        self.require(eps=eps, momentum=momentum)
        self.require(most=1, alpha=alpha)
        self.alpha, self.eps, self.momentum, self.centered = alpha, eps, momentum, centered
        self.eps_inside_sqrt = eps_inside_sqrt
        kept = {"square_mean": True, "velocity": momentum > 0, "mean": centered}
        self.slots = {slot: 0.0 for slot, is_kept in kept.items() if is_kept}

    def rule(self, W: np.ndarray, g: np.ndarray, *slots: np.ndarray) -> None:
        """One step of W."""
        s, *others = slots
        scratch = self.scratch(W)
        average(s, np.multiply(g, g, out=scratch), self.alpha, scratch)
        if self.centered:
            mean = others[-1]
            average(mean, g, self.alpha, scratch)
            np.multiply(mean, mean, out=scratch)
            np.subtract(s, scratch, out=scratch)
            s = np.maximum(scratch, 0, out=scratch)  # the variance of equal gradients may round to less
        np.divide(g, _root(s, self.eps, self.eps_inside_sqrt, out=scratch), out=scratch)
        if self.momentum:
            b = others[0]
            b *= self.momentum
            b += scratch
            np.multiply(b, self.learning_rate, out=scratch)
        else:
            scratch *= self.learning_rate
        W -= scratch


class Adadelta(Optimizer):
    """Steps in the unit of the weights: s ← ρs + (1 − ρ) g²; Δ = √(d + ε) / √(s + ε) · g; W ← W − η Δ.

    d ← ρd + (1 − ρ) Δ² is the mean square of the steps, as s is that of the gradients.

    Args:
        learning_rate: η; the paper has none, which is 1.
        rho: ρ; Keras's default is 0.95.
        eps: ε.
        weight_decay: λ; see `Optimizer`.
        decoupled_weight_decay: See `Optimizer`.
        maximize: See `Optimizer`.

    Raises:
        ValueError: a negative argument, or a rho above 1.

    Source: Zeiler 2012, ADADELTA: An Adaptive Learning Rate Method, algorithm 1.
    """

    def __init__(
        self,
        learning_rate: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        *,
        decoupled_weight_decay: bool = False,
        maximize: bool = False,
    ) -> None:
        super().__init__(learning_rate, weight_decay, decoupled_weight_decay, maximize)
        self.require(eps=eps)
        self.require(most=1, rho=rho)
        self.rho, self.eps = rho, eps
        self.slots = {"square_mean": 0.0, "square_step": 0.0}

    def rule(self, W: np.ndarray, g: np.ndarray, *slots: np.ndarray) -> None:
        """One step of W."""
        s, d = slots
        scratch, delta = self.scratch(W), self.scratch(W, "delta")
        average(s, np.multiply(g, g, out=scratch), self.rho, scratch)
        np.add(d, self.eps, out=delta)
        delta /= np.add(s, self.eps, out=scratch)
        np.sqrt(delta, out=delta)
        delta *= g
        average(d, np.multiply(delta, delta, out=scratch), self.rho, scratch)
        delta *= self.learning_rate
        W -= delta


def _root(s: np.ndarray, eps: float, eps_inside_sqrt: bool, out: np.ndarray) -> np.ndarray:
    """√s + ε, or √(s + ε)."""
    if eps_inside_sqrt:
        return np.sqrt(np.add(s, eps, out=out), out=out)
    return np.add(np.sqrt(s, out=out), eps, out=out)
