"""The function that all solvers minimise, and its gradient."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from nural.containers import Sequential
from nural.data.batches import Samples
from nural.estimator.losses import WeightedLoss
from nural.estimator.network import weight_name, weighted
from nural.estimator.sparse import taking_sparse
from nural.evaluation.inference import outputs
from nural.parallel.workers import Workers

#: How many rows of a sparse matrix are computed at once.
SPARSE_ROWS = 1024


class Weighted(NamedTuple):
    """Samples with their targets.

    Attributes:
        x: An array or a CSR matrix of N samples.
        t: Targets as the loss takes them, ``(N, K)``.
        weight: ``(N,)``, or None for equal weights.
        y: Targets as the score takes them; only for validation samples.
    """

    x: Any
    t: np.ndarray
    weight: Any = None
    y: Any = None


@dataclass
class Objective:
    """L = loss + ½ α Σ W² / Σ w: the mean loss of samples with weights w, and the L2 term over all weights W.

    The L2 term is divided by the samples of the batch; it does not include biases.

    Attributes:
        network: The network, whose ``grads`` are filled.
        loss: The loss of its outputs.
        alpha: α.
    """

    network: Sequential
    loss: WeightedLoss
    alpha: float

    def __post_init__(self) -> None:
        self._sparse: Sequential | None = None

    def gradients(self, x: Any, t: np.ndarray, w: Any = None) -> float:
        """L of one batch; fills ``network.grads`` with ∂L/∂params.

        A batch whose weights are all zero has no effect: its L and its gradient are zero.

        Raises:
            ValueError: some weights are negative, and together they are zero.
        """
        if w is not None and w.sum() == 0:
            if w.any():
                raise ValueError(
                    "the weights of a batch add up to zero, so that there is no mean; give none below zero"
                )
            for gradient in self.network.grads.values():
                gradient[...] = 0
            return 0.0
        network = self._for(x)
        value, dy = self.loss(network.forward(x, train=True), t, w)
        network.backward(
            dy, need_dx=network is not self.network
        )  # the layer for sparse input holds no weights at which to stop
        total = len(t) if w is None else w.sum()
        if self.alpha:
            squares = 0.0
            for layer in weighted(self.network):
                W, dW = layer.params[weight_name(layer)], layer.grads[weight_name(layer)]
                squares += float(np.vdot(W, W))
                dW += np.multiply(W, self.alpha / total, out=layer.buffer("decay", W.shape, W.dtype))
            value += 0.5 * self.alpha * squares / total
        return float(value)

    def _for(self, x: Any) -> Sequential:
        if isinstance(x, np.ndarray):
            return self.network
        if self._sparse is None:
            self._sparse = taking_sparse(self.network)
        return self._sparse


def network_outputs(network: Sequential, x: Any) -> np.ndarray:
    """The outputs for all of ``x``, dense or sparse, in a new array; several threads may call this at once."""
    if isinstance(x, np.ndarray):
        samples: Samples = x
        with Workers() as workers:  # BLAS keeps its number of threads
            return outputs(network, samples, threads=workers)
    replica = taking_sparse(network.replica())
    starts = range(0, x.shape[0], SPARSE_ROWS)
    return np.concatenate([replica.forward(x[first : first + SPARSE_ROWS]).copy() for first in starts])
