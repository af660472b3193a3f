"""How each layer is called in a file of NumPy alone: lines of Python, and the weights they need."""

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
    Tanh,
)
from nural.export.folding import scale_and_shift
from nural.export.geometry import reached, windows_of
from nural.export.steps import Step
from nural.layer import Layer
from nural.layers.adaptive_pooling import AdaptiveAvgPool2d, AdaptiveMaxPool2d, GlobalAvgPool2d
from nural.layers.affine import Affine, Rescaling
from nural.layers.average_pooling import AvgPool2d, pooling_divisors
from nural.layers.batch_norm import BatchNorm, BatchNorm1d, BatchNorm2d
from nural.layers.convolution import Conv2d
from nural.layers.gru import GRU
from nural.layers.layer_norm import LayerNorm
from nural.layers.linear import Flatten, Linear, Unflatten
from nural.layers.lstm import LSTM
from nural.layers.max_pooling import MaxPool2d
from nural.layers.rnn import RNN

Weights = dict[str, np.ndarray]
#: np.pad's names for nural's padding modes.
PAD_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def _named(step: Step, weights: Weights, arrays: dict[str, np.ndarray]) -> list[str]:
    """Keep the arrays, and give ``name=W["place.name"]`` for each."""
    found = []
    for name, array in arrays.items():
        full = f"{step.place}.{name}" if step.place else name
        weights[full] = array
        found.append(f'{name}=W["{full}"]')
    return found


def _applied(function: str, *arguments: str) -> list[str]:
    return [f"x = {function}({', '.join(('x', *arguments))})"]


def _simple(function: str, *settings: str) -> Callable[[Step, Weights], list[str]]:
    """A layer without weights whose formula takes these of its settings."""

    def lines(step: Step, weights: Weights) -> list[str]:
        return _applied(function, *(f"{name}={getattr(step.layer, name)!r}" for name in settings))

    return lines


def _unless(defaults: dict[str, Any], **settings: Any) -> list[str]:
    """The settings that are not the formula's defaults."""
    return [f"{name}={value!r}" for name, value in settings.items() if defaults.get(name) != value]


def _padded(sides: Any, mode: str = "constant", value: str = "") -> list[str]:
    if sides == ((0, 0), (0, 0)):
        return []
    how = f', mode="{mode}"' if mode != "constant" else value
    return [f"x = np.pad(x, ((0, 0), {sides[0]}, {sides[1]}, (0, 0)){how})"]


def _linear(step: Step, weights: Weights) -> list[str]:
    return _applied("linear", *_named(step, weights, dict(step.layer.params)))


def _convolution(step: Step, weights: Weights) -> list[str]:
    layer: Any = step.layer
    windows = windows_of(step)
    defaults = {"stride": (1, 1), "dilation": (1, 1), "groups": 1}
    settings = _unless(defaults, stride=windows.stride, dilation=windows.dilation, groups=layer.groups)
    padding = _padded(layer.sides, PAD_MODES[layer.padding_mode])
    return [*padding, *_applied("convolution", *_named(step, weights, dict(layer.params)), *settings)]


def _max_pooling(step: Step, weights: Weights) -> list[str]:
    windows = windows_of(step)
    settings = _unless({"dilation": (1, 1)}, kernel=windows.kernel, stride=windows.stride, dilation=windows.dilation)
    return [*_padded(reached(windows), value=", constant_values=-np.inf"), *_applied("max_pooling", *settings)]


def _average_pooling(step: Step, weights: Weights) -> list[str]:
    layer: Any = step.layer
    windows = windows_of(step)
    divisors = pooling_divisors("AvgPool2d", windows, layer.count_include_pad, layer.divisor_override, np.float32)
    if (divisors == divisors[0, 0]).all():
        divisor = f"divisor={divisors.flat[0]:g}"
    else:
        (divisor,) = _named(step, weights, {"divisor": divisors})
    settings = _unless({}, kernel=windows.kernel, stride=windows.stride)
    return [*_padded(reached(windows)), *_applied("average_pooling", *settings, divisor)]


def _adaptive(over: str) -> Callable[[Step, Weights], list[str]]:
    def lines(step: Step, weights: Weights) -> list[str]:
        rows, columns, _ = step.y_shape
        return _applied("adaptive_pooling", str(rows), str(columns), over)

    return lines


def _batch_norm(step: Step, weights: Weights) -> list[str]:
    assert isinstance(step.layer, BatchNorm)
    if not step.layer.track_running_stats:
        return _applied("batch_norm", *_named(step, weights, dict(step.layer.params)), f"eps={step.layer.eps!r}")
    scale, shift = scale_and_shift(step.layer)
    return _applied("scale_and_shift", *_named(step, weights, {"scale": scale, "shift": shift}))


def _affine(step: Step, weights: Weights) -> list[str]:
    params = {{"gamma": "scale", "beta": "shift"}[name]: array for name, array in step.layer.params.items()}
    return _applied("scale_and_shift", *_named(step, weights, params))


def _rescaling(step: Step, weights: Weights) -> list[str]:
    assert isinstance(step.layer, Rescaling)
    return _applied("scale_and_shift", f"scale={step.layer.scale!r}", f"shift={step.layer.offset!r}")


def _layer_norm(step: Step, weights: Weights) -> list[str]:
    assert isinstance(step.layer, LayerNorm)
    arrays = _named(step, weights, dict(step.layer.params))
    return _applied("layer_norm", f"axes={len(step.layer.normalized_shape)}", *arrays, f"eps={step.layer.eps!r}")


def _flatten(step: Step, weights: Weights) -> list[str]:
    assert isinstance(step.layer, Flatten)
    by_channel = step.layer.channels_first and len(step.x_shape) == 3
    return [*(["x = x.transpose(0, 3, 1, 2)"] if by_channel else []), "x = x.reshape(len(x), -1)"]


def _unflatten(step: Step, weights: Weights) -> list[str]:
    return [f"x = x.reshape(-1, {', '.join(map(str, step.y_shape))})"]


def _prelu(step: Step, weights: Weights) -> list[str]:
    (slope,) = _named(step, weights, dict(step.layer.params))
    return _applied("leaky_relu", f"slope={slope.removeprefix('a=')}")


def _recurrent(function: str) -> Callable[[Step, Weights], list[str]]:
    """A stack of passes, in one direction or both."""

    def lines(step: Step, weights: Weights) -> list[str]:
        layer: Any = step.layer
        activation = ["activation=relu"] if getattr(layer, "nonlinearity", "tanh") == "relu" else []
        found = []
        for i in range(layer.num_layers):
            passes = []
            for run in layer.runs(i):
                arrays = {name: a for name, a in layer.params.items() if name.endswith(f"_{run}")}
                named = [f"{text.split(f'_{run}=')[0]}={text.split('=')[1]}" for text in _named(step, weights, arrays)]
                order = "[:, ::-1]" if run.endswith("_reverse") else ""
                passes.append(f"{function}({', '.join((f'x{order}', *named, *activation))}){order}")
            if i == layer.num_layers - 1 and not layer.return_sequences:
                passes = [f"{text}[:, {0 if text.endswith('[:, ::-1]') else -1}]" for text in passes]
            found.append(
                f"x = {passes[0]}" if len(passes) == 1 else f"x = np.concatenate([{', '.join(passes)}], axis=-1)"
            )
        return found

    return lines


def _along_dimension(function: str) -> Callable[[Step, Weights], list[str]]:
    def lines(step: Step, weights: Weights) -> list[str]:
        return _applied(function, *_unless({"axis": -1}, axis=getattr(step.layer, "dim")))  # noqa: B009

    return lines


def _gelu(step: Step, weights: Weights) -> list[str]:
    assert isinstance(step.layer, GELU)
    return _applied("gelu" if step.layer.approximate == "none" else "gelu_by_tanh")


def _hardtanh(step: Step, weights: Weights) -> list[str]:
    assert isinstance(step.layer, Hardtanh)
    return _applied("hardtanh", *_unless({"min_val": None, "max_val": None}, **step.layer.config()))


def _leaky_relu(step: Step, weights: Weights) -> list[str]:
    assert isinstance(step.layer, LeakyReLU)
    return _applied("leaky_relu", f"slope={step.layer.negative_slope!r}")


#: From a step and a dictionary that gets its layer's arrays, the lines that apply the layer to ``x``, by functions of
#: `nural.export.numpy.formulas`.
CALLS: dict[type[Layer], Callable[[Step, Weights], list[str]]] = {
    Linear: _linear,
    Conv2d: _convolution,
    MaxPool2d: _max_pooling,
    AvgPool2d: _average_pooling,
    AdaptiveAvgPool2d: _adaptive("np.mean"),
    AdaptiveMaxPool2d: _adaptive("np.max"),
    GlobalAvgPool2d: _simple("global_average_pooling"),
    BatchNorm1d: _batch_norm,
    BatchNorm2d: _batch_norm,
    Affine: _affine,
    Rescaling: _rescaling,
    LayerNorm: _layer_norm,
    Flatten: _flatten,
    Unflatten: _unflatten,
    RNN: _recurrent("rnn"),
    LSTM: _recurrent("lstm"),
    GRU: _recurrent("gru"),
    ReLU: _simple("relu"),
    Hardtanh: _hardtanh,
    LeakyReLU: _leaky_relu,
    PReLU: _prelu,
    ELU: _simple("elu", "alpha"),
    SELU: _simple("selu"),
    GELU: _gelu,
    Sigmoid: _simple("sigmoid"),
    SiLU: _simple("silu"),
    Tanh: _simple("tanh"),
    Softplus: _simple("softplus", "beta", "threshold"),
    Softmax: _along_dimension("softmax"),
    LogSoftmax: _along_dimension("log_softmax"),
}
