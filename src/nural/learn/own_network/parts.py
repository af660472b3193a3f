"""The parts of a learner's network: for each, the functions of the reference that are its forward and backward pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
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
from nural.export.geometry import reached, windows_of
from nural.export.steps import Step
from nural.layer import Layer
from nural.layers import (
    GRU,
    LSTM,
    RNN,
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    GroupNorm,
    LayerNorm,
    Linear,
    MaxPool2d,
    Unflatten,
)
from nural.layers.windows import Windows
from nural.learn.running import NotLoaded

#: What is no function, and is written out: the change of a shape, and the last step of a sequence.
RESHAPE, LAST = "reshape", "last step"


@dataclass(frozen=True)
class Part:
    """One step of the network.

    Attributes:
        name: Of its value.
        said: How the learner's module says it.
        pair: "fc" for `fc_forward` and `fc_backward` of the reference; or `RESHAPE` or `LAST`.
        reads: The name of the value that it reads.
        x_shape: The shape of that value.
        y_shape: The shape of its own.
        weights: The names of its arrays, as the pair calls them.
        settings: What its module was told, as far as the pair's defaults differ.
        saved: What its forward pass returns besides, for the way back.
        given: What it is given besides: a dropout's mask.
        running: The share of a new batch in the running averages, if it has some.
        correction: 1 if the running variance divides by n − 1, 0 if by n.
        p: The probability of a dropout.
    """

    name: str
    said: str
    pair: str
    reads: str
    x_shape: tuple[int, ...]
    y_shape: tuple[int, ...]
    weights: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    saved: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    running: float | None = None
    correction: int = 1
    p: float = 0.0

    @property
    def forward(self) -> str:
        """The name of its forward function."""
        return f"{self.pair}_forward"

    @property
    def backward(self) -> str:
        """The name of its backward function."""
        return f"{self.pair}_backward"

    @property
    def is_written_out(self) -> bool:
        """Whether it is a line of NumPy, and no function."""
        return self.pair in (RESHAPE, LAST)

    @property
    def values(self) -> list[str]:
        """The names of all that its forward pass gives, its value first."""
        return [self.name, *(f"{self.name}.{name}" for name in self.saved)]

    @property
    def arrays(self) -> list[str]:
        """The names of its weights in the network."""
        return [f"{self.name}.{name}" for name in self.weights]


Settings = dict[str, Any]


def part_of(name: str, said: str, reads: str, layer: Layer, x_shape: tuple[int, ...], y_shape: tuple[int, ...]) -> Part:
    """The part that a layer of nural's is; of a recurrent one, the part with all steps.

    Args:
        name: Of its value.
        said: How the learner's module says it.
        reads: The value that it reads.
        layer: The layer.
        x_shape: Of the batch that it reads.
        y_shape: Of what it gives.

    Raises:
        NotLoaded: The reference cannot do what it does.
    """
    pair, settings = PAIRS[type(layer)]
    weights = tuple(key.removesuffix("_l0") for key in layer.params)
    step = Step(said, layer, (0,), (x_shape[1:],), y_shape[1:])
    part = Part(name, said, pair, reads, x_shape, y_shape, weights, settings(step))
    if isinstance(layer, BatchNorm1d | BatchNorm2d):
        if layer.track_running_stats and layer.momentum is None:
            raise NotLoaded(f"{said} has momentum=None, which is not known here: give it a number")
        running = layer.momentum if layer.track_running_stats else None
        return replace(part, saved=("mean", "variance"), running=running, correction=layer.correction)
    if isinstance(layer, LayerNorm | GroupNorm):
        return replace(part, saved=("mean", "inverse_std"))
    if isinstance(layer, LSTM):
        return replace(part, saved=("c", "gates"))
    if isinstance(layer, GRU):
        return replace(part, saved=("gates", "q"))
    if isinstance(layer, Dropout):
        return replace(part, given=("mask",), p=layer.p)
    if isinstance(layer, Linear) and len(x_shape) != 2:
        raise NotLoaded(f"{said} reads {x_shape}; the fully connected layer known here reads rows (N, D)")
    return part


def _none(step: Step) -> Settings:
    return {}


def _same_named(*names: str, **defaults: Any) -> Callable[[Step], Settings]:
    """Settings that layer and pair call alike, where they are not the defaults."""

    def settings(step: Step) -> Settings:
        found = {name: getattr(step.layer, name) for name in (*names, *defaults)}
        return {name: value for name, value in found.items() if defaults.get(name) != value}

    return settings


def _plain(pair: Any) -> Any:
    """One number for two equal ones."""
    if isinstance(pair, tuple):
        pair = tuple(_plain(one) for one in pair)
        return pair[0] if pair[0] == pair[1] and isinstance(pair[0], int) else pair
    return pair


def _windows(windows: Windows, **more: Any) -> Settings:
    found = {"stride": windows.stride, "padding": windows.sides, "dilation": windows.dilation} | more
    defaults = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}
    return {name: _plain(value) for name, value in found.items() if _plain(value) != defaults.get(name)}


def _convolution(step: Step) -> Settings:
    layer: Any = step.layer
    if layer.padding_mode != "zeros":
        raise NotLoaded(f"{step.place} has padding_mode={layer.padding_mode!r}; known here is 'zeros'")
    return _windows(windows_of(step), groups=layer.groups)


def _pooling(step: Step) -> Settings:
    layer: Any = step.layer
    if isinstance(layer, AvgPool2d) and (layer.divisor_override or (not layer.count_include_pad and layer.padding)):
        raise NotLoaded(f"{step.place} divides by another number than its window has pixels, which is not known here")
    windows = windows_of(step)
    beyond = layer.ceil_mode and any(before < after for before, after in reached(windows))
    if isinstance(layer, AvgPool2d) and beyond:
        raise NotLoaded(f"{step.place} has ceil_mode=True and windows that reach beyond the edge, not known here")
    settings = _windows(windows, padding=reached(windows) if beyond else windows.sides)
    stride = settings.pop("stride", 1)
    kernel = _plain(windows.kernel)
    return {"kernel_size": kernel} | ({} if stride == kernel else {"stride": stride}) | settings


def _adaptive(step: Step) -> Settings:
    return {"output_size": _plain(tuple(step.y_shape[:2]))}


def _along_features(step: Step) -> Settings:
    dim = getattr(step.layer, "dim", -1)
    if dim not in (-1, len(step.x_shape)):
        raise NotLoaded(f"{step.place} goes along dimension {dim}; known here is the last")
    return {}


def _layer_norm(step: Step) -> Settings:
    layer: Any = step.layer
    axes = len(layer.normalized_shape)
    return ({} if axes == 1 else {"axes": axes}) | _same_named(eps=1e-5)(step)


def _bounds(step: Step) -> Settings:
    layer: Any = step.layer
    return {
        "min_val": -np.inf if layer.min_val is None else layer.min_val,
        "max_val": np.inf if layer.max_val is None else layer.max_val,
    }


#: Each layer's pair, and its settings.
PAIRS: dict[type[Layer], tuple[str, Callable[[Step], Settings]]] = {
    Linear: ("fc", _none),
    Conv2d: ("conv2d", _convolution),
    MaxPool2d: ("max_pool2d", _pooling),
    AvgPool2d: ("avg_pool2d", _pooling),
    AdaptiveAvgPool2d: ("adaptive_avg_pool2d", _adaptive),
    AdaptiveMaxPool2d: ("adaptive_max_pool2d", _adaptive),
    GlobalAvgPool2d: ("global_avg_pool2d", _none),
    BatchNorm1d: ("batch_norm", _same_named(eps=1e-5)),
    BatchNorm2d: ("batch_norm", _same_named(eps=1e-5)),
    LayerNorm: ("layer_norm", _layer_norm),
    GroupNorm: ("group_norm", _same_named("num_groups", eps=1e-5)),
    Dropout: ("dropout", _none),
    Flatten: (RESHAPE, _none),
    Unflatten: (RESHAPE, _none),
    RNN: ("rnn", _same_named(nonlinearity="tanh")),
    LSTM: ("lstm", _none),
    GRU: ("gru", _none),
    ReLU: ("relu", _none),
    Hardtanh: ("hardtanh", _bounds),
    LeakyReLU: ("leaky_relu", _same_named("negative_slope")),
    PReLU: ("prelu", _none),
    ELU: ("elu", _same_named("alpha")),
    SELU: ("selu", _none),
    GELU: ("gelu", _same_named("approximate")),
    SiLU: ("silu", _none),
    Softsign: ("softsign", _none),
    Sigmoid: ("sigmoid", _none),
    Tanh: ("tanh", _none),
    Softplus: ("softplus", _same_named("beta", "threshold")),
    Softmax: ("softmax", _along_features),
    LogSoftmax: ("log_softmax", _along_features),
}
