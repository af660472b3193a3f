"""A network written out as a list of steps, in the order in which a program runs them."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nural.containers import Residual, computes_as
from nural.graph import Sum, joins, walk
from nural.layer import Layer
from nural.layers.dropout import Dropout


@dataclass(frozen=True)
class Step:
    """A layer that is applied to one value, or a `Sum` or `Concatenate` of several.

    Attributes:
        place: The layer's dotted name in the model, empty for the model itself.
        layer: The layer; of a `Residual` the `Sum` of its two ways.
        reads: The numbers of the values that it reads: 0 is the input, i the output of step i, counted from 1.
        x_shapes: The shape of one sample of each of these.
        y_shape: The shape of one sample of its output.
    """

    place: str
    layer: Layer
    reads: tuple[int, ...]
    x_shapes: tuple[tuple[int, ...], ...]
    y_shape: tuple[int, ...]

    @property
    def x_shape(self) -> tuple[int, ...]:
        """The shape of one sample of the first value."""
        return self.x_shapes[0]


def steps_of(model: Layer, shape: tuple[int, ...]) -> list[Step]:
    """The steps by which ``model`` goes from a sample of this shape to its output, which is that of the last step.

    Dropout, which does nothing in evaluation, is left out.

    Raises:
        ValueError: the model does not take this shape.
    """
    steps: list[Step] = []

    def apply(place: str, layer: Layer, values: tuple[tuple[int, np.ndarray], ...]) -> tuple[int, np.ndarray]:
        if type(layer) is Dropout:
            return values[0]
        layer = Sum() if computes_as(layer, Residual) else layer
        numbers, arrays = zip(*values, strict=True)
        read: Any = arrays if joins(layer) else arrays[0]
        y = layer.forward(read)
        steps.append(Step(place, layer, numbers, tuple(x.shape[1:] for x in arrays), y.shape[1:]))
        return len(steps), y

    two = np.zeros((2, *shape), model.dtype)  # one alone has no variance
    end, _ = walk(model, (0, two), apply)
    return steps[:end]


def without(steps: Sequence[Step], gone: Collection[int]) -> list[Step]:
    """The steps without those of these numbers; a step that read the output of one reads its input instead."""
    left: list[Step] = []
    numbers = {0: 0}
    for i, step in enumerate(steps, 1):
        reads = tuple(numbers[read] for read in step.reads)
        if i not in gone:
            left.append(replace(step, reads=reads))
        numbers[i] = reads[0] if i in gone else len(left)
    return left[: numbers[len(steps)]]


def last_readers(steps: Sequence[Step]) -> dict[int, int]:
    """The number of the last step that reads a value, for each value that is read."""
    return {read: i for i, step in enumerate(steps, 1) for read in step.reads}


def run(steps: Sequence[Step], x: np.ndarray, layer_for: Callable[[Step, Any], Layer] | None = None) -> np.ndarray:
    """Apply the steps to samples ``(N, …)``.

    Args:
        steps: The network.
        x: The samples.
        layer_for: ``(step, value or values) -> layer`` to apply instead of the step's own layer.
    """
    values, last = {0: x}, last_readers(steps)
    for i, step in enumerate(steps, 1):
        read: Any = tuple(values[number] for number in step.reads)
        read = read if joins(step.layer) else read[0]
        layer = step.layer if layer_for is None else layer_for(step, read)
        values[i] = layer.forward(read).copy()
        layer.buffers.clear()  # buffers for large images would add up
        values = {number: value for number, value in values.items() if number == i or last.get(number, 0) > i}
    return values[len(steps)]


def run_in_batches(steps: Sequence[Step], x: np.ndarray, size: int = 100) -> np.ndarray:
    """`run`, for ``size`` samples at a time."""
    return np.concatenate([run(steps, x[i : i + size]) for i in range(0, len(x), size)])
