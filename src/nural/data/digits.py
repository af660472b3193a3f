"""A set of digits, checked: the form in which every reader hands on what it has read."""

import os
from typing import TypeAlias

import numpy as np

from nural.data.data_error import DataError

SIDE = 28
PIXELS = SIDE * SIDE
CLASSES = 10

Digits: TypeAlias = tuple[np.ndarray, np.ndarray]  # pixels uint8 or float32 (N, 784), labels int64 (N,)


def check_digits(pixels: np.ndarray, labels: np.ndarray, source: str | os.PathLike[str]) -> Digits:
    """Bring pixels and labels into one form; the values stay as they are.

    Args:
        pixels: ``(N, 784)``, ``(N, 28, 28)`` or ``(N, 28, 28, 1)``; whole numbers from 0 to 255, or floats from 0 to 1.
        labels: Whole numbers from 0 to 9, ``(N,)`` or ``(N, 1)``.
        source: The file they were read from.

    Returns:
        Pixels ``(N, 784)``, uint8 if they were from 0 to 255 and float32 if from 0 to 1; labels int64 ``(N,)``.

    Raises:
        DataError: a shape, a count, a type or a value is wrong, or there are no digits.
    """
    if pixels.shape[1:] not in {(PIXELS,), (SIDE, SIDE), (SIDE, SIDE, 1)}:
        raise DataError(source, f"images of {SIDE}×{SIDE} pixels", f"an array of shape {pixels.shape}")
    if labels.shape not in {(len(pixels),), (len(pixels), 1)}:
        raise DataError(source, f"{len(pixels)} labels, one for each image", f"labels of shape {labels.shape}")
    if len(pixels) == 0:
        raise DataError(source, "digits", "none")
    return _check_pixels(pixels, source).reshape(-1, PIXELS), _check_labels(labels, source).reshape(-1)


def _check_pixels(pixels: np.ndarray, source: str | os.PathLike[str]) -> np.ndarray:
    if pixels.dtype.kind == "f" and pixels.max() > 1:
        pixels = _whole(pixels)
    elif pixels.dtype.kind == "b" or (pixels.dtype.kind in "iu" and pixels.max() == 1):  # black and white
        pixels = pixels.astype(np.float32)
    if pixels.dtype.kind in "iu":
        largest, dtype = 255, np.uint8
    elif pixels.dtype.kind == "f":
        largest, dtype = 1, np.float32
    else:
        raise DataError(source, "pixels that are numbers", str(pixels.dtype))
    with np.errstate(invalid="ignore"):  # a NaN is reported below
        low, high = pixels.min(), pixels.max()
    if not (low >= 0 and high <= largest):
        raise DataError(source, f"{pixels.dtype} pixels from 0 to {largest}", f"pixels from {low} to {high}")
    return pixels.astype(dtype, copy=False)


def _check_labels(labels: np.ndarray, source: str | os.PathLike[str]) -> np.ndarray:
    labels = _whole(labels)
    if labels.dtype.kind not in "iu":
        raise DataError(source, "labels that are whole numbers", str(labels.dtype))
    low, high = labels.min(), labels.max()
    if low < 0 or high >= CLASSES:
        raise DataError(source, f"labels from 0 to {CLASSES - 1}", f"labels from {low} to {high}")
    return labels.astype(np.int64)


def _whole(numbers: np.ndarray) -> np.ndarray:
    """Floats that are all whole numbers, as integers; anything else unchanged."""
    if numbers.dtype.kind != "f" or not (np.abs(numbers) < 1000).all() or (numbers % 1).any():
        return numbers
    return numbers.astype(np.int16)


def to_float32(pixels: np.ndarray) -> np.ndarray:
    """Pixels as a network takes them: float32 ``(N, 784)``, C-contiguous, 0..255 divided by 256.

    The division is exact, so the same digits give the same bits whatever file they come from.
    """
    if pixels.dtype == np.uint8:
        return np.multiply(pixels, np.float32(1 / 256), dtype=np.float32)
    return np.array(pixels, np.float32, order="C")
