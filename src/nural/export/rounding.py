"""Weights rounded one after another, each compensating the errors of those before it, for fewer than 8 bits."""

import math
from collections.abc import Sequence

import numpy as np

from nural.export.geometry import windows_of
from nural.export.quantisation import Quantised, quantise, weighted, weights_of, with_weights
from nural.export.steps import Step, run
from nural.layer import Layer
from nural.layers.convolution import Conv2d
from nural.layers.im2col import by_group, window_columns
from nural.scratch import new_array

DAMPING = 0.01  # of the mean of XᵀX's diagonal, so that inputs which are always 0 leave it invertible
ENOUGH = 16_384  # inputs of a layer that are used; a convolution has one per window


def levels(steps: Sequence[Step], largest: int) -> dict[str, int]:
    """The largest whole number of each layer's weights, by place; ``largest`` is that of the layer with most weights.

    A layer with 1/n of its weights has √n times as many levels, at most 127: of all ways to spend a number of bits,
    this has the least sum of the layers' relative errors.
    """
    sizes = {step.place: weights_of(step).size for step in weighted(steps)}
    most = max(sizes.values(), default=1)
    return {place: min(127, round(largest * math.sqrt(most / size))) for place, size in sizes.items()}


def quantise_on(steps: Sequence[Step], x: np.ndarray, largest: int) -> dict[str, Quantised]:
    """Quantise the weights of a network so that its layers' outputs for samples x change as little as possible.

    Args:
        steps: The network.
        x: Samples ``(N, …)``, like those that it will get.
        largest: The largest whole number of the layer with most weights; see `levels`.

    Source: Frantar et al. 2023, OPTQ: Accurate Quantization for Generative Pre-trained Transformers, section 3.
    """
    limits = levels(steps, largest)
    found: dict[str, Quantised] = {}

    def layer_for(step: Step, value: np.ndarray) -> Layer:
        if step.place not in limits:
            return step.layer
        found[step.place] = _quantised(step, value, limits[step.place])
        return with_weights(step, found[step.place].array)

    run(steps, x, layer_for)
    return found


def _quantised(step: Step, x: np.ndarray, largest: int) -> Quantised:
    """A layer's weights, group by group, for inputs x."""
    weights = weights_of(step)
    start = quantise(weights, largest)
    groups = step.layer.groups if isinstance(step.layer, Conv2d) else 1
    values, matrices = np.empty_like(start.values), by_group(weights, groups)
    scales = start.scale.reshape(groups, -1)
    for of_group, W, scale, gram in zip(by_group(values, groups), matrices, scales, _grams(step, x), strict=True):
        of_group[...] = _carry(W.astype(np.float64), scale, gram, largest)
    return Quantised(values, start.scale)


def _carry(W: np.ndarray, scale: np.ndarray, gram: np.ndarray, largest: int) -> np.ndarray:
    """Round the rows of W, ``(in, out)``; the rows below compensate each row's error, by XᵀX = ``gram``."""
    gram = gram + DAMPING * (np.trace(gram) / len(gram) + 1e-12) * np.eye(len(gram))
    upper = np.linalg.cholesky(np.linalg.inv(gram)).T
    values = np.empty(W.shape, np.int8)
    for i in range(len(W)):
        values[i] = np.rint(np.clip(W[i] / scale, -largest, largest))
        error = (W[i] - values[i] * scale) / upper[i, i]
        W[i + 1 :] -= np.multiply.outer(upper[i, i + 1 :], error)
    return values


def _grams(step: Step, x: np.ndarray) -> list[np.ndarray]:
    """XᵀX of a layer's inputs, for each group of channels: float64 ``(in, in)``."""
    if not isinstance(step.layer, Conv2d):
        rows = x.reshape(-1, x.shape[-1]).astype(np.float64)
        return [rows.T @ rows]
    windows, groups = windows_of(step), step.layer.groups
    images = x[: max(1, ENOUGH // math.prod(windows.count))]
    total: list[np.ndarray] = []
    for _, columns in window_columns(images, windows, groups, np.dtype(np.float32), new_array):
        products = [part.T @ part for part in columns]
        total = [a + b for a, b in zip(total, products, strict=True)] if total else products
    return [np.asarray(gram, np.float64) for gram in total]
