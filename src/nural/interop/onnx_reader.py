"""From the nodes of an ONNX graph to steps, each a layer of nural's. Imports onnx; import it where it is needed."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from nural.interop import ConversionError
from nural.interop.onnx_assembly import Step, assembled
from nural.interop.onnx_values import Order, Value, kept_batch, same_in_memory
from nural.layer import Layer, Sequential
from nural.layers.linear import Flatten, Unflatten
from nural.layers.permute import Permute

FLOATS = {TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16}
#: What stands for a batch of any size, and for any other size that the file leaves open.
ROWS, OPEN = 2, 32


class Reader:
    """Reads one graph.

    Attributes:
        constants: What is known, by the name that it has in the graph.
        values: What is computed from the input, likewise.
        opset: The version of ONNX's operators.
        dtype: Of the model: float64 if the file's input is, else float32.
        parts: What a step that concatenates reads.
        twins: Steps that are one layer in the file, of which the model may need one; else this is the error.
    """

    def __init__(
        self,
        proto: ModelProto,
        source: str,
        output: str | None = None,
        input_shape: Sequence[int] | None = None,
        bound: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        self.source, self.graph = source, proto.graph
        self.opset = next((each.version for each in proto.opset_import if each.domain in ("", "ai.onnx")), 1)
        self.opsets = {each.domain: each.version for each in proto.opset_import}
        self.constants = {each.name: numpy_helper.to_array(each) for each in self.graph.initializer} | dict(bound or {})
        self.steps: list[Step] = []
        self.parts: dict[int, list[Value]] = {}
        self.twins: list[tuple[int, int, ConversionError]] = []
        inputs = [each for each in self.graph.input if each.name not in self.constants]
        if len(inputs) != 1:
            names = ", ".join(each.name for each in inputs) or "none"
            raise ConversionError(f"{source}: nural's networks have one input, the file has {len(inputs)}: {names}")
        self.input = inputs[0]
        kind = self.input.type.tensor_type
        self.dtype = np.dtype(np.float64 if kind.elem_type == TensorProto.DOUBLE else np.float32)
        self.values = {self.input.name: Value(0, self._input_shape(kind.shape.dim, input_shape))}
        self.makers = {name: node for node in self.graph.node for name in node.output if name}
        self.output = self._output(output)
        self.nodes = self._needed()
        self.uses = Counter(name for node in self.nodes for name in node.input) + Counter([self.output])
        self.node: NodeProto | None = None

    def model(self) -> Layer:
        """The network.

        Raises:
            ConversionError: a node has no layer in nural.
        """
        from nural.interop.onnx_operators import OPERATORS

        for node in self.nodes:
            self.node = node
            if node.op_type == "Shape" and node.input[0] in self.values:
                self._fold_shape(node)
            elif all(name in self.constants for name in node.input if name):
                self._fold(node)
            elif node.op_type not in OPERATORS or node.domain not in ("", "ai.onnx", "ai.onnx.ml"):
                raise self.refuse("nural has no layer for this operator")
            else:
                try:
                    self.values.setdefault(node.output[0], OPERATORS[node.op_type](self, node))
                except (ValueError, TypeError) as error:
                    raise error if isinstance(error, ConversionError) else self.refuse(str(error)) from error
        if self.output not in self.values:
            raise ConversionError(f"{self.source}: the output {self.output} does not depend on the input")
        end = self.value(self.output)
        model = assembled(self.steps, end.made_by, self.twins)
        start = self.values[self.input.name]
        model.info["onnx"] = {
            "input": self.input.name,
            "input_axes": list(start.axes),
            "output": self.output,
            "output_axes": list(end.axes),
        }
        return model

    # -- what operators ask ----------------------------------------------------------------------------------

    def value(self, name: str, padded: bool = False, by_pixel: bool = False) -> Value:
        """A value that depends on the input.

        Args:
            name: Its name in the graph.
            padded: Whether it may have a padding that is not computed yet.
            by_pixel: Whether it may be rows of images in nural's order instead of ONNX's.
        """
        if name not in self.values:
            raise self.refuse(f"{name or 'an input'} does not depend on the network's input; nural computes with it")
        if self.values[name].pad and not padded:
            raise self.refuse("what it reads is padded; nural pads only before a convolution or an average")
        return self.values[name] if by_pixel else self._by_channel(self.values[name])

    def constant(self, node: NodeProto, i: int, what: str) -> np.ndarray | None:
        """The node's input ``i``, which must not depend on the network's; None if it is left out."""
        if i >= len(node.input) or not node.input[i]:
            return None
        if node.input[i] not in self.constants:
            raise self.refuse(f"{what} is computed from the network's input; nural has a fixed or learned one")
        return self.constants[node.input[i]]

    def array(self, node: NodeProto, i: int, what: str) -> np.ndarray | None:
        """`constant`, of the model's type."""
        found = self.constant(node, i, what)
        return None if found is None else found.astype(self.dtype)

    def learned(self, node: NodeProto, i: int, what: str) -> np.ndarray:
        """`array`, which must be there."""
        found = self.array(node, i, what)
        if found is None:
            raise self.refuse(f"{what} is missing")
        return found

    def alone(self, name: str) -> bool:
        """Whether one node reads this, and it is no output."""
        return self.uses[name] == 1

    def step_of(self, value: Value) -> Step | None:
        """What makes a value; None for the input."""
        return self.steps[value.made_by - 1] if value.made_by else None

    def layer_of(self, value: Value) -> Layer | None:
        """The layer that makes a value; None for the input."""
        step = self.step_of(value)
        return step.layer if step else None

    def source_of(self, value: Value) -> Value:
        """What the layer reads that makes a value entry by entry."""
        step = self.step_of(value)
        return replace(value, made_by=step.reads[0]) if step else value

    def dimension(self, axis: int, rank: int) -> int:
        """A dimension, counted from 0."""
        if not -rank <= axis < rank:
            raise self.refuse(f"it names dimension {axis} of a value that has {rank}")
        return axis % rank

    def refuse(self, why: str) -> ConversionError:
        """The error for the node that is read now."""
        node = self.node
        assert node is not None
        where = f"node {node.name}, {node.op_type}," if node.name else f"node {self._number(node)}, {node.op_type},"
        return ConversionError(f"{self.source}: {where} cannot be read: {why}")

    # -- what operators add ----------------------------------------------------------------------------------

    def each(self, layer: Layer, value: Value) -> Value:
        """Add a layer that computes each entry from the one in its place."""
        return replace(value, made_by=self._step(layer, value))

    def apply(self, layer: Layer, value: Value, axes: Sequence[int] | None = None) -> Value:
        """Add a layer.

        Args:
            layer: What computes.
            value: What it reads.
            axes: Those of its output; by default its input's.
        """
        axes = value.axes if axes is None else tuple(axes)
        ours = layer.forward(np.zeros(value.ours, self.dtype)).shape
        shape = tuple(ours[axes.index(i)] for i in range(len(axes)))
        return Value(self._step(layer, value), shape, Order(axes))

    def join(self, layer: Layer, values: Sequence[Value], shape: tuple[int, ...]) -> Value:
        """Add a layer that reads several values, which are in the order of the first."""
        arranged = [self.arrange(value, values[0].axes) for value in values]
        self.steps.append(Step(layer, tuple(value.made_by for value in arranged)))
        return Value(len(self.steps), shape, values[0].order)

    def replaced(self, value: Value, layer: Layer) -> Value:
        """Put another layer in the place of the one that makes a value."""
        step = self.steps[value.made_by - 1]
        self.steps.append(replace(step, layer=layer))
        return replace(value, made_by=len(self.steps))

    def arrange(self, value: Value, axes: tuple[int, ...]) -> Value:
        """The value with nural's dimensions in this order."""
        if value.order.axes is None:
            value.order.axes = axes
        if value.axes == axes:
            return value
        if axes[0] != value.batch:
            raise self.refuse(f"it would take dimension {axes[0]} for the batch, which is dimension {value.batch}")
        if same_in_memory(value.shape, value.axes, axes):
            return replace(self.with_samples(value, [value.shape[axis] for axis in axes[1:]]), order=Order(axes))
        layer = Permute([value.axes.index(axis) for axis in axes[1:]])
        return Value(self._step(layer, value), value.shape, Order(axes))

    def reshape(self, value: Value, shape: Sequence[int]) -> Value:
        """The value in another shape of ONNX's, whose entries are in ONNX's order."""
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
            return Value(self._step(Flatten(), value), shape, Order(axes), image=(height, width, channels))
        value = self.arrange(value, inside)
        return replace(self.with_samples(value, [shape[i] for i in axes[1:]]), shape=shape, order=Order(axes))

    def with_samples(self, value: Value, sample: Sequence[int]) -> Value:
        """nural's array with samples of another shape; the value's own shape and order are for the caller to set."""
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
        self.steps.append(Step(layer, (made_by,), origin))
        return replace(value, made_by=len(self.steps))

    def _by_channel(self, value: Value) -> Value:
        """Rows of images in ONNX's order."""
        if value.image is None:
            return value
        image = replace(value, made_by=self._step(Unflatten(1, value.image), value))
        return replace(value, made_by=self._step(Flatten(channels_first=True), image), image=None)

    def _step(self, layer: Layer, value: Value) -> int:
        self.steps.append(Step(layer, (value.made_by,)))
        return len(self.steps)

    # -- the graph -------------------------------------------------------------------------------------------

    def _input_shape(self, dims: Any, given: Sequence[int] | None) -> tuple[int, ...]:
        if given is not None:
            if len(given) != len(dims):
                raise ConversionError(f"{self.source}: the input has {len(dims)} dimensions, not {tuple(given)}")
            return tuple(given)
        return tuple(dim.dim_value or (OPEN if i else ROWS) for i, dim in enumerate(dims))

    def _output(self, wanted: str | None) -> str:
        """The name of the output to compute, without what only packs it."""
        names = [each.name for each in self.graph.output]
        if wanted is not None:
            if wanted not in names:
                raise ConversionError(f"{self.source}: there is no output {wanted!r}; there are {', '.join(names)}")
            return self._unpacked(wanted)
        for each in self.graph.output:
            packed = self._unpacked(each.name)
            if packed != each.name or each.type.tensor_type.elem_type in FLOATS:
                return packed
        raise ConversionError(f"{self.source}: none of the outputs is an array of floats: {', '.join(names)}")

    def _unpacked(self, name: str) -> str:
        """What a ZipMap, scikit-learn's dict of probabilities, is made of."""
        maker = self.makers.get(name)
        return maker.input[0] if maker is not None and maker.op_type == "ZipMap" else name

    def _needed(self) -> list[NodeProto]:
        """The nodes that the output depends on, in order."""
        wanted, found = {self.output}, list[NodeProto]()
        for node in reversed(self.graph.node):
            if wanted.intersection(node.output):
                found.append(node)
                wanted.update(node.input)
        return found[::-1]

    def _fold_shape(self, node: NodeProto) -> None:
        shape = self.values[node.input[0]].shape
        attributes = attributes_of(node)
        part = shape[attributes.get("start", 0) : attributes.get("end", len(shape))]
        self.constants[node.output[0]] = np.array(part, np.int64)

    def _fold(self, node: NodeProto) -> None:
        """Compute a node that depends on nothing."""
        given = {name: self.constants[name] for name in node.input if name}
        taken = [
            helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
            for n, a in given.items()
        ]
        made = [helper.make_tensor_value_info(name, TensorProto.UNDEFINED, None) for name in node.output if name]
        graph = helper.make_graph([node], "constant", taken, made)
        opsets = [helper.make_opsetid(domain, version) for domain, version in self.opsets.items()]
        evaluator: Any = ReferenceEvaluator(helper.make_model(graph, opset_imports=opsets))
        try:
            found = evaluator.run(None, given)
        except Exception as error:  # of whatever kind the package's own code has
            raise self.refuse(f"it cannot be computed ahead ({error})") from error
        names = [name for name in node.output if name]
        self.constants |= dict(zip(names, map(np.asarray, found), strict=True))

    def _number(self, node: NodeProto) -> int:
        return next(i for i, each in enumerate(self.graph.node) if each is node or each == node)


def attributes_of(node: NodeProto) -> dict[str, Any]:
    """The node's attributes by name; text as str."""
    found = {each.name: helper.get_attribute_value(each) for each in node.attribute}
    return {name: value.decode() if isinstance(value, bytes) else value for name, value in found.items()}


def with_arrays(layer: Layer, **arrays: np.ndarray) -> Layer:
    """The layer with these parameters and statistics, by name."""
    for name, value in arrays.items():
        (layer.params if name in layer.params else layer.state)[name] = value
    return layer
