"""Pooling in ONNX. Sizes of images are fixed in the graph, so all windows and bins are known."""

from typing import Any

import numpy as np

from nural.export.onnx_nodes import Nodes, Order, Value
from nural.layers.adaptive_pooling import AdaptiveAvgPool2d, AdaptiveMaxPool2d, GlobalAvgPool2d, bins
from nural.layers.average_pooling import AvgPool2d
from nural.layers.max_pooling import MaxPool2d
from nural.layers.pooling import pooling_windows
from nural.layers.windows import Windows


def max_pool(nodes: Nodes, layer: MaxPool2d, value: Value) -> Value:
    """MaxPool. What ``ceil_mode`` adds is written as padding, since runtimes differ in the windows that they count."""
    windows = _windows(layer, value, layer.dilation)
    value = nodes.channels_first(value)
    name, pads = value.name, _pads(windows)
    if any(pad >= kernel for pad, kernel in zip(pads, windows.kernel * 2, strict=True)):
        name, pads = _padded(nodes, name, pads, -np.inf), [0] * 4
    found = nodes.add("MaxPool", name, **_settings(windows), pads=pads, dilations=windows.dilation)
    return Value(found, (), Order.CHANNELS_FIRST)


def average_pool(nodes: Nodes, layer: AvgPool2d, value: Value) -> Value:
    """AveragePool; if the layer has a divisor, a factor follows."""
    windows = _windows(layer, value, 1)
    value = nodes.channels_first(value)
    name, pads = value.name, _pads(windows)
    beyond = any(both != pad for both, pad in zip(pads, _own_pads(windows), strict=True))
    counted = layer.count_include_pad or layer.divisor_override is not None
    if beyond and layer.divisor_override is None and layer.count_include_pad:
        # Padding is counted, but not what ceil_mode adds beyond it.
        name, own = _padded(nodes, name, _own_pads(windows), 0.0), _own_pads(windows)
        pads = [both - pad for both, pad in zip(pads, own, strict=True)]
        counted = False
    found = nodes.add("AveragePool", name, **_settings(windows), pads=pads, count_include_pad=int(counted))
    if layer.divisor_override is not None:
        factor = windows.kernel[0] * windows.kernel[1] / layer.divisor_override
        found = nodes.add("Mul", found, nodes.constant("factor", factor))
    return Value(found, (), Order.CHANNELS_FIRST)


def adaptive_average(nodes: Nodes, layer: AdaptiveAvgPool2d, value: Value) -> Value:
    """AveragePool if all bins are equal, else two products with the shares of pixels in bins."""
    value = nodes.channels_first(value)
    both = _bins(layer, value)
    if sizes := _equal(both):
        kernel, strides = sizes
        found = nodes.add("AveragePool", value.name, kernel_shape=kernel, strides=strides)
        return Value(found, (), Order.CHANNELS_FIRST)
    down, across = (_shares(found, size) for found, size in zip(both, value.shape, strict=False))
    columns = nodes.add("MatMul", value.name, nodes.constant("across", across.T))
    return Value(nodes.add("MatMul", nodes.constant("down", down), columns), (), Order.CHANNELS_FIRST)


def adaptive_max(nodes: Nodes, layer: AdaptiveMaxPool2d, value: Value) -> Value:
    """MaxPool if all bins are equal, else over bins that are made equal by repeating their last pixels."""
    value = nodes.channels_first(value)
    both = _bins(layer, value)
    name, sizes = value.name, _equal(both)
    if sizes is None:
        longest = [max(len(bin_) for bin_ in found) for found in both]
        for axis, (found, length) in enumerate(zip(both, longest, strict=True)):
            pixels = [bin_[min(i, len(bin_) - 1)] for bin_ in found for i in range(length)]
            name = nodes.add("Gather", name, nodes.integers("pixels", pixels), axis=axis + 2)
        sizes = longest, longest
    kernel, strides = sizes
    return Value(nodes.add("MaxPool", name, kernel_shape=kernel, strides=strides), (), Order.CHANNELS_FIRST)


def global_average(nodes: Nodes, layer: GlobalAvgPool2d, value: Value) -> Value:
    """GlobalAveragePool, reshaped to rows."""
    pooled = nodes.add("GlobalAveragePool", nodes.channels_first(value).name)
    return Value(nodes.add("Flatten", pooled, axis=1), ())


def _windows(layer: Any, value: Value, dilation: Any) -> Windows:
    arguments = layer.kernel_size, layer.stride, layer.padding, dilation, layer.ceil_mode
    return pooling_windows(type(layer).__name__, (1, *value.shape), *arguments)


def _settings(windows: Windows) -> dict[str, Any]:
    return {"kernel_shape": windows.kernel, "strides": windows.stride}


def _own_pads(windows: Windows) -> list[int]:
    (top, bottom), (left, right) = windows.sides
    return [top, left, bottom, right]


def _pads(windows: Windows) -> list[int]:
    """(top, left, bottom, right), including how far the last windows reach beyond the image."""
    befores, afters = [], []
    for axis, (before, after) in enumerate(windows.sides):
        extent = windows.dilation[axis] * (windows.kernel[axis] - 1) + 1
        reach = (windows.count[axis] - 1) * windows.stride[axis] + extent
        befores.append(before)
        afters.append(max(after, reach - before - windows.size[axis]))
    return befores + afters


def _padded(nodes: Nodes, name: str, pads: list[int], value: float) -> str:
    top, left, bottom, right = pads
    sides = nodes.integers("pads", [0, 0, top, left, 0, 0, bottom, right])
    return nodes.add("Pad", name, sides, nodes.constant("beyond", value), mode="constant")


def _bins(layer: Any, value: Value) -> list[list[range]]:
    """The pixels of each bin, down and across."""
    shape = layer.forward(np.zeros((1, *value.shape), layer.dtype)).shape[1:3]
    sides = zip(shape, value.shape, strict=False)
    return [[range(part.start, part.stop) for part in bins(count, size)] for count, size in sides]


def _equal(both: list[list[range]]) -> tuple[list[int], list[int]] | None:
    """Kernel and strides of windows equal to the bins, if all bins have one size."""
    sizes, steps = [], []
    for found in both:
        firsts = [bin_.start for bin_ in found]
        gaps = set(np.diff(firsts).tolist())
        lengths = {len(bin_) for bin_ in found}
        if len(gaps) > 1 or len(lengths) > 1:
            return None
        sizes.append(lengths.pop())
        steps.append(gaps.pop() if gaps else 1)
    return sizes, steps


def _shares(found: list[range], size: int) -> np.ndarray:
    """``(bins, size)``: 1 / n for the n pixels of a bin, else 0."""
    shares = np.zeros((len(found), size))
    for row, bin_ in zip(shares, found, strict=True):
        row[bin_.start : bin_.stop] = 1 / len(bin_)
    return shares
