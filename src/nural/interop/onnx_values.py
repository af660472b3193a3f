"""What flows through an ONNX graph, and in which order nural has its dimensions."""

import math
from dataclasses import dataclass, field

import numpy as np

from nural.layers.windows import Sides


@dataclass
class SharedAxes:
    """nural's array is ONNX's, transposed by ``axes``; the first of them is the batch. None while nothing needs one.

    Values that are computed entry by entry from one another share it.
    """

    axes: tuple[int, ...] | None = None


@dataclass(frozen=True)
class GraphValue:
    """A value in the graph.

    Attributes:
        made_by: The number of the step that makes it; 0 is the input.
        shape: Its shape in ONNX, with a sample of as many rows as the file says, or two.
        order: How nural has it.
        pad: A padding that is not computed yet, for the convolution that takes it over: its mode and its sides.
        image: Of rows that are flattened images, (H, W, C): nural's have one pixel after the other, ONNX's one channel.
    """

    made_by: int
    shape: tuple[int, ...]
    order: SharedAxes = field(default_factory=SharedAxes)
    pad: tuple[str, Sides] | None = None
    image: tuple[int, int, int] | None = None

    @property
    def axes(self) -> tuple[int, ...]:
        """How nural has it; where nothing has asked yet, as ONNX does."""
        if self.order.axes is None:
            self.order.axes = tuple(range(len(self.shape)))
        return self.order.axes

    @property
    def ours(self) -> tuple[int, ...]:
        """The shape that nural's array has."""
        return tuple(self.shape[axis] for axis in self.axes)

    @property
    def batch(self) -> int:
        """The dimension in ONNX that runs over samples."""
        return self.axes[0]

    def place(self, axis: int) -> int:
        """Where nural has a dimension of ONNX's."""
        return self.axes.index(axis % len(self.shape))

    def spread(self, constant: np.ndarray) -> np.ndarray:
        """An array that ONNX would broadcast to this value, in nural's order; without dimensions of 1 at its front."""
        full = constant.reshape((1,) * (len(self.shape) - constant.ndim) + constant.shape).transpose(self.axes)
        while full.ndim > 1 and full.shape[0] == 1:
            full = full[0]
        return full


def channels_last(rank: int) -> tuple[int, ...]:
    """The axes of ``(N, C, …)`` with the channels last."""
    return (0, *range(2, rank), 1)


def same_in_memory(shape: tuple[int, ...], one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether two orders of an array of this shape differ only in where dimensions of size 1 stand."""
    return [axis for axis in one if shape[axis] > 1] == [axis for axis in other if shape[axis] > 1]


def kept_batch(old: tuple[int, ...], batch: int, new: tuple[int, ...]) -> int | None:
    """The dimension that runs over samples after an array was reshaped, or None if samples were mixed."""
    before = math.prod(old[:batch])
    for i, size in enumerate(new):
        if size == old[batch] and math.prod(new[:i]) == before:
            return i
    return None
