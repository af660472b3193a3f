"""What all pooling layers share: the windows and the layer around a pair."""

from typing import Any

import numpy as np

from nural.batch import as_floats
from nural.layer import Layer, arguments_of
from nural.layers.windows import Pair, Sides, Windows, down_across, sides, windows_over


class Pooling(Layer):
    """A layer without weights around one pooling pair, to which it passes its arguments."""

    operations_per_value = (1, 1)
    pair: tuple[Any, Any]
    #: Whether backward takes the input and the output of the forward pass, or only the input's shape.
    saves_values = False

    @property
    def arguments(self) -> tuple[Any, ...]:
        """The constructor's arguments, which the pair takes after its arrays."""
        return tuple([getattr(self, argument.name) for argument in arguments_of(type(self))])

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """The pooled images."""
        x = as_floats(type(self).__name__, x, self.dtype)
        y = self.pair[0](x, *self.arguments, scratch=self.buffer)
        self.saved = (x, y) if self.saves_values else (x.shape,)
        return y

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
