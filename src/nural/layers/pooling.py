"""What all pooling layers share: their windows, and a layer that computes with a pooling pair."""

from typing import Any

import numpy as np

from nural.layers.pair_layer import PairLayer
from nural.layers.windows import Pair, Sides, Windows, down_across, sides, windows_over


class Pooling(PairLayer):
    """A layer that computes with a pooling pair, whose arrays are the layer's buffers."""

    operations_per_value = (1, 1)
    saves = "input shape"

    def compute(self, x: np.ndarray) -> np.ndarray:
        """The pooled images."""
        return self.pair[0](x, *self.arguments, scratch=self.buffer)

    def backward(self, dy: np.ndarray, need_dx: bool = True) -> Any:
        """∂L/∂x."""
        saved = self.saved if self.saves == "input and output" else (self.saved,)
        return self.pair[1](dy, *saved, *self.arguments, scratch=self.buffer)


def pooling_windows(
    name: str,
    x_shape: tuple[int, ...],
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: bool,
) -> Windows:
    """The windows of a pooling."""
    return windows_over(name, x_shape, *pooling_settings(name, kernel_size, stride, padding, dilation), ceil_mode)


def pooling_settings(
    name: str, kernel_size: Any, stride: Any, padding: Any, dilation: Any = 1
) -> tuple[Pair, Pair, Sides, Pair]:
    """Each setting as a pair; the stride is the kernel size unless given, the padding at most half of it."""
    kernel = down_across(name, "kernel_size", kernel_size)
    stride = kernel if stride is None or np.size(stride) == 0 else down_across(name, "stride", stride)
    dilation = down_across(name, "dilation", dilation)
    padding = sides(name, padding, kernel, stride, dilation)
    for k, both in zip(kernel, padding, strict=True):
        if max(both) > k // 2:
            raise ValueError(f"{name}: padding can be at most half of the kernel size, {k} // 2; got {max(both)}")
    return kernel, stride, padding, dilation
