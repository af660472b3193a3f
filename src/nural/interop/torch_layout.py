"""How PyTorch orders the values that nural orders channels-last, followed through a network.

PyTorch's images are ``(N, C, H, W)`` and nural's ``(N, H, W, C)``. What depends on the order of values, as the rows of
a weight that reads flattened images, can be converted only where that order is known.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, NamedTuple

import numpy as np

from nural.interop import ConversionError
from nural.layer import Layer, Residual, Sequential
from nural.layers.adaptive_pooling import AdaptiveAvgPool2d, AdaptiveMaxPool2d, GlobalAvgPool2d
from nural.layers.batch_norm import BatchNorm1d, BatchNorm2d
from nural.layers.convolution import Conv2d
from nural.layers.layer_norm import LayerNorm
from nural.layers.linear import Flatten, Linear
from nural.layers.pooling import Pooling
from nural.layers.recurrent import Recurrent


class Order(Enum):
    """What is known about the values that a layer gets."""

    UNKNOWN = "the input, of which nothing is known yet"
    SAME = "rows or sequences, (N, …, F) in both"
    SAME_IF_ROWS = "(N, F) in both, or (N, C, L) in PyTorch and (N, L, C) in nural"
    IMAGES = "(N, C, H, W) in PyTorch, (N, H, W, C) in nural"
    FLATTENED = "images as rows, one channel after the other in PyTorch, one pixel after the other in nural"


@dataclass(frozen=True)
class Layout:
    """The order of the values at one place, and of images the numbers of channels and pixels, as far as known."""

    order: Order
    channels: int | None = None
    pixels: int | None = None
    flattened_by: tuple[Flatten, ...] = ()


SAME = Layout(Order.SAME)


class Place(NamedTuple):
    """A layer that is no container, its dotted path in the network, and the layout of what it gets."""

    path: str
    layer: Layer
    before: Layout


def first_layout(input_shape: Sequence[int] | None) -> Layout:
    """What is known at the input, given the shape of one sample in nural's order, or None."""
    if input_shape is None:
        return Layout(Order.UNKNOWN)
    if len(input_shape) == 3:
        return Layout(Order.IMAGES, input_shape[2], input_shape[0] * input_shape[1])
    return SAME


def places(layer: Layer, before: Layout, path: str = "") -> tuple[list[Place], Layout]:
    """Every layer inside that is no container, in order, and the layout of what comes out.

    Raises:
        ConversionError: a layer does not do in PyTorch what it does in nural, because of the order of its input.
    """
    if isinstance(layer, Sequential):
        found = []
        for name, child in layer.children.items():
            inside, before = places(child, before, joined(path, name))
            found += inside
        return found, before
    if isinstance(layer, Residual):
        ways = [places(child, before, joined(path, name)) for name, child in layer.children.items()]
        around = before if layer.shortcut is None else ways[1][1]
        return [place for inside, _ in ways for place in inside], merged(ways[0][1], around, path)
    return [Place(path, layer, before)], after(layer, before, path)


def after(layer: Layer, before: Layout, path: str) -> Layout:
    """The layout of a layer's output."""
    if isinstance(layer, Linear) and before.order is Order.IMAGES:
        raise ConversionError(
            f"{described(path, layer)} gets images: PyTorch applies it along their width, nural along their channels"
        )
    if isinstance(layer, Flatten):
        return _after_flatten(layer, before, path)
    if isinstance(layer, (Linear, Recurrent, GlobalAvgPool2d)):
        return SAME
    if isinstance(layer, Conv2d):
        return Layout(Order.IMAGES, layer.out_channels)
    if isinstance(layer, BatchNorm2d):
        return Layout(Order.IMAGES, layer.num_features, before.pixels)
    if isinstance(layer, (AdaptiveAvgPool2d, AdaptiveMaxPool2d)):
        single = layer.output_size in (1, (1, 1), [1, 1])
        return Layout(Order.IMAGES, before.channels, 1 if single else None)
    if isinstance(layer, Pooling):
        return Layout(Order.IMAGES, before.channels)
    if isinstance(layer, LayerNorm):
        return _after_layer_norm(layer, before, path)
    if isinstance(layer, BatchNorm1d) and before.order is Order.UNKNOWN:
        return Layout(Order.SAME_IF_ROWS)
    return before


def merged(branch: Layout, shortcut: Layout, path: str) -> Layout:
    """The layout of the sum of two ways."""
    known = [way for way in (branch, shortcut) if way.order not in (Order.UNKNOWN, Order.SAME_IF_ROWS)]
    if len(known) < 2:
        return known[0] if known else branch
    if branch.order is not shortcut.order:
        raise ConversionError(
            f"{path or 'the model'}: the two ways of this Residual order their values differently: "
            f"{branch.order.value}, against {shortcut.order.value}"
        )
    flattened_by = tuple({id(f): f for f in branch.flattened_by + shortcut.flattened_by}.values())
    channels, pixels = branch.channels or shortcut.channels, branch.pixels or shortcut.pixels
    return replace(branch, channels=channels, pixels=pixels, flattened_by=flattened_by)


def by_pixel(values: np.ndarray, channels: int) -> np.ndarray:
    """The first dimension, one channel after the other, ordered as one pixel after the other."""
    return values.reshape(channels, -1, *values.shape[1:]).swapaxes(0, 1).reshape(values.shape)


def by_channel(values: np.ndarray, channels: int) -> np.ndarray:
    """What `by_pixel` takes back to where it was."""
    return values.reshape(-1, channels, *values.shape[1:]).swapaxes(0, 1).reshape(values.shape)


def joined(path: str, name: str) -> str:
    """``path.name``."""
    return f"{path}.{name}" if path else name


def described(path: str, what: Any) -> str:
    """A layer or module for an error's sentence: its place and its type."""
    kind = type(what).__name__
    return f"layer {path}, {kind}," if path else kind


def _after_flatten(layer: Flatten, before: Layout, path: str) -> Layout:
    if before.order is Order.SAME_IF_ROWS and not layer.channels_first:
        raise ConversionError(
            f"{described(path, layer)} gets the output of a BatchNorm1d, which is ordered differently in PyTorch if it "
            f"is (N, L, C): pass input_shape, the shape of one sample in nural's order"
        )
    if before.order is not Order.IMAGES or layer.channels_first:
        return before if before.order is Order.FLATTENED else SAME
    if 1 in (before.channels, before.pixels):
        return SAME
    return Layout(Order.FLATTENED, before.channels, flattened_by=(layer,))


def _after_layer_norm(layer: LayerNorm, before: Layout, path: str) -> Layout:
    axes = len(layer.normalized_shape)
    if before.order is Order.IMAGES and axes < 3:
        raise ConversionError(
            f"{described(path, layer)} gets images and normalises their last {axes} dimensions: in PyTorch these end "
            f"with the width, in nural with the channels; only all three of (H, W, C) are the same in both"
        )
    images = before.order is Order.IMAGES or (before.order is Order.UNKNOWN and axes == 3)
    return Layout(Order.IMAGES, layer.normalized_shape[-1]) if images else before
