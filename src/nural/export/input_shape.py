"""The shape of one sample that a network takes: the one that its layers determine, else the one given by the user."""

import math
from pathlib import Path

import numpy as np

from nural.activations.activation import Activation
from nural.data.digits import PIXELS, SIDE
from nural.evaluation.inference import UNFIT, outputs
from nural.export.target import ExportError
from nural.layer import Layer
from nural.layers.affine import Affine, Rescaling
from nural.layers.batch_norm import BatchNorm1d
from nural.layers.dropout import Dropout
from nural.layers.layer_norm import LayerNorm
from nural.layers.linear import Flatten, Linear, Unflatten

#: How a network may take a digit: as a row, as an image, as a sequence of rows.
DIGITS = ((PIXELS,), (SIDE, SIDE, 1), (SIDE, SIDE))


def sample_shape(model: Layer, path: Path, given: tuple[int, ...] | None = None) -> tuple[int, ...]:
    """The shape of one sample in nural's order: ``(F,)``, ``(T, F)`` or ``(H, W, C)``.

    A network of rows determines how many values a row has. It determines neither the size of images nor the length of
    sequences: most networks take many, and a guess would be right or silently wrong.

    Args:
        model: The network, which is not changed.
        path: The file that is written, for the error.
        given: The shape, if it is known.

    Raises:
        ExportError: the model does not take the shape, or does not determine one.
    """
    shape = given or _told(model)
    if shape is None:
        raise ExportError(f"{path}: {UNKNOWN}")
    if (unfit := _unfit(model, shape)) is None:
        return shape
    if given:
        raise ExportError(f"{path}: the model does not take samples of shape {given}: {unfit}")
    raise ExportError(f"{path}: {UNKNOWN} ({unfit})")


UNKNOWN = "what shape a sample has is not certain from the network: give it with --input-shape, as 32,32,3"


def digit_shape(model: Layer, path: Path, given: tuple[int, ...] | None = None) -> tuple[int, ...]:
    """`sample_shape` if a sample is a digit of 28×28 pixels, which leaves fewer shapes to choose from."""
    if given is None:
        given = next((shape for shape in DIGITS if _unfit(model, shape) is None), None)
    shape = sample_shape(model, path, given)
    if math.prod(shape) != PIXELS:
        raise ExportError(f"{path}: expected a network that takes the {PIXELS} pixels of a digit, found one of {shape}")
    return shape


def _unfit(model: Layer, shape: tuple[int, ...]) -> Exception | None:
    """Why the model does not take samples of this shape; None if it does."""
    try:
        with np.errstate(all="ignore"):
            outputs(model, np.zeros((2, *shape), model.dtype))  # a single sample has no variance
    except UNFIT as error:
        return error
    return None


def _told(model: Layer) -> tuple[int, ...] | None:
    """The shape that is determined by the first layer that does not take inputs of any shape."""
    for layer in model.leaves():
        match layer:
            case Unflatten():
                return (math.prod(layer.unflattened_size),)
            case Linear():
                return (layer.in_features,)
            case BatchNorm1d():
                return (layer.num_features,)
            case LayerNorm():
                return layer.normalized_shape
            case Affine(shape=(features,)) if features > 1:
                return (features,)
            case Activation() | Dropout() | Rescaling() | Flatten(channels_first=False):
                continue
        return None
    return None
