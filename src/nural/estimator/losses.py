"""The losses of scikit-learn's estimators, value for value, so that loss curves can be compared.

Each takes the network's outputs y before the output activation, ``(N, K)``, targets t of the same shape, and weights w
of the samples, ``(N,)``, or None for equal weights. It returns ``(L, dy)``. The mean over samples is
mean_n = Σ_n w_n (·) / Σ w, and ``dy`` is w (ŷ − t) / Σ w in all cases, where ŷ is the output after its activation.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from nural.activations import sigmoid_forward, softmax_forward

#: ``(y, t, w) -> (L, dy)``.
WeightedLoss = Callable[[np.ndarray, np.ndarray, Any], tuple[float, np.ndarray]]

#: The activations that turn the network's outputs into the estimator's.
OUTPUT_ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "identity": lambda y: y,
    "exp": np.exp,
    "logistic": sigmoid_forward,
    "softmax": softmax_forward,
}


def log_loss(y: np.ndarray, t: np.ndarray, w: Any = None) -> tuple[float, np.ndarray]:
    """Softmax cross-entropy: L = −mean_n Σ_k t log p, p = softmax(y), for rows t that are one-hot.

    Only in L, p is clipped to ε … 1 − ε with the float type's ε: no sample adds more than −log ε, while its gradient
    stays p − t.

    Source: Bishop 2006, Pattern Recognition and Machine Learning, section 4.3.4.
    """
    p = softmax_forward(y)
    loss = -_mean(np.log(_clipped(p[t])), w)  # t picks one entry of each row
    return loss, _gradient(p, t, w)


def binary_log_loss(y: np.ndarray, t: np.ndarray, w: Any = None) -> tuple[float, np.ndarray]:
    """Sigmoid cross-entropy: L = −mean_n Σ_k t log p + (1 − t) log(1 − p), p = σ(y), clipped as in `log_loss`.

    Source: Bishop 2006, Pattern Recognition and Machine Learning, section 4.3.2.
    """
    p = sigmoid_forward(y)
    clipped = _clipped(p)
    loss = -_mean(np.log(np.where(t, clipped, 1 - clipped)).sum(axis=1), w)
    return loss, _gradient(p, t, w)


def squared_error(y: np.ndarray, t: np.ndarray, w: Any = None) -> tuple[float, np.ndarray]:
    """Half the squared error: L = ½ mean_n mean_k (y − t)².

    With K outputs ``dy`` is K times the gradient of L: scikit-learn uses the gradient of the sum over outputs.

    Source: Bishop 2006, Pattern Recognition and Machine Learning, section 1.2.5.
    """
    loss = 0.5 * _mean(((t - y) ** 2).mean(axis=1), w)
    return loss, _gradient(y, t, w)


def poisson(y: np.ndarray, t: np.ndarray, w: Any = None) -> tuple[float, np.ndarray]:
    """Half the Poisson deviance: L = mean_n Σ_k t log(t / p) − t + p, p = eʸ, for counts t; 0 log 0 = 0.

    Source: McCullagh and Nelder 1989, Generalized Linear Models, section 2.3.
    """
    p = np.exp(y)
    log_ratio = np.log(t, out=np.zeros_like(p), where=t != 0) - y
    loss = _mean((t * log_ratio - t + p).sum(axis=1), w)
    return loss, _gradient(p, t, w)


#: By the estimator's ``loss`` and its output activation.
LOSSES: dict[tuple[str, str], WeightedLoss] = {
    ("log_loss", "softmax"): log_loss,
    ("log_loss", "logistic"): binary_log_loss,
    ("squared_error", "identity"): squared_error,
    ("poisson", "exp"): poisson,
}


def weighted_loss(loss: Any, output_activation: str) -> WeightedLoss:
    """The loss of this name, or nural's loss ``(y, t, out=None) -> (L, dy)``, which takes no weights of samples."""
    if isinstance(loss, str):
        return LOSSES[loss, output_activation]

    def own(y: np.ndarray, t: np.ndarray, w: Any = None) -> tuple[float, np.ndarray]:
        if w is not None:
            name = getattr(loss, "__name__", repr(loss))
            raise ValueError(
                f"weights of samples or classes need a loss that is given by name; got the function {name}"
            )
        value, dy = loss(y, t.astype(y.dtype))
        return value, dy

    return own


def _gradient(p: np.ndarray, t: np.ndarray, w: Any) -> np.ndarray:
    """∂L/∂y = w (p − t) / Σ w."""
    dy = np.subtract(p, t, dtype=p.dtype)
    if w is None:
        dy /= len(p)
    else:
        dy *= w[:, np.newaxis]
        dy /= w.sum()
    return dy


def _mean(values: np.ndarray, w: Any) -> float:
    return float(np.average(values, weights=w))


def _clipped(p: np.ndarray) -> np.ndarray:
    eps = np.finfo(p.dtype).eps
    return np.clip(p, eps, 1 - eps)
