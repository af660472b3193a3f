"""An ONNX graph: its input, an output, the nodes between them, and constants. Imports onnx."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from nural.interop import ConversionError, one_line

FLOATS = {TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16}
#: The sizes used for a batch of any size, and for other sizes that the file leaves open.
ROWS, OPEN = 2, 32


class OnnxGraph:
    """The part of a graph that one output depends on.

    Attributes:
        metadata: The file's metadata.
        constants: Constant arrays, by their names in the graph.
        opset: The version of ONNX's operators.
        dtype: The model's type: float64 if the file's input has that, else float32.
        input: The only input.
        output: The name of the output.
        nodes: The nodes on which the output depends, in order.
        uses: How many nodes read each name; the output counts as read once more.
        node: The node that is being read.

    Args:
        proto: The file's content.
        source: The file's name in errors.
        output: The name of an output; by default the first of floats.
        bound: Inputs whose values are known, by name.
    """

    def __init__(
        self,
        proto: ModelProto,
        source: str,
        output: str | None = None,
        bound: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        self.source, self.graph = source, proto.graph
        self.metadata = {each.key: each.value for each in proto.metadata_props}
        self.opsets = {each.domain: each.version for each in proto.opset_import}
        self.opset = self.opsets.get("", self.opsets.get("ai.onnx", 1))
        self.constants = {each.name: numpy_helper.to_array(each) for each in self.graph.initializer} | dict(bound or {})
        inputs = [each for each in self.graph.input if each.name not in self.constants]
        if len(inputs) != 1:
            names = ", ".join(each.name for each in inputs) or "none"
            raise ConversionError(f"{source}: nural's networks have one input, the file has {len(inputs)}: {names}")
        self.input = inputs[0]
        double = self.input.type.tensor_type.elem_type == TensorProto.DOUBLE
        self.dtype = np.dtype(np.float64 if double else np.float32)
        self.makers = {name: node for node in self.graph.node for name in node.output if name}
        self.output = self._output(output)
        self.nodes = self._needed()
        self.uses = Counter(name for node in self.nodes for name in node.input) + Counter([self.output])
        self.node: NodeProto | None = None

    def constant(self, node: NodeProto, i: int, what: str) -> np.ndarray | None:
        """The node's input ``i``, which must not depend on the network's input; None if it is left out."""
        if i >= len(node.input) or not node.input[i]:
            return None
        if node.input[i] not in self.constants:
            raise self.refuse(f"{what} is computed from the network's input; nural has a fixed or learned one")
        return self.constants[node.input[i]]

    def array(self, node: NodeProto, i: int, what: str) -> np.ndarray | None:
        """`constant` in the model's type."""
        found = self.constant(node, i, what)
        return None if found is None else found.astype(self.dtype)

    def learned(self, node: NodeProto, i: int, what: str) -> np.ndarray:
        """`array`, which must not be left out."""
        found = self.array(node, i, what)
        if found is None:
            raise self.refuse(f"{what} is missing")
        return found

    def alone(self, name: str) -> bool:
        """Whether a single node reads this, and it is no output."""
        return self.uses[name] == 1

    def dimension(self, axis: int, rank: int) -> int:
        """A dimension, counted from 0."""
        if not -rank <= axis < rank:
            raise self.refuse(f"it names dimension {axis} of a value that has {rank}")
        return axis % rank

    def refuse(self, why: str) -> ConversionError:
        """The error for the node that is being read."""
        node = self.node
        assert node is not None
        where = f"node {node.name}, {node.op_type}," if node.name else f"node {self._number(node)}, {node.op_type},"
        return ConversionError(f"{self.source}: {where} cannot be read: {why}")

    def fold_shape(self, node: NodeProto, shape: tuple[int, ...]) -> None:
        """The result of a Shape node for this shape."""
        attributes = attributes_of(node)
        part = shape[attributes.get("start", 0) : attributes.get("end", len(shape))]
        self.constants[node.output[0]] = np.array(part, np.int64)

    def fold(self, node: NodeProto) -> None:
        """Compute a node that depends on constants alone."""
        if any(each.HasField("g") or each.graphs for each in node.attribute):
            raise self.refuse("it has a graph inside; nural's layers are in a fixed order")
        given = {name: self.constants[name] for name in node.input if name}
        taken = [
            helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
            for n, a in given.items()
        ]
        made = [helper.make_tensor_value_info(name, TensorProto.UNDEFINED, None) for name in node.output if name]
        graph = helper.make_graph([node], "constant", taken, made)
        opsets = [helper.make_opsetid(domain, version) for domain, version in self.opsets.items()]
        try:
            evaluator: Any = ReferenceEvaluator(helper.make_model(graph, opset_imports=opsets))
            found = evaluator.run(None, given)
        except Exception as error:  # the package's code raises errors of many types
            raise self.refuse(f"it cannot be computed ahead ({one_line(error)})") from error
        names = [name for name in node.output if name]
        self.constants |= dict(zip(names, map(np.asarray, found), strict=True))

    def input_shape(self, given: Sequence[int] | None = None) -> tuple[int, ...]:
        """The shape of the input, with a size for each that the file leaves open; or ``given``, if there is one."""
        dims = self.input.type.tensor_type.shape.dim
        if given is not None and len(given) != len(dims):
            raise ConversionError(f"{self.source}: the input has {len(dims)} dimensions, not {tuple(given)}")
        return tuple(given or (dim.dim_value or (OPEN if i else ROWS) for i, dim in enumerate(dims)))

    def _output(self, wanted: str | None) -> str:
        """The name of the output to compute, without the node that packs it."""
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
        """The input of a ZipMap, scikit-learn's dictionary of probabilities; other names unchanged."""
        maker = self.makers.get(name)
        return maker.input[0] if maker is not None and maker.op_type == "ZipMap" else name

    def _needed(self) -> list[NodeProto]:
        """The nodes on which the output depends, in order."""
        wanted, found = {self.output}, list[NodeProto]()
        for node in reversed(self.graph.node):
            if wanted.intersection(node.output):
                found.append(node)
                wanted.update(node.input)
        return found[::-1]

    def _number(self, node: NodeProto) -> int:
        return next(i for i, each in enumerate(self.graph.node) if each is node or each == node)


def attributes_of(node: NodeProto) -> dict[str, Any]:
    """The node's attributes by name: text as str, floats as the shortest decimal with the same float32."""
    found = {each.name: helper.get_attribute_value(each) for each in node.attribute}
    return {name: _plain(value) for name, value in found.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return float(str(np.float32(value)))
    return value.decode() if isinstance(value, bytes) else value
