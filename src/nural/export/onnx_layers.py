"""What each of nural's layers is in ONNX. Imports onnx; import it where it is needed."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from onnx import ModelProto

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
    Tanh,
)
from nural.export.onnx_graph import Graph, Order, Value, element_type
from nural.export.onnx_pooling import adaptive_average, adaptive_max, average_pool, global_average, max_pool
from nural.export.onnx_recurrent import recurrent
from nural.interop.torch_layout import by_channel, joined
from nural.layer import Layer, Residual, Sequential
from nural.layers.adaptive_pooling import AdaptiveAvgPool2d, AdaptiveMaxPool2d, GlobalAvgPool2d
from nural.layers.average_pooling import AvgPool2d
from nural.layers.batch_norm import BatchNorm1d, BatchNorm2d
from nural.layers.convolution import Conv2d
from nural.layers.dropout import Dropout
from nural.layers.gru import GRU
from nural.layers.layer_norm import LayerNorm
from nural.layers.linear import Flatten, Linear, Unflatten
from nural.layers.lstm import LSTM
from nural.layers.max_pooling import MaxPool2d
from nural.layers.rnn import RNN
from nural.layers.windows import down_across

#: Where nural's softplus becomes its own asymptote; from here on the two are the same to float32.
STEEP = 20.0
PAD_MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def express_model(model: Layer, path: Path, shape: tuple[int, ...], with_preprocessing: bool) -> ModelProto:
    """The model as a graph.

    Args:
        model: The network.
        path: The file that is written, for errors.
        shape: Of one sample.
        with_preprocessing: See `nural.export.target.Options`.

    Raises:
        ExportError: a layer has no operator in ONNX.
    """
    graph = Graph(path, model.dtype)
    if not with_preprocessing:
        end = graph.ours(_express(graph, model, Value("input", shape), ""))
        return graph.model(("input", model.dtype, shape), ("output", end.name, end.shape))
    levels = graph.add("Cast", "pixels", to=element_type(model.dtype))
    scaled = graph.add("Mul", levels, graph.constant("1/256", 1 / 256))
    end = _express(graph, model, Value(graph.reshaped(scaled, shape), shape), "")
    graph.place = ""
    end = graph.ours(end)
    probabilities = graph.add("Softmax", end.name, axis=-1)
    return graph.model(("pixels", np.uint8, (28, 28)), ("probabilities", probabilities, end.shape))


def _express(graph: Graph, layer: Layer, value: Value, place: str) -> Value:
    """Add a layer, and the layers inside, and return its output."""
    if type(layer) is Sequential:
        for name, child in layer.children.items():
            value = _express(graph, child, value, joined(place, name))
        return value
    if type(layer) is Residual:
        branch = _express(graph, layer.branch, value, joined(place, "branch"))
        around = value
        if layer.shortcut is not None:
            around = _express(graph, layer.shortcut, value, joined(place, "shortcut"))
        graph.place = place
        branch, around = graph.alike(branch, around)
        return graph.through("Add", branch, around.name)
    graph.place = place
    express = EXPRESSIONS.get(type(layer))
    if express is None:
        raise graph.refuse(layer, "there is no operator for it that nural knows")
    two = np.zeros((2, *value.shape), layer.dtype)  # one alone has no variance
    after = layer.forward(two).shape[1:]
    found = express(graph, layer, value)
    return Value(found.name, after, found.order, found.image)


def _linear(graph: Graph, layer: Linear, value: Value) -> Value:
    W = layer.params["W"]
    if value.order is Order.FLATTENED:
        W = by_channel(W, value.image[-1])
    else:
        value = graph.ours(value)
    weights = graph.constant("W", W)
    bias = [graph.constant("b", layer.params["b"])] if layer.bias else []
    if len(value.shape) == 1:
        return Value(graph.add("Gemm", value.name, weights, *bias), ())
    product = graph.add("MatMul", value.name, weights)
    return Value(graph.add("Add", product, *bias) if bias else product, ())


def _flatten(graph: Graph, layer: Flatten, value: Value) -> Value:
    if value.order is Order.FLATTENED:
        return value
    if len(value.shape) != 3:
        return Value(graph.add("Flatten", graph.ours(value).name, axis=1), ())
    if layer.channels_first:
        return Value(graph.add("Flatten", graph.channels_first(value).name, axis=1), ())
    name = graph.add("Flatten", value.name, axis=1)
    alike = 1 in (value.shape[-1], math.prod(value.shape[:-1]))  # one channel or one pixel
    if value.order is Order.OURS or alike:
        return Value(name, ())
    return Value(name, (), Order.FLATTENED, value.shape)


def _unflatten(graph: Graph, layer: Unflatten, value: Value) -> Value:
    value = graph.ours(value)
    shape = layer.unflattened_size
    if len(shape) == 3 and shape[-1] == 1:
        return Value(graph.reshaped(value.name, (1, *shape[:-1])), (), Order.CHANNELS_FIRST)
    return Value(graph.reshaped(value.name, shape), ())


def _conv2d(graph: Graph, layer: Conv2d, value: Value) -> Value:
    value = graph.channels_first(value)
    name = value.name
    (top, bottom), (left, right) = layer.sides
    pads = [top, left, bottom, right]
    if layer.padding_mode != "zeros" and any(pads):
        around = graph.whole("pads", [0, 0, top, left, 0, 0, bottom, right])
        name = graph.add("Pad", name, around, mode=PAD_MODES[layer.padding_mode])
        pads = [0, 0, 0, 0]
    kernel = graph.constant("K", layer.params["K"].transpose(3, 2, 0, 1))
    bias = [graph.constant("b", layer.params["b"])] if layer.bias else []
    result = graph.add(
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


def _batch_norm(graph: Graph, layer: Any, value: Value) -> Value:
    if not layer.track_running_stats:
        raise graph.refuse(layer, "without running statistics a sample's output depends on the rest of its batch")
    value = graph.channels_first(graph.ours(value) if value.order is Order.FLATTENED else value)
    ones = np.ones(layer.num_features)
    gamma, beta = layer.params.get("gamma", ones), layer.params.get("beta", 0 * ones)
    arrays = {"gamma": gamma, "beta": beta, "mean": layer.state["running_mean"], "var": layer.state["running_var"]}
    constants = [graph.constant(name, array) for name, array in arrays.items()]
    return graph.through("BatchNormalization", value, *constants, epsilon=float(layer.eps))


def _layer_norm(graph: Graph, layer: LayerNorm, value: Value) -> Value:
    value = graph.ours(value)
    gamma = layer.params["gamma"] if layer.elementwise_affine else np.ones(layer.normalized_shape)
    constants = [graph.constant("gamma", gamma)]
    if layer.elementwise_affine and layer.bias:
        constants.append(graph.constant("beta", layer.params["beta"]))
    axis = -len(layer.normalized_shape)
    return graph.through("LayerNormalization", value, *constants, axis=axis, epsilon=float(layer.eps))


def _dropout(graph: Graph, layer: Dropout, value: Value) -> Value:
    return value


def _prelu(graph: Graph, layer: PReLU, value: Value) -> Value:
    slopes = layer.params["a"]
    if len(slopes) > 1 and value.order is Order.FLATTENED:
        value = graph.ours(value)
    if len(slopes) > 1 and value.order is Order.CHANNELS_FIRST:
        slopes = slopes.reshape(-1, *[1] * (len(value.shape) - 1))
    return graph.through("PRelu", value, graph.constant("a", slopes))


def _silu(graph: Graph, layer: SiLU, value: Value) -> Value:
    return graph.through("Mul", value, graph.add("Sigmoid", value.name))


def _softplus(graph: Graph, layer: Softplus, value: Value) -> Value:
    beta = graph.constant("beta", layer.beta)
    scaled = value.name if layer.beta == 1 else graph.add("Mul", value.name, beta)
    y = graph.add("Softplus", scaled)
    y = y if layer.beta == 1 else graph.add("Div", y, beta)
    if layer.threshold < STEEP:
        beyond = graph.add("Greater", scaled, graph.constant("threshold", layer.threshold))
        y = graph.add("Where", beyond, value.name, y)
    return Value(y, value.shape, value.order, value.image)


def _along_dimension(operator: str) -> Callable[[Graph, Any, Value], Value]:
    def express(graph: Graph, layer: Softmax | LogSoftmax, value: Value) -> Value:
        rank = len(value.shape) + 1
        axis = layer.dim % rank
        if value.order is Order.CHANNELS_FIRST and axis:
            axis = 1 if axis == rank - 1 else axis + 1
        return graph.through(operator, value, axis=axis)

    return express


def _plain(operator: str, **attributes: str) -> Callable[[Graph, Any, Value], Value]:
    """A node of the layer's values, with these of the layer's arguments as attributes."""

    def express(graph: Graph, layer: Layer, value: Value) -> Value:
        given = {theirs: getattr(layer, ours) for theirs, ours in attributes.items()}
        return graph.through(operator, value, **given)

    return express


#: How each layer is added: ``(graph, layer, value) -> value``. The shape of a sample is filled in by `_express`.
EXPRESSIONS: dict[type[Layer], Callable[[Graph, Any, Value], Value]] = {
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
    Dropout: _dropout,
    RNN: recurrent,
    LSTM: recurrent,
    GRU: recurrent,
    ReLU: _plain("Relu"),
    LeakyReLU: _plain("LeakyRelu", alpha="negative_slope"),
    PReLU: _prelu,
    ELU: _plain("Elu", alpha="alpha"),
    SELU: _plain("Selu"),
    GELU: _plain("Gelu", approximate="approximate"),
    SiLU: _silu,
    Sigmoid: _plain("Sigmoid"),
    Tanh: _plain("Tanh"),
    Softplus: _softplus,
    Softmax: _along_dimension("Softmax"),
    LogSoftmax: _along_dimension("LogSoftmax"),
}
