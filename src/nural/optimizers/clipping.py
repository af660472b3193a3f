"""Gradients that are too long, cut before the step."""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from nural.checks import require_samples
from nural.optimizers.optimizer import Divide, Optimizer, in_turn
from nural.optimizers.wrapper import Wrapper


def clip_gradients_by_norm(grads: Mapping[str, np.ndarray], max_norm: float) -> float:
    """Scale all gradients, in place, by min(1, max_norm / (‖g‖ + 1e-6)), ‖g‖ the norm of all of them as one vector.

    The direction stays. It is PyTorch's ``clip_grad_norm_``.

    Args:
        grads: Arrays by name, for example ``model.grads``.
        max_norm: The norm that they may have.

    Returns:
        ‖g‖ before the scaling.

    Raises:
        ValueError: max_norm is negative.

    Source: Pascanu et al. 2013, On the difficulty of training recurrent neural networks, algorithm 1.
    """
    _require_limit("clip_gradients_by_norm: max_norm", max_norm)
    norm = math.sqrt(sum(float(np.vdot(g, g)) for g in grads.values()))
    scale = max_norm / (norm + 1e-6)
    if not scale >= 1:  # also if the norm is NaN, which should be seen
        for g in grads.values():
            np.multiply(g, scale, out=g)
    return norm


def clip_gradients_by_value(grads: Mapping[str, np.ndarray], limit: float) -> None:
    """Clip every entry of every gradient, in place, to −limit … limit. It is PyTorch's ``clip_grad_value_``.

    Args:
        grads: Arrays by name, for example ``model.grads``.
        limit: The largest size of an entry.

    Raises:
        ValueError: the limit is negative.

    Source: Goodfellow et al. 2016, Deep Learning, section 10.11.1.
    """
    _require_limit("clip_gradients_by_value: limit", limit)
    for g in grads.values():
        np.clip(g, -limit, limit, out=g)


class Clipped(Wrapper):
    """An optimizer that clips the gradients before its step, in place: ``Clipped(SGD(0.1), max_norm=1.0)``.

    Args:
        optimizer: Takes the step.
        max_norm: See `clip_gradients_by_norm`; None for no such limit.
        limit: See `clip_gradients_by_value`, which comes first; None for no such limit.

    Raises:
        ValueError: a limit is negative, or neither is given.
        TypeError: optimizer is not an `Optimizer`.
    """

    def __init__(self, optimizer: Optimizer, max_norm: float | None = None, limit: float | None = None) -> None:
        super().__init__(optimizer)
        if max_norm is None and limit is None:
            raise ValueError("Clipped: give a max_norm, a limit, or both")
        for name, value in (("max_norm", max_norm), ("limit", limit)):
            if value is not None:
                _require_limit(f"Clipped: {name}", value)
        self.max_norm, self.limit = max_norm, limit

    def update(
        self, params: Mapping[str, np.ndarray], grads: Mapping[str, ArrayLike], divide: Divide = in_turn
    ) -> None:
        """Clip ``grads``, then take the optimizer's step."""
        grads = {name: require_samples("Clipped", g) for name, g in grads.items()}
        if self.limit is not None:
            clip_gradients_by_value(grads, self.limit)
        if self.max_norm is not None:
            clip_gradients_by_norm(grads, self.max_norm)
        self.optimizer.update(params, grads, divide)


def _require_limit(what: str, value: float) -> None:
    if not value >= 0:
        raise ValueError(f"{what} must not be negative, got {value}")
