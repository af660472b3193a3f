"""Batch norm taken into the layer before it: in evaluation both are linear, so one set of weights replaces both."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nural.containers import computes_as
from nural.export.steps import Step, without
from nural.layer import Layer, arguments_of
from nural.layers.batch_norm import BatchNorm
from nural.layers.convolution import Conv2d
from nural.layers.linear import Linear


def fold_batch_norm(steps: Sequence[Step]) -> list[Step]:
    """The same network in float32, without the batch norms that follow a convolution or a fully connected layer.

    γ (x W + b − μ) / √(σ² + ε) + β = x (W s) + (b s + t), with the s and t of `scale_and_shift`. A batch norm
    elsewhere, as before a convolution or where another layer reads the same value, stays; so does one that has no
    running statistics.
    """
    folded, gone = list(steps), dict[int, int]()
    readers = Counter(read for step in steps for read in step.reads)
    for i, step in enumerate(steps, 1):
        before = gone.get(step.reads[0], step.reads[0])
        if before and _folds(step.layer) and readers[step.reads[0]] == 1:
            layer = folded[before - 1].layer
            if computes_as(layer, Linear, Conv2d):
                folded[before - 1] = replace(folded[before - 1], layer=_joined(layer, step.layer))
                gone[i] = before
    return without([replace(step, layer=step.layer.astype(np.float32)) for step in folded], gone)


def scale_and_shift(norm: BatchNorm) -> tuple[np.ndarray, np.ndarray]:
    """A batch norm in evaluation as y = s x + t: s = γ / √(σ² + ε) and t = β − μ s, float64 ``(C,)``."""
    state = {name: value.astype(np.float64) for name, value in norm.state.items()}
    scale = norm.params.get("gamma", 1.0) / np.sqrt(state["running_var"] + norm.eps)
    return scale, norm.params.get("beta", 0.0) - state["running_mean"] * scale


def _folds(layer: Layer) -> bool:
    return computes_as(layer, BatchNorm) and layer.track_running_stats


def _joined(layer: Linear | Conv2d, norm: Layer) -> Layer:
    """A layer that replaces both, computed in float64."""
    assert isinstance(norm, BatchNorm)
    scale, shift = scale_and_shift(norm)
    kind, name = (Linear, "W") if isinstance(layer, Linear) else (Conv2d, "K")  # a subclass may take other arguments
    settings = {argument.name: getattr(layer, argument.name) for argument in arguments_of(kind)}
    joined = kind(**settings | {"bias": True, "dtype": np.float64})
    joined.params[name] = layer.params[name] * scale
    joined.params["b"] = layer.params.get("b", 0.0) * scale + shift
    return joined
