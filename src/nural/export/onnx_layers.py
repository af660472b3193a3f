"""Nural's layers in ONNX. Imports onnx; import it where it is needed."""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from onnx import ModelProto

from nural.containers import Residual, computes_as
from nural.export.answers import Answers
from nural.export.onnx_entries import ENTRY_BY_ENTRY, axis_of
from nural.export.onnx_nodes import Nodes, Order, Value, element_type
from nural.export.onnx_pooling import adaptive_average, adaptive_max, average_pool, global_average, max_pool
from nural.export.onnx_recurrent import recurrent
from nural.export.target import ExportError
from nural.graph import Concatenate, Sum, walk
from nural.interop.torch_layout import by_channel
from nural.layer import Layer
from nural.layers.adaptive_pooling import AdaptiveAvgPool2d, AdaptiveMaxPool2d, GlobalAvgPool2d
from nural.layers.average_pooling import AvgPool2d
from nural.layers.batch_norm import BatchNorm1d, BatchNorm2d
from nural.layers.convolution import Conv2d
from nural.layers.group_norm import GroupNorm
from nural.layers.gru import GRU
from nural.layers.layer_norm import LayerNorm
from nural.layers.linear import Flatten, Linear, Unflatten
from nural.layers.lstm import LSTM
from nural.layers.max_pooling import MaxPool2d
from nural.layers.permute import Permute, Reverse
from nural.layers.rnn import RNN
from nural.layers.windows import down_across

#: The end of a slice in ONNX that means "beyond the first entry".
FAR = -(2**63)
PAD_MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def express_model(model: Layer, path: Path, shape: tuple[int, ...], answers: Answers | None = None) -> ModelProto:
    """Write the model as the nodes of a graph.

    Args:
        model: The network.
        path: The file that is written, for errors.
        shape: The shape of one sample.
        answers: What the outputs stand for, if the graph is to go from pixels to probabilities.

    Raises:
        ExportError: a layer has no operator in ONNX, or the outputs have no probabilities.
    """
    nodes = Nodes(path, model.dtype)
    express = partial(_express, nodes)
    if answers is None:
        end = nodes.ours(walk(model, Value("input", shape), express))
        return nodes.model(("input", model.dtype, shape), ("output", end.name, end.shape))
    levels = nodes.add("Cast", "pixels", to=element_type(model.dtype))
    scaled = nodes.add("Mul", levels, nodes.constant("1/256", 1 / 256))
    end = walk(model, Value(nodes.reshaped(scaled, shape), shape), express)
    nodes.place = ""
    end = nodes.ours(end)
    probabilities = _probabilities(nodes, end.name, answers)
    shape = (*end.shape[:-1], answers.classes)
    return nodes.model(("pixels", np.uint8, (28, 28)), ("probabilities", probabilities, shape))


def _probabilities(nodes: Nodes, outputs: str, answers: Answers) -> str:
    """Add probabilities like those of `nural.predictions.probabilities`; no softmax is applied twice."""
    if answers.task.kind == "regression":
        raise ExportError(f"{nodes.path}: the outputs are values, and there are no probabilities of them")
    p = outputs
    match answers.apply:
        case "softmax":
            p = nodes.add("Softmax", outputs, axis=-1)
        case "sigmoid":
            p = nodes.add("Sigmoid", outputs)
        case "exp":
            p = nodes.add("Exp", outputs)
    if answers.task.kind == "binary":
        p = nodes.add("Concat", nodes.add("Sub", nodes.constant("1", 1), p), p, axis=-1)
    return p


def _express(nodes: Nodes, place: str, layer: Layer, values: tuple[Value, ...]) -> Value:
    """Add a layer, and return its output."""
    nodes.place = place
    if computes_as(layer, Residual):
        branch, shortcut = nodes.alike(*values)
        return nodes.through("Add", branch, shortcut.name)
    if computes_as(layer, Sum, Concatenate):
        return _join(nodes, layer, values)
    express = EXPRESSIONS.get(type(layer))
    if express is None:
        raise nodes.refuse(layer, "there is no operator for it that nural knows")
    (value,) = values
    two = np.zeros((2, *value.shape), layer.dtype)  # a single sample has no variance
    after = layer.forward(two).shape[1:]
    found = express(nodes, layer, value)
    return Value(found.name, after, found.order, found.image)


def _join(nodes: Nodes, layer: Sum | Concatenate, values: tuple[Value, ...]) -> Value:
    """Add a layer that reads several values."""
    if any(value.order is not Order.CHANNELS_FIRST for value in values):
        values = tuple(nodes.ours(value) for value in values)
    names = [value.name for value in values]
    if isinstance(layer, Sum):
        return replace(values[0], name=nodes.add("Sum", *names))
    shape = layer.forward(tuple(np.zeros((1, *value.shape)) for value in values)).shape[1:]
    return replace(values[0], name=nodes.add("Concat", *names, axis=axis_of(values[0], layer.axis)), shape=shape)


def _linear(nodes: Nodes, layer: Linear, value: Value) -> Value:
    W = layer.params["W"]
    if value.order is Order.FLATTENED:
        W = by_channel(W, value.image[-1])
    else:
        value = nodes.ours(value)
    weights = nodes.constant("W", W)
    bias = [nodes.constant("b", layer.params["b"])] if layer.bias else []
    if len(value.shape) == 1:
        return Value(nodes.add("Gemm", value.name, weights, *bias), ())
    product = nodes.add("MatMul", value.name, weights)
    return Value(nodes.add("Add", product, *bias) if bias else product, ())


def _flatten(nodes: Nodes, layer: Flatten, value: Value) -> Value:
    if value.order is Order.FLATTENED:
        return value
    if len(value.shape) != 3:
        return Value(nodes.add("Flatten", nodes.ours(value).name, axis=1), ())
    if layer.channels_first:
        return Value(nodes.add("Flatten", nodes.channels_first(value).name, axis=1), ())
    name = nodes.add("Flatten", value.name, axis=1)
    alike = 1 in (value.shape[-1], math.prod(value.shape[:-1]))  # one channel or one pixel
    if value.order is Order.OURS or alike:
        return Value(name, ())
    return Value(name, (), Order.FLATTENED, value.shape)


def _unflatten(nodes: Nodes, layer: Unflatten, value: Value) -> Value:
    value = nodes.ours(value)
    shape = layer.unflattened_size
    if len(shape) == 3 and shape[-1] == 1:
        return Value(nodes.reshaped(value.name, (1, *shape[:-1])), (), Order.CHANNELS_FIRST)
    return Value(nodes.reshaped(value.name, shape), ())


def _conv2d(nodes: Nodes, layer: Conv2d, value: Value) -> Value:
    value = nodes.channels_first(value)
    name = value.name
    (top, bottom), (left, right) = layer.sides
    pads = [top, left, bottom, right]
    if layer.padding_mode != "zeros" and any(pads):
        sides = nodes.integers("pads", [0, 0, top, left, 0, 0, bottom, right])
        name = nodes.add("Pad", name, sides, mode=PAD_MODES[layer.padding_mode])
        pads = [0, 0, 0, 0]
    kernel = nodes.constant("K", layer.params["K"].transpose(3, 2, 0, 1))
    bias = [nodes.constant("b", layer.params["b"])] if layer.bias else []
    result = nodes.add(
        "Conv",
        name,
        kernel,
        *bias,
        kernel_shape=layer.params["K"].shape[:2],
        strides=down_across("Conv2d", "stride", layer.stride),
        dilations=down_across("Conv2d", "dilation", layer.dilation),
        pads=pads,
        group=layer.groups,
    )
    return Value(result, (), Order.CHANNELS_FIRST)


def _batch_norm(nodes: Nodes, layer: Any, value: Value) -> Value:
    if not layer.track_running_stats:
        raise nodes.refuse(layer, "without running statistics a sample's output depends on the rest of its batch")
    value = nodes.channels_first(nodes.ours(value) if value.order is Order.FLATTENED else value)
    ones = np.ones(layer.num_features)
    gamma, beta = layer.params.get("gamma", ones), layer.params.get("beta", 0 * ones)
    arrays = {"gamma": gamma, "beta": beta, "mean": layer.state["running_mean"], "var": layer.state["running_var"]}
    constants = [nodes.constant(name, array) for name, array in arrays.items()]
    return nodes.through("BatchNormalization", value, *constants, epsilon=float(layer.eps))


def _layer_norm(nodes: Nodes, layer: LayerNorm, value: Value) -> Value:
    value = nodes.ours(value)
    gamma = layer.params["gamma"] if layer.elementwise_affine else np.ones(layer.normalized_shape)
    constants = [nodes.constant("gamma", gamma)]
    if layer.elementwise_affine and layer.bias:
        constants.append(nodes.constant("beta", layer.params["beta"]))
    axis = -len(layer.normalized_shape)
    return nodes.through("LayerNormalization", value, *constants, axis=axis, epsilon=float(layer.eps))


def _group_norm(nodes: Nodes, layer: GroupNorm, value: Value) -> Value:
    """Each group as one channel of an InstanceNormalization, as ONNX's own operator comes only with opset 21."""
    value = nodes.channels_first(nodes.ours(value) if value.order is Order.FLATTENED else value)
    *positions, channels = value.shape
    ones = np.ones(layer.num_groups)
    constants = nodes.constant("ones", ones), nodes.constant("zeros", 0 * ones)
    grouped = nodes.reshaped(value.name, (layer.num_groups, math.prod(value.shape) // layer.num_groups))
    normalized = nodes.add("InstanceNormalization", grouped, *constants, epsilon=float(layer.eps))
    value = replace(value, name=nodes.reshaped(normalized, (channels, *positions)))
    for operator, name in (("Mul", "gamma"), ("Add", "beta")):
        if name in layer.params:
            by_channel = layer.params[name].reshape(-1, *[1] * len(positions))
            value = nodes.through(operator, value, nodes.constant(name, by_channel))
    return value


def _permute(nodes: Nodes, layer: Permute, value: Value) -> Value:
    return Value(nodes.add("Transpose", nodes.ours(value).name, perm=[0, *layer.dims]), ())


def _reverse(nodes: Nodes, layer: Reverse, value: Value) -> Value:
    value = nodes.ours(value)
    first, last, along, step = (
        nodes.integers(name, [n]) for name, n in (("from", -1), ("to", FAR), ("along", 1), ("by", -1))
    )
    return nodes.through("Slice", value, first, last, along, step)


#: The function that adds each layer: ``(nodes, layer, value) -> value``. The shape of a sample is filled in by
#: `_express`.
EXPRESSIONS: dict[type[Layer], Callable[[Nodes, Any, Value], Value]] = {
    Linear: _linear,
    Flatten: _flatten,
    Unflatten: _unflatten,
    Conv2d: _conv2d,
    MaxPool2d: max_pool,
    AvgPool2d: average_pool,
    AdaptiveAvgPool2d: adaptive_average,
    AdaptiveMaxPool2d: adaptive_max,
    GlobalAvgPool2d: global_average,
    BatchNorm1d: _batch_norm,
    BatchNorm2d: _batch_norm,
    LayerNorm: _layer_norm,
    GroupNorm: _group_norm,
    Permute: _permute,
    Reverse: _reverse,
    RNN: recurrent,
    LSTM: recurrent,
    GRU: recurrent,
    **ENTRY_BY_ENTRY,
}
