"""A network written out as a list of steps, in the order in which a program runs them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from nural.arrays import joined
from nural.containers import Residual, Sequential, computes_as
from nural.layer import Layer
from nural.layers.dropout import Dropout


@dataclass(frozen=True)
class Step:
    """One step, which takes a value and gives another; three actions express the shortcut of a `Residual`.

    Attributes:
        action: "apply" the layer; "keep" the value, on top of a stack of kept values; "exchange" the value with the
            one on top; "add" the one on top and remove it.
        place: The layer's dotted name in the model, empty for the model itself.
        layer: The layer, or the Residual that needs the action.
        x_shape: The shape of one sample of the value before.
        y_shape: The shape of one sample of the value after.
    """

    action: Literal["apply", "keep", "exchange", "add"]
    place: str
    layer: Layer
    x_shape: tuple[int, ...]
    y_shape: tuple[int, ...]


def steps_of(model: Layer, shape: tuple[int, ...]) -> list[Step]:
    """The steps by which ``model`` goes from a sample of this shape to its output; dropout, which does nothing, is out.

    Raises:
        ValueError: the model does not take this shape.
    """
    steps: list[Step] = []
    _collect(model, "", np.zeros((2, *shape), model.dtype), steps)  # one alone has no variance
    return steps


def run(
    steps: Sequence[Step], x: np.ndarray, layer_for: Callable[[Step, np.ndarray], Layer] | None = None
) -> np.ndarray:
    """Apply the steps to samples ``(N, …)``.

    Args:
        steps: The network.
        x: The samples.
        layer_for: ``(step, value) -> layer`` to apply instead of the step's own layer.
    """
    kept: list[np.ndarray] = []
    for step in steps:
        match step.action:
            case "apply":
                layer = step.layer if layer_for is None else layer_for(step, x)
                x = layer.forward(x).copy()
                layer.buffers.clear()  # buffers for large images would add up
            case "keep":
                kept.append(x)
            case "exchange":
                x, kept[-1] = kept[-1], x
            case "add":
                x = x + kept.pop()
    return x


def run_in_batches(steps: Sequence[Step], x: np.ndarray, size: int = 100) -> np.ndarray:
    """`run`, for ``size`` samples at a time."""
    return np.concatenate([run(steps, x[i : i + size]) for i in range(0, len(x), size)])


def _collect(layer: Layer, place: str, x: np.ndarray, steps: list[Step]) -> np.ndarray:
    """Append the steps of a layer that gets ``x``, and return its output."""
    if computes_as(layer, Sequential):
        for name, child in layer.children.items():
            x = _collect(child, joined(place, name), x, steps)
        return x
    if computes_as(layer, Residual):
        steps.append(Step("keep", place, layer, x.shape[1:], x.shape[1:]))
        y, around = _collect(layer.branch, joined(place, "branch"), x, steps), x
        if layer.shortcut is not None:
            steps.append(Step("exchange", place, layer, y.shape[1:], x.shape[1:]))
            around = _collect(layer.shortcut, joined(place, "shortcut"), x, steps)
        steps.append(Step("add", place, layer, around.shape[1:], y.shape[1:]))
        return y + around
    y = layer.forward(x)
    if type(layer) is not Dropout:
        steps.append(Step("apply", place, layer, x.shape[1:], y.shape[1:]))
    return y
