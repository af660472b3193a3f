"""How each layer is called in C: a function of ``layers.c``, and the constants that it needs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

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
from nural.activations.erfcx import POLYNOMIALS
from nural.activations.exponential_units import SELU_ALPHA, SELU_SCALE
from nural.export.folding import scale_and_shift
from nural.export.geometry import windows_of
from nural.export.quantisation import Quantised
from nural.export.steps import Step
from nural.layer import Layer
from nural.layers.adaptive_pooling import AdaptiveAvgPool2d, AdaptiveMaxPool2d, GlobalAvgPool2d
from nural.layers.average_pooling import AvgPool2d, pooling_divisors
from nural.layers.batch_norm import BatchNorm, BatchNorm1d, BatchNorm2d
from nural.layers.convolution import Conv2d
from nural.layers.linear import Flatten, Linear, Unflatten
from nural.layers.max_pooling import MaxPool2d
from nural.layers.windows import Windows


class Inexpressible(ValueError):
    """A layer that has no function in ``layers.c``; the message says what is missing."""


@dataclass
class Call:
    """A call ``function(&struct, x, y, arguments)``, or without a struct.

    Attributes:
        function: Its name.
        fields: Of the struct, in its order: numbers, or arrays to define before it; None is a null pointer.
        struct: The struct's name, empty if there is none.
        arguments: After x and y: numbers, or arrays.
        in_place: Whether y may be x.
    """

    function: str
    struct: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    arguments: list[Any] = field(default_factory=list)
    in_place: bool = False


def call(step: Step, quantised: Quantised | None) -> Call | None:
    """What applies a step's layer; None where nothing needs to be done.

    Args:
        step: With the action "apply".
        quantised: The layer's W or K in whole numbers, if they are wanted.

    Raises:
        Inexpressible: there is no function for the layer.
    """
    layer = step.layer
    if type(layer) in ELEMENTWISE:
        return _elementwise(*ELEMENTWISE[type(layer)](layer), step=step)
    if type(layer) not in CALLS:
        raise Inexpressible("there is no function for it in C")
    return CALLS[type(layer)](step, quantised)


def _elementwise(function: str, *arguments: Any, step: Step) -> Call:
    return Call(function, arguments=[prod(step.x_shape), *arguments], in_place=True)


def _weighted(layer: Layer, name: str, quantised: Quantised | None) -> dict[str, Any]:
    weights = quantised.values if quantised else layer.params[name]
    return {name: weights, "scale": quantised and quantised.scale, "b": layer.params.get("b")}


def _linear(step: Step, quantised: Quantised | None) -> Call:
    sizes = {"rows": prod(step.x_shape[:-1]), "inputs": step.x_shape[-1], "outputs": step.y_shape[-1]}
    return Call("linear", "linear", sizes | _weighted(step.layer, "W", quantised))


def _convolution(step: Step, quantised: Quantised | None) -> Call:
    layer: Any = step.layer
    if layer.padding_mode != "zeros":
        raise Inexpressible(f"there is no padding_mode {layer.padding_mode!r} in C")
    sizes = _sizes(step) | {"outputs": step.y_shape[2]} | _windows(windows_of(step)) | {"groups": layer.groups}
    return Call("convolution", "convolution", sizes | _weighted(layer, "K", quantised))


def _max_pooling(step: Step, quantised: Quantised | None) -> Call:
    fields = _sizes(step) | _windows(windows_of(step)) | {"divisor": np.float32(1), "divisors": None}
    return Call("max_pooling", "pooling", fields)


def _average_pooling(step: Step, quantised: Quantised | None) -> Call:
    layer: Any = step.layer
    windows = windows_of(step)
    divisors = pooling_divisors("AvgPool2d", windows, layer.count_include_pad, layer.divisor_override, np.float32)
    same = bool((divisors == divisors[0, 0]).all())
    fields = {"divisor": divisors.flat[0], "divisors": None if same else divisors}
    return Call("average_pooling", "pooling", _sizes(step) | _windows(windows) | fields)


def _adaptive(function: str) -> Callable[[Step, Quantised | None], Call]:
    def make(step: Step, quantised: Quantised | None) -> Call:
        return Call(function, "bins", _sizes(step))

    return make


def _sizes(step: Step) -> dict[str, int]:
    """Of the image and of the output; a global pooling gives one number a channel."""
    rows, columns = step.y_shape[:2] if len(step.y_shape) == 3 else (1, 1)
    return dict(zip(("height", "width", "channels"), step.x_shape, strict=True)) | {"rows": rows, "columns": columns}


def _windows(windows: Windows) -> dict[str, int]:
    (top, _), (left, _) = windows.sides
    kernel, stride, dilation = windows.kernel, windows.stride, windows.dilation
    names = "kernel_rows kernel_columns stride_down stride_across dilation_down dilation_across top left".split()
    return dict(zip(names, (*kernel, *stride, *dilation, top, left), strict=True))


def _batch_norm(step: Step, quantised: Quantised | None) -> Call:
    assert isinstance(step.layer, BatchNorm)
    if not step.layer.track_running_stats:
        raise Inexpressible("it has no running statistics, and a single sample has none of its own")
    scale, shift = (array.astype(np.float32) for array in scale_and_shift(step.layer))
    return _elementwise("scale_and_shift", len(scale), scale, shift, step=step)


def _flatten(step: Step, quantised: Quantised | None) -> Call | None:
    assert isinstance(step.layer, Flatten)
    if not step.layer.channels_first or len(step.x_shape) != 3:
        return None
    height, width, channels = step.x_shape
    return Call("channels_first", arguments=[height * width, channels])


def _nothing(step: Step, quantised: Quantised | None) -> None:
    return None


def _rows(function: str) -> Callable[[Step, Quantised | None], Call]:
    """A softmax, which goes along the channels."""

    def make(step: Step, quantised: Quantised | None) -> Call:
        dim = getattr(step.layer, "dim", -1)
        if dim not in (-1, len(step.x_shape)):
            raise Inexpressible(f"there is no dim {dim} in C, only the last")
        return _elementwise(function, step.x_shape[-1], step=step)

    return make


def _prelu(step: Step, quantised: Quantised | None) -> Call:
    slope = step.layer.params["a"]
    return _elementwise("leaky_relu", len(slope), slope, step=step)


def _gelu(layer: Any) -> tuple[Any, ...]:
    coefficients = np.array(POLYNOMIALS[np.dtype(np.float32)], np.float32)
    return ("gelu", coefficients, len(coefficients)) if layer.approximate == "none" else ("gelu_by_tanh",)


#: Activations: the function, and what it takes after x, y and the number of values.
ELEMENTWISE: dict[type[Layer], Callable[[Any], tuple[Any, ...]]] = {
    ReLU: lambda layer: ("relu",),
    LeakyReLU: lambda layer: ("leaky_relu", 1, np.array([layer.negative_slope], np.float32)),
    ELU: lambda layer: ("elu", np.float32(layer.alpha), np.float32(1)),
    SELU: lambda layer: ("elu", np.float32(SELU_ALPHA), np.float32(SELU_SCALE)),
    GELU: _gelu,
    Sigmoid: lambda layer: ("sigmoid",),
    SiLU: lambda layer: ("silu",),
    Tanh: lambda layer: ("hyperbolic_tangent",),
    Softplus: lambda layer: ("softplus", np.float32(layer.beta), np.float32(layer.threshold)),
}
CALLS: dict[type[Layer], Callable[[Step, Quantised | None], Call | None]] = {
    Linear: _linear,
    Conv2d: _convolution,
    MaxPool2d: _max_pooling,
    AvgPool2d: _average_pooling,
    AdaptiveAvgPool2d: _adaptive("adaptive_average_pooling"),
    AdaptiveMaxPool2d: _adaptive("adaptive_max_pooling"),
    GlobalAvgPool2d: _adaptive("adaptive_average_pooling"),
    BatchNorm1d: _batch_norm,
    BatchNorm2d: _batch_norm,
    Flatten: _flatten,
    Unflatten: _nothing,
    PReLU: _prelu,
    Softmax: _rows("softmax"),
    LogSoftmax: _rows("log_softmax"),
}
