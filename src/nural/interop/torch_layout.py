"""PyTorch's order of the values that nural orders channels-last, followed through a network.

PyTorch's images are ``(N, C, H, W)`` and nural's ``(N, H, W, C)``. What depends on the order of values, as the rows of
a weight that reads flattened images, can be converted only where that order is known.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, NamedTuple

import numpy as np

from nural.activations import PReLU
from nural.activations.softmaxes import AlongDimension
from nural.containers import Residual, computes_as, entry_for
from nural.graph import Concatenate, Sum, walk
from nural.interop import ConversionError
from nural.layer import Layer
from nural.layers.adaptive_pooling import GlobalAvgPool2d
from nural.layers.batch_norm import BatchNorm, BatchNorm1d, BatchNorm2d
from nural.layers.convolution import Conv2d
from nural.layers.group_norm import GroupNorm
from nural.layers.layer_norm import LayerNorm
from nural.layers.linear import Flatten, Linear, Unflatten
from nural.layers.pooling import Pooling
from nural.layers.recurrent import Recurrent


class TorchOrder(Enum):
    """What is known about the order of a layer's input. The first four leave something open."""

    UNKNOWN = "the input, of which nothing is known yet"
    PLANE = "the input, (N, T, F) in both, or (N, C, L) in PyTorch and (N, L, C) in nural"
    FEATURES = "rows or sequences, (N, …, F) in both"
    CHANNELS = "channels, (N, C, …) in PyTorch, (N, …, C) in nural"
    ROWS = "rows, (N, F) in both"
    SEQUENCES = "sequences, (N, T, F) in both"
    CHANNEL_SEQUENCES = "sequences, (N, C, L) in PyTorch, (N, L, C) in nural"
    IMAGES = "images, (N, C, H, W) in PyTorch, (N, H, W, C) in nural"
    FLATTENED = "images as rows, one channel after the other in PyTorch, one pixel after the other in nural"


Orders = Mapping[TorchOrder, TorchOrder]

#: The input orders for which a kind of layer computes the same in both, each with what is then known about it.
ALONG_FEATURES: Orders = {
    TorchOrder.UNKNOWN: TorchOrder.FEATURES,
    TorchOrder.PLANE: TorchOrder.SEQUENCES,
    **{order: order for order in (TorchOrder.FEATURES, TorchOrder.ROWS, TorchOrder.SEQUENCES, TorchOrder.FLATTENED)},
}
OVER_STEPS: Orders = dict.fromkeys(
    (TorchOrder.UNKNOWN, TorchOrder.PLANE, TorchOrder.FEATURES, TorchOrder.SEQUENCES), TorchOrder.SEQUENCES
)
BY_CHANNEL: Orders = {
    TorchOrder.UNKNOWN: TorchOrder.CHANNELS,
    TorchOrder.PLANE: TorchOrder.CHANNEL_SEQUENCES,
    TorchOrder.FEATURES: TorchOrder.ROWS,
    **{
        order: order
        for order in (
            TorchOrder.CHANNELS,
            TorchOrder.ROWS,
            TorchOrder.CHANNEL_SEQUENCES,
            TorchOrder.IMAGES,
            TorchOrder.FLATTENED,
        )
    },
}
OF_IMAGES: Orders = dict.fromkeys((TorchOrder.UNKNOWN, TorchOrder.CHANNELS, TorchOrder.IMAGES), TorchOrder.IMAGES)

#: The orders that each open order can turn out to be.
OPEN = {
    TorchOrder.UNKNOWN: {TorchOrder.ROWS, TorchOrder.SEQUENCES, TorchOrder.CHANNEL_SEQUENCES, TorchOrder.IMAGES},
    TorchOrder.PLANE: {TorchOrder.SEQUENCES, TorchOrder.CHANNEL_SEQUENCES},
    TorchOrder.FEATURES: {TorchOrder.ROWS, TorchOrder.SEQUENCES},
    TorchOrder.CHANNELS: {TorchOrder.ROWS, TorchOrder.CHANNEL_SEQUENCES, TorchOrder.IMAGES},
}


#: The end of errors for which the shape of the input would help.
ASK = "pass input_shape, the shape of one sample in nural's order"


@dataclass(frozen=True)
class Layout:
    """The order of the values at one place, and of images the numbers of channels and pixels, as far as known."""

    order: TorchOrder
    channels: int | None = None
    pixels: int | None = None
    flattened_by: tuple[Flatten, ...] = ()


class Place(NamedTuple):
    """A layer that is no container, its dotted path in the network, and the layout of its input."""

    path: str
    layer: Layer
    before: Layout


def first_layout(input_shape: Sequence[int] | None) -> Layout:
    """The layout of the input, given the shape of one sample in nural's order, or None."""
    order = {1: TorchOrder.ROWS, 2: TorchOrder.PLANE, 3: TorchOrder.IMAGES}.get(len(input_shape or ()))
    if input_shape is None or order is None:
        return Layout(TorchOrder.UNKNOWN)
    return Layout(order, input_shape[-1], math.prod(input_shape[:-1]))


def places(model: Layer, before: Layout) -> tuple[list[Place], Layout]:
    """Every layer that is no container, in order, and the layout of the output.

    Raises:
        ConversionError: for the order of its input, a layer does not compute in PyTorch what it does in nural.
    """
    found: list[Place] = []

    def apply(path: str, layer: Layer, layouts: tuple[Layout, ...]) -> Layout:
        if computes_as(layer, Residual, Sum, Concatenate):
            return merged(layouts, layer, path)
        found.append(Place(path, layer, layouts[0]))
        return after(layer, layouts[0], path)

    return found, walk(model, before, apply)


def after(layer: Layer, before: Layout, path: str) -> Layout:
    """The layout of a layer's output.

    Raises:
        ConversionError: for this order of its input, it does not compute in PyTorch what it does in nural.
    """
    taken = entry_for(layer, TAKEN)
    if taken is None:
        return before
    kind = taken.orders(layer, before)
    if kind is not None and before.order not in kind:
        raise ConversionError(
            f"{described(path, layer)} gets {before.order.value}: "
            + (ASK if before.order is TorchOrder.CHANNELS else "PyTorch and nural would not do the same there")
        )
    return taken.after(layer, before if kind is None else replace(before, order=kind[before.order]), path)


def merged(ways: Sequence[Layout], layer: Layer, path: str) -> Layout:
    """The layout of the output of a `Residual`, `Sum` or `Concatenate` of several values.

    Raises:
        ConversionError: PyTorch orders their values differently.
    """
    both = set.intersection(*(OPEN.get(way.order, {way.order}) for way in ways))
    if not both:
        raise ConversionError(
            f"{path or 'the model'}: the {'two ' if len(ways) == 2 else ''}ways of this {type(layer).__name__} order "
            f"their values differently: {', against '.join(way.order.value for way in ways)}"
        )
    order = next(order for order in TorchOrder if OPEN.get(order, {order}) == both)
    flattened_by = tuple({id(flatten): flatten for way in ways for flatten in way.flattened_by}.values())
    channels = [way.channels for way in ways if way.channels]
    pixels = next((way.pixels for way in ways if way.pixels), None)
    if not isinstance(layer, Concatenate):
        return Layout(order, channels[0] if channels else None, pixels, flattened_by)
    if order is TorchOrder.FLATTENED:
        raise ConversionError(f"{described(path, layer)} gets {order.value}: flatten behind it")
    known = layer.axis == -1 and len(channels) == len(ways)
    return Layout(order, sum(channels) if known else None, pixels if layer.axis == -1 else None)


def by_pixel(values: np.ndarray, channels: int) -> np.ndarray:
    """Reorder the first dimension from channel after channel to pixel after pixel."""
    return values.reshape(channels, -1, *values.shape[1:]).swapaxes(0, 1).reshape(values.shape)


def by_channel(values: np.ndarray, channels: int) -> np.ndarray:
    """The inverse of `by_pixel`."""
    return values.reshape(-1, channels, *values.shape[1:]).swapaxes(0, 1).reshape(values.shape)


def described(path: str, what: Any) -> str:
    """A layer or module for an error's sentence: its place and its type."""
    kind = type(what).__name__
    return f"layer {path}, {kind}," if path else kind


def _after_flatten(layer: Flatten, before: Layout, path: str) -> Layout:
    if before.order is TorchOrder.CHANNELS:
        raise ConversionError(f"{described(path, layer)} gets {before.order.value}: {ASK}")
    if before.order is TorchOrder.FLATTENED:
        return before
    is_image = before.order is TorchOrder.IMAGES
    if not (is_image or before.order is TorchOrder.CHANNEL_SEQUENCES) or 1 in (before.channels, before.pixels):
        return Layout(TorchOrder.ROWS)
    if is_image and layer.channels_first:
        return Layout(TorchOrder.ROWS)
    return Layout(TorchOrder.FLATTENED, before.channels, flattened_by=(layer,) if is_image else ())


@dataclass(frozen=True)
class Taken:
    """What a class of layers takes, and makes of it.

    Attributes:
        orders: ``(layer, layout before) -> orders``; None for one that does the same whatever the order.
        after: ``(layer, layout before, path) -> layout``, when the order is known that it got.
    """

    orders: Callable[[Any, Layout], Orders | None]
    after: Callable[[Any, Layout, str], Layout] = lambda layer, now, path: now


def _always(orders: Orders | None) -> Callable[[Any, Layout], Orders | None]:
    return lambda layer, before: orders


def _unflattened(layer: Unflatten, now: Layout, path: str) -> Layout:
    *pixels, channels = layer.unflattened_size
    return Layout(TorchOrder.IMAGES, channels, math.prod(pixels))


def _multiplied(layer: Linear, now: Layout, path: str) -> Layout:
    return Layout(TorchOrder.ROWS) if now.order is TorchOrder.FLATTENED else now


def _convolved(layer: Conv2d, now: Layout, path: str) -> Layout:
    return Layout(TorchOrder.IMAGES, layer.out_channels)


def _pooled(layer: Any, now: Layout, path: str) -> Layout:
    single = getattr(layer, "output_size", None) in (1, (1, 1), [1, 1])
    return replace(now, pixels=1 if single else None)


def _pooled_globally(layer: GlobalAvgPool2d, now: Layout, path: str) -> Layout:
    return Layout(TorchOrder.ROWS)


def _normalised(layer: BatchNorm, now: Layout, path: str) -> Layout:
    return now if now.order is TorchOrder.FLATTENED else replace(now, channels=layer.num_features)


def _layer_norm_orders(layer: LayerNorm, before: Layout) -> Orders:
    return OF_IMAGES if len(layer.normalized_shape) == 3 and before.order in OF_IMAGES else ALONG_FEATURES


def _normalised_alone(layer: LayerNorm, now: Layout, path: str) -> Layout:
    return replace(now, channels=layer.normalized_shape[-1]) if now.order is TorchOrder.IMAGES else now


def _group_norm_orders(layer: GroupNorm, before: Layout) -> Orders:
    return {order: known for order, known in BY_CHANNEL.items() if order is not TorchOrder.FLATTENED}


def _normalised_by_group(layer: GroupNorm, now: Layout, path: str) -> Layout:
    return replace(now, channels=layer.num_channels)


def _run(layer: Recurrent, now: Layout, path: str) -> Layout:
    return now if layer.return_sequences else Layout(TorchOrder.ROWS)


def _softmax_orders(layer: AlongDimension, before: Layout) -> Orders | None:
    return ALONG_FEATURES if before.order in (TorchOrder.UNKNOWN, TorchOrder.PLANE) and layer.dim else None


#: By class, for those derived from it too. A layer without an entry does the same whatever the order.
TAKEN: dict[type[Layer], Taken] = {
    Flatten: Taken(_always(None), _after_flatten),
    Unflatten: Taken(_always(None), _unflattened),
    Linear: Taken(_always(ALONG_FEATURES), _multiplied),
    Conv2d: Taken(_always(OF_IMAGES), _convolved),
    Pooling: Taken(_always(OF_IMAGES), _pooled),
    GlobalAvgPool2d: Taken(_always(OF_IMAGES), _pooled_globally),
    BatchNorm1d: Taken(_always(BY_CHANNEL), _normalised),
    BatchNorm2d: Taken(_always(OF_IMAGES), _normalised),
    LayerNorm: Taken(_layer_norm_orders, _normalised_alone),
    GroupNorm: Taken(_group_norm_orders, _normalised_by_group),
    Recurrent: Taken(_always(OVER_STEPS), _run),
    PReLU: Taken(lambda layer, before: BY_CHANNEL if layer.num_parameters > 1 else None),
    AlongDimension: Taken(_softmax_orders),
}
