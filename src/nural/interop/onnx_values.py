"""Values in an ONNX graph, and the order of their dimensions in nural."""

import math
from dataclasses import dataclass, field

import numpy as np

from nural.layers.windows import Sides


@dataclass
class SharedAxes:
    """The axes by which ONNX's array is transposed to nural's; the first is the batch. None while undecided.

    Values that are computed entry by entry from one another share this object.
    """

    axes: tuple[int, ...] | None = None


@dataclass(frozen=True)
class GraphValue:
    """A value in the graph.

    Attributes:
        made_by: The number of the step that makes it; 0 is the input.
        shape: Its shape in ONNX, with the file's batch size, or two if it is open.
        order: The order of nural's dimensions.
        pad: A padding (mode and sides) that is not applied yet, because a convolution will take it over.
        image: For rows that are flattened images, (H, W, C): nural orders them pixel by pixel, ONNX channel by channel.
    """

    made_by: int
    shape: tuple[int, ...]
    order: SharedAxes = field(default_factory=SharedAxes)
    pad: tuple[str, Sides] | None = None
    image: tuple[int, int, int] | None = None

    @property
    def axes(self) -> tuple[int, ...]:
        """The axes in nural's order; ONNX's own order if nothing has decided yet."""
        if self.order.axes is None:
            self.order.axes = tuple(range(len(self.shape)))
        return self.order.axes

    @property
    def ours(self) -> tuple[int, ...]:
        """The shape of nural's array."""
        return tuple(self.shape[axis] for axis in self.axes)

    @property
    def batch(self) -> int:
        """ONNX's dimension of samples."""
        return self.axes[0]

    def place(self, axis: int) -> int:
        """Nural's dimension for one of ONNX's."""
        return self.axes.index(axis % len(self.shape))

    def spread(self, constant: np.ndarray) -> np.ndarray:
        """An array that ONNX would broadcast to this value, in nural's order; without leading dimensions of size 1."""
        full = constant.reshape((1,) * (len(self.shape) - constant.ndim) + constant.shape).transpose(self.axes)
        while full.ndim > 1 and full.shape[0] == 1:
            full = full[0]
        return full


def channels_last(rank: int) -> tuple[int, ...]:
    """The axes of ``(N, C, …)`` with the channels last."""
    return (0, *range(2, rank), 1)


def same_in_memory(shape: tuple[int, ...], one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether two orders of an array of this shape differ only in the places of dimensions of size 1."""
    return [axis for axis in one if shape[axis] > 1] == [axis for axis in other if shape[axis] > 1]


def kept_batch(old: tuple[int, ...], batch: int, new: tuple[int, ...]) -> int | None:
    """The dimension of samples after an array was reshaped; None if samples were mixed."""
    before = math.prod(old[:batch])
    for i, size in enumerate(new):
        if size == old[batch] and math.prod(new[:i]) == before:
            return i
    return None
