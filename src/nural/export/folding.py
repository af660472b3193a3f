"""Batch norm taken into the layer before it: in evaluation both are linear, so one set of weights replaces both."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nural.containers import computes_as
from nural.export.steps import Step
from nural.layer import Layer
from nural.layers.batch_norm import BatchNorm
from nural.layers.convolution import Conv2d
from nural.layers.linear import Linear


def fold_batch_norm(steps: Sequence[Step]) -> list[Step]:
    """The same network in float32, without the batch norms that follow a convolution or a fully connected layer.

    γ (x W + b − μ) / √(σ² + ε) + β = x (W s) + (b s + t), with the s and t of `scale_and_shift`. A batch norm
    elsewhere, as before a convolution, stays; so does one that has no running statistics.
    """
    folded: list[Step] = []
    for step in steps:
        if step.action == "apply":
            layer, before = step.layer, folded[-1] if folded else None
            if _folds(layer) and before and before.action == "apply" and computes_as(before.layer, Linear, Conv2d):
                folded[-1] = replace(before, layer=_joined(before.layer, layer))
                continue
            step = replace(step, layer=layer)
        folded.append(step)
    return [replace(step, layer=step.layer.astype(np.float32)) if step.action == "apply" else step for step in folded]


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
    joined = type(layer)(**layer.config() | {"bias": True, "dtype": np.float64})
    name = "W" if isinstance(layer, Linear) else "K"
    joined.params[name] = layer.params[name] * scale
    joined.params["b"] = layer.params.get("b", 0.0) * scale + shift
    return joined
