"""Nodes that only move or rename dimensions. Imports onnx; import it where it is needed."""

import math
from collections.abc import Sequence
from dataclasses import replace

from onnx import NodeProto

from nural.interop.onnx_graph import FLOATS, attributes_of
from nural.interop.onnx_reader import Reader
from nural.interop.onnx_values import GraphValue, SharedAxes


def flatten(reader: Reader, node: NodeProto) -> GraphValue:
    """Flatten that keeps samples apart: `Flatten`."""
    value = reader.value(node.input[0])
    axis = attributes_of(node).get("axis", 1)
    axis += len(value.shape) if axis < 0 else 0
    return reader.reshape(value, (math.prod(value.shape[:axis]), math.prod(value.shape[axis:])))


def reshape(reader: Reader, node: NodeProto) -> GraphValue:
    """Reshape that keeps samples apart: `Flatten` or `Unflatten`; 0 keeps a size, −1 is what is left."""
    value = reader.value(node.input[0])
    wanted = attributes_of(node).get("shape")
    if wanted is None:
        found = reader.constant(node, 1, "the shape")
        wanted = [] if found is None else found.tolist()
    if not attributes_of(node).get("allowzero"):
        wanted = [value.shape[i] if size == 0 else size for i, size in enumerate(wanted)]
    if -1 in wanted:
        wanted[wanted.index(-1)] = math.prod(value.shape) // -math.prod(wanted)
    return reader.reshape(value, wanted)


def transpose(reader: Reader, node: NodeProto) -> GraphValue:
    """Transpose: dimensions get other names; `Permute` where that is not enough."""
    value = reader.value(node.input[0])
    return transposed(value, attributes_of(node).get("perm", range(len(value.shape))[::-1]))


def transposed(value: GraphValue, moved: Sequence[int]) -> GraphValue:
    """The value with its ONNX dimensions in the order ``moved``."""
    axes = tuple(list(moved).index(axis) for axis in value.axes)
    return replace(value, shape=tuple(value.shape[axis] for axis in moved), order=SharedAxes(axes))


def squeeze(reader: Reader, node: NodeProto) -> GraphValue:
    """Squeeze of dimensions of size 1: `Flatten` or `Unflatten`."""
    value = reader.value(node.input[0])
    gone = _axes(reader, node, len(value.shape))
    if gone is None:
        gone = [axis for axis, size in enumerate(value.shape) if size == 1 and axis != value.batch]
    return without(reader, value, gone)


def unsqueeze(reader: Reader, node: NodeProto) -> GraphValue:
    """Unsqueeze by dimensions of size 1: `Flatten` or `Unflatten`."""
    value = reader.value(node.input[0])
    count = node.input[1] and reader.constant(node, 1, "axes") if len(node.input) > 1 else None
    rank = len(value.shape) + len(attributes_of(node)["axes"] if count is None else count)
    return with_ones(reader, value, sorted(_axes(reader, node, rank) or []))


def cast(reader: Reader, node: NodeProto) -> GraphValue:
    """Cast: nothing, for nural computes in one type of floats."""
    if attributes_of(node)["to"] not in FLOATS:
        raise reader.refuse("it makes floats into something else; nural computes in floats")
    return reader.value(node.input[0])


def without(reader: Reader, value: GraphValue, gone: Sequence[int]) -> GraphValue:
    """The value without these ONNX dimensions, which have size 1."""
    if any(value.shape[axis] != 1 for axis in gone) or value.batch in gone:
        raise reader.refuse(f"it takes dimensions {list(gone)} of shape {value.shape} away; all must have size 1")
    return _renumbered(reader, value, [axis for axis in range(len(value.shape)) if axis not in gone])


def with_ones(reader: Reader, value: GraphValue, new: Sequence[int]) -> GraphValue:
    """The value with new dimensions of size 1, at these places of the result."""
    old = iter(range(len(value.shape)))
    return _renumbered(reader, value, [-1 if i in new else next(old) for i in range(len(value.shape) + len(new))])


def _renumbered(reader: Reader, value: GraphValue, kept: list[int]) -> GraphValue:
    """The value with these of its dimensions, −1 for a new one; the order of the others in nural stays."""
    shape = tuple(1 if axis < 0 else value.shape[axis] for axis in kept)
    places = [i for old in value.axes for i, axis in enumerate(kept) if axis == old]
    for i, axis in enumerate(kept):
        if axis < 0:
            places.insert(min(1 + max(i - 1, 0), len(places)), i)
    sample = [shape[i] for i in places[1:]]
    return replace(reader.with_samples(value, sample), shape=shape, order=SharedAxes(tuple(places)))


def _axes(reader: Reader, node: NodeProto, rank: int) -> list[int] | None:
    """The axes, which were an attribute before opset 13."""
    found = attributes_of(node).get("axes")
    if found is None:
        constant = reader.constant(node, 1, "axes")
        found = None if constant is None else constant.tolist()
    return None if found is None else [axis % rank for axis in found]
