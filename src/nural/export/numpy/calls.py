"""How each layer is called in a file of NumPy alone: lines of Python, and the weights they need."""

import math
from collections.abc import Callable
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
from nural.arrays import joined
from nural.export.geometry import reached, windows_of
from nural.export.steps import Step
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

Weights = dict[str, np.ndarray]
NOT_PADDED = ((0, 0), (0, 0))


def _named(step: Step, weights: Weights, arrays: dict[str, np.ndarray]) -> list[str]:
    """Store the arrays, and return ``name=W["place.name"]`` for each."""
    found = []
    for name, array in arrays.items():
        full = joined(step.place, name)
        weights[full] = array
        found.append(f'{name}=W["{full}"]')
    return found


def _applied(function: str, *arguments: str) -> list[str]:
    return [f"x = {function}({', '.join(('x', *arguments))})"]


def _simple(function: str, *settings: str) -> Callable[[Step, Weights], list[str]]:
    """The call for a layer without weights, whose formula takes these settings."""

    def lines(step: Step, weights: Weights) -> list[str]:
        return _applied(function, *(f"{name}={getattr(step.layer, name)!r}" for name in settings))

    return lines


def _unless(defaults: dict[str, Any], **settings: Any) -> list[str]:
    """Those settings that differ from the formula's defaults."""
    return [f"{name}={value!r}" for name, value in settings.items() if defaults.get(name) != value]


def _linear(step: Step, weights: Weights) -> list[str]:
    return _applied("fc_forward", *_named(step, weights, dict(step.layer.params)))


def _convolution(step: Step, weights: Weights) -> list[str]:
    layer: Any = step.layer
    windows = windows_of(step)
    settings = {"stride": windows.stride, "dilation": windows.dilation, "groups": layer.groups}
    padded = []
    if layer.padding_mode == "zeros":
        settings["padding"] = layer.sides
    else:
        padded = _applied("pad2d_forward", repr(layer.sides), repr(layer.padding_mode))
    defaults = {"stride": (1, 1), "padding": NOT_PADDED, "dilation": (1, 1), "groups": 1}
    named = _named(step, weights, dict(layer.params))
    return [*padded, *_applied("conv2d_forward", *named, *_unless(defaults, **settings))]


def _pooling(function: str, windows: Windows) -> list[str]:
    settings = {"kernel_size": windows.kernel, "stride": windows.stride, "padding": reached(windows)}
    defaults = {"stride": windows.kernel, "padding": NOT_PADDED, "dilation": (1, 1)}
    return _applied(function, *_unless(defaults, **settings, dilation=windows.dilation))


def _max_pooling(step: Step, weights: Weights) -> list[str]:
    return _pooling("max_pool2d_forward", windows_of(step))


def _average_pooling(step: Step, weights: Weights) -> list[str]:
    layer: Any = step.layer
    windows = windows_of(step)
    pooled = _pooling("avg_pool2d_forward", windows)
    divisors = pooling_divisors("AvgPool2d", windows, layer.count_include_pad, layer.divisor_override, np.float32)
    size = math.prod(windows.kernel)
    if (divisors == size).all():
        return pooled
    (counted,) = _named(step, weights, {"pixels": divisors})
    return [*pooled, f"x = x * ({size} / {counted.removeprefix('pixels=')})"]


def _adaptive(function: str) -> Callable[[Step, Weights], list[str]]:
    def lines(step: Step, weights: Weights) -> list[str]:
        return _applied(function, repr(step.y_shape[:2]))

    return lines


def _batch_norm(step: Step, weights: Weights) -> list[str]:
    layer = step.layer
    assert isinstance(layer, BatchNorm)
    params, eps = dict(layer.params), f"eps={layer.eps!r}"
    if not layer.track_running_stats:
        (line,) = _applied("batch_norm_forward", *_named(step, weights, params), eps)
        return [f"{line}[0]"]
    statistics = {"mean": layer.state["running_mean"], "variance": layer.state["running_var"]}
    return _applied("batch_norm_eval_forward", *_named(step, weights, statistics | params), eps)


def _affine(step: Step, weights: Weights) -> list[str]:
    arrays = [text.partition("=") for text in _named(step, weights, dict(step.layer.params))]
    return [f"x = x {'*' if name == 'gamma' else '+'} {array}" for name, _, array in arrays]


def _rescaling(step: Step, weights: Weights) -> list[str]:
    assert isinstance(step.layer, Rescaling)
    return [f"x = x * {step.layer.scale!r} + {step.layer.offset!r}"]


def _layer_norm(step: Step, weights: Weights) -> list[str]:
    assert isinstance(step.layer, LayerNorm)
    arrays = _named(step, weights, dict(step.layer.params))
    settings = f"axes={len(step.layer.normalized_shape)}", f"eps={step.layer.eps!r}"
    (line,) = _applied("layer_norm_forward", *arrays, *settings)
    return [f"{line}[0]"]


def _group_norm(step: Step, weights: Weights) -> list[str]:
    assert isinstance(step.layer, GroupNorm)
    arrays = _named(step, weights, dict(step.layer.params))
    settings = f"num_groups={step.layer.num_groups}", f"eps={step.layer.eps!r}"
    (line,) = _applied("group_norm_forward", *arrays, *settings)
    return [f"{line}[0]"]


def _flatten(step: Step, weights: Weights) -> list[str]:
    assert isinstance(step.layer, Flatten)
    by_channel = step.layer.channels_first and len(step.x_shape) == 3
    return [*(["x = x.transpose(0, 3, 1, 2)"] if by_channel else []), "x = x.reshape(len(x), -1)"]


def _unflatten(step: Step, weights: Weights) -> list[str]:
    return [f"x = x.reshape(-1, {', '.join(map(str, step.y_shape))})"]


def _hardtanh(step: Step, weights: Weights) -> list[str]:
    assert isinstance(step.layer, Hardtanh)
    bounds = {"-np.inf": step.layer.min_val, "np.inf": step.layer.max_val}
    return _applied("hardtanh_forward", *(none if bound is None else repr(bound) for none, bound in bounds.items()))


def _prelu(step: Step, weights: Weights) -> list[str]:
    return _applied("prelu_forward", *_named(step, weights, dict(step.layer.params)))


def _recurrent(step: Step, weights: Weights) -> list[str]:
    """The passes of a stack, in one direction or both."""
    layer: Any = step.layer
    function, states = layer.pair[0].__name__, "[0]" if layer.kept else ""
    settings = _unless({"nonlinearity": "tanh"}, nonlinearity=getattr(layer, "nonlinearity", "tanh"))
    found = []
    for i in range(layer.num_layers):
        passes = []
        for run in layer.runs(i):
            arrays = {name: a for name, a in layer.params.items() if name.endswith(f"_{run}")}
            named = [f"{text.split(f'_{run}=')[0]}={text.split('=')[1]}" for text in _named(step, weights, arrays)]
            order = "[:, ::-1]" if run.endswith("_reverse") else ""
            passes.append(f"{function}({', '.join((f'x{order}', *named, *settings))}){states}{order}")
        if i == layer.num_layers - 1 and not layer.return_sequences:
            passes = [f"{text}[:, {0 if text.endswith('[:, ::-1]') else -1}]" for text in passes]
        found.append(f"x = {passes[0]}" if len(passes) == 1 else f"x = np.concatenate([{', '.join(passes)}], axis=-1)")
    return found


def _along_dimension(function: str) -> Callable[[Step, Weights], list[str]]:
    def lines(step: Step, weights: Weights) -> list[str]:
        layer: Any = step.layer
        dim = layer.dim
        if dim in (-1, len(step.x_shape)):
            return _applied(function)
        return [f"x = {function}(x.swapaxes({dim}, -1)).swapaxes({dim}, -1)"]

    return lines


#: From a step and a dictionary that gets its layer's arrays, the lines that apply the layer to ``x``, by functions of
#: `nural.reference`; None for those that it has no formula for.
CALLS: dict[type[Layer], Callable[[Step, Weights], list[str]] | None] = {
    Linear: _linear,
    Conv2d: _convolution,
    MaxPool2d: _max_pooling,
    AvgPool2d: _average_pooling,
    AdaptiveAvgPool2d: _adaptive("adaptive_avg_pool2d_forward"),
    AdaptiveMaxPool2d: _adaptive("adaptive_max_pool2d_forward"),
    GlobalAvgPool2d: _simple("global_avg_pool2d_forward"),
    BatchNorm1d: _batch_norm,
    BatchNorm2d: _batch_norm,
    Affine: _affine,
    Rescaling: _rescaling,
    LayerNorm: _layer_norm,
    GroupNorm: _group_norm,
    Flatten: _flatten,
    Unflatten: _unflatten,
    RNN: _recurrent,
    LSTM: _recurrent,
    GRU: _recurrent,
    ReLU: _simple("relu_forward"),
    Hardtanh: _hardtanh,
    LeakyReLU: _simple("leaky_relu_forward", "negative_slope"),
    PReLU: _prelu,
    ELU: _simple("elu_forward", "alpha"),
    SELU: _simple("selu_forward"),
    GELU: _simple("gelu_forward", "approximate"),
    Sigmoid: _simple("sigmoid_forward"),
    SiLU: _simple("silu_forward"),
    Tanh: _simple("tanh_forward"),
    Softsign: _simple("softsign_forward"),
    Softplus: _simple("softplus_forward", "beta", "threshold"),
    Softmax: _along_dimension("softmax_forward"),
    LogSoftmax: _along_dimension("log_softmax_forward"),
    **dict.fromkeys((Permute, Reverse)),
}
