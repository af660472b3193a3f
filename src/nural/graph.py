"""Networks that branch and join: layers that read the outputs of several others; and the walk over any network."""

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from nural.arrays import joined
from nural.containers import Residual, Sequential, computes_as
from nural.layer import Layer

Value = TypeVar("Value")


class Sum(Layer):
    """y = Σ_i x_i of several inputs of one shape; each gets ∂L/∂y."""

    def operations(self, x_shape: tuple[int, ...], y_shape: tuple[int, ...], need_dx: bool = True) -> tuple[int, int]:
        """An addition for each value but those of one input; ``x_shape`` is of all of them."""
        return math.prod(x_shape) - math.prod(y_shape), 0

    def forward(self, x: Any, train: bool = False) -> np.ndarray:
        """Their sum; ``x`` is a tuple of arrays."""
        if any(part.shape != x[0].shape for part in x):
            raise ValueError(f"Sum: its inputs have different shapes: {', '.join(str(part.shape) for part in x)}")
        self.saved = len(x)
        y = self.buffer("y", x[0].shape, np.result_type(*x))
        y[...] = x[0]
        for part in x[1:]:
            y += part
        return y

    def backward(self, dy: np.ndarray, need_dx: bool = True) -> Any:
        """dy for each."""
        return (dy,) * self.saved


class Concatenate(Layer):
    """Several inputs concatenated along one dimension; each gets its part of ∂L/∂y.

    Args:
        axis: The dimension; the last one, where the channels are, unless said otherwise.
    """

    def __init__(self, axis: int = -1) -> None:
        self.axis = int(axis)
        super().__init__()

    def forward(self, x: Any, train: bool = False) -> np.ndarray:
        """All of them; ``x`` is a tuple of arrays."""
        sizes = [part.shape[self.axis] for part in x]
        shape = list(x[0].shape)
        shape[self.axis] = sum(sizes)
        self.saved = np.cumsum(sizes)[:-1]
        return np.concatenate(x, axis=self.axis, out=self.buffer("y", tuple(shape), np.result_type(*x)))

    def backward(self, dy: np.ndarray, need_dx: bool = True) -> Any:
        """Each input's part of dy."""
        return tuple(np.split(dy, self.saved, axis=self.axis))


class Graph(Layer):
    """Layers each of which reads the input or what layers before it made; the last one makes the output.

    Where several read one array, its gradient is the sum of theirs (the chain rule).

    Args:
        reads: For each layer the numbers of the arrays that it reads: 0 is the input, i the output of layer i, counted
            from 1. A layer that reads several gets a tuple.
        **layers: ``layer1``, ``layer2``, …, in the order in which they compute.

    Source: Goodfellow et al. 2016, Deep Learning, section 6.5.6, back-propagation in a computational graph.
    """

    def __init__(self, *, reads: Sequence[Sequence[int]], **layers: Layer) -> None:
        self.reads = tuple(tuple(int(i) for i in numbers) for numbers in reads)
        if list(layers) != [f"layer{i}" for i in range(1, len(self.reads) + 1)]:
            raise ValueError(f"Graph: its layers must be layer1 … layer{len(self.reads)}, got {', '.join(layers)}")
        for i, numbers in enumerate(self.reads):
            if not numbers or not all(0 <= number <= i for number in numbers):
                raise ValueError(f"Graph: layer{i + 1} reads {numbers}; it must read what is there before it")
        super().__init__(children=layers)

    def config(self) -> dict[str, Any]:
        """What is read."""
        return {"reads": [list(numbers) for numbers in self.reads]}

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """What the last layer makes."""
        self.draw()
        made = [x]
        for layer, numbers in zip(self.children.values(), self.reads, strict=True):
            read: Any = tuple(made[i] for i in numbers) if joins(layer) else made[numbers[0]]
            made.append(layer.forward(read, train))
        return made[-1]

    def backward(self, dy: np.ndarray, need_dx: bool = True) -> Any:
        """∂L/∂x; the gradients of all layers that read an array are added up before its own layer gets them."""
        gradients: list[Any] = [None] * len(self.reads) + [dy]
        names = list(self.children)
        for i in range(len(self.reads), 0, -1):
            layer = self.children[names[i - 1]]
            if gradients[i] is not None:
                dx = layer.backward(gradients[i], True)
                for number, part in zip(self.reads[i - 1], dx if joins(layer) else (dx,), strict=True):
                    gradients[number] = self._added(number, gradients[number], part)
            if self.gradients_ready is not None:
                self.gradients_ready(names[i - 1])
        return gradients[0]

    def _added(self, number: int, so_far: Any, gradient: np.ndarray) -> np.ndarray:
        """The sum, in an array of its own: a layer's gradient lives until its next call."""
        total = self.buffer(f"gradient {number}", gradient.shape, gradient.dtype)
        return np.add(so_far, gradient, out=total) if so_far is not None else _filled(total, gradient)

    def __repr__(self) -> str:
        inside = ", ".join(f"{i + 1}: {layer!r} of {self.reads[i]}" for i, layer in enumerate(self.children.values()))
        return f"Graph({inside})"


def _filled(array: np.ndarray, value: np.ndarray) -> np.ndarray:
    array[...] = value
    return array


def joins(layer: Layer) -> bool:
    """Whether the layer takes a tuple."""
    return isinstance(layer, Sum | Concatenate)


def walk(model: Layer, value: Value, apply: Callable[[str, Layer, tuple[Value, ...]], Value], place: str = "") -> Value:
    """What comes out of a network, in values of any kind: arrays, shapes, layouts, names.

    Containers hand values on as their ``forward`` does; one with a ``forward`` of its own is a layer like others.

    Args:
        model: The network.
        value: What goes in.
        apply: ``(place, layer, values)``: the output of a layer that is not a container from the one value that it
            reads, of `Sum` and `Concatenate` from several, of `Residual` from the branch's and the shortcut's.
        place: The dotted name of ``model`` in the whole network.
    """
    if computes_as(model, Sequential):
        for name, child in model.children.items():
            value = walk(child, value, apply, joined(place, name))
        return value
    if computes_as(model, Residual):
        ways = [walk(child, value, apply, joined(place, name)) for name, child in model.children.items()]
        return apply(place, model, (ways[0], ways[1] if len(ways) > 1 else value))
    if computes_as(model, Graph):
        made = [value]
        for (name, child), numbers in zip(model.children.items(), model.reads, strict=True):
            inside, read = joined(place, name), tuple(made[i] for i in numbers)
            made.append(apply(inside, child, read) if joins(child) else walk(child, read[0], apply, inside))
        return made[-1]
    return apply(place, model, (value,))
