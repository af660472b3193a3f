"""Gradients by finite differences: the proof that a backward pass is the derivative of its forward pass."""

from collections.abc import Callable
from typing import Any

import numpy as np

from nural.layer import Layer
from nural.losses import Loss, cross_entropy_loss


class GradientError(AssertionError):
    """A gradient that is not the slope of its loss."""


def numerical_gradient(f: Callable[[np.ndarray], float], W: np.ndarray) -> np.ndarray:
    """Central differences: ∂f/∂W_i ≈ (f(W + h e_i) − f(W − h e_i)) / 2h, for every entry of W.

    Args:
        f: Takes W and returns a number. It is called with W itself, two times for each entry, with that entry moved.
        W: The point, an array of floats of any shape. Each entry is put back as it was, even if f raises.

    Returns:
        An array of W's shape and type. h = ε^⅓ for W's type, where truncation and rounding errors balance: 6e-6 and
        about ten correct digits in float64, 5e-3 and about four in float32.

    Raises:
        TypeError: W is no array of floats.

    Source: Press et al. 2007, Numerical Recipes, section 5.7.
    """
    if not isinstance(W, np.ndarray) or W.dtype.kind != "f":
        kind = W.dtype if isinstance(W, np.ndarray) else type(W).__name__
        raise TypeError(f"numerical_gradient: W must be an array of floats, got {kind}")
    gradient = np.empty_like(W)
    for index in np.ndindex(W.shape):
        gradient[index] = slope(f, W, index)
    return gradient


def slope(f: Callable[[np.ndarray], float], W: np.ndarray, index: tuple[int, ...], h: float | None = None) -> float:
    """The central difference of f in the one entry ``W[index]``; the entry is put back. ``h`` as above by default."""
    h = float(np.finfo(W.dtype).eps) ** (1 / 3) if h is None else h
    here = W[index]
    try:
        W[index] = here + h
        above, right = float(f(W)), float(W[index])
        W[index] = here - h
        below, left = float(f(W)), float(W[index])
    finally:
        W[index] = here
    return (above - below) / (right - left)  # the distance as rounded, not 2h


def check_gradients(
    model: Layer,
    x: np.ndarray,
    t: Any,
    *,
    loss: Loss = cross_entropy_loss,
    train: bool = False,
    samples: int = 20,
    tolerance: float = 1e-6,
    seed: int = 0,
) -> dict[str, float]:
    """Compare ``model.backward`` with central differences of the loss, in float64 on a copy of the model.

    That is, ∂L/∂W_i, and ∂L/∂x_i, with (L(W + h e_i) − L(W − h e_i)) / 2h, as `numerical_gradient` has it. Then
    the pass is made again with other numbers in ``grads`` before it: a ``backward`` that adds to them, instead of
    overwriting them, gives others.

    Args:
        model: Any layer; it is not changed.
        x: A batch of inputs, ``(N, …)``.
        t: Its targets, as ``loss`` takes them.
        loss: ``(y, t) -> (loss, dy)``.
        train: Whether the forward pass runs as in training; layers that are random then draw the same each time.
        samples: How many entries of each array are compared; smaller arrays are compared whole.
        tolerance: The largest relative error allowed: |a − n| over the largest of |a|, |n|, a hundredth of the array's
            largest gradient and a thousandth of all arrays' (a gradient that is zero, as that of a bias in front of a
            batch norm, comes out as what rounding leaves). Where it is exceeded the entry is measured again with a
            step 16 times smaller, since a kink (of ReLU, of max pooling) may lie between the two points.
        seed: Draws the entries.

    Returns:
        The largest relative error of each parameter's gradient by name, and of the input's under ``x``.

    Raises:
        GradientError: names the array, the index, the gradient and the slope; or the array that ``backward`` adds to.

    Source: Goodfellow et al. 2016, Deep Learning, section 11.5.
    """
    twin = model.astype(np.float64)
    x = np.array(x, np.float64)
    drawn = {name: rng.bit_generator.state for name, rng in twin.generators().items()}

    def forward() -> tuple[float, np.ndarray]:
        for name, generator in twin.generators().items():
            generator.bit_generator.state = drawn[name]
        return loss(twin.forward(x, train), t)

    def backward() -> dict[str, np.ndarray]:
        dx = twin.backward(forward()[1])
        return {name: gradient.copy() for name, gradient in {**twin.grads, "x": dx}.items()}

    arrays = {**twin.params, "x": x}
    gradients = backward()
    rng = np.random.default_rng(seed)

    def f(_: np.ndarray) -> float:
        return forward()[0]

    errors = {}
    largest = {name: float(np.abs(gradient).max(initial=0)) for name, gradient in gradients.items()}
    for name, array in arrays.items():
        floor = max(largest[name] / 100, max(largest.values()) / 1000)
        worst = 0.0
        for flat in rng.permutation(array.size)[:samples]:
            index = tuple(int(i) for i in np.unravel_index(flat, array.shape))
            analytic, numeric, error = float(gradients[name][index]), 0.0, np.inf
            for h in (None, 4e-7):
                numeric = slope(f, array, index, h)
                error = abs(analytic - numeric) / max(abs(analytic), abs(numeric), floor, 1e-12)
                if error <= tolerance:
                    break
            else:
                where = f"{name}[{', '.join(map(str, index))}]"
                raise GradientError(
                    f"{where}: backward gives {analytic:.10g}, central differences give {numeric:.10g} "
                    f"(relative error {error:.1e}, allowed {tolerance:.0e})"
                )
            worst = max(worst, error)
        errors[name] = worst
    for name, gradient in gradients.items():
        if name in twin.grads:
            twin.grads[name] = 1 + 2 * np.abs(gradient)
    before = {name: gradient.copy() for name, gradient in twin.grads.items()}
    for name, gradient in backward().items():
        first = gradients[name]
        unused = not first.any() and np.array_equal(gradient, before.get(name, first))
        atol = tolerance * max(largest[name], max(largest.values()) / 1000)
        if not unused and not np.allclose(gradient, first, rtol=tolerance, atol=atol):
            index = tuple(int(i) for i in np.unravel_index(np.abs(gradient - first).argmax(), first.shape))
            where = "x" if name == "x" else f"{name}, of {_owner(model, name)!r}"
            raise GradientError(
                f"{where}: at index {index} a second backward gives {gradient[index]:.10g}, where the first gave "
                f"{first[index]:.10g}; backward must overwrite grads, not add to what a step before left there"
            )
    return errors


def _owner(layer: Layer, name: str) -> Layer:
    """The layer inside that has the parameter of this dotted name."""
    child, _, rest = name.partition(".")
    return _owner(layer.children[child], rest) if child in layer.children else layer
