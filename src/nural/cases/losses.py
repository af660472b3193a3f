"""Cases of the losses."""

from collections.abc import Callable
from typing import Any

import numpy as np

from nural.cases.case import Case, Size, Values, loss_case
from nural.losses import (
    binary_cross_entropy_loss,
    cross_entropy_loss,
    huber_loss,
    mean_absolute_loss,
    mean_squared_loss,
)


def _logits(rng: np.random.Generator, size: Size) -> np.ndarray:
    """Logits at most 8 apart: a gradient that nearly vanishes is no test of central differences."""
    return rng.uniform(-4, 4, (size(1, 6), size(2, 7)))


def _with_labels(rng: np.random.Generator, size: Size) -> Values:
    y = _logits(rng, size)
    return {"y": y, "t": rng.integers(0, y.shape[1], len(y))}


def _with_one_hot(rng: np.random.Generator, size: Size) -> Values:
    y = _logits(rng, size)
    return {"y": y, "t": np.eye(y.shape[1])[rng.integers(0, y.shape[1], len(y))]}


def _with_probabilities(rng: np.random.Generator, size: Size) -> Values:
    y = _logits(rng, size)
    return {"y": y, "t": rng.dirichlet(np.ones(y.shape[1]), len(y))}


def _with_an_image_of_labels(rng: np.random.Generator, size: Size) -> Values:
    y = rng.uniform(-4, 4, (size(1, 4), size(1, 3), size(1, 3), size(2, 5)))
    return {"y": y, "t": rng.integers(0, y.shape[-1], y.shape[:-1])}


def _with_ignored_labels(rng: np.random.Generator, size: Size) -> Values:
    values = _with_labels(rng, size)
    values["t"][1::2] = 1
    values["t"][0] = 0
    return values


def _with_values(rng: np.random.Generator, size: Size) -> Values:
    y = _logits(rng, size)
    return {"y": y, "t": rng.standard_normal(y.shape)}


def _around(kinks: list[float]) -> Callable[[np.random.Generator, Size], Values]:
    """Errors |y − t| that are at least 0.1 from each of the kinks."""

    def draw(rng: np.random.Generator, size: Size) -> Values:
        t = _logits(rng, size)
        error = rng.choice(kinks, t.shape) + rng.choice([-1.0, 1.0], t.shape) * rng.uniform(0.1, 0.4, t.shape)
        return {"y": t + rng.choice([-1.0, 1.0], t.shape) * error, "t": t}

    return draw


def _with_answers(rng: np.random.Generator, size: Size) -> Values:
    y = _logits(rng, size)
    return {"y": y, "t": rng.integers(0, 2, y.shape).astype(y.dtype)}


def _cross_entropy_case(name: str, draw: Callable[..., Values], **settings: Any) -> Case:
    return loss_case(
        f"cross_entropy, {name}",
        cross_entropy_loss,
        lambda rng, size: draw(rng, size) | settings,
        lambda torch, v: torch.nn.functional.cross_entropy(v["y"], v["t"], **settings),
    )


def _weighted_cross_entropy_case(name: str, draw: Callable[..., Values], **settings: Any) -> Case:
    """With the class weights 1, 2, 3 and so on."""
    return loss_case(
        f"cross_entropy, {name}, class weights",
        cross_entropy_loss,
        lambda rng, size: (v := draw(rng, size)) | settings | {"weight": list(range(1, v["y"].shape[1] + 1))},
        lambda torch, v: torch.nn.functional.cross_entropy(
            v["y"], v["t"], torch.tensor(v["weight"], dtype=v["y"].dtype), **settings
        ),
    )


CASES = [
    _cross_entropy_case("labels", _with_labels),
    _cross_entropy_case("one-hot", _with_one_hot),
    _cross_entropy_case("probabilities", _with_probabilities),
    _cross_entropy_case("labels, smoothing", _with_labels, label_smoothing=0.1),
    _cross_entropy_case("probabilities, smoothing", _with_probabilities, label_smoothing=0.1),
    _cross_entropy_case("ignored labels", _with_ignored_labels, ignore_index=1),
    _cross_entropy_case("ignored labels, smoothing", _with_ignored_labels, ignore_index=1, label_smoothing=0.1),
    _weighted_cross_entropy_case("labels", _with_labels),
    _weighted_cross_entropy_case("probabilities, smoothing", _with_probabilities, label_smoothing=0.2),
    _weighted_cross_entropy_case(
        "ignored labels, smoothing", _with_ignored_labels, ignore_index=1, label_smoothing=0.2
    ),
    loss_case(
        "cross_entropy, an image of labels",
        cross_entropy_loss,
        _with_an_image_of_labels,
        lambda torch, v: torch.nn.functional.cross_entropy(v["y"].movedim(-1, 1), v["t"]),
    ),
    loss_case(
        "binary_cross_entropy",
        binary_cross_entropy_loss,
        _with_answers,
        lambda torch, v: torch.nn.functional.binary_cross_entropy_with_logits(v["y"], v["t"]),
    ),
    loss_case(
        "binary_cross_entropy, pos_weight 3, weight 0.5",
        binary_cross_entropy_loss,
        lambda rng, size: _with_answers(rng, size) | {"pos_weight": 3.0, "weight": 0.5},
        lambda torch, v: torch.nn.functional.binary_cross_entropy_with_logits(
            v["y"], v["t"], torch.tensor(0.5), pos_weight=torch.tensor(3.0)
        ),
    ),
    loss_case(
        "mean_squared",
        mean_squared_loss,
        _with_values,
        lambda torch, v: torch.nn.functional.mse_loss(v["y"], v["t"]),
    ),
    loss_case(
        "mean_absolute",
        mean_absolute_loss,
        _around([0.0]),
        lambda torch, v: torch.nn.functional.l1_loss(v["y"], v["t"]),
    ),
    loss_case("huber", huber_loss, _around([1.0]), lambda torch, v: torch.nn.functional.huber_loss(v["y"], v["t"])),
    loss_case(
        "huber, delta 0.5",
        huber_loss,
        lambda rng, size: _around([0.5])(rng, size) | {"delta": 0.5},
        lambda torch, v: torch.nn.functional.huber_loss(v["y"], v["t"], delta=0.5),
    ),
]
