"""From the nodes of an ONNX graph to steps, each a layer of nural's. Imports onnx; import it where it is needed."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from onnx import ModelProto

from nural.containers import Sequential
from nural.interop import ConversionError
from nural.interop.onnx_assembly import GraphStep, assembled
from nural.interop.onnx_graph import OnnxGraph
from nural.interop.onnx_task import task_in
from nural.interop.onnx_values import GraphValue, SharedAxes, kept_batch, same_in_memory
from nural.layer import Layer
from nural.layers.linear import Flatten, Unflatten
from nural.layers.permute import Permute


class Reader(OnnxGraph):
    """Reads one graph.

    Attributes:
        values: Values computed from the input, by their names in the graph.
        steps: The layers so far, numbered from 1.
        parts: The values that a concatenating step reads.
        twins: Pairs of steps that are one layer in the file, and the error if the model needs both.
    """

    def __init__(
        self,
        proto: ModelProto,
        source: str,
        output: str | None = None,
        input_shape: Sequence[int] | None = None,
        bound: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        super().__init__(proto, source, output, bound)
        self.values = {self.input.name: GraphValue(0, self.input_shape(input_shape))}
        self.steps: list[GraphStep] = []
        self.parts: dict[int, list[GraphValue]] = {}
        self.twins: list[tuple[int, int, ConversionError]] = []

    def model(self) -> Layer:
        """The network, after all nodes are read.

        Raises:
            ConversionError: the output does not depend on the input, or needs something that nural does not have.
        """
        if self.output not in self.values:
            raise ConversionError(f"{self.source}: the output {self.output} does not depend on the input")
        end = self.value(self.output)
        model = assembled(self.steps, end.made_by, self.twins)
        model.task = task_in(self, end.ours[-1] if end.shape else 1)
        start = self.values[self.input.name]
        model.info["onnx"] = {
            "input": self.input.name,
            "input_axes": list(start.axes),
            "output": self.output,
            "output_axes": list(end.axes),
        }
        return model

    # -- what operators ask ----------------------------------------------------------------------------------

    def value(self, name: str, padded: bool = False, by_pixel: bool = False) -> GraphValue:
        """A value that depends on the input.

        Args:
            name: Its name in the graph.
            padded: Whether it may have a padding that is not computed yet.
            by_pixel: Whether it may be rows of flattened images in nural's order instead of ONNX's.
        """
        if name not in self.values:
            raise self.refuse(f"{name or 'an input'} does not depend on the network's input; nural computes with it")
        if self.values[name].pad and not padded:
            raise self.refuse("what it reads is padded; nural pads only before a convolution or an average")
        return self.values[name] if by_pixel else self._by_channel(self.values[name])

    def step_of(self, value: GraphValue) -> GraphStep | None:
        """The step that makes a value; None for the input."""
        return self.steps[value.made_by - 1] if value.made_by else None

    def layer_of(self, value: GraphValue) -> Layer | None:
        """The layer that makes a value; None for the input."""
        step = self.step_of(value)
        return step.layer if step else None

    def source_of(self, value: GraphValue) -> GraphValue:
        """The input of the layer that makes a value entry by entry."""
        step = self.step_of(value)
        return replace(value, made_by=step.reads[0]) if step else value

    # -- what operators add ----------------------------------------------------------------------------------

    def each(self, layer: Layer, value: GraphValue) -> GraphValue:
        """Add a layer that computes each entry from the same entry of the value."""
        return replace(value, made_by=self._step(layer, value))

    def apply(self, layer: Layer, value: GraphValue, axes: Sequence[int] | None = None) -> GraphValue:
        """Add a layer.

        Args:
            layer: The layer.
            value: The value that it reads.
            axes: The axes of its output; by default those of its input.
        """
        axes = value.axes if axes is None else tuple(axes)
        ours = layer.forward(np.zeros(value.ours, self.dtype)).shape
        shape = tuple(ours[axes.index(i)] for i in range(len(axes)))
        return GraphValue(self._step(layer, value), shape, SharedAxes(axes))

    def join(self, layer: Layer, values: Sequence[GraphValue], shape: tuple[int, ...]) -> GraphValue:
        """Add a layer that reads several values, which are in the order of the first."""
        arranged = [self.arrange(value, values[0].axes) for value in values]
        self.steps.append(GraphStep(layer, tuple(value.made_by for value in arranged)))
        return GraphValue(len(self.steps), shape, values[0].order)

    def replaced(self, value: GraphValue, layer: Layer) -> GraphValue:
        """Replace the layer that makes a value."""
        step = self.steps[value.made_by - 1]
        self.steps.append(replace(step, layer=layer))
        return replace(value, made_by=len(self.steps))

    def arrange(self, value: GraphValue, axes: tuple[int, ...]) -> GraphValue:
        """The value with nural's dimensions in the order ``axes``."""
        if value.order.axes is None:
            value.order.axes = axes
        if value.axes == axes:
            return value
        if axes[0] != value.batch:
            raise self.refuse(f"it would take dimension {axes[0]} for the batch, which is dimension {value.batch}")
        if same_in_memory(value.shape, value.axes, axes):
            return replace(self.with_samples(value, [value.shape[axis] for axis in axes[1:]]), order=SharedAxes(axes))
        layer = Permute([value.axes.index(axis) for axis in axes[1:]])
        return GraphValue(self._step(layer, value), value.shape, SharedAxes(axes))

    def reshape(self, value: GraphValue, shape: Sequence[int]) -> GraphValue:
        """The value reshaped as in ONNX, with its entries in ONNX's order."""
        shape = tuple(shape)
        if math.prod(shape) != math.prod(value.shape):
            raise self.refuse(f"shape {value.shape} cannot become {shape}")
        batch = kept_batch(value.shape, value.batch, shape)
        if batch is None:
            raise self.refuse(f"from shape {value.shape} to {shape} it would mix samples")
        axes = (batch, *(i for i in range(len(shape)) if i != batch))
        inside = (value.batch, *(i for i in range(len(value.shape)) if i != value.batch))
        if len(shape) == 2 and value.axes == (0, 2, 3, 1) and not same_in_memory(value.shape, inside, value.axes):
            _, height, width, channels = value.ours
            return GraphValue(self._step(Flatten(), value), shape, SharedAxes(axes), image=(height, width, channels))
        value = self.arrange(value, inside)
        return replace(self.with_samples(value, [shape[i] for i in axes[1:]]), shape=shape, order=SharedAxes(axes))

    def with_samples(self, value: GraphValue, sample: Sequence[int]) -> GraphValue:
        """The value with nural's samples in another shape; the caller sets its shape and order in ONNX."""
        sample, origin, made_by = tuple(sample), value.ours[1:], value.made_by
        step = self.step_of(value)
        if step is not None and step.reshaped_from is not None:  # only the last of several shapes counts
            origin, made_by = step.reshaped_from, step.reads[0]
        if sample == origin:
            return replace(value, made_by=made_by)
        layer: Layer
        if len(sample) == 1:
            layer = Flatten()
        elif len(origin) == 1:
            layer = Unflatten(1, sample)
        else:
            layer = Sequential(Flatten(), Unflatten(1, sample))
        self.steps.append(GraphStep(layer, (made_by,), origin))
        return replace(value, made_by=len(self.steps))

    def _by_channel(self, value: GraphValue) -> GraphValue:
        """Rows of flattened images in ONNX's order."""
        if value.image is None:
            return value
        image = replace(value, made_by=self._step(Unflatten(1, value.image), value))
        return replace(value, made_by=self._step(Flatten(channels_first=True), image), image=None)

    def _step(self, layer: Layer, value: GraphValue) -> int:
        self.steps.append(GraphStep(layer, (value.made_by,)))
        return len(self.steps)


def with_arrays(layer: Layer, **arrays: np.ndarray) -> Layer:
    """The layer with these parameters and statistics, by name."""
    for name, value in arrays.items():
        (layer.params if name in layer.params else layer.state)[name] = value
    return layer
