"""Convolution and pooling nodes. Imports onnx; import it where it is needed."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from onnx import NodeProto

from nural.interop.onnx_graph import attributes_of
from nural.interop.onnx_reader import Reader, with_arrays
from nural.interop.onnx_shapes import with_ones, without
from nural.interop.onnx_values import GraphValue, channels_last
from nural.layer import Layer
from nural.layers.adaptive_pooling import AdaptiveAvgPool2d, AdaptiveMaxPool2d
from nural.layers.average_pooling import AvgPool2d
from nural.layers.convolution import Conv2d
from nural.layers.max_pooling import MaxPool2d
from nural.layers.windows import Sides

NONE: Sides = ((0, 0), (0, 0))
PAD_MODES = {"constant": "zeros", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}


def conv(reader: Reader, node: NodeProto) -> GraphValue:
    """Conv of images, or of sequences ``(N, C, L)`` as images one pixel high, with any auto_pad: `Conv2d`."""
    W = reader.learned(node, 1, "the kernel")
    b = reader.array(node, 2, "the bias")
    mode, before = _pad_before(reader, node)

    def layer(value: GraphValue, kernel: list[int], settings: dict[str, Any]) -> Layer:
        groups = attributes_of(node).get("group", 1)
        own = settings.pop("padding")
        if mode != "zeros" and own != NONE:
            raise reader.refuse(f"it pads with zeros what is padded in mode {mode} before")
        sides = tuple((a + c, b + d) for (a, b), (c, d) in zip(own, before, strict=True))
        K = W.reshape(*W.shape[:2], *kernel).transpose(2, 3, 1, 0)
        found = Conv2d(
            value.shape[1],
            len(W),
            _single(kernel),
            padding=_symmetric(sides),
            groups=groups,
            bias=b is not None,
            padding_mode=mode,
            dtype=reader.dtype,
            **{name: _single(pair) for name, pair in settings.items()},
        )
        return with_arrays(found, K=K, **({} if b is None else {"b": b}))

    kernel = list(W.shape[2:])
    return _on_images(reader, node, kernel, layer, padded=True)


def max_pool(reader: Reader, node: NodeProto) -> GraphValue:
    """MaxPool of images or sequences: `MaxPool2d`."""
    if any(reader.uses[name] for name in node.output[1:]):
        raise reader.refuse("the places of its maxima are read; nural gives only the maxima")

    def layer(value: GraphValue, kernel: list[int], settings: dict[str, Any]) -> Layer:
        return MaxPool2d(_single(kernel), **_pooling(kernel, settings), **_ceil(node))

    return _on_images(reader, node, attributes_of(node)["kernel_shape"], layer)


def average_pool(reader: Reader, node: NodeProto) -> GraphValue:
    """AveragePool of images or sequences, without dilations: `AvgPool2d`."""
    if set(attributes_of(node).get("dilations", [1])) != {1}:
        raise reader.refuse("it has dilations, which nural's average pooling has not")
    _, before = _pad_before(reader, node)

    def layer(value: GraphValue, kernel: list[int], settings: dict[str, Any]) -> Layer:
        own = settings.pop("padding")
        if before != NONE and own != NONE:
            raise reader.refuse("it pads what is padded before")
        arguments = _pooling(kernel, {**settings, "padding": own if before == NONE else before})
        arguments.pop("dilation", None)
        counted = bool(attributes_of(node).get("count_include_pad", 0)) or own == NONE
        return AvgPool2d(_single(kernel), **arguments, **_ceil(node), count_include_pad=counted)

    return _on_images(reader, node, attributes_of(node)["kernel_shape"], layer, padded=True)


def global_average(reader: Reader, node: NodeProto) -> GraphValue:
    """GlobalAveragePool: `AdaptiveAvgPool2d`, with the Flatten behind it `GlobalAvgPool2d`."""
    return _images(reader, reader.value(node.input[0]), lambda value: AdaptiveAvgPool2d(1))


def global_max(reader: Reader, node: NodeProto) -> GraphValue:
    """GlobalMaxPool: `AdaptiveMaxPool2d`."""
    return _images(reader, reader.value(node.input[0]), lambda value: AdaptiveMaxPool2d(1))


def reduce_mean(reader: Reader, node: NodeProto) -> GraphValue:
    """ReduceMean over the pixels of images: as GlobalAveragePool."""
    value, attributes = reader.value(node.input[0]), attributes_of(node)
    constant = reader.constant(node, 1, "axes")
    axes = attributes.get("axes", [] if constant is None else constant.tolist())
    if len(value.shape) != 4 or sorted(axis % 4 for axis in axes) != [2, 3]:
        raise reader.refuse("nural averages over the pixels of images, (N, C, H, W), alone")
    mean = _images(reader, value, lambda value: AdaptiveAvgPool2d(1))
    return mean if attributes.get("keepdims", 1) else without(reader, mean, [2, 3])


def pad(reader: Reader, node: NodeProto) -> GraphValue:
    """Pad before a convolution or an average pooling, which takes it over."""
    value, attributes = reader.value(node.input[0]), attributes_of(node)
    constant = reader.constant(node, 1, "pads")
    pads = list(attributes.get("pads", [] if constant is None else constant.tolist()))
    filling = reader.constant(node, 2, "the value")
    axes = reader.constant(node, 3, "axes")
    rank = len(value.shape)
    numbers = list(range(rank)) if axes is None else [axis % rank for axis in axes.tolist()]
    sides = dict(zip(numbers, zip(pads[: len(numbers)], pads[len(numbers) :], strict=True), strict=True))
    if all(both == (0, 0) for both in sides.values()):
        return value
    readers = [other for other in reader.nodes if node.output[0] in other.input]
    if rank != 4 or not {axis for axis, both in sides.items() if any(both)} <= {2, 3} or any(p < 0 for p in pads):
        raise reader.refuse("nural pads the height and width of images alone")
    mode = attributes.get("mode", "constant")
    takers = ["Conv", "AveragePool"] if mode == "constant" else ["Conv"]
    if len(readers) != 1 or readers[0].op_type not in takers:
        raise reader.refuse("nural pads only before a convolution, and with zeros before an average")
    if mode == "constant" and (attributes.get("value", 0) or (filling is not None and filling.any())):
        raise reader.refuse("it pads with another value than 0")
    return replace(value, pad=(PAD_MODES[mode], (sides.get(2, (0, 0)), sides.get(3, (0, 0)))))


def _pad_before(reader: Reader, node: NodeProto) -> tuple[str, Sides]:
    """The padding that a node takes over: its mode and its sides."""
    return reader.value(node.input[0], padded=True).pad or ("zeros", NONE)


def _on_images(
    reader: Reader,
    node: NodeProto,
    kernel: list[int],
    build: Callable[[GraphValue, list[int], dict[str, Any]], Layer],
    padded: bool = False,
) -> GraphValue:
    """Add a layer with windows; ``build`` gets the kernel and the settings for two dimensions."""
    attributes = attributes_of(node)
    flat = len(kernel) == 1

    def layer(value: GraphValue) -> Layer:
        sizes = [1] * flat + kernel
        stride = [1] * flat + list(attributes.get("strides", [1] * len(kernel)))
        dilation = [1] * flat + list(attributes.get("dilations", [1] * len(kernel)))
        padding = _padding(value, attributes, flat, sizes, stride, dilation)
        return build(value, sizes, {"stride": stride, "padding": padding, "dilation": dilation})

    value = reader.value(node.input[0], padded)
    if len(kernel) != len(value.shape) - 2:
        raise reader.refuse(f"a kernel of {len(kernel)} dimensions does not fit a value of shape {value.shape}")
    return _images(reader, replace(value, pad=None), layer)


def _images(reader: Reader, value: GraphValue, build: Callable[[GraphValue], Layer]) -> GraphValue:
    """Add a layer of images."""
    rank = len(value.shape)
    if rank not in (3, 4):
        raise reader.refuse(f"its input has shape {value.shape}; nural has images, (N, C, H, W), and (N, C, L)")
    value = reader.arrange(value, channels_last(rank))
    if rank == 4:
        return reader.apply(build(value), value)
    image = reader.arrange(with_ones(reader, value, [2]), channels_last(4))
    return reader.arrange(without(reader, reader.apply(build(image), image), [2]), channels_last(3))


def _padding(
    value: GraphValue, attributes: dict[str, Any], flat: bool, kernel: list[int], stride: list[int], dilation: list[int]
) -> Sides:
    """((top, bottom), (left, right))."""
    auto = attributes.get("auto_pad", "NOTSET")
    if auto in ("NOTSET", "VALID"):
        pads = list(attributes.get("pads", [0] * (2 if flat else 4))) if auto == "NOTSET" else [0] * (2 if flat else 4)
        half = len(pads) // 2
        both = [(0, 0)] * flat + [(before, after) for before, after in zip(pads[:half], pads[half:], strict=True)]
        return both[0], both[1]
    found = []
    for size, k, s, d in zip(value.shape[2:], kernel, stride, dilation, strict=True):
        total = max((math.ceil(size / s) - 1) * s + d * (k - 1) + 1 - size, 0)
        less, more = total // 2, total - total // 2
        found.append((less, more) if auto == "SAME_UPPER" else (more, less))
    return found[0], found[1]


def _pooling(kernel: list[int], settings: dict[str, Any]) -> dict[str, Any]:
    """nural's arguments, without those that have their default."""
    found = {name: _single(settings[name]) for name in ("stride", "dilation")}
    if found["stride"] == _single(kernel):
        del found["stride"]
    if found["dilation"] == 1:
        del found["dilation"]
    padding = _symmetric(settings["padding"])
    return found | ({"padding": padding} if padding else {})


def _ceil(node: NodeProto) -> dict[str, bool]:
    return {"ceil_mode": True} if attributes_of(node).get("ceil_mode") else {}


def _single(pair: Any) -> Any:
    """One number for two equal ones."""
    down, across = pair
    return down if down == across else (down, across)


def _symmetric(sides: Any) -> Any:
    """A padding in its shortest form."""
    (top, bottom), (left, right) = sides
    if top == bottom and left == right:
        return _single((top, left))
    return (top, bottom), (left, right)
