"""ONNX's operators that nural has, and what each becomes. Imports onnx; import it where it is needed."""

from collections.abc import Callable
from typing import Any

import numpy as np
from onnx import NodeProto

from nural.activations import (
    ELU,
    GELU,
    SELU,
    LeakyReLU,
    LogSoftmax,
    PReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
)
from nural.interop.onnx_arithmetic import (
    add,
    clip,
    concat,
    div,
    erf,
    gemm,
    greater,
    matmul,
    max_,
    min_,
    mul,
    sub,
    sum_,
    where,
)
from nural.interop.onnx_graph import attributes_of
from nural.interop.onnx_images import average_pool, conv, global_average, global_max, max_pool, pad, reduce_mean
from nural.interop.onnx_reader import Reader, with_arrays
from nural.interop.onnx_sequences import gather, recurrent, slice_
from nural.interop.onnx_shapes import cast, flatten, reshape, squeeze, transpose, unsqueeze
from nural.interop.onnx_values import GraphValue, channels_last
from nural.layers.affine import Rescaling
from nural.layers.batch_norm import BatchNorm1d, BatchNorm2d
from nural.layers.dropout import Dropout
from nural.layers.group_norm import GroupNorm
from nural.layers.layer_norm import LayerNorm

#: ONNX's constants of selu, as in its paper.
SELU_ALPHA, SELU_GAMMA = 1.67326319217681884765625, 1.05070102214813232421875


def _each(build: type[Any], **attributes: tuple[str, Any]) -> Callable[[Reader, NodeProto], GraphValue]:
    """A layer that takes each entry alone; for each argument, its attribute in ONNX and the default."""

    def read(reader: Reader, node: NodeProto) -> GraphValue:
        given = attributes_of(node)
        arguments = {ours: given.get(theirs, default) for ours, (theirs, default) in attributes.items()}
        return reader.each(build(**arguments), reader.value(node.input[0], by_pixel=True))

    read.__doc__ = f"`{build.__name__}`"
    return read


def _selu(reader: Reader, node: NodeProto) -> GraphValue:
    """`SELU`; with other constants than its paper's `ELU` and `Rescaling`."""
    attributes = attributes_of(node)
    alpha, gamma = attributes.get("alpha", SELU_ALPHA), attributes.get("gamma", SELU_GAMMA)
    value = reader.value(node.input[0])
    if np.isclose(alpha, SELU_ALPHA) and np.isclose(gamma, SELU_GAMMA):
        return reader.each(SELU(), value)
    return reader.each(Rescaling(gamma), reader.each(ELU(alpha), value))


def _swish(reader: Reader, node: NodeProto) -> GraphValue:
    """`SiLU`."""
    alpha = attributes_of(node).get("alpha", 1.0)
    value = reader.value(node.input[0])
    if alpha == 1:
        return reader.each(SiLU(), value)
    return reader.each(Rescaling(1 / alpha), reader.each(SiLU(), reader.each(Rescaling(alpha), value)))


def _prelu(reader: Reader, node: NodeProto) -> GraphValue:
    """`PReLU`, with one slope or one for each channel."""
    value, slopes = reader.value(node.input[0]), reader.learned(node, 1, "the slope")
    rank = len(value.shape)
    if slopes.size == 1:
        return reader.each(with_arrays(PReLU(dtype=reader.dtype), a=slopes.reshape(1)), value)
    if reader.opset < 7 and slopes.ndim == 1:  # before 7 it did not broadcast
        slopes = slopes.reshape(-1, *[1] * (rank - 2))
    full = (1,) * (rank - slopes.ndim) + slopes.shape
    along = [axis for axis, size in enumerate(full) if size > 1]
    if len(along) != 1 or along[0] not in (1, rank - 1):
        raise reader.refuse(f"its slopes have shape {slopes.shape}; nural has one, or one for each channel")
    if along[0] != rank - 1 or value.order.axes is not None:
        value = reader.arrange(value, (*(i for i in range(rank) if i != along[0]), along[0]))
    layer = PReLU(slopes.size, dtype=reader.dtype)
    return reader.apply(with_arrays(layer, a=slopes.reshape(-1)), value)


def _softmax(kind: type[Any]) -> Callable[[Reader, NodeProto], GraphValue]:
    def read(reader: Reader, node: NodeProto) -> GraphValue:
        value = reader.value(node.input[0])
        rank = len(value.shape)
        axis = reader.dimension(attributes_of(node).get("axis", -1 if reader.opset >= 13 else 1), rank)
        if reader.opset < 13 and any(size > 1 for size in value.shape[axis + 1 :]):
            raise reader.refuse(f"before opset 13 it normalises over all dimensions from {axis} on, nural over one")
        return reader.each(kind(value.place(axis) - rank if value.place(axis) else 0), value)

    read.__doc__ = f"`{kind.__name__}`"
    return read


def _batch_norm(reader: Reader, node: NodeProto) -> GraphValue:
    """`BatchNorm1d` or `BatchNorm2d`; not in training mode."""
    attributes = attributes_of(node)
    if attributes.get("training_mode") or len([name for name in node.output if name]) > 1:
        raise reader.refuse("it is in training mode, whose statistics are those of the batch; export it for inference")
    value = reader.value(node.input[0])
    names = {"gamma": "the scale", "beta": "the bias", "running_mean": "the mean", "running_var": "the variance"}
    arrays = {name: reader.learned(node, i, what) for i, (name, what) in enumerate(names.items(), start=1)}
    kind = {2: BatchNorm1d, 3: BatchNorm1d, 4: BatchNorm2d}.get(len(value.shape))
    if kind is None:
        raise reader.refuse(f"its input has {len(value.shape)} dimensions, nural's batch norms take 2, 3 or 4")
    value = reader.arrange(value, channels_last(len(value.shape)))
    momentum = round(1 - attributes.get("momentum", 0.9), 9)
    layer = kind(value.shape[1], attributes.get("epsilon", 1e-5), momentum, dtype=reader.dtype)
    return reader.apply(with_arrays(layer, **arrays), value)


def _layer_norm(reader: Reader, node: NodeProto) -> GraphValue:
    """`LayerNorm`, over the last dimensions."""
    if len([name for name in node.output if name]) > 1 and any(reader.uses[name] for name in node.output[1:]):
        raise reader.refuse("its mean and deviation are read too; nural gives only the output")
    value = reader.value(node.input[0])
    attributes = attributes_of(node)
    rank = len(value.shape)
    first = reader.dimension(attributes.get("axis", -1), rank)
    last = value.axes[first:]
    if first == 0 or set(last) != set(range(first, rank)):
        axes = (value.batch, *(axis for axis in range(rank) if axis != value.batch))
        if first == 0 or set(axes[first:]) != set(range(first, rank)):
            raise reader.refuse("it normalises over the batch, nural each sample alone")
        value = reader.arrange(value, axes)
        last = axes[first:]
    moved = [axis - first for axis in last]
    shape = value.shape[first:]
    arrays = {"gamma": reader.learned(node, 1, "the scale")}
    beta = reader.array(node, 2, "the bias")
    if beta is not None:
        arrays["beta"] = beta
    ours = {name: np.broadcast_to(array, shape).transpose(moved) for name, array in arrays.items()}
    epsilon = attributes.get("epsilon", 1e-5)
    layer = LayerNorm(ours["gamma"].shape, epsilon, bias=beta is not None, dtype=reader.dtype)
    return reader.apply(with_arrays(layer, **ours), value)


def _group_norm(reader: Reader, node: NodeProto) -> GraphValue:
    """`GroupNorm`."""
    value, attributes = reader.value(node.input[0]), attributes_of(node)
    value = reader.arrange(value, channels_last(len(value.shape)))
    channels = value.shape[1]
    groups = attributes.get("num_groups", channels)
    arrays = {"gamma": reader.learned(node, 1, "the scale"), "beta": reader.learned(node, 2, "the bias")}
    if "num_groups" in attributes and reader.opset < 21:  # one for each group
        arrays = {name: np.repeat(array, channels // groups) for name, array in arrays.items()}
    layer = GroupNorm(groups, channels, attributes.get("epsilon", 1e-5), dtype=reader.dtype)
    return reader.apply(with_arrays(layer, **arrays), value)


def _dropout(reader: Reader, node: NodeProto) -> GraphValue:
    """`Dropout`; not in training mode."""
    if any(reader.uses[name] for name in node.output[1:]):
        raise reader.refuse("its mask is read; nural gives only the output")
    training, ratio = reader.constant(node, 2, "training_mode"), reader.constant(node, 1, "the ratio")
    p = attributes_of(node).get("ratio", 0.5) if ratio is None else float(ratio)
    if training is not None and training.any() and p:
        raise reader.refuse("it is in training mode; nural's is so while it trains")
    return reader.each(Dropout(p), reader.value(node.input[0], by_pixel=True))


def _identity(reader: Reader, node: NodeProto) -> GraphValue:
    """Identity: nothing."""
    return reader.value(node.input[0], by_pixel=True)


#: ``(reader, node) -> value``, of the node's first output.
OPERATORS: dict[str, Callable[[Reader, NodeProto], GraphValue]] = {
    "Add": add,
    "AveragePool": average_pool,
    "BatchNormalization": _batch_norm,
    "Cast": cast,
    "Clip": clip,
    "Concat": concat,
    "Conv": conv,
    "Div": div,
    "Dropout": _dropout,
    "Elu": _each(ELU, alpha=("alpha", 1.0)),
    "Erf": erf,
    "Flatten": flatten,
    "GRU": recurrent,
    "Gather": gather,
    "Gelu": _each(GELU, approximate=("approximate", "none")),
    "Gemm": gemm,
    "GlobalAveragePool": global_average,
    "GlobalMaxPool": global_max,
    "Greater": greater,
    "GroupNormalization": _group_norm,
    "InstanceNormalization": _group_norm,
    "Identity": _identity,
    "LSTM": recurrent,
    "LayerNormalization": _layer_norm,
    "LeakyRelu": _each(LeakyReLU, negative_slope=("alpha", 0.01)),
    "LogSoftmax": _softmax(LogSoftmax),
    "MatMul": matmul,
    "Max": max_,
    "MaxPool": max_pool,
    "Min": min_,
    "Mul": mul,
    "PRelu": _prelu,
    "Pad": pad,
    "RNN": recurrent,
    "ReduceMean": reduce_mean,
    "Relu": _each(ReLU),
    "Reshape": reshape,
    "Selu": _selu,
    "Sigmoid": _each(Sigmoid),
    "Slice": slice_,
    "Softmax": _softmax(Softmax),
    "Softplus": _each(Softplus),
    "Softsign": _each(Softsign),
    "Squeeze": squeeze,
    "Sub": sub,
    "Sum": sum_,
    "Swish": _swish,
    "Tanh": _each(Tanh),
    "Transpose": transpose,
    "Unsqueeze": unsqueeze,
    "Where": where,
}
