"""Where a number of a trace comes from: the terms of the sums behind a cell, its error, and a weight's gradient."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nural.layers.batch_norm import BatchNorm
from nural.web.connections import Connection, Convolution, FullyConnected
from nural.web.paths import Paths, index_of, shown_shape
from nural.web.trace import Trace, TraceStep

#: How many terms are shown one by one by default.
TERMS = 8
#: Up to this size, the patch of a convolution or the whole input of a fully connected cell is sent as a picture.
LARGEST_FIELD = 4096


@dataclass(frozen=True)
class Cell:
    """One factor of a product: a number of the trace and its place."""

    step: TraceStep
    cell: int
    value: float


def explain_cell(trace: Trace, name: str, index: Sequence[int], terms: int = TERMS) -> dict[str, Any]:
    """How a cell was computed, and how its error was.

    Forward: z = Σ x w + b, then the functions applied to z alone, up to the number that the next layer takes. Backward:
    ∂L/∂a = Σ w δ over the cells that used it, then × f′(z) on the way down. The largest terms come first, the rest is
    one number, and the numbers shown add up to those of the trace.

    Args:
        trace: The trace, with or without a label.
        name: The name of the step.
        index: The cell's index, in the shape in which the step is shown.
        terms: How many terms are shown one by one.

    Raises:
        KeyError: there is no such step.
        IndexError: it has no such cell.
    """
    paths = Paths(trace)
    step = trace.steps[name]
    step, cell = paths.origin(name, flat_index(index, shown_shape(step)))
    chain = paths.chain(step, cell)
    base, last = chain[0], chain[-1]
    return {
        "step": step.name,
        "index": index_of(step, cell),
        "stations": [_station(paths, *place) for place in chain],
        "forward": _forward(paths, *base, terms),
        "backward": None if trace.label is None else _backward(paths, *last, terms),
        "loss": _loss(trace, cell) if step.name == trace.logits.name else None,
    }


def flat_index(index: Sequence[int], shape: tuple[int, ...]) -> int:
    """The flat index of ``index``.

    Raises:
        IndexError: the index is outside the array.
    """
    if len(index) != len(shape) or not all(0 <= i < size for i, size in zip(index, shape, strict=True)):
        raise IndexError(f"an array of shape {list(shape)} has nothing at {list(index)}")
    return int(np.ravel_multi_index(tuple(index), shape))


def _station(paths: Paths, step: TraceStep, cell: int) -> dict[str, Any]:
    """The cell's number after this step, its error, and how the step made it of the number before."""
    kind = paths.kind(step)
    found: dict[str, Any] = {
        "step": step.name,
        "type": "ink" if step.layer is None else type(step.layer).__name__,
        "kind": kind,
        "index": index_of(step, cell),
        "value": _at(step.output, cell),
        "gradient": None if step.gradient is None else _at(step.gradient, cell),
    }
    if kind in ("function", "scale"):
        link = paths.connection(step, step.inputs[0])
        assert link is not None
        found["slope"] = float(link.sources(cell).slopes[0])
    if isinstance(step.layer, BatchNorm) and kind == "scale":
        channel = cell % step.output.shape[-1]
        arrays = {"gamma": 1.0, "beta": 0.0, **step.layer.state, **step.layer.params}
        found |= {name: _at(np.asarray(array), channel if np.ndim(array) else 0) for name, array in arrays.items()}
        found["eps"] = step.layer.eps
    return found


def _forward(paths: Paths, step: TraceStep, cell: int, terms: int) -> dict[str, Any] | None:
    """The sum, the maximum or the mean that gives a cell; None for the ink and layers that mix all of their input."""
    if not step.inputs:
        return None
    found: list[dict[str, Any]] = []
    field, bias = None, None
    for below in step.inputs:
        link = paths.connection(step, below)
        if link is None:
            return None
        links = link.sources(cell)
        inside = links.cells >= 0
        cells = [paths.origin(below, int(i)) for i in links.cells[inside]]
        values = [_at(source.output, i) for source, i in cells]
        entries = None if links.entries is None else links.entries[inside]
        sources = [Cell(*place, value) for place, value in zip(cells, values, strict=True)]
        found += _products(sources, links.slopes[inside], step, links.parameter, entries)
        named = link.bias(cell)
        if named is not None:
            bias = _parameter(step, *named)
        field = _field(paths, step, link, links.slopes, cells, inside)
    total = _at(step.output, cell)
    if paths.kind(step) == "max":  # all candidates, the maximum first
        found.sort(key=lambda term: (-term["weight"], -term["value"]))
    return ranked_sum(found, total, bias, terms) | {"kind": paths.kind(step), "field": field, "reach": _reach(found)}


def _backward(paths: Paths, step: TraceStep, cell: int, terms: int) -> dict[str, Any] | None:
    """The sum of the errors that come back to a cell from its uses; None below a layer that mixes all of its input."""
    if step.gradient is None:
        return None
    found: list[dict[str, Any]] = []
    for user, below, place in paths.uses(step.name, cell):
        link = paths.connection(user, below)
        if link is None or user.gradient is None:
            return None
        links = link.targets(place)
        targets = [Cell(user, int(i), _at(user.gradient, int(i))) for i in links.cells]
        found += _products(targets, links.slopes, user, links.parameter, links.entries)
    if not found:  # the logits, whose error p − t comes from the loss itself
        return None
    return ranked_sum(found, _at(step.gradient, cell), None, terms) | {"kind": "sum", "reach": _reach(found)}


def _products(
    cells: list[Cell], slopes: np.ndarray, owner: TraceStep, parameter: str, entries: np.ndarray | None
) -> list[dict[str, Any]]:
    """The terms value × weight of some cells."""
    found: list[dict[str, Any]] = []
    for i, (other, slope) in enumerate(zip(cells, slopes.tolist(), strict=True)):
        term = {
            "step": other.step.name,
            "index": index_of(other.step, other.cell),
            "value": other.value,
            "weight": slope,
            "product": other.value * slope,
        }
        if entries is not None:
            term["parameter"] = parameter_name(owner, parameter)
            term["entry"] = _entry(owner, parameter, int(entries[i]))
        found.append(term)
    return found


def ranked_sum(found: list[dict[str, Any]], total: float, bias: dict[str, Any] | None, terms: int) -> dict[str, Any]:
    """The largest terms, and one number for the rest, so that they and the bias add up to the total.

    The rest includes what float32 rounded; where all terms are shown, it is that alone.
    """
    ranked = sorted(found, key=lambda term: -abs(term["product"]))[:terms]
    shown = [term["product"] for term in ranked]
    added = 0.0 if bias is None else bias["value"]
    finite = all(map(math.isfinite, (total, added, *shown)))
    return {
        "terms": ranked,
        "bias": bias,
        "rest": {"count": len(found) - len(ranked), "value": math.fsum([total, -added, *(-p for p in shown)])}
        if finite
        else None,
        "count": len(found),
        "zeros": sum(term["product"] == 0 for term in found),
        "total": total,
    }


def _field(
    paths: Paths,
    step: TraceStep,
    link: Connection,
    slopes: np.ndarray,
    cells: list[tuple[TraceStep, int]],
    inside: np.ndarray,
) -> dict[str, Any] | None:
    """Patch and kernel, or the whole input and the weights to it, as two pictures of one shape."""
    if not isinstance(link, Convolution | FullyConnected) or not cells or len(slopes) > LARGEST_FIELD:
        return None
    values = np.zeros(len(slopes))
    values[inside] = [_at(source.output, i) for source, i in cells]
    source = cells[0][0]
    shape = step.layer.params["K"].shape[:3] if isinstance(link, Convolution) and step.layer else shown_shape(source)
    return {"shape": shape, "values": values.tolist(), "weights": slopes.tolist()}


def _reach(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The box around the cells of each step that the terms name: first and last index in each dimension."""
    boxes: dict[str, list[list[int]]] = {}
    for term in found:
        boxes.setdefault(term["step"], []).append(term["index"])
    return [
        {"step": name, "first": np.min(places, axis=0).tolist(), "last": np.max(places, axis=0).tolist()}
        for name, places in boxes.items()
    ]


def _loss(trace: Trace, cell: int) -> dict[str, Any]:
    """p − t of a logit."""
    return {
        "probability": float(trace.probabilities[cell]),
        "target": None if trace.label is None else int(cell == trace.label),
        "label": trace.label,
    }


def _parameter(step: TraceStep, name: str, entry: int) -> dict[str, Any]:
    assert step.layer is not None
    return {
        "parameter": parameter_name(step, name),
        "entry": _entry(step, name, entry),
        "value": _at(step.layer.params[name], entry),
    }


def parameter_name(step: TraceStep, name: str) -> str:
    """The name of a step's own parameter among the model's."""
    return name if step.name == "model" else f"{step.name}.{name}"


def _entry(step: TraceStep, name: str, flat: int) -> list[int]:
    assert step.layer is not None
    return [int(i) for i in np.unravel_index(flat, step.layer.params[name].shape)]


def _at(array: np.ndarray, flat: int) -> float:
    return float(array.reshape(-1)[flat])
