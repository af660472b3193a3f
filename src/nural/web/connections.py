"""From which cells, with which weights, a layer computes a cell, and which cells depend on it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from nural.activations import PReLU
from nural.activations.activation import Activation
from nural.activations.softmaxes import AlongDimension
from nural.containers import Residual, entry_for
from nural.graph import Concatenate, Sum
from nural.layer import Layer
from nural.layers import (
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    Affine,
    Conv2d,
    Dropout,
    Flatten,
    GroupNorm,
    LayerNorm,
    Linear,
    MaxPool2d,
    Permute,
    Rescaling,
    Reverse,
    Unflatten,
)
from nural.layers.batch_norm import BatchNorm
from nural.layers.padding import pad2d_forward
from nural.layers.pooling import Pooling, pooling_windows
from nural.layers.recurrent import Recurrent
from nural.layers.windows import Windows, windows_over

#: Layers that give the numbers they get, in another shape or in the same: no step of their own in an explanation.
SAME = (Flatten, Unflatten, Dropout, Permute, Reverse)


@dataclass(frozen=True)
class Links:
    """From one cell to others: the slopes ∂output/∂input between them.

    Attributes:
        cells: Flat indices of the other cells, ``(n,)``; −1 for padding.
        slopes: What the other cell's value (or error, in the backward pass) is multiplied by, ``(n,)`` float64.
        parameter: The layer's parameter whose entries are the slopes, or "".
        entries: Flat indices into the parameter, ``(n,)``.
    """

    cells: np.ndarray
    slopes: np.ndarray
    parameter: str = ""
    entries: np.ndarray | None = None


class Connection:
    """A layer between the cells of its input and those of its output, for one image.

    Args:
        layer: The layer.
        x: Its input, of a sample's shape.
        y: Its output.
    """

    #: How the page draws it: "sum", "scale", "function", "max", "mean" or "same".
    kind = "sum"

    def __init__(self, layer: Any, x: np.ndarray, y: np.ndarray) -> None:
        self.layer, self.x, self.y = layer, x, y

    def sources(self, cell: int) -> Links:
        """The cells of the input that the output's ``cell`` is computed from."""
        raise NotImplementedError

    def targets(self, cell: int) -> Links:
        """The cells of the output that the input's ``cell`` contributes to."""
        raise NotImplementedError

    def bias(self, cell: int) -> tuple[str, int] | None:
        """The parameter that is added, and the index of its entry, if there is one."""
        return None


class FullyConnected(Connection):
    """`Linear`: every cell is connected with every cell."""

    def sources(self, cell: int) -> Links:
        """Column ``cell`` of W."""
        W = self.layer.params["W"]
        cells = np.arange(len(W))
        return Links(cells, W[:, cell].astype(np.float64), "W", cells * W.shape[1] + cell)

    def targets(self, cell: int) -> Links:
        """Row ``cell`` of W."""
        W = self.layer.params["W"]
        cells = np.arange(W.shape[1])
        return Links(cells, W[cell].astype(np.float64), "W", cell * W.shape[1] + cells)

    def bias(self, cell: int) -> tuple[str, int] | None:
        """Entry ``cell`` of b."""
        return ("b", cell) if self.layer.bias else None


class Convolution(Connection):
    """`Conv2d`: forward the patch under the kernel, backward the windows that hold a pixel."""

    @cached_property
    def pixels(self) -> np.ndarray:
        """The flat index of the image's pixel at each place of the padded image, −1 outside, ``(H', W')``."""
        height, width, _ = self.x.shape
        here = np.arange(1.0, height * width + 1).reshape(1, height, width, 1)
        return pad2d_forward(here, self.layer.sides, self.layer.padding_mode)[0, :, :, 0].astype(int) - 1

    @cached_property
    def windows(self) -> Windows:
        """The windows over the padded image."""
        layer = self.layer
        shape = (1, *self.pixels.shape, 1)
        return windows_over("Conv2d", shape, layer.kernel_size, layer.stride, 0, layer.dilation)

    def kernel_positions(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows and columns of the kernel's positions from the window's corner, ``(kh, 1)`` and ``(1, kw)``."""
        (kh, kw), (down, across) = self.windows.kernel, self.windows.dilation
        return np.arange(kh)[:, None] * down, np.arange(kw)[None] * across

    def patch(self, cell: int) -> np.ndarray:
        """The pixels under the window of the output's ``cell``, ``(kh, kw)``."""
        r, c, _ = np.unravel_index(cell, self.y.shape)
        i, j = self.kernel_positions()
        return self.pixels[r * self.windows.stride[0] + i, c * self.windows.stride[1] + j]

    def sources(self, cell: int) -> Links:
        """Every pixel of the patch in every channel of the cell's group."""
        K = self.layer.params["K"]
        kh, kw, channels, outputs = K.shape
        k = cell % outputs
        first = k // (outputs // self.layer.groups) * channels
        pixels = self.patch(cell)[:, :, None]
        cells = np.where(pixels < 0, -1, pixels * self.x.shape[2] + first + np.arange(channels)).reshape(-1)
        entries = np.arange(kh * kw * channels) * outputs + k
        return Links(cells, K.reshape(-1)[entries].astype(np.float64), "K", entries)

    def targets(self, cell: int) -> Links:
        """For each place where the pixel lies in the padded image, the windows that have it under a kernel position."""
        K = self.layer.params["K"]
        kh, kw, channels, outputs = K.shape
        pixel, channel = divmod(cell, self.x.shape[2])
        group, within = divmod(channel, channels)
        size = outputs // self.layer.groups
        (down, across), (oh, ow) = self.windows.stride, self.windows.count
        cells, entries = [], []
        for h, w in np.argwhere(self.pixels == pixel):
            i, j = np.mgrid[:kh, :kw]
            top, left = h - i * self.windows.dilation[0], w - j * self.windows.dilation[1]
            r, c = top // down, left // across
            seen = (top % down == 0) & (left % across == 0) & (r >= 0) & (r < oh) & (c >= 0) & (c < ow)
            k = group * size + np.arange(size)
            cells.append(((r * ow + c)[seen][:, None] * outputs + k).reshape(-1))
            entries.append((((i * kw + j)[seen][:, None] * channels + within) * outputs + k).reshape(-1))
        flat = np.concatenate(entries)
        return Links(np.concatenate(cells), K.reshape(-1)[flat].astype(np.float64), "K", flat)

    def bias(self, cell: int) -> tuple[str, int] | None:
        """The channel's entry of b."""
        return ("b", cell % self.y.shape[2]) if self.layer.bias else None


class CellByCell(Connection):
    """A layer that computes each cell from one other; its slope is the layer's own ``backward`` of a 1."""

    kind = "function"

    @cached_property
    def slopes(self) -> np.ndarray:
        """∂y/∂x of every cell, flat."""
        layer = self.layer.replica()
        layer.forward(self.x[None])
        return layer.backward(np.ones_like(self.y[None])).reshape(-1).astype(np.float64)

    def sources(self, cell: int) -> Links:
        """The cell at the same place."""
        return Links(np.array([cell]), self.slopes[[cell]])

    targets = sources


class Scale(CellByCell):
    """Batch norm with running statistics: y = s x + (β − s μ), s = γ / √(σ² + ε)."""

    kind = "scale"


class Same(CellByCell):
    """The same numbers, perhaps in another shape."""

    kind = "same"

    @cached_property
    def slopes(self) -> np.ndarray:
        """Ones."""
        return np.ones(self.x.size)

    @cached_property
    def origins(self) -> np.ndarray:
        """The index in the input of each cell of the output."""
        places = np.arange(self.x.size, dtype=np.float64).reshape(1, *self.x.shape)
        return self.layer.replica().forward(places).reshape(-1).astype(int)

    def sources(self, cell: int) -> Links:
        """The cell of which it is a copy."""
        return Links(self.origins[[cell]], np.ones(1))

    def targets(self, cell: int) -> Links:
        """Its copy."""
        return Links(np.flatnonzero(self.origins == cell), np.ones(1))


class Pool(Connection):
    """Pooling of each channel. The shares are those by which ``backward`` divides a 1 among the pixels."""

    def __init__(self, layer: Any, x: np.ndarray, y: np.ndarray) -> None:
        super().__init__(layer, x, y)
        self.kind = "max" if isinstance(layer, MaxPool2d | AdaptiveMaxPool2d) else "mean"
        self._shares: dict[int, np.ndarray] = {}

    def shares(self, channel: int) -> np.ndarray:
        """∂y/∂x of one channel, ``(windows, pixels)``."""
        if channel not in self._shares:
            self._shares[channel] = _shares(self.layer, self.x[:, :, channel])
        return self._shares[channel]

    @cached_property
    def members(self) -> np.ndarray:
        """Which pixels lie under each window, ``(windows, pixels)``; for a maximum, also those that are smaller."""
        height, width, _ = self.x.shape
        if isinstance(self.layer, AdaptiveMaxPool2d):
            return _shares(AdaptiveAvgPool2d(self.layer.output_size), np.zeros((height, width))) > 0
        if not isinstance(self.layer, MaxPool2d):
            return self.shares(0) != 0
        layer = self.layer
        settings = layer.kernel_size, layer.stride, layer.padding, layer.dilation, layer.ceil_mode
        windows = pooling_windows("MaxPool2d", (1, height, width, 1), *settings)
        found = np.zeros((*windows.count, height * width), bool)
        pixels = np.arange(height * width).reshape(height, width)
        for _, (r, c), (h, w) in windows.all_positions():
            part = pixels[h, w]
            rows, columns = np.arange(r.start, r.stop)[:, None], np.arange(c.start, c.stop)[None]
            found[rows, columns, part] = True
        return found.reshape(-1, height * width)

    def sources(self, cell: int) -> Links:
        """The pixels under the window."""
        window, channel = divmod(cell, self.x.shape[2])
        pixels = np.flatnonzero(self.members[window])
        return Links(pixels * self.x.shape[2] + channel, self.shares(channel)[window, pixels])

    def targets(self, cell: int) -> Links:
        """The windows over the pixel."""
        pixel, channel = divmod(cell, self.x.shape[2])
        windows = np.flatnonzero(self.members[:, pixel])
        return Links(windows * self.x.shape[2] + channel, self.shares(channel)[windows, pixel])


class Addition(CellByCell):
    """`Residual` and `Sum`: a sum of values, as seen from one of them."""

    kind = "add"

    @cached_property
    def slopes(self) -> np.ndarray:
        """Ones."""
        return np.ones(self.x.size)


#: The connection that each class of layers makes, and those derived from it; None where it is not told cell by cell,
#: for each cell depends on all of the input or, of a concatenation, on one input of several.
CONNECTIONS: dict[type[Layer], type[Connection] | None] = {
    Linear: FullyConnected,
    Conv2d: Convolution,
    **dict.fromkeys(SAME, Same),
    Pooling: Pool,
    Residual: Addition,
    Sum: Addition,
    BatchNorm: Scale,
    **dict.fromkeys((Affine, Rescaling, Activation, PReLU), CellByCell),
    **dict.fromkeys((AlongDimension, LayerNorm, GroupNorm, Recurrent, Concatenate)),
}


def connection(layer: Layer, x: np.ndarray, y: np.ndarray) -> Connection | None:
    """The connection that a layer makes; None where `CONNECTIONS` has none, or not for this input."""
    found = entry_for(layer, CONNECTIONS)
    rows_of_several = found is FullyConnected and x.ndim > 1
    no_statistics = found is Scale and not layer.state
    return None if found is None or rows_of_several or no_statistics else found(layer, x, y)


def _shares(layer: Layer, image: np.ndarray) -> np.ndarray:
    """∂y/∂x of a pooling of one channel, ``(windows, pixels)``: for each window, a copy of the image and a single 1."""
    layer = layer.replica()
    count = layer.forward(image[None, :, :, None]).size
    y = layer.forward(np.repeat(image[None, :, :, None], count, axis=0))
    return layer.backward(np.eye(count, dtype=y.dtype).reshape(y.shape)).reshape(count, -1).astype(np.float64)
