"""`check_gradients`: the gradients of a whole network, and which layer is to blame for a wrong one."""

from typing import Any

import numpy as np

from nural.gradients.comparison import Comparison, compare
from nural.gradients.culprit import culprits
from nural.layer import Layer
from nural.losses import Loss, cross_entropy_loss


class GradientError(AssertionError):
    """A gradient that differs from the central differences of its loss."""


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
        GradientError: its message says which arrays are right and which are wrong, which layer is wrong by itself and
            how, and of one entry the gradient and the central difference; or names the array that ``backward`` adds to.

    Source: Goodfellow et al. 2016, Deep Learning, section 11.5.
    """
    network = _Network(model, x, t, loss, train)
    gradients = network.backward()
    arrays = network.arrays
    errors: dict[str, float] = {}
    wrong: dict[str, Comparison] = {}
    rng = np.random.default_rng(seed)
    largest = {name: float(np.abs(gradient).max(initial=0)) for name, gradient in gradients.items()}
    for name, array in arrays.items():
        floor = max(largest[name] / 100, max(largest.values()) / 1000)
        compared = compare(gradients[name], network.f, array, floor, rng, samples, tolerance)
        errors[name] = compared.error
        if compared.error > tolerance:
            wrong[name] = compared
    if wrong:
        watched = _Network(model, x, t, loss, train)
        blamed = culprits(watched.twin, watched.backward, train, samples, tolerance)
        raise GradientError(_sentence(wrong, list(errors), blamed, tolerance))
    _require_overwriting(network, gradients, model, tolerance)
    return errors


class _Network:
    """A copy of a model in float64, which draws the same in each pass."""

    def __init__(self, model: Layer, x: Any, t: Any, loss: Loss, train: bool) -> None:
        self.twin, self.x = model.astype(np.float64), np.array(x, np.float64)
        self.t, self.loss, self.train = t, loss, train
        self.drawn = {name: rng.bit_generator.state for name, rng in self.twin.generators().items()}

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """What the loss depends on."""
        return {**self.twin.params, "x": self.x}

    def forward(self) -> tuple[float, np.ndarray]:
        """The loss and dy."""
        for name, generator in self.twin.generators().items():
            generator.bit_generator.state = self.drawn[name]
        return self.loss(self.twin.forward(self.x, self.train), self.t)

    def f(self, _: np.ndarray) -> float:
        """The loss, of arrays that may have been moved."""
        return self.forward()[0]

    def backward(self) -> dict[str, np.ndarray]:
        """All gradients, by the names of the arrays."""
        dx = self.twin.backward(self.forward()[1])
        return {name: gradient.copy() for name, gradient in {**self.twin.grads, "x": dx}.items()}


def _sentence(wrong: dict[str, Comparison], names: list[str], blamed: list[str], tolerance: float) -> str:
    """What is right, what is wrong, where to look, and one entry."""
    right = [name for name in names if name not in wrong]
    states = [f"{', '.join(some)} {state}" for some, state in ((right, "right"), (list(wrong), "wrong")) if some]
    first = next(iter(wrong))
    ratio = wrong[first].ratio({})
    if blamed:
        look = f"look at {'; and at '.join(blamed)}"
    elif ratio:
        look = f"{first} is the right one times {ratio}"
    else:
        look = "each layer inside is right by itself, so look at how they are put together"
    return f"{'; '.join(states)}: {look}. {first}{wrong[first].difference}, allowed {tolerance:.0e})"


def _require_overwriting(network: _Network, gradients: dict[str, np.ndarray], model: Layer, tolerance: float) -> None:
    """Raise GradientError if a second ``backward`` gives others, after other numbers in ``grads``."""
    twin, largest = network.twin, {name: float(np.abs(g).max(initial=0)) for name, g in gradients.items()}
    for name, gradient in gradients.items():
        if name in twin.grads:
            twin.grads[name] = 1 + 2 * np.abs(gradient)
    before = {name: gradient.copy() for name, gradient in twin.grads.items()}
    for name, gradient in network.backward().items():
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


def _owner(layer: Layer, name: str) -> Layer:
    """The layer inside that has the parameter of this dotted name."""
    child, _, rest = name.partition(".")
    return _owner(layer.children[child], rest) if child in layer.children else layer
