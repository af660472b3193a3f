"""A gradient compared with the loss itself: central differences, and the loss over one weight; all in float64."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from nural.activations import Hardtanh, LeakyReLU, PReLU, ReLU
from nural.layer import Layer
from nural.layers import AdaptiveMaxPool2d, MaxPool2d
from nural.web.explanation import flat_index
from nural.web.trace import Trace, TraceStep, trace

#: Half the distance between the two points of a difference, from far to near. Far points suffer from curvature, near
#: ones from rounding; which distance is best depends on the weight.
STEPS = tuple(10.0**-k for k in (2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6))
#: Cells that differ by less count as equal: rounding of equal sums over empty paper makes no kink.
DECIMALS = 10


@dataclass(frozen=True)
class Point:
    """The loss at one value of the weight, and the side of each kink on which the network was."""

    weight: float
    loss: float
    gates: dict[str, np.ndarray]


class Moved:
    """A copy of a network in float64 in which one weight moves.

    Args:
        model: The network, which is not changed.
        pixels: ``(784,)``.
        label: The digit.
        parameter: The weight's array, by its name in ``params``.
        index: The entry's index.

    Raises:
        KeyError: there is no such parameter.
        IndexError: it has no such entry.
    """

    def __init__(self, model: Layer, pixels: np.ndarray, label: int, parameter: str, index: Sequence[int]) -> None:
        self._model = model.astype(np.float64)
        self._pixels, self._label, self._index = pixels, label, tuple(index)
        self._array = self._model.params[parameter]
        flat_index(index, self._array.shape)
        self.here = float(self._array[self._index])
        start = trace(self._model, pixels, label)
        grads = start.model.grads
        #: ∂L/∂w, by the library's ``backward``.
        self.gradient = float(grads[parameter][self._index])
        #: Slopes that differ by less are equal: the rounding error of a zero gradient is not compared.
        self.floor = max(_largest(grads[parameter]) / 100, max(map(_largest, grads.values())) / 1000)
        self.start = Point(self.here, loss_in_full(start), _gates(start))

    def at(self, weight: float) -> Point:
        """The loss with the weight at this value; then the weight is restored."""
        self._array[self._index] = weight
        try:
            found = trace(self._model, self._pixels, self._label, backward=False)
            return Point(weight, loss_in_full(found), _gates(found))
        finally:
            self._array[self._index] = self.here


def central_difference(moved: Moved) -> dict[str, Any]:
    """The slope (L(w + h) − L(w − h)) / 2h beside the gradient.

    Of several h the one is taken whose slope agrees best with its neighbours', among those between whose two points no
    ReLU switches and no maximum moves to another cell. If there are none, the smallest h is taken and its kinks are
    named.

    The relative error is |a − n| over the largest of |a|, |n|, a hundredth of the array's largest gradient and a
    thousandth of the network's, as in `nural.check_gradients`.

    Returns:
        ``gradient``, ``slope``, their ``relative_error``, ``h``, both losses, and ``kinks`` between the two points by
        step; ``skipped`` lists the larger h at which there were kinks, and how many.
    """
    measured = []
    skipped = []
    for h in STEPS:
        above, below = moved.at(moved.here + h), moved.at(moved.here - h)
        kinks = _switched(below, above) or _switched(moved.start, above) or _switched(below, moved.start)
        slope = (above.loss - below.loss) / (above.weight - below.weight)
        measured.append({"h": h, "slope": slope, "losses": [below.loss, above.loss], "kinks": kinks})
        if kinks:
            skipped.append({"h": h, "kinks": sum(kinks.values())})
    smooth = [difference for difference in measured if not difference["kinks"]]
    best = _best(smooth) if smooth else measured[-1]
    largest = max(abs(moved.gradient), abs(best["slope"]), moved.floor)
    error = abs(moved.gradient - best["slope"]) / largest if largest else 0.0
    return best | {"gradient": moved.gradient, "relative_error": error, "weight": moved.here, "skipped": skipped}


def loss_curve(moved: Moved, span: float, points: int) -> dict[str, Any]:
    """The true loss over an interval of the weight, and where it has kinks.

    Args:
        moved: The weight.
        span: How far the interval extends to each side.
        points: The number of values; if it is odd, the weight's own value is in the middle.

    Returns:
        ``weights`` and ``losses``; ``kinks``: for each interval between two points in which a gate switched, its
        middle, the steps and how many gates; ``gradient`` and ``loss`` at the weight's own value.
    """
    curve = [moved.at(weight) for weight in np.linspace(moved.here - span, moved.here + span, points).tolist()]
    kinks = [
        {"weight": (left.weight + right.weight) / 2, "steps": switched}
        for left, right in pairwise(curve)
        if (switched := _switched(left, right))
    ]
    return {
        "weights": [point.weight for point in curve],
        "losses": [point.loss for point in curve],
        "kinks": kinks,
        "weight": moved.here,
        "gradient": moved.gradient,
        "loss": moved.start.loss,
    }


def loss_in_full(found: Trace) -> float:
    """−log p of the label as log(1 + Σ e^(y_c − y_label)), which keeps the digits of a loss near 0."""
    assert found.label is not None
    y = found.logits.output.astype(np.float64)
    others = np.delete(y, found.label) - y[found.label]
    largest = max(0.0, float(others.max(initial=0.0)))
    return largest + float(np.log1p(np.expm1(-largest) + np.exp(others - largest).sum()))


def _best(smooth: list[dict[str, Any]]) -> dict[str, Any]:
    """The difference that agrees best with its neighbours."""
    if len(smooth) == 1:
        return smooth[0]
    gaps = [abs(a["slope"] - b["slope"]) for a, b in pairwise(smooth)]
    return smooth[int(np.argmin(gaps)) + 1]


def _gates(found: Trace) -> dict[str, np.ndarray]:
    """The side of its kink on which each cell is: the sign before a rectifier, the largest cell under a maximum."""
    return {step.name: sides for step in found.steps.values() for sides in _sides(found, step)}


def _sides(found: Trace, step: TraceStep) -> Iterator[np.ndarray]:
    if isinstance(step.layer, ReLU | LeakyReLU | PReLU):
        yield found.steps[step.inputs[0]].output.round(DECIMALS) > 0
    elif isinstance(step.layer, Hardtanh):
        x = found.steps[step.inputs[0]].output.round(DECIMALS)
        yield from (x > bound for bound in (step.layer.min_val, step.layer.max_val) if bound is not None)
    elif isinstance(step.layer, MaxPool2d | AdaptiveMaxPool2d):
        x = found.steps[step.inputs[0]].output.round(DECIMALS)
        layer = step.layer.replica()
        yield layer.backward(np.ones_like(layer.forward(x[None])))[0] > 0


def _largest(array: np.ndarray) -> float:
    return float(np.abs(array).max(initial=0))


def _switched(a: Point, b: Point) -> dict[str, int]:
    """How many cells of each step are on different sides of their kinks."""
    counts = {name: int((side != b.gates[name]).sum()) for name, side in a.gates.items()}
    return {name: count for name, count in counts.items() if count}
