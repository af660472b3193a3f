"""Layers as the page lists them, and the network that they make: 784 pixels in, ten logits out."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nural.activations import GELU, LeakyReLU, ReLU, Sigmoid, Tanh
from nural.containers import Sequential
from nural.data.digits import CLASSES, PIXELS, SIDE
from nural.initializers import Initializer, glorot_normal, he_normal, normal
from nural.layer import Layer
from nural.layers import BatchNorm1d, BatchNorm2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, Unflatten
from nural.web.body import integer, number
from nural.web.problem import Problem

ACTIVATIONS: dict[str, Callable[[], Layer]] = {
    "relu": ReLU,
    "leaky relu": LeakyReLU,
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "gelu": GELU,
}
INITIALIZERS: dict[str, Initializer | str] = {
    "he": he_normal,
    "glorot": glorot_normal,
    "normal": normal(1.0),
    "torch": "torch",
}
TYPES = ("linear", "conv", "pool", "batch norm", "dropout", *ACTIVATIONS)
MOST_LAYERS = 24
MOST_WEIGHTS = 3_000_000
#: The most multiplications and additions of the forward pass of one digit.
MOST_OPERATIONS = 60_000_000


def build(
    layers: Sequence[Any], initializer: str = "he", scale: float = 1.0, rng: np.random.Generator | None = None
) -> Sequential:
    """The network of these layers, with a last layer of ten outputs added, and images flattened where they must be.

    Args:
        layers: Each ``{"type": …}`` with its numbers: ``linear`` has ``size``, ``conv`` has ``channels``, ``size`` of
            the kernel and perhaps ``padding``, ``pool`` has ``size``, ``dropout`` has ``rate``; others have none.
            A convolution before batch norm has no bias, since batch norm has its own.
        initializer: One of `INITIALIZERS`.
        scale: A factor for all initial weights; with "normal", their standard deviation.
        rng: Draws the weights.

    Raises:
        Problem: a layer is unknown, a number is missing or out of bounds, images become too small, or the network is
            too large to be trained here.
    """
    if not isinstance(layers, list | tuple) or len(layers) > MOST_LAYERS:
        raise Problem(f"layers must be a list of at most {MOST_LAYERS}")
    drawn = INITIALIZERS[initializer]
    made: list[Layer] = []
    shape: tuple[int, ...] = (PIXELS,)
    operations = 0
    for i, layer in enumerate((*layers, {"type": "linear", "size": CLASSES})):
        if not isinstance(layer, dict) or layer.get("type") not in TYPES:
            raise Problem(f"the type of a layer must be one of {', '.join(TYPES)}")
        images = layer["type"] in ("conv", "pool")
        if images and len(shape) == 1:
            if any(isinstance(before, Linear) for before in made):
                raise Problem("a convolution or pooling must come before the first fully connected layer")
            made.append(Unflatten(1, (SIDE, SIDE, 1)))
            shape = (SIDE, SIDE, 1)
        if layer["type"] == "linear" and len(shape) == 3:
            made.append(Flatten())
            shape = (math.prod(shape),)
        made.append(_layer(layer, shape, drawn, bias=not _normalised(layers[i + 1 :])))
        after = _shape_after(layer, shape)
        operations += _operations(made[-1], shape, after)
        shape = after
    weights = sum(math.prod(each) for layer in made for each in layer.all_shapes().values())
    if weights > MOST_WEIGHTS or operations > MOST_OPERATIONS:
        raise Problem(
            f"the network has {weights:,} weights and takes {operations:,} operations a digit; "
            f"at most {MOST_WEIGHTS:,} and {MOST_OPERATIONS:,} can be trained here"
        )
    model = Sequential(*made, rng=np.random.default_rng(0) if rng is None else rng)
    if scale != 1:
        for name, W in model.params.items():
            if name.rpartition(".")[2] in ("W", "K"):
                W *= scale
    return model


def listed(model: Layer) -> list[dict[str, Any]]:
    """The layers of a network in the form that `build` takes: its inverse for networks of these layers."""
    found: list[dict[str, Any]] = []
    for layer in model.children.values():
        match layer:
            case Linear():
                found.append({"type": "linear", "size": layer.out_features})
            case Conv2d():
                padding = {"padding": layer.padding} if layer.padding else {}
                found.append({"type": "conv", "channels": layer.out_channels, "size": layer.kernel_size, **padding})
            case MaxPool2d():
                found.append({"type": "pool", "size": layer.kernel_size})
            case Dropout():
                found.append({"type": "dropout", "rate": layer.p})
            case BatchNorm1d() | BatchNorm2d():
                found.append({"type": "batch norm"})
            case _:
                found += [{"type": name} for name, kind in ACTIVATIONS.items() if type(layer) is kind]
    return found[:-1]


def _normalised(following: Sequence[Any]) -> bool:
    """Whether batch norm comes next, perhaps after pooling."""
    kinds = [layer.get("type") for layer in following if isinstance(layer, dict)]
    return next((kind == "batch norm" for kind in kinds if kind != "pool"), False)


def _layer(layer: dict[str, Any], shape: tuple[int, ...], initializer: Initializer | str, bias: bool) -> Layer:
    match layer["type"]:
        case "linear":
            return Linear(shape[0], integer(layer, "size", 1, 2048), initializer=initializer)
        case "conv":
            size, padding = integer(layer, "size", 1, 9), integer(layer, "padding", 0, 4, 0)
            if min(shape[:2]) + 2 * padding < size:
                raise Problem(f"a kernel of {size}×{size} is larger than the image of {shape[0]}×{shape[1]} before it")
            channels = integer(layer, "channels", 1, 128)
            return Conv2d(shape[2], channels, size, padding=padding, bias=bias, initializer=initializer)
        case "pool":
            size = integer(layer, "size", 2, 4)
            if min(shape[:2]) < size:
                raise Problem(f"pooling of {size}×{size} is larger than the image of {shape[0]}×{shape[1]} before it")
            return MaxPool2d(size)
        case "dropout":
            return Dropout(number(layer, "rate", 0, 0.95))
        case "batch norm":
            return BatchNorm2d(shape[2]) if len(shape) == 3 else BatchNorm1d(shape[0])
        case name:
            return ACTIVATIONS[name]()


def _shape_after(layer: dict[str, Any], shape: tuple[int, ...]) -> tuple[int, ...]:
    match layer["type"]:
        case "linear":
            return (layer["size"],)
        case "conv":
            fewer = layer["size"] - 1 - 2 * layer.get("padding", 0)
            return (shape[0] - fewer, shape[1] - fewer, layer["channels"])
        case "pool":
            return (shape[0] // layer["size"], shape[1] // layer["size"], shape[2])
    return shape


def _operations(layer: Layer, before: tuple[int, ...], after: tuple[int, ...]) -> int:
    return layer.operations((1, *before), (1, *after))[0]
