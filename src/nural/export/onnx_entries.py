"""Layers that keep the shape of their input, in ONNX. Imports onnx; import it where it is needed."""

from collections.abc import Callable
from typing import Any

from nural.activations import (
    ELU,
    GELU,
    SELU,
    Hardtanh,
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
from nural.export.onnx_nodes import Nodes, Order, Value
from nural.layer import Layer
from nural.layers.affine import Affine, Rescaling
from nural.layers.dropout import Dropout

#: From here on softplus and its asymptote are equal in float32.
STEEP = 20.0


def axis_of(value: Value, dim: int) -> int:
    """The axis in the graph of one of nural's dimensions."""
    rank = len(value.shape) + 1
    axis = dim % rank
    if value.order is Order.CHANNELS_FIRST and axis:
        return 1 if axis == rank - 1 else axis + 1
    return axis


def _rescaling(nodes: Nodes, layer: Rescaling, value: Value) -> Value:
    if layer.scale != 1:
        value = nodes.through("Mul", value, nodes.constant("scale", layer.scale))
    return nodes.through("Add", value, nodes.constant("offset", layer.offset)) if layer.offset else value


def _affine(nodes: Nodes, layer: Affine, value: Value) -> Value:
    by_channel = layer.shape == value.shape[-1:] and value.order is Order.CHANNELS_FIRST
    value = value if by_channel else nodes.ours(value)
    for operator, name in (("Mul", "gamma"), ("Add", "beta")):
        if name in layer.params:
            array = layer.params[name]
            array = array.reshape(-1, *[1] * (len(value.shape) - 1)) if by_channel else array
            value = nodes.through(operator, value, nodes.constant(name, array))
    return value


def _dropout(nodes: Nodes, layer: Dropout, value: Value) -> Value:
    return value


def _prelu(nodes: Nodes, layer: PReLU, value: Value) -> Value:
    slopes = layer.params["a"]
    if len(slopes) > 1 and value.order is Order.FLATTENED:
        value = nodes.ours(value)
    if len(slopes) > 1 and value.order is Order.CHANNELS_FIRST:
        slopes = slopes.reshape(-1, *[1] * (len(value.shape) - 1))
    return nodes.through("PRelu", value, nodes.constant("a", slopes))


def _hardtanh(nodes: Nodes, layer: Hardtanh, value: Value) -> Value:
    bounds = [
        "" if bound is None else nodes.constant(name, bound)
        for name, bound in (("min", layer.min_val), ("max", layer.max_val))
    ]
    return nodes.through("Clip", value, *bounds)


def _silu(nodes: Nodes, layer: SiLU, value: Value) -> Value:
    return nodes.through("Mul", value, nodes.add("Sigmoid", value.name))


def _softplus(nodes: Nodes, layer: Softplus, value: Value) -> Value:
    beta = nodes.constant("beta", layer.beta)
    scaled = value.name if layer.beta == 1 else nodes.add("Mul", value.name, beta)
    y = nodes.add("Softplus", scaled)
    y = y if layer.beta == 1 else nodes.add("Div", y, beta)
    if layer.threshold < STEEP:
        beyond = nodes.add("Greater", scaled, nodes.constant("threshold", layer.threshold))
        y = nodes.add("Where", beyond, value.name, y)
    return Value(y, value.shape, value.order, value.image)


def _along_dimension(operator: str) -> Callable[[Nodes, Any, Value], Value]:
    def express(nodes: Nodes, layer: Softmax | LogSoftmax, value: Value) -> Value:
        return nodes.through(operator, value, axis=axis_of(value, layer.dim))

    return express


def _plain(operator: str, **attributes: str) -> Callable[[Nodes, Any, Value], Value]:
    """The function that adds a node with these arguments of the layer as attributes."""

    def express(nodes: Nodes, layer: Layer, value: Value) -> Value:
        given = {theirs: getattr(layer, ours) for theirs, ours in attributes.items()}
        return nodes.through(operator, value, **given)

    return express


#: The function that adds each of these layers: ``(nodes, layer, value) -> value``.
ENTRY_BY_ENTRY: dict[type[Layer], Callable[[Nodes, Any, Value], Value]] = {
    Dropout: _dropout,
    Rescaling: _rescaling,
    Affine: _affine,
    ReLU: _plain("Relu"),
    Hardtanh: _hardtanh,
    LeakyReLU: _plain("LeakyRelu", alpha="negative_slope"),
    PReLU: _prelu,
    ELU: _plain("Elu", alpha="alpha"),
    SELU: _plain("Selu"),
    GELU: _plain("Gelu", approximate="approximate"),
    SiLU: _silu,
    Sigmoid: _plain("Sigmoid"),
    Tanh: _plain("Tanh"),
    Softplus: _softplus,
    Softsign: _plain("Softsign"),
    Softmax: _along_dimension("Softmax"),
    LogSoftmax: _along_dimension("LogSoftmax"),
}
