"""An ONNX graph under construction, and the order of its values. Imports onnx; import it where it is needed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
from onnx import ModelProto, helper, numpy_helper

import nural
from nural.arrays import joined
from nural.export.target import ExportError, cannot_express
from nural.layer import Layer

#: With these, ONNX Runtime from 1.17, and all that supports ONNX 1.15, read the file; Gelu came with opset 20.
OPSET, IR_VERSION = 20, 9


class Order(Enum):
    """The order of a sample's values in the graph, compared with nural's."""

    OURS = "as in nural, channels last"
    CHANNELS_FIRST = "(C, H, W) for (H, W, C), or (C, L) for (L, C)"
    FLATTENED = "a row with one channel after the other, where nural has one pixel after the other"


@dataclass(frozen=True)
class Value:
    """A value in the graph.

    Attributes:
        name: Its name in the graph.
        shape: The shape of one sample in nural.
        order: The order of its entries in the graph.
        image: For FLATTENED, the shape of the image in nural: (H, W, C).
    """

    name: str
    shape: tuple[int, ...]
    order: Order = Order.OURS
    image: tuple[int, ...] = ()


class Nodes:
    """Nodes and constants, in the order in which they are computed.

    Attributes:
        path: The file that is written, for errors.
        dtype: The float type of the model and of all values.
        place: The dotted name of the layer that is being added; names begin with it.
    """

    def __init__(self, path: Path, dtype: Any) -> None:
        self.path, self.dtype = path, np.dtype(dtype)
        self.place = ""
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._names: set[str] = set()

    def add(self, operator: str, *inputs: str, outputs: int = 1, keep: int = 0, **attributes: Any) -> str:
        """Add a node and return its output: of several ``outputs`` the one numbered ``keep``; others get no name."""
        name = self._unique(operator)
        named = ["" if i != keep else f"{name}.y" for i in range(outputs)]
        self._nodes.append(helper.make_node(operator, inputs, named, name=name, **attributes))
        return named[keep]

    def constant(self, name: str, value: Any, dtype: Any = None) -> str:
        """Add a constant, of the model's type unless another is given."""
        array = np.ascontiguousarray(value, self.dtype if dtype is None else dtype)
        name = self._unique(name)
        self._constants.append(numpy_helper.from_array(array.reshape(np.shape(value)), name))
        return name

    def integers(self, name: str, numbers: Sequence[int]) -> str:
        """Add whole numbers, such as a shape."""
        return self.constant(name, list(numbers), np.int64)

    def reshaped(self, value: str, sample: Sequence[int]) -> str:
        """Reshape samples without changing the order of their entries."""
        return self.add("Reshape", value, self.integers("shape", [-1, *sample]))

    def channels_first(self, value: Value) -> Value:
        """The value with its channels directly after N."""
        if value.order is Order.CHANNELS_FIRST or len(value.shape) < 2:
            return value
        value = self.ours(value)
        *others, channels = value.shape
        if channels == 1:  # nothing moves in memory
            name = self.reshaped(value.name, (channels, *others))
        else:
            name = self.add("Transpose", value.name, perm=[0, len(value.shape), *range(1, len(value.shape))])
        return Value(name, value.shape, Order.CHANNELS_FIRST)

    def ours(self, value: Value) -> Value:
        """The value in nural's order."""
        if value.order is Order.FLATTENED:
            height, width, channels = value.image
            image = self.reshaped(value.name, (channels, height, width))
            last = self.add("Transpose", image, perm=[0, 2, 3, 1])
            return Value(self.reshaped(last, value.shape), value.shape)
        if value.order is Order.CHANNELS_FIRST:
            if value.shape[-1] == 1:
                return Value(self.reshaped(value.name, value.shape), value.shape)
            name = self.add("Transpose", value.name, perm=[0, *range(2, len(value.shape) + 1), 1])
            return Value(name, value.shape)
        return value

    def alike(self, one: Value, other: Value) -> tuple[Value, Value]:
        """Both values in one order."""
        if one.order is other.order and one.image == other.image:
            return one, other
        if Order.CHANNELS_FIRST in (one.order, other.order) and Order.FLATTENED not in (one.order, other.order):
            return self.channels_first(one), self.channels_first(other)
        return self.ours(one), self.ours(other)

    def through(self, operator: str, value: Value, *constants: str, **attributes: Any) -> Value:
        """Add a node that computes each entry from the same entry of the value."""
        return replace(value, name=self.add(operator, value.name, *constants, **attributes))

    def refuse(self, layer: Layer, why: str) -> ExportError:
        """The error for a layer that ONNX lacks."""
        return cannot_express(self.path, self.place, layer, "ONNX", why)

    def model(self, taken: tuple[str, Any, Sequence[int]], given: tuple[str, str, Sequence[int]]) -> ModelProto:
        """The graph as a model.

        Args:
            taken: The input's name, type and the shape of a sample.
            given: The output's name, its value, and the shape of a sample.
        """
        input_name, dtype, input_shape = taken
        output_name, result, output_shape = given
        last = next((node for node in self._nodes if result in node.output), None)
        if last is None:  # nothing is computed
            self._nodes.append(helper.make_node("Identity", [result], [output_name], name=output_name))
        else:
            last.output[list(last.output).index(result)] = output_name
        graph = helper.make_graph(
            self._nodes,
            "nural",
            [helper.make_tensor_value_info(input_name, element_type(dtype), ["N", *input_shape])],
            [helper.make_tensor_value_info(output_name, element_type(self.dtype), ["N", *output_shape])],
            self._constants,
        )
        return helper.make_model(
            graph,
            producer_name="nural",
            producer_version=nural.__version__,
            ir_version=IR_VERSION,
            opset_imports=[helper.make_opsetid("", OPSET)],
        )

    def _unique(self, name: str) -> str:
        """The name, after the layer's, with a number if it is taken."""
        full = wanted = joined(self.place, name)
        number = 2
        while full in self._names:
            full, number = f"{wanted}_{number}", number + 1
        self._names.add(full)
        return full


def element_type(dtype: Any) -> int:
    """ONNX's number of a NumPy type."""
    return helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
