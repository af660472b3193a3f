"""A training whose loss or weights are no longer finite ends with a sentence that says where it began."""

import math
from collections.abc import Mapping

import numpy as np

from nural.containers import Sequential, computes_as
from nural.layer import Layer
from nural.optimizers import Optimizer
from nural.parallel.ranks import Ranks


class DivergedError(FloatingPointError):
    """The loss or a weight is no longer finite; the message names the layer and the step."""


def all_finite(arrays: Mapping[str, np.ndarray]) -> bool:
    """Whether no value is NaN or infinite."""
    # min and max pass NaN on and need no array of their own, unlike np.isfinite(array)
    return all(math.isfinite(array.min()) and math.isfinite(array.max()) for array in arrays.values())


def require_no_divergence(
    problem: str | None,
    ranks: Ranks,
    model: Layer,
    x: np.ndarray,
    optimizer: Optimizer,
    step: int,
    epoch: int,
) -> None:
    """Raise DivergedError on all ranks if one has a problem; one whose own samples give it is the one to tell."""
    preference = None
    if problem is not None and ranks.size > 1:
        with np.errstate(all="ignore"):
            preference = int(np.isfinite(model.forward(x, train=False)).all())
    elif problem is not None:
        preference = 0
    teller = ranks.lowest(preference)
    if teller is None:
        return
    sentence = "" if problem is None or teller != ranks.rank else _diverged(problem, model, x, optimizer, step, epoch)
    raise DivergedError(ranks.said_by(teller, sentence))


def _diverged(what: str, model: Layer, x: np.ndarray, optimizer: Optimizer, step: int, epoch: int) -> str:
    """Name the first layer whose weights or output are not finite."""
    place = f"step {step} (epoch {epoch + 1})"
    model.take_share(0, 0)
    if not np.isfinite(x).all():
        return f"{what} at {place}, because the inputs hold NaN or infinity"
    culprit = ""
    for name, layer in (model.children if computes_as(model, Sequential) else {"model": model}).items():
        if not all_finite(layer.params):
            culprit = f"the weights of layer {name}, {layer!r}"
            break
        with np.errstate(all="ignore"):
            x = layer.forward(x, train=True)
        if not np.isfinite(x).all():
            culprit = f"the output of layer {name}, {layer!r}"
            break
        culprit = f"the loss, of an output of layer {name}, {layer!r}, as large as {np.abs(x).max():.1e}"
    return (
        f"{what} at {place}; the first to overflow: {culprit}; "
        f"the learning rate was {optimizer.learning_rate:g}, try a smaller one"
    )
