"""How each layer is called on a device, in C and in a page: a function, and the numbers and arrays that it needs.

``c/layers.c`` and ``html/layers.js`` have the same functions, with the same fields.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

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
from nural.activations.erfcx import POLYNOMIALS
from nural.activations.exponential_units import SELU_ALPHA, SELU_SCALE
from nural.export.folding import scale_and_shift
from nural.export.geometry import windows_of
from nural.export.quantisation import Quantised
from nural.export.steps import Step, without
from nural.export.target import cannot_express
from nural.graph import Concatenate, Sum
from nural.layer import Layer
from nural.layers.adaptive_pooling import AdaptiveAvgPool2d, AdaptiveMaxPool2d, GlobalAvgPool2d
from nural.layers.affine import Affine, Rescaling
from nural.layers.average_pooling import AvgPool2d, pooling_divisors
from nural.layers.batch_norm import BatchNorm, BatchNorm1d, BatchNorm2d
from nural.layers.convolution import Conv2d
from nural.layers.group_norm import GroupNorm
from nural.layers.gru import GRU
from nural.layers.layer_norm import LayerNorm
from nural.layers.linear import Flatten, Linear, Unflatten
from nural.layers.lstm import LSTM
from nural.layers.max_pooling import MaxPool2d
from nural.layers.permute import Permute, Reverse
from nural.layers.rnn import RNN
from nural.layers.windows import Windows


class Inexpressible(ValueError):
    """A layer that has no such function; the message says what is missing."""


@dataclass(frozen=True)
class Call:
    """A call of a function that reads x and writes y; of a `Sum` or a `Concatenate`, which reads several.

    Attributes:
        function: Its name.
        fields: Its further arguments, in order: numbers, arrays, or None for an array that is absent.
        struct: The name of C's struct of these fields; empty if they are plain arguments.
        in_place: Whether y may be x, the first of several.
    """

    function: str
    fields: dict[str, Any]
    struct: str = ""
    in_place: bool = False


def calls_of(
    steps: Sequence[Step], quantised: Mapping[str, Quantised], path: Path, kind: str
) -> list[tuple[Step, Call]]:
    """The steps that compute something, each with its call.

    Args:
        steps: The network's.
        quantised: The weights in whole numbers, by place, if they are wanted.
        path: The file that is written, for errors.
        kind: Its kind, likewise.

    Raises:
        ExportError: there is no function for a layer.
    """
    calls: list[Call | None] = []
    for step in steps:
        try:
            calls.append(call(step, quantised.get(step.place)))
        except Inexpressible as error:
            raise cannot_express(path, step.place, step.layer, kind, str(error)) from error
    left = without(steps, {i for i, made in enumerate(calls, 1) if made is None})
    return list(zip(left, filter(None, calls), strict=False))


def call(step: Step, quantised: Quantised | None) -> Call | None:
    """The call that applies a step's layer; None if there is nothing to do.

    Args:
        step: The step.
        quantised: The layer's W or K in whole numbers, if they are wanted.

    Raises:
        Inexpressible: there is no function for the layer.
    """
    layer = step.layer
    if type(layer) in ELEMENTWISE:
        function, fields = ELEMENTWISE[type(layer)](layer)
        return _elementwise(step, function, **fields)
    make = CALLS.get(type(layer))
    if make is None:
        raise Inexpressible("there is no function for it there")
    return make(step, quantised)


def _elementwise(step: Step, function: str, **fields: Any) -> Call:
    return Call(function, {"n": math.prod(step.x_shape), **fields}, in_place=True)


def _weighted(layer: Layer, name: str, quantised: Quantised | None) -> dict[str, Any]:
    weights = quantised.values if quantised else layer.params[name]
    return {name: weights, "scale": quantised and quantised.scale, "b": layer.params.get("b")}


def _linear(step: Step, quantised: Quantised | None) -> Call:
    sizes = {"rows": math.prod(step.x_shape[:-1]), "inputs": step.x_shape[-1], "outputs": step.y_shape[-1]}
    return Call("linear", sizes | _weighted(step.layer, "W", quantised), "linear")


def _convolution(step: Step, quantised: Quantised | None) -> Call:
    layer: Any = step.layer
    if layer.padding_mode != "zeros":
        raise Inexpressible(f"there is no padding_mode {layer.padding_mode!r} there")
    sizes = _sizes(step) | {"outputs": step.y_shape[2]} | _windows(windows_of(step)) | {"groups": layer.groups}
    return Call("convolution", sizes | _weighted(layer, "K", quantised), "convolution")


def _max_pooling(step: Step, quantised: Quantised | None) -> Call:
    fields = _sizes(step) | _windows(windows_of(step)) | {"divisor": np.float32(1), "divisors": None}
    return Call("max_pooling", fields, "pooling")


def _average_pooling(step: Step, quantised: Quantised | None) -> Call:
    layer: Any = step.layer
    windows = windows_of(step)
    divisors = pooling_divisors("AvgPool2d", windows, layer.count_include_pad, layer.divisor_override, np.float32)
    same = bool((divisors == divisors[0, 0]).all())
    fields = {"divisor": divisors.flat[0], "divisors": None if same else divisors}
    return Call("average_pooling", _sizes(step) | _windows(windows) | fields, "pooling")


def _adaptive(function: str) -> Callable[[Step, Quantised | None], Call]:
    def make(step: Step, quantised: Quantised | None) -> Call:
        return Call(function, _sizes(step), "bins")

    return make


def _sizes(step: Step) -> dict[str, int]:
    """The sizes of the image and of the output; global pooling gives one number per channel."""
    rows, columns = step.y_shape[:2] if len(step.y_shape) == 3 else (1, 1)
    return dict(zip(("height", "width", "channels"), step.x_shape, strict=True)) | {"rows": rows, "columns": columns}


def _windows(windows: Windows) -> dict[str, int]:
    (top, _), (left, _) = windows.sides
    kernel, stride, dilation = windows.kernel, windows.stride, windows.dilation
    return {
        "kernel_rows": kernel[0],
        "kernel_columns": kernel[1],
        "stride_down": stride[0],
        "stride_across": stride[1],
        "dilation_down": dilation[0],
        "dilation_across": dilation[1],
        "top": top,
        "left": left,
    }


def _batch_norm(step: Step, quantised: Quantised | None) -> Call:
    assert isinstance(step.layer, BatchNorm)
    if not step.layer.track_running_stats:
        raise Inexpressible("it has no running statistics, and a single sample has none of its own")
    scale, shift = (array.astype(np.float32) for array in scale_and_shift(step.layer))
    return _elementwise(step, "scale_and_shift", channels=len(scale), scale=scale, shift=shift)


def _affine(step: Step, quantised: Quantised | None) -> Call:
    assert isinstance(step.layer, Affine)
    params, shape = step.layer.params, step.layer.shape
    scale, shift = params.get("gamma", np.ones(shape, np.float32)), params.get("beta", np.zeros(shape, np.float32))
    if math.prod(shape) not in (1, step.x_shape[-1]) or shape[-1] != math.prod(shape):  # not one for each channel
        scale, shift = (np.broadcast_to(array, (1, *step.x_shape)) for array in (scale, shift))
    return _elementwise(step, "scale_and_shift", channels=scale.size, scale=scale, shift=shift)


def _rescaling(layer: Any) -> tuple[str, dict[str, Any]]:
    numbers = {"scale": layer.scale, "shift": layer.offset}
    return "scale_and_shift", {"channels": 1} | {name: np.array([x], np.float32) for name, x in numbers.items()}


def _flatten(step: Step, quantised: Quantised | None) -> Call | None:
    assert isinstance(step.layer, Flatten)
    if not step.layer.channels_first or len(step.x_shape) != 3:
        return None
    height, width, channels = step.x_shape
    return Call("channels_first", {"pixels": height * width, "channels": channels})


def _nothing(step: Step, quantised: Quantised | None) -> None:
    return None


def _sum(step: Step, quantised: Quantised | None) -> Call | None:
    return Call("add", {"n": math.prod(step.y_shape)}, in_place=True) if len(step.reads) > 1 else None


def _concatenate(step: Step, quantised: Quantised | None) -> Call | None:
    """Of each value a part of every row: the dimensions before the one along which they lie make the rows."""
    assert isinstance(step.layer, Concatenate)
    along = step.layer.axis % (len(step.y_shape) + 1) - 1
    if along < 0:
        raise Inexpressible("it joins samples, and there is one at a time")
    rows = math.prod(step.y_shape[:along])
    return Call("put", {"rows": rows, "width": math.prod(step.y_shape) // rows}) if len(step.reads) > 1 else None


def _rows(function: str) -> Callable[[Step, Quantised | None], Call]:
    """A softmax along the channels."""

    def make(step: Step, quantised: Quantised | None) -> Call:
        dim = getattr(step.layer, "dim", -1)
        if dim not in (-1, len(step.x_shape)):
            raise Inexpressible(f"there is no dim {dim} there, only the last")
        return _elementwise(step, function, channels=step.x_shape[-1])

    return make


def _prelu(step: Step, quantised: Quantised | None) -> Call:
    slope = step.layer.params["a"]
    return _elementwise(step, "leaky_relu", channels=len(slope), slope=slope)


def _gelu(layer: Any) -> tuple[str, dict[str, Any]]:
    if layer.approximate == "tanh":
        return "gelu_by_tanh", {}
    coefficients = np.array(POLYNOMIALS[np.dtype(np.float32)], np.float32)
    return "gelu", {"coefficients": coefficients, "terms": len(coefficients)}


def _hardtanh(layer: Any) -> tuple[str, dict[str, Any]]:
    largest = np.finfo(np.float32).max
    low, high = (
        none if bound is None else bound for bound, none in ((layer.min_val, -largest), (layer.max_val, largest))
    )
    return "clip", {"low": np.float32(low), "high": np.float32(high)}


def _leaky_relu(layer: Any) -> tuple[str, dict[str, Any]]:
    return "leaky_relu", {"channels": 1, "slope": np.array([layer.negative_slope], np.float32)}


#: Activations and their like: the function, and what it takes beside the number of values.
ELEMENTWISE: dict[type[Layer], Callable[[Any], tuple[str, dict[str, Any]]]] = {
    Rescaling: _rescaling,
    ReLU: lambda layer: ("relu", {}),
    Hardtanh: _hardtanh,
    LeakyReLU: _leaky_relu,
    ELU: lambda layer: ("elu", {"alpha": np.float32(layer.alpha), "scale": np.float32(1)}),
    SELU: lambda layer: ("elu", {"alpha": np.float32(SELU_ALPHA), "scale": np.float32(SELU_SCALE)}),
    GELU: _gelu,
    Sigmoid: lambda layer: ("sigmoid", {}),
    SiLU: lambda layer: ("silu", {}),
    Tanh: lambda layer: ("hyperbolic_tangent", {}),
    Softsign: lambda layer: ("softsign", {}),
    Softplus: lambda layer: ("softplus", {"beta": np.float32(layer.beta), "threshold": np.float32(layer.threshold)}),
}
#: The other layers; None for those that there is no function for.
CALLS: dict[type[Layer], Callable[[Step, Quantised | None], Call | None] | None] = {
    Linear: _linear,
    Conv2d: _convolution,
    MaxPool2d: _max_pooling,
    AvgPool2d: _average_pooling,
    AdaptiveAvgPool2d: _adaptive("adaptive_average_pooling"),
    AdaptiveMaxPool2d: _adaptive("adaptive_max_pooling"),
    GlobalAvgPool2d: _adaptive("adaptive_average_pooling"),
    BatchNorm1d: _batch_norm,
    BatchNorm2d: _batch_norm,
    Affine: _affine,
    Flatten: _flatten,
    Unflatten: _nothing,
    Sum: _sum,
    Concatenate: _concatenate,
    PReLU: _prelu,
    Softmax: _rows("softmax"),
    LogSoftmax: _rows("log_softmax"),
    **dict.fromkeys((LayerNorm, GroupNorm, RNN, LSTM, GRU, Permute, Reverse)),
}
