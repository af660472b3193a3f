"""nural's layers after Keras's, with their weights: both are channels-last, so most arrays fit as they are."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nural.activations import ELU, GELU, SELU, LeakyReLU, LogSoftmax, ReLU, Sigmoid, SiLU, Softmax, Softplus, Tanh
from nural.layer import Layer
from nural.layers import (
    GRU,
    LSTM,
    RNN,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    LayerNorm,
    Linear,
    MaxPool2d,
    Unflatten,
)
from nural.layers.windows import same_padding
from nural.learn.running import NotLoaded

Arrays = list[np.ndarray]

ACTIVATIONS: dict[str, Callable[[], Layer]] = {
    **{"relu": ReLU, "sigmoid": Sigmoid, "tanh": Tanh, "softmax": Softmax, "log_softmax": LogSoftmax},
    **{"elu": ELU, "selu": SELU, "silu": SiLU, "swish": SiLU, "softplus": Softplus, "gelu": GELU},
    "leaky_relu": lambda: LeakyReLU(0.2),
}


@dataclass(frozen=True)
class Converted:
    """What a Keras layer is in nural: a layer, then perhaps an activation; and whether its last step alone goes on."""

    layer: Layer
    activation: Layer | None = None
    last_step: bool = False


def converted(layer: Any, x_shape: tuple[int, ...]) -> Converted | None:
    """nural's counterpart of a Keras layer, with its weights; None for one that does nothing.

    Args:
        layer: Keras's.
        x_shape: Of what it reads.

    Raises:
        NotLoaded: It, or a setting of it, is not known here.
    """
    kind = type(layer).__name__
    if kind in ("InputLayer", "Identity") or (kind == "Dropout" and layer.rate == 0):
        return None
    if isinstance(layer.input, list):
        raise NotLoaded(f"{layer.name} reads several values; known are layers that read what the one before gave")
    if kind not in KNOWN:
        raise NotLoaded(f"{layer.name} is a {kind}, which is not known here. Known are {', '.join(KNOWN)}")
    if getattr(layer, "data_format", "channels_last") != "channels_last":
        raise NotLoaded(f"{layer.name} has data_format={layer.data_format!r}; known here is 'channels_last'")
    made = KNOWN[kind](layer, x_shape, [np.asarray(w) for w in layer.get_weights()])
    if isinstance(made, Converted):
        return made
    name = getattr(getattr(layer, "activation", None), "__name__", "linear")
    return Converted(made, None if kind == "Activation" or name == "linear" else activation(name, layer))


def activation(name: str, layer: Any) -> Layer:
    """An activation function by its name in Keras."""
    if name not in ACTIVATIONS:
        raise NotLoaded(f"{layer.name} has the activation {name}; known are {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[name]()


def _filled(layer: Layer, **arrays: np.ndarray) -> Layer:
    layer = layer.astype(np.float64)
    layer.draw()
    for name, array in arrays.items():
        (layer.state if name in layer.state else layer.params)[name][...] = array
    return layer


def _dense(layer: Any, x_shape: tuple[int, ...], arrays: Arrays) -> Layer:
    W, *b = arrays
    return _filled(Linear(*W.shape, bias=bool(b)), W=W, **({"b": b[0]} if b else {}))


def _sides(layer: Any, x_shape: tuple[int, ...], kernel: Any, stride: Any, dilation: Any = (1, 1)) -> Any:
    if layer.padding == "valid":
        return 0
    extent = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
    return same_padding((x_shape[1], x_shape[2]), extent, stride)


def _convolution(layer: Any, x_shape: tuple[int, ...], arrays: Arrays) -> Layer:
    K, *b = arrays
    size, stride, dilation = layer.kernel_size, layer.strides, layer.dilation_rate
    padding = _sides(layer, x_shape, size, stride, dilation)
    settings: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation, "groups": layer.groups}
    made = Conv2d(x_shape[-1], layer.filters, size, bias=bool(b), **settings)
    return _filled(made, K=K, **({"b": b[0]} if b else {}))


def _pooling(layer: Any, x_shape: tuple[int, ...], arrays: Arrays) -> Layer:
    kernel, stride = layer.pool_size, layer.strides
    padding = _sides(layer, x_shape, kernel, stride)
    if type(layer).__name__ == "MaxPooling2D":
        return MaxPool2d(kernel, stride, padding)
    return AvgPool2d(kernel, stride, padding, count_include_pad=False)


def _batch_norm(layer: Any, x_shape: tuple[int, ...], arrays: Arrays) -> Layer:
    if not (layer.center and layer.scale):
        raise NotLoaded(f"{layer.name} has center or scale False; known here are both True")
    gamma, beta, mean, variance = arrays
    kind = BatchNorm2d if len(x_shape) == 4 else BatchNorm1d
    made = kind(x_shape[-1], eps=layer.epsilon, momentum=round(1 - layer.momentum, 12), correction=0)
    return _filled(made, gamma=gamma, beta=beta, running_mean=mean, running_var=variance)


def _layer_norm(layer: Any, x_shape: tuple[int, ...], arrays: Arrays) -> Layer:
    axis = layer.axis if isinstance(layer.axis, int) else layer.axis[0]
    if axis not in (-1, len(x_shape) - 1) or len(arrays) != 2:
        raise NotLoaded(f"{layer.name} has an axis, a center or a scale that is not known here")
    return _filled(LayerNorm(x_shape[-1], eps=layer.epsilon), gamma=arrays[0], beta=arrays[1])


def _recurrent(layer: Any, x_shape: tuple[int, ...], arrays: Arrays) -> Converted:
    W_ih, W_hh, *b = arrays
    kind = {"SimpleRNN": RNN, "LSTM": LSTM, "GRU": GRU}[type(layer).__name__]
    gates = getattr(getattr(layer, "recurrent_activation", None), "__name__", "sigmoid")
    if (layer.activation.__name__, gates) != ("tanh", "sigmoid") or layer.dropout or layer.recurrent_dropout:
        raise NotLoaded(f"{layer.name} has another activation or a dropout; known here are tanh and sigmoid without")
    if layer.go_backwards or layer.stateful or not getattr(layer, "reset_after", True):
        raise NotLoaded(f"{layer.name} has go_backwards, stateful or reset_after=False, which are not known here")
    biases = {"b_ih_l0": np.zeros(W_ih.shape[1]), "b_hh_l0": np.zeros(W_ih.shape[1])}
    if b:
        biases = {"b_ih_l0": b[0][0], "b_hh_l0": b[0][1]} if b[0].ndim == 2 else biases | {"b_ih_l0": b[0]}
    found = {"W_ih_l0": W_ih, "W_hh_l0": W_hh, **biases}
    if kind is GRU:  # z, r, n in Keras; r, z, n here
        found = {name: _reset_first(array) for name, array in found.items()}
    return Converted(_filled(kind(x_shape[-1], layer.units), **found), last_step=not layer.return_sequences)


def _reset_first(array: np.ndarray) -> np.ndarray:
    z, r, n = np.split(array, 3, axis=-1)
    return np.concatenate([r, z, n], axis=-1)


def _relu(layer: Any, x_shape: tuple[int, ...], arrays: Arrays) -> Layer:
    if layer.max_value is not None or layer.negative_slope or layer.threshold:
        raise NotLoaded(f"{layer.name} has settings that are not known here; known is ReLU()")
    return ReLU()


def _flatten(layer: Any, x_shape: tuple[int, ...], arrays: Arrays) -> Layer:
    return Flatten()


#: What Keras's layers are made into, by their names.
KNOWN: dict[str, Callable[[Any, tuple[int, ...], Arrays], Layer | Converted]] = {
    "Dense": _dense,
    "Conv2D": _convolution,
    "MaxPooling2D": _pooling,
    "AveragePooling2D": _pooling,
    "GlobalAveragePooling2D": lambda layer, x_shape, arrays: GlobalAvgPool2d(),
    "Flatten": _flatten,
    "Reshape": lambda layer, x_shape, arrays: Unflatten(1, layer.target_shape),
    "Dropout": lambda layer, x_shape, arrays: Dropout(layer.rate),
    "BatchNormalization": _batch_norm,
    "LayerNormalization": _layer_norm,
    "SimpleRNN": _recurrent,
    "LSTM": _recurrent,
    "GRU": _recurrent,
    "Activation": lambda layer, x_shape, arrays: activation(layer.activation.__name__, layer),
    "ReLU": _relu,
    "LeakyReLU": lambda layer, x_shape, arrays: LeakyReLU(layer.negative_slope),
    "ELU": lambda layer, x_shape, arrays: ELU(layer.alpha),
    "Softmax": lambda layer, x_shape, arrays: Softmax(),
}
