"""Pictures that already have the form of MNIST's digits."""

import numpy as np

from nural.data.digits import SIDE
from nural.data.stroke_width import BOX

_OFF_CENTRE = 0.6  # pixels: centring to the nearest pixel leaves half a pixel
_SHORTEST = BOX - 1  # of the longer side: a few of MNIST's digits lost their palest line


def in_mnist_form(pixels: np.ndarray) -> np.ndarray:
    """Which pictures MNIST's makers could have made: all of MNIST's 70,000 digits are in this form.

    The ground is 0, the box around all that is not 0 has a longer side of 20 pixels (or 19), and the centre of mass
    lies in the centre of the field, to the nearest pixel.

    Args:
        pixels: ``(N, 784)``, larger for more ink, of any type.

    Returns:
        bool ``(N,)``.
    """
    images = pixels.reshape(-1, SIDE, SIDE)
    down, across = (_extent(images.max(axis=axis) > 0) for axis in (2, 1))
    longer = np.maximum(down, across)
    mass = np.maximum(images.sum(axis=(1, 2), dtype=np.float64), np.finfo(np.float64).tiny)
    places = np.arange(SIDE)
    off_centre = [np.abs(images.sum(axis=axis, dtype=np.float64) @ places / mass - SIDE / 2) for axis in (1, 2)]
    return (longer >= _SHORTEST) & (longer <= BOX) & (np.maximum(*off_centre) <= _OFF_CENTRE)


def _extent(inked: np.ndarray) -> np.ndarray:
    """How far it is from the first inked entry to the last in each row ``(N, L)``; 0 where there is none."""
    last = inked.shape[1] - 1 - inked[:, ::-1].argmax(axis=1)
    return np.where(inked.any(axis=1), last - inked.argmax(axis=1) + 1, 0)


def mostly_in_mnist_form(pixels: np.ndarray) -> bool:
    """Whether nine in ten of pictures ``(N, 784)`` are in MNIST's form, judged by the first thousand."""
    return in_mnist_form(pixels[:1000]).mean() >= 0.9
