"""What all pooling layers share: the windows and the layer around a pair."""

from typing import Any

import numpy as np

from nural.layers.pair_layer import PairLayer
from nural.layers.windows import Pair, Sides, Windows, down_across, sides, windows_over


class Pooling(PairLayer):
    """A layer around a pooling pair, whose arrays are buffers of the layer."""

    operations_per_value = (1, 1)
    saves = ("input shape",)

    def compute(self, x: np.ndarray) -> np.ndarray:
        """The pooled images."""
        return self.pair[0](x, *self.arguments, scratch=self.buffer)

    def backward(self, dy: np.ndarray, need_dx: bool = True) -> Any:
        """∂L/∂x."""
        return self.pair[1](dy, *self.saved, *self.arguments, scratch=self.buffer)


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
    """The settings in full: one window after another unless ``stride`` is given, no padding over half of one."""
    kernel = down_across(name, "kernel_size", kernel_size)
    step = kernel if stride is None or np.size(stride) == 0 else down_across(name, "stride", stride)
    apart = down_across(name, "dilation", dilation)
    around = sides(name, padding, kernel, step, apart)
    for k, both in zip(kernel, around, strict=True):
        if max(both) > k // 2:
            raise ValueError(f"{name}: padding can be at most half of the kernel size, {k} // 2; got {max(both)}")
    return kernel, step, around, apart
