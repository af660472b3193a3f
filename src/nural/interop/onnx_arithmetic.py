"""Sums and products: with constants they become layers, or parts of one; of two values, only sums. Imports onnx."""

import math
from dataclasses import replace
from functools import reduce
from typing import Any

import numpy as np
from onnx import NodeProto

from nural.activations import GELU, Hardtanh, ReLU, Sigmoid, SiLU, Softplus
from nural.graph import Concatenate, Sum
from nural.interop.onnx_assembly import Unfinished
from nural.interop.onnx_graph import attributes_of
from nural.interop.onnx_reader import Reader, with_arrays
from nural.interop.onnx_shapes import transposed, without
from nural.interop.onnx_values import GraphValue, channels_last
from nural.interop.torch_layout import by_pixel
from nural.layer import Layer
from nural.layers.affine import Affine, Rescaling
from nural.layers.convolution import Conv2d
from nural.layers.linear import Linear


def add(reader: Reader, node: NodeProto) -> GraphValue:
    """Add: of two values `Residual` or `Sum`; of a constant a bias, or `Rescaling` or `Affine`."""
    one, other = node.input
    if one in reader.values and other in reader.values:
        return _sum(reader, reader.value(one), reader.value(other))
    name, constant = (one, other) if one in reader.values else (other, one)
    return _plus(reader, name, reader.value(name), reader.constants[constant].astype(reader.dtype))


def sub(reader: Reader, node: NodeProto) -> GraphValue:
    """Sub: a − b as a + (−1) b."""
    one, other = node.input
    if other in reader.constants:
        return _plus(reader, one, reader.value(one), -reader.constants[other].astype(reader.dtype))
    negative = _rescaled(reader, reader.value(other), -1.0, 0.0)
    if one in reader.constants:
        return _plus(reader, "", negative, reader.constants[one].astype(reader.dtype))
    return _sum(reader, reader.value(one), negative)


def sum_(reader: Reader, node: NodeProto) -> GraphValue:
    """Sum of any number of values and constants: as Add."""
    values = [reader.value(name) for name in node.input if name in reader.values]
    total = reduce(lambda so_far, value: _sum(reader, so_far, value), values)
    for name in node.input:
        if name in reader.constants:
            total = _plus(reader, "", total, reader.constants[name].astype(reader.dtype))
    return total


def mul(reader: Reader, node: NodeProto) -> GraphValue:
    """Mul: with a constant `Rescaling` or `Affine`; of two values only as a part of `SiLU` or `GELU`."""
    one, other = node.input
    if one in reader.values and other in reader.values:
        found = _gated(reader, reader.value(one), reader.value(other))
        found = found or _gated(reader, reader.value(other), reader.value(one))
        if found is None:
            raise reader.refuse("it multiplies two values; nural multiplies by what is fixed or learned")
        return found
    name, constant = (one, other) if one in reader.values else (other, one)
    return _times(reader, reader.value(name), reader.constants[constant].astype(reader.dtype))


def div(reader: Reader, node: NodeProto) -> GraphValue:
    """Div by a constant: as Mul."""
    divisor = reader.constant(node, 1, "the divisor")
    assert divisor is not None
    return _times(reader, reader.value(node.input[0]), 1 / divisor.astype(reader.dtype))


def clip(reader: Reader, node: NodeProto) -> GraphValue:
    """Clip: `Hardtanh`, from 0 on `ReLU`."""
    attributes = attributes_of(node)
    given = (reader.constant(node, 1, "min"), reader.constant(node, 2, "max"))
    low, high = (attributes.get("min"), attributes.get("max")) if reader.opset < 11 else given
    return _clipped(reader, reader.value(node.input[0], by_pixel=True), low, high)


def max_(reader: Reader, node: NodeProto) -> GraphValue:
    """Max of a value and numbers, as PyTorch writes clamp: as Clip."""
    value, bounds = _bounded(reader, node)
    return _clipped(reader, value, bounds.max(), None)


def min_(reader: Reader, node: NodeProto) -> GraphValue:
    """Min of a value and numbers: as Clip."""
    value, bounds = _bounded(reader, node)
    return _clipped(reader, value, None, bounds.min())


def erf(reader: Reader, node: NodeProto) -> GraphValue:
    """Erf only as a part of `GELU`."""
    return reader.each(Unfinished("Erf", reader.refuse("nural has it only inside GELU")), reader.value(node.input[0]))


def greater(reader: Reader, node: NodeProto) -> GraphValue:
    """Greater only as a part of `Softplus`."""
    layer = Unfinished("Greater", reader.refuse("nural has it only inside softplus"))
    threshold = reader.constant(node, 1, "the threshold")
    if threshold is None or threshold.size != 1:
        raise layer.error
    layer.threshold = float(threshold.reshape(()))
    return reader.each(layer, reader.value(node.input[0]))


def where(reader: Reader, node: NodeProto) -> GraphValue:
    """Where only as a part of `Softplus`: x where β x > threshold, else log(1 + e^{β x}) / β."""
    beyond, x, soft = (reader.value(name) for name in node.input)
    comparison, smooth, scale = reader.layer_of(beyond), reader.layer_of(soft), 1.0
    if isinstance(smooth, Rescaling) and smooth.offset == 0:
        scale, soft = smooth.scale, reader.source_of(soft)
        smooth = reader.layer_of(soft)
    inside = reader.source_of(soft)
    beta = _factor_of(reader, inside, x)
    same = reader.source_of(beyond).made_by == inside.made_by
    if not (isinstance(comparison, Unfinished) and isinstance(smooth, Softplus) and same and beta):
        raise reader.refuse("nural has it only inside softplus")
    if not math.isclose(beta * scale, 1, rel_tol=1e-6):
        raise reader.refuse(
            f"its softplus has {beta:g} x inside and {scale:g} outside, of which one is not 1 / the other"
        )
    return reader.each(Softplus(beta, comparison.threshold), x)


def concat(reader: Reader, node: NodeProto) -> GraphValue:
    """Concat along a dimension that is not the batch: `Concatenate`."""
    values = [reader.value(name) for name in node.input]
    rank = len(values[0].shape)
    axis = reader.dimension(attributes_of(node)["axis"], rank)
    if len(values) == 1:
        return values[0]
    if axis == values[0].batch:
        raise reader.refuse("it puts samples together; nural keeps each alone")
    shape = list(values[0].shape)
    shape[axis] = sum(value.shape[axis] for value in values)
    joined = reader.join(Concatenate(values[0].place(axis) - rank), values, tuple(shape))
    reader.parts[joined.made_by] = values
    return joined


def gemm(reader: Reader, node: NodeProto) -> GraphValue:
    """Gemm, α A B + β C with any transA and transB: `Linear`."""
    attributes = attributes_of(node)
    value = reader.value(node.input[0], by_pixel=not attributes.get("transA"))
    if attributes.get("transA"):
        if value.order.axes is None:
            value.order.axes = (1, 0)
        value = transposed(value, (1, 0))
    W = reader.learned(node, 1, "B")
    W = (W.T if attributes.get("transB") else W) * reader.dtype.type(attributes.get("alpha", 1.0))
    value = reader.arrange(value, (0, 1))
    result = _linear(reader, value, W)
    C = reader.array(node, 2, "C")
    return result if C is None else _plus(reader, None, result, C * reader.dtype.type(attributes.get("beta", 1.0)))


def matmul(reader: Reader, node: NodeProto) -> GraphValue:
    """MatMul with a constant matrix: `Linear`, with the Add behind it as its bias."""
    value, W = reader.value(node.input[0], by_pixel=True), reader.learned(node, 1, "the second factor")
    rank = len(value.shape)
    while W.ndim > 2 and W.shape[0] == 1 and W.ndim <= rank:
        W = W[0]
    if W.ndim > 2:
        raise reader.refuse(f"its second factor has shape {W.shape}; nural's has two dimensions")
    if value.axes[-1] != rank - 1:
        value = reader.arrange(value, (value.batch, *(axis for axis in range(rank) if axis != value.batch)))
    if value.axes[-1] != rank - 1 or rank < 2:
        raise reader.refuse("it sums over the batch")
    result = _linear(reader, value, W.reshape(len(W), -1))
    return without(reader, result, [rank - 1]) if W.ndim == 1 else result


def _linear(reader: Reader, value: GraphValue, W: np.ndarray) -> GraphValue:
    """value · W, where rows of W that read flattened images are put in nural's order."""
    W = by_pixel(W, value.image[-1]) if value.image and len(W) == value.shape[-1] else W
    layer = with_arrays(Linear(*W.shape, bias=False, dtype=reader.dtype), W=W)
    return reader.apply(layer, replace(value, image=None))


def _bounded(reader: Reader, node: NodeProto) -> tuple[GraphValue, np.ndarray]:
    """The single value among the inputs, and the numbers beside it."""
    values = [name for name in node.input if name in reader.values]
    constants = [reader.constants[name] for name in node.input if name not in reader.values]
    if len(values) != 1 or any(constant.size != 1 for constant in constants) or not constants:
        raise reader.refuse("nural bounds one value by numbers")
    return reader.value(values[0], by_pixel=True), np.array([constant.item() for constant in constants])


def _clipped(reader: Reader, value: GraphValue, low: Any, high: Any) -> GraphValue:
    """The value between bounds; bounds beyond all floats, with which many files mean none, are left out."""
    low, high = (None if bound is None else np.asarray(bound) for bound in (low, high))
    if any(bound is not None and (bound.size != 1 or np.isnan(bound).any()) for bound in (low, high)):
        raise reader.refuse("its bounds are no numbers")
    largest = np.finfo(reader.dtype).max
    low = None if low is None or low.item() <= -largest else low.item()
    high = None if high is None or high.item() >= largest else high.item()
    if low is None and high is None:
        return value
    return reader.each(ReLU() if (low, high) == (0, None) else Hardtanh(low, high), value)


def _sum(reader: Reader, one: GraphValue, other: GraphValue) -> GraphValue:
    if one.shape != other.shape:
        raise reader.refuse(f"it adds values of shapes {one.shape} and {other.shape}; nural needs equal ones")
    if one.order.axes is None:
        one, other = other, one
    return reader.join(Sum(), [one, other], one.shape)


def _plus(reader: Reader, name: str | None, value: GraphValue, constant: np.ndarray) -> GraphValue:
    """A value plus a constant: as a bias, if the layer can have one and ``name`` is None or read by nothing else."""
    layer = reader.layer_of(value)
    if isinstance(layer, Linear | Conv2d) and not layer.bias and (name is None or reader.alone(name)):
        features = value.ours[-1]
        spread = value.spread(constant)
        if spread.shape in ((features,), (1,)):
            config = {**layer.config(), "bias": True}
            biased = with_arrays(type(layer)(**config), **layer.params, b=np.broadcast_to(spread, (features,)))
            return reader.replaced(value, biased)
    if constant.size == 1:
        return _rescaled(reader, value, 1.0, float(constant.reshape(())))
    value = _decided(reader, value, constant)
    beta = value.spread(constant)
    if isinstance(layer, Affine) and not layer.shift and layer.shape == beta.shape:
        both = Affine(beta.shape, dtype=reader.dtype)
        return reader.replaced(value, with_arrays(both, **layer.params, beta=beta))
    return reader.apply(with_arrays(Affine(beta.shape, scale=False, dtype=reader.dtype), beta=beta), value)


def _times(reader: Reader, value: GraphValue, constant: np.ndarray) -> GraphValue:
    if constant.size == 1:
        return _rescaled(reader, value, float(constant.reshape(())), 0.0)
    value = _decided(reader, value, constant)
    gamma = value.spread(constant)
    return reader.apply(with_arrays(Affine(gamma.shape, shift=False, dtype=reader.dtype), gamma=gamma), value)


def _decided(reader: Reader, value: GraphValue, constant: np.ndarray) -> GraphValue:
    """The value in the order that a constant for each channel suggests, if nothing has decided it yet."""
    if len(np.broadcast_shapes(value.shape, constant.shape)) > len(value.shape):
        raise reader.refuse(f"it would spread a value of shape {value.shape} over a constant of shape {constant.shape}")
    if np.broadcast_shapes(value.shape, constant.shape) != value.shape:
        raise reader.refuse(f"it would spread a value of shape {value.shape} over a constant of shape {constant.shape}")
    by_channel = len(value.shape) == 4 and constant.ndim >= 3 and constant.shape[-3] == constant.size
    return reader.arrange(value, channels_last(4)) if by_channel and value.order.axes is None else value


def _rescaled(reader: Reader, value: GraphValue, scale: float, offset: float) -> GraphValue:
    """scale · value + offset, merged with such a layer before it."""
    layer = reader.layer_of(value)
    if isinstance(layer, Rescaling):
        scale, offset = scale * layer.scale, scale * layer.offset + offset
        value = replace(value, made_by=reader.source_of(value).made_by)
    if math.isclose(scale, 1, rel_tol=1e-7) and offset == 0:
        return value
    return reader.each(Rescaling(scale, offset), value)


def _gated(reader: Reader, value: GraphValue, gate: GraphValue) -> GraphValue | None:
    """SiLU as x σ(x), or GELU as a x (1 + erf(x / √2)), if the gate has that form."""
    layer = reader.layer_of(gate)
    if isinstance(layer, Sigmoid) and reader.source_of(gate).made_by == value.made_by:
        return reader.each(SiLU(), value)
    if not isinstance(layer, Rescaling) or (layer.scale, layer.offset) != (1, 1):
        return None
    inside = reader.source_of(gate)
    error = reader.layer_of(inside)
    if not isinstance(error, Unfinished) or error.operator != "Erf":
        return None
    argument, factor = reader.source_of(inside), 1.0
    scaled, own = reader.layer_of(argument), reader.layer_of(value)
    x = reader.source_of(argument) if isinstance(scaled, Rescaling) else argument
    if isinstance(own, Rescaling) and own.offset == 0 and value.made_by != x.made_by:
        factor, value = own.scale, reader.source_of(value)
    matches = isinstance(scaled, Rescaling) and math.isclose(scaled.scale, math.sqrt(0.5), rel_tol=1e-6)
    if not matches or x.made_by != value.made_by:
        return None
    return _rescaled(reader, reader.each(GELU(), x), 2 * factor, 0.0)


def _factor_of(reader: Reader, value: GraphValue, x: GraphValue) -> float | None:
    """The factor a, if the value is a · x; else None."""
    if value.made_by == x.made_by:
        return 1.0
    layer: Layer | Any = reader.layer_of(value)
    if isinstance(layer, Rescaling) and layer.offset == 0 and reader.source_of(value).made_by == x.made_by:
        return layer.scale
    return None
