"""Measurements of a network between two steps of its training."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from nural.activations import ReLU
from nural.containers import Sequential
from nural.evaluation.targets import scores
from nural.layer import Layer
from nural.predictions import probabilities

#: How many digits of each set the network is judged on while it trains.
JUDGED = 250


def layers_of(model: Sequential) -> list[dict[str, Any]]:
    """The layers, for titles of curves: name, type, names of parameters, and whether units can die."""
    return [
        {
            "name": name,
            "type": type(layer).__name__,
            "described": repr(layer),
            "params": [f"{name}.{param}" for param in layer.all_shapes()],
            "can_die": type(layer) is ReLU,
        }
        for name, layer in model.children.items()
    ]


def gradient_norms(model: Layer) -> dict[str, float]:
    """‖∂L/∂W‖ of the last batch, for each weight."""
    return {name: _norm(g) for name, g in model.grads.items()}


def update_ratios(before: Mapping[str, np.ndarray], model: Sequential) -> dict[str, float | None]:
    """‖ΔW‖ / ‖W‖ of the last step, for each layer that learns; None where its weights are all 0."""
    ratios: dict[str, float | None] = {}
    for name, layer in model.children.items():
        if not layer.all_shapes():
            continue
        moved = math.hypot(*(_norm(W - before[f"{name}.{param}"]) for param, W in layer.params.items()))
        size = math.hypot(*(_norm(W) for W in layer.params.values()))
        ratios[name] = moved / size if size else None
    return ratios


def judge(model: Sequential, x: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    """Loss and accuracy on ``(x, y)``, and for each ReLU the share of units that are 0 for all of these inputs.

    A unit is a neuron, or a channel at all places of the image.
    """
    dead: dict[str, float] = {}
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # an overflow shows in the loss
        for name, layer in model.replica().children.items():
            x = layer.forward(x)
            if type(layer) is ReLU:
                open_ = (x > 0).any(axis=tuple(range(x.ndim - 1)))
                dead[name] = float(1 - open_.mean())
        return {**scores(model, x, y), "dead": dead}


def read_pinned(model: Layer, pixels: np.ndarray | None) -> list[float] | None:
    """The ten probabilities of the pinned drawing."""
    if pixels is None:
        return None
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        p = probabilities(model, model.replica().forward(pixels.reshape(1, -1)))[0]
    return p.tolist() if np.isfinite(p).all() else None


def _norm(array: np.ndarray) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.linalg.norm(array))
