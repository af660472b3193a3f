"""What an export is compared on: MNIST's validation digits where the model reads them, else random inputs."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nural.data import load_mnist_datasets
from nural.evaluation.inference import outputs
from nural.export.target import ExportError
from nural.layer import Layer
from nural.layers.batch_norm import BatchNorm1d, BatchNorm2d
from nural.layers.convolution import Conv2d
from nural.layers.layer_norm import LayerNorm
from nural.layers.linear import Linear, Unflatten
from nural.layers.pooling import Pooling
from nural.layers.recurrent import Recurrent

PIXELS = 784
DIGITS, RANDOM = 1000, 64
#: Sizes of images and lengths of sequences to try where a network does not say its own.
SIDES = (28, 32, 64, 96, 128, 224, 8, 16)
#: Layers that do not take whatever comes.
TELLING = (Linear, Unflatten, Conv2d, BatchNorm1d, BatchNorm2d, LayerNorm, Recurrent, Pooling)
#: What a layer raises about an input of another kind than its own.
UNFIT = (ValueError, IndexError, TypeError, ArithmeticError)


@dataclass(frozen=True)
class Samples:
    """Inputs of a model and what it makes of them.

    Attributes:
        x: ``(N, …)``, of the model's type.
        y: The model's outputs.
        what: "1,000 MNIST validation digits" or "64 random inputs".
        digits: Whether they are digits, 784 values each, 0..255 divided by 256.
    """

    x: np.ndarray
    y: np.ndarray
    what: str
    digits: bool

    @property
    def pixels(self) -> np.ndarray:
        """The digits as uint8 ``(N, 28, 28)``."""
        return (256 * self.x).astype(np.uint8).reshape(-1, 28, 28)


def samples_for(model: Layer, shape: tuple[int, ...]) -> Samples:
    """Samples of this shape: digits if it has 784 values, else draws from a standard normal distribution."""
    digits = math.prod(shape) == PIXELS
    drawn = np.random.default_rng(0).standard_normal((RANDOM, *shape))
    x = load_mnist_datasets()[1][0][:DIGITS] if digits else drawn
    x = x.reshape(-1, *shape).astype(model.dtype)
    what = f"{len(x):,} MNIST validation digits" if digits else f"{len(x)} random inputs"
    return Samples(x, outputs(model, x), what, digits)


def sample_shape(model: Layer, path: Path, given: tuple[int, ...] | None = None) -> tuple[int, ...]:
    """The shape of one sample that the model takes, in nural's order: ``(F,)``, ``(T, F)`` or ``(H, W, C)``.

    The model's first layers tell it, but not the size of an image or the length of a sequence: a few are tried.

    Args:
        model: The network, which is not changed.
        path: The file that is written, for the error.
        given: The shape, if it is known; it is tried alone.

    Raises:
        ExportError: the model takes none of the shapes that were tried.
    """
    error: Exception = ValueError("its first layers do not tell")
    for shape in [given] if given else _candidates(model):
        try:
            with np.errstate(all="ignore"):
                outputs(model, np.zeros((1, *shape), model.dtype))
        except UNFIT as unfit:
            error = unfit
            continue
        return shape
    if given:
        raise ExportError(f"{path}: the model does not take samples of shape {given}: {error}")
    raise ExportError(
        f"{path}: the shape of one sample that the model takes cannot be found ({error}): "
        "give it with --input-shape, as 28,28,1"
    )


def _candidates(model: Layer) -> Iterator[tuple[int, ...]]:
    """Shapes that the first layer which says something about its input may take."""
    first = next((layer for layer in _in_order(model) if isinstance(layer, TELLING)), None)
    channels: tuple[int, ...] = (1, 3)
    match first:
        case Unflatten():
            yield (math.prod(first.unflattened_size),)
            return
        case Linear():
            yield from _rows_or_sequences(first.in_features)
            return
        case LayerNorm(normalized_shape=(features,)):
            yield from _rows_or_sequences(features)
        case LayerNorm():
            yield first.normalized_shape
            yield from ((side, *first.normalized_shape) for side in SIDES)
            return
        case BatchNorm1d():
            yield from _rows_or_sequences(first.num_features)
            return
        case Recurrent():
            yield from ((side, first.input_size) for side in SIDES)
            return
        case Conv2d():
            channels = (first.in_channels,)
        case BatchNorm2d():
            channels = (first.num_features,)
        case _:
            yield (PIXELS,)
    yield from ((side, side, c) for side in SIDES for c in channels)


def _rows_or_sequences(features: int) -> Iterator[tuple[int, ...]]:
    yield (features,)
    yield from ((side, features) for side in SIDES)


def _in_order(layer: Layer) -> Iterator[Layer]:
    """The layers that are no containers."""
    if not layer.children:
        yield layer
    for child in layer.children.values():
        yield from _in_order(child)
