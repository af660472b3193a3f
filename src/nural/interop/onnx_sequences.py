"""RNN, LSTM and GRU nodes, and nodes that pick their last step. Imports onnx; import it where it is needed."""

from typing import Any

import numpy as np
from onnx import NodeProto

from nural.interop.onnx_graph import attributes_of
from nural.interop.onnx_reader import Reader, with_arrays
from nural.interop.onnx_shapes import transposed, with_ones, without
from nural.interop.onnx_values import GraphValue, SharedAxes
from nural.layers.gru import GRU
from nural.layers.lstm import LSTM
from nural.layers.permute import Reverse
from nural.layers.recurrent import Recurrent
from nural.layers.rnn import RNN

KINDS: dict[str, type[Recurrent]] = {"RNN": RNN, "LSTM": LSTM, "GRU": GRU}
#: nural's gates by their place in ONNX: i, f, g, o of i, o, f, g, and r, z, n of z, r, n.
GATES = {"RNN": [0], "LSTM": [0, 2, 3, 1], "GRU": [1, 0, 2]}
ACTIVATIONS = {"LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"]}
#: The node's inputs after the sequence, and those of them that nural has.
INPUTS = ("W", "R", "B", "sequence_lens", "initial_h", "initial_c", "P")


def recurrent(reader: Reader, node: NodeProto) -> GraphValue:
    """The layer of this name, any direction and layout, from states of 0; all steps for Y, the last for Y_h."""
    operator, attributes = node.op_type, attributes_of(node)
    given = {name: reader.constant(node, i, name) for i, name in enumerate(INPUTS, start=1)}
    layout = attributes.get("layout", 0)
    value = reader.value(node.input[0])
    value = reader.arrange(value, (0, 1, 2) if layout else (1, 0, 2))
    direction = attributes.get("direction", "forward")
    settings = _settings(reader, node, attributes, given, value.ours[1])
    size, directions = attributes["hidden_size"], 2 if direction == "bidirectional" else 1
    backwards = direction == "reverse"
    if backwards:
        value = reader.apply(Reverse(), value)
    made: dict[int, GraphValue] = {}
    for i, name in enumerate(node.output):
        if not name or not reader.uses[name]:
            continue
        if i == 2:
            raise reader.refuse("its cell is read; nural gives the output of all steps or of the last")
        layer = KINDS[operator](
            value.shape[-1],
            size,
            bias=given["B"] is not None,
            bidirectional=directions == 2,
            return_sequences=i == 0,
            dtype=reader.dtype,
            **settings,
        )
        filled = with_arrays(layer, **_arrays(layer, operator, {name: given[name] for name in ("W", "R", "B")}))
        made[i] = reader.apply(filled, value, (0, 1) if i else value.axes)
        result = reader.apply(Reverse(), made[i]) if backwards and i == 0 else made[i]
        reader.values[name] = _as_onnx(reader, result, layout, directions, last=i == 1)
    if len(made) == 2:
        error = reader.refuse("all its steps and its last one are read; nural gives one of them")
        reader.twins.append((made[0].made_by, made[1].made_by, error))
    return next(reader.values[node.output[i]] for i in made)


def _as_onnx(reader: Reader, value: GraphValue, layout: int, directions: int, last: bool) -> GraphValue:
    """``(N, T, D·H)`` or ``(N, D·H)`` with the dimension of the directions where ONNX has it."""
    at = (1 if layout else 0) if last else (2 if layout else 1)
    if directions == 1:
        return with_ones(reader, value, [at])
    split = reader.reshape(value, (*value.shape[:-1], directions, value.shape[-1] // directions))
    if last and not layout:  # (N, D, H) to (D, N, H)
        return transposed(split, (1, 0, 2))
    return split if layout else transposed(split, (0, 2, 1, 3))  # (T, N, D, H) to (T, D, N, H)


def _settings(
    reader: Reader, node: NodeProto, attributes: dict[str, Any], given: dict[str, Any], steps: int
) -> dict[str, Any]:
    """The arguments that only one kind has; refuses those that nural does not have."""
    operator = node.op_type
    for name in ("initial_h", "initial_c", "P"):
        if given[name] is not None and given[name].any():
            raise reader.refuse(f"{name} is not zero; nural's states begin at zero and it has no peepholes")
    if given["sequence_lens"] is not None and (given["sequence_lens"] != steps).any():
        raise reader.refuse("its sequences have different lengths, nural's in one batch have one")
    if attributes.get("clip") or attributes.get("input_forget"):
        raise reader.refuse("it has clip or input_forget, which nural has not")
    found = attributes.get("activations")
    names = [each if isinstance(each, str) else each.decode() for each in found or []]
    if operator == "RNN":
        kinds = {name.lower() for name in names} or {"tanh"}
        if len(kinds) > 1 or not kinds <= {"tanh", "relu"}:
            raise reader.refuse(f"its activations are {', '.join(names)}; nural has tanh or relu")
        return {"nonlinearity": kinds.pop()}
    if names and names != ACTIVATIONS[operator] * (len(names) // len(ACTIVATIONS[operator])):
        raise reader.refuse(f"its activations are {', '.join(names)}; nural has {', '.join(ACTIVATIONS[operator])}")
    if operator == "GRU" and not attributes.get("linear_before_reset") and steps > 1:
        raise reader.refuse("linear_before_reset is 0; nural resets after the product, as PyTorch and Keras do")
    return {}


def _arrays(layer: Recurrent, operator: str, given: dict[str, Any]) -> dict[str, np.ndarray]:
    """nural's parameters: ``(…, G·H)`` with gates in nural's order, made of ONNX's ``(D, G·H, …)``."""
    found: dict[str, np.ndarray] = {}
    for i, run in enumerate(layer.runs(0)):
        arrays = {"W_ih": given["W"][i], "W_hh": given["R"][i]}
        if given["B"] is not None:
            arrays["b_ih"], arrays["b_hh"] = np.split(given["B"][i], 2)
        for name, array in arrays.items():
            gates = array.reshape(layer.gate_count, layer.hidden_size, *array.shape[1:])
            found[f"{name}_{run}"] = gates[GATES[operator]].reshape(array.shape).T
    return found


def gather(reader: Reader, node: NodeProto) -> GraphValue:
    """Gather of the last step of a recurrent layer, or of the only one of a dimension."""
    value = reader.value(node.input[0])
    axis = reader.dimension(attributes_of(node).get("axis", 0), len(value.shape))
    index = reader.constant(node, 1, "the index")
    if index is None or index.ndim:
        raise reader.refuse("it picks several entries; nural can pick the last step of a recurrent layer")
    return _picked(reader, node, value, axis, int(index) % value.shape[axis], keep=False)


def slice_(reader: Reader, node: NodeProto) -> GraphValue:
    """Slice of all of a value, or of the last step of a recurrent layer."""
    value = reader.value(node.input[0])
    attributes = attributes_of(node)
    names = ("starts", "ends", "axes", "steps")
    found = {name: attributes.get(name, reader.constant(node, i, name)) for i, name in enumerate(names, start=1)}
    starts, ends = (np.atleast_1d(found[name]).tolist() for name in ("starts", "ends"))
    axes = range(len(starts)) if found["axes"] is None else np.atleast_1d(found["axes"]).tolist()
    steps = [1] * len(starts) if found["steps"] is None else np.atleast_1d(found["steps"]).tolist()
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        size = value.shape[axis]
        picked = range(size)[start:end:step]
        if len(picked) == 1 and size > 1:
            value = _picked(reader, node, value, axis % len(value.shape), picked[0], keep=True)
        elif picked != range(size):
            raise reader.refuse(f"it picks {list(picked)} of {size}; nural can pick the last step of a recurrent layer")
    return value


def _picked(reader: Reader, node: NodeProto, value: GraphValue, axis: int, index: int, keep: bool) -> GraphValue:
    """One entry along a dimension, which is kept or not."""
    if value.made_by in reader.parts and not keep:  # one of the states of several layers is picked
        for part in reader.parts[value.made_by]:
            if index < part.shape[axis]:
                return _picked(reader, node, part, axis, index, keep)
            index -= part.shape[axis]
    if value.shape[axis] > 1:
        layer = reader.layer_of(value)
        forward = isinstance(layer, Recurrent) and not layer.bidirectional
        last = value.place(axis) == 1 and index == value.shape[axis] - 1
        if not isinstance(layer, Recurrent) or not forward or not last or not reader.alone(node.input[0]):
            raise reader.refuse("it picks entries; nural can pick the last step of a recurrent layer, one way only")
        value = _last_step(reader, layer, value, axis)
    return value if keep else without(reader, value, [axis])


def _last_step(reader: Reader, layer: Recurrent, value: GraphValue, axis: int) -> GraphValue:
    """The layer's last step instead of all; the dimension of the steps then has size 1."""
    last = with_arrays(type(layer)(**{**layer.config(), "return_sequences": False}), **layer.params)
    kept = [i for i in range(len(value.shape)) if i != axis]
    order = SharedAxes(tuple(kept.index(i) for i in value.axes if i != axis))
    rows = GraphValue(reader.replaced(value, last).made_by, tuple(value.shape[i] for i in kept), order)
    return with_ones(reader, rows, [axis])
