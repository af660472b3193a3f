"""All uses of a weight, whose sum is its gradient."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nural.activations import PReLU
from nural.layers import Conv2d, Linear
from nural.layers.batch_norm import BatchNorm
from nural.web.connections import Convolution
from nural.web.explanation import TERMS, flat_index, ranked_sum
from nural.web.paths import Paths, index_of
from nural.web.trace import Trace, TraceStep

Factors = tuple[np.ndarray, np.ndarray, np.ndarray, tuple[int, ...]]


def step_of(trace: Trace, parameter: str) -> tuple[TraceStep, str]:
    """The step that owns a parameter of the model, and its name there.

    Raises:
        KeyError: there is no such parameter.
    """
    if parameter not in trace.model.params:
        raise KeyError(parameter)
    owner, _, name = parameter.rpartition(".")
    return trace.steps[owner or "model"], name


def explain_weight(trace: Trace, parameter: str, index: Sequence[int], terms: int = TERMS) -> dict[str, Any]:
    """A weight's value, and its gradient as a sum over its uses.

    A use is a place where the weight was multiplied by a number x (1 for a bias) and contributed to a cell with the
    error δ: it adds x δ. A weight of a fully connected layer is used once, a kernel's weight in every window.

    Args:
        trace: The trace, with a label.
        parameter: The name of the parameter, as in ``params``.
        index: The index of the entry.
        terms: How many uses are listed one by one; the picture shows all.

    Raises:
        KeyError: there is no such parameter.
        IndexError: it has no such entry.
        ValueError: the trace has no label, so there is no gradient.
    """
    step, name = step_of(trace, parameter)
    weights, grads = trace.model.params[parameter], trace.model.grads[parameter]
    entry = flat_index(index, weights.shape)
    if step.gradient is None:
        raise ValueError("a gradient needs a label")
    total = float(grads.reshape(-1)[entry])
    found: dict[str, Any] = {
        "parameter": parameter,
        "entry": list(map(int, index)),
        "value": float(weights.reshape(-1)[entry]),
        "gradient": total,
        "sum": None,
        "picture": None,
    }
    factors = _factors(trace, step, name, entry)
    if factors is None:
        return found
    x, sources, targets, shape = factors
    delta = step.gradient.reshape(-1)[targets].astype(np.float64)
    products = x * delta
    below = step.inputs[0]
    paths = Paths(trace)
    uses = []
    for i in range(len(products)):
        use: dict[str, Any] = {
            "step": step.name,
            "index": index_of(step, int(targets[i])),
            "value": float(x[i]),
            "delta": float(delta[i]),
            "product": float(products[i]),
        }
        if sources[i] >= 0:
            source, cell = paths.origin(below, int(sources[i]))
            use["source"] = {"step": source.name, "index": index_of(source, cell)}
        uses.append(use)
    found["sum"] = ranked_sum(uses, total, None, terms)
    found["picture"] = {"shape": shape, "products": products.tolist()}
    return found


def _factors(trace: Trace, step: TraceStep, name: str, entry: int) -> Factors | None:
    """For each use: x, its input cell (or −1) and its output cell; and the shape of all uses together."""
    layer = step.layer
    before = trace.steps[step.inputs[0]].output
    x, y = before.reshape(-1).astype(np.float64), step.output
    if isinstance(layer, Linear) and before.ndim == 1:
        if name == "b":
            return np.ones(1), np.array([-1]), np.array([entry]), (1, 1)
        i, j = divmod(entry, layer.out_features)
        return x[[i]], np.array([i]), np.array([j]), (1, 1)
    if isinstance(layer, Conv2d):
        return _kernel_factors(layer, before, y, name, entry)
    if isinstance(layer, BatchNorm) and layer.track_running_stats:
        targets = np.arange(entry, y.size, y.shape[-1])
        if name == "beta":
            return np.ones(len(targets)), np.full(len(targets), -1), targets, _places(y)
        mean, variance = (float(layer.state[s][entry]) for s in ("running_mean", "running_var"))
        return (x[targets] - mean) / np.sqrt(variance + layer.eps), targets, targets, _places(y)
    if isinstance(layer, PReLU):
        targets = np.arange(entry, y.size, layer.num_parameters)
        shape = _places(y) if layer.num_parameters > 1 else (1, y.size)
        return np.minimum(x[targets], 0), targets, targets, shape
    return None


def _kernel_factors(layer: Conv2d, before: np.ndarray, y: np.ndarray, name: str, entry: int) -> Factors:
    """The factors of a convolution: one for every window."""
    oh, ow, outputs = y.shape
    if name == "b":
        targets = np.arange(entry, y.size, outputs)
        return np.ones(len(targets)), np.full(len(targets), -1), targets, (oh, ow)
    i, j, channel, k = np.unravel_index(entry, layer.shapes["K"])
    link = Convolution(layer, before, y)
    (down, across), (tall, wide) = link.windows.stride, link.windows.dilation
    rows, columns = np.arange(oh)[:, None] * down + i * tall, np.arange(ow)[None] * across + j * wide
    pixels = link.pixels[rows, columns].reshape(-1)
    first = k // (outputs // layer.groups) * layer.shapes["K"][2]
    sources = np.where(pixels < 0, -1, pixels * before.shape[2] + first + channel)
    x = np.where(pixels < 0, 0, before.reshape(-1)[sources].astype(np.float64))
    return x, sources, np.arange(oh * ow) * outputs + k, (oh, ow)


def _places(y: np.ndarray) -> tuple[int, ...]:
    """The shape of one channel."""
    return y.shape[:-1] if y.ndim > 1 else (1, 1)
