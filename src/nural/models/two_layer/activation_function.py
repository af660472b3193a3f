"""Activation functions, and their derivatives as functions of the input ``a``; all but softmax work entry by entry.

A layer needs not the derivative but the gradient ``dz * relu_grad(a)``, which the pairs of `nural.activations`, from
which all of these are made, give at once.
"""

import numpy as np
from numpy.typing import ArrayLike

from nural.activations import relu_backward, relu_forward, sigmoid_backward, sigmoid_forward, softmax_forward


def relu(a: ArrayLike) -> np.ndarray:
    """Rectified linear unit: max(a, 0), of a's shape."""
    return relu_forward(a)


def relu_grad(a: ArrayLike) -> np.ndarray:
    """Its derivative: 1 where a > 0, else 0, at a = 0 too."""
    return relu_backward(np.ones_like(relu(a)), a)


def sigmoid(a: ArrayLike) -> np.ndarray:
    """Logistic sigmoid: σ(a) = 1 / (1 + e⁻ᵃ), of a's shape."""
    return sigmoid_forward(a)


def sigmoid_grad(a: ArrayLike) -> np.ndarray:
    """Its derivative: σ(a) (1 − σ(a)). `sigmoid_backward` takes σ(a), not a."""
    y = sigmoid(a)
    return sigmoid_backward(np.ones_like(y), y)


def softmax(a: ArrayLike) -> np.ndarray:
    """Probabilities e^{a_i} / Σ_j e^{a_j} of each row, ``(N, C)`` or ``(C,)``."""
    return softmax_forward(a)
