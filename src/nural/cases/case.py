"""What a case is: one forward/backward pair with all that is needed to try it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nural.gradients import numerical_gradient
from nural.losses import Loss

Size = Callable[[int, int], int]
Values = dict[str, Any]
Pair = tuple[Callable[..., Any], ...]


@dataclass(frozen=True)
class Case:
    """A pair, the arguments to try it with, and PyTorch's counterpart.

    Attributes:
        name: As tables print it: the pair, and the setting that is tried if the pair has several cases.
        pair: The public functions that the case covers.
        draw: ``(rng, size) -> values``: arguments by name. ``size(low, high)`` gives an integer from low to high,
            drawn by the caller, so that shapes and strides vary. Float arrays are in float64 and differentiated, in
            the order in which ``call_backward`` returns their gradients; anything else is a setting.
        call_forward: ``(pair, values, out) -> y``.
        call_backward: ``(pair, dy, values, y, out) -> (gradient, …)``; ``y`` is what the forward pass returned.
        torch: ``(torch, values) -> y``: the same on tensors, which takes and returns nural's layouts.
    """

    name: str
    pair: Pair
    draw: Callable[[np.random.Generator, Size], Values]
    call_forward: Callable[[Pair, Values, Any], np.ndarray]
    call_backward: Callable[[Pair, np.ndarray, Values, Any, Any], tuple[np.ndarray, ...]]
    torch: Callable[[Any, Values], Any]

    def forward(self, values: Values, out: Any) -> np.ndarray:
        """The pair's output."""
        return self.call_forward(self.pair, values, out)

    def backward(self, dy: np.ndarray, values: Values, y: Any, out: Any) -> tuple[np.ndarray, ...]:
        """The pair's gradients."""
        return self.call_backward(self.pair, dy, values, y, out)

    def sample(self, seed: int = 0) -> Values:
        """Arguments whose sizes are drawn from the same seed."""
        rng = np.random.default_rng(seed)
        return self.draw(rng, lambda low, high: int(rng.integers(low, high + 1)))


def loss_case(name: str, loss: Loss, draw: Callable[..., Values], torch: Callable[[Any, Values], Any]) -> Case:
    """The case of a loss, ``(y, settings…) -> (loss, dy)``: its values hold ``y`` and the loss's other arguments."""

    def forward(pair: Pair, values: Values, out: Any) -> np.ndarray:
        return np.asarray(pair[0](**values, out=None)[0], float_type(values["y"]))

    def backward(pair: Pair, dy: np.ndarray, values: Values, y: Any, out: Any) -> tuple[np.ndarray, ...]:
        gradient = pair[0](**values, out=None if out is None else out[0])[1]
        return (np.multiply(gradient, dy, out=gradient),)

    return Case(name, (loss,), draw, forward, backward, torch)


def float_type(x: ArrayLike) -> np.dtype:
    """The type that a pair computes in when it gets x alone: x's float type, or float64."""
    dtype = np.asarray(x).dtype
    return dtype.newbyteorder("=") if dtype.kind == "f" else np.dtype(np.float64)


def differentiated(values: Values) -> dict[str, np.ndarray]:
    """The arguments that have a gradient: float arrays, except targets."""
    return {
        name: value
        for name, value in values.items()
        if isinstance(value, np.ndarray) and value.dtype.kind == "f" and name != "t"
    }


def gradient_error(case: Case, values: Values, seed: int = 0) -> float:
    """The largest relative error of the pair's gradients against central differences, both in float64.

    The loss is Σ dy · y for a random dy. An error is relative to the largest entry of its gradient. Below 1e-4, as
    behind a saturated tanh, it is absolute, since the differences are exact to about 1e-11 only.
    """
    y = case.forward(values, None)
    dy = np.array(np.random.default_rng(seed).uniform(0.5, 1.5, np.shape(y)))
    gradients = case.backward(dy, values, y, None)

    def f(_: np.ndarray) -> float:
        return float(np.sum(dy * case.forward(values, None)))

    numeric = [numerical_gradient(f, array) for array in differentiated(values).values()]
    return max(relative_error(a, n, nearly_zero=1e-4) for a, n in zip(gradients, numeric, strict=True))


def relative_error(a: Any, b: Any, nearly_zero: float = 1e-6) -> float:
    """Largest |a − b| over the largest |b|; if all of b is nearly zero, the absolute error."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.shape != b.shape:
        raise ValueError(f"shapes differ: {a.shape} and {b.shape}")
    scale = float(np.abs(b).max(initial=0.0))
    return float(np.abs(a - b).max(initial=0.0)) / (scale if scale > nearly_zero else 1.0)
