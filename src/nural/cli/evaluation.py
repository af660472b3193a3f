"""What `nural evaluate` finds out about a model, in numbers."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nural.activations import softmax_forward
from nural.cli.errors import CommandError
from nural.data.digits import CLASSES
from nural.evaluation.calibration import (
    THRESHOLDS,
    Bin,
    Coverage,
    coverage_against_error,
    expected_calibration_error,
    reliability,
)
from nural.evaluation.inference import outputs, scores
from nural.evaluation.metrics import confusion_matrix
from nural.evaluation.robustness import DISTURBANCES, Disturbance, robustness
from nural.layer import Layer

#: Digits that are disturbed, for each of the levels costs a pass over them. An accuracy of 99% is then known to ±0.9
#: percent points, one of 50% to ±4.4 (95% intervals).
DISTURBED = 500
#: The readings that `judge` takes.
PASSES = 1 + sum(len(disturbance.levels) for disturbance in DISTURBANCES)

Curve = tuple[Disturbance, list[tuple[float, float]]]


@dataclass(frozen=True)
class Evaluation:
    """A model judged on a set of digits.

    Attributes:
        model: The network.
        name: What pictures call it.
        x: Digits ``(N, 784)``.
        y: Labels ``(N,)``.
        probabilities: ``(N, 10)``.
        scores: Loss and accuracy.
        threshold: The model's own, 0 if it has none.
        curves: For each disturbance, the accuracy at each level.
    """

    model: Layer
    name: str
    x: np.ndarray
    y: np.ndarray
    probabilities: np.ndarray
    scores: dict[str, float]
    threshold: float
    curves: list[Curve]

    @property
    def matrix(self) -> np.ndarray:
        """How often each digit (row) got each answer (column)."""
        return confusion_matrix(self.probabilities.argmax(axis=1), self.y, CLASSES)

    @property
    def bins(self) -> list[Bin]:
        """Confidence beside accuracy."""
        return reliability(self.probabilities, self.y)

    @property
    def calibration_error(self) -> float:
        """The expected calibration error."""
        return expected_calibration_error(self.probabilities, self.y)

    @property
    def coverage(self) -> list[Coverage]:
        """Coverage against error at the usual thresholds and at the model's own."""
        return coverage_against_error(self.probabilities, self.y, sorted({*THRESHOLDS, self.threshold}))

    def as_json(self) -> dict[str, Any]:
        """All numbers."""
        matrix = self.matrix
        of_class = [row[digit] / row.sum() if row.any() else None for digit, row in enumerate(matrix)]
        return {
            "digits": len(self.y),
            **self.scores,
            "calibration_error": self.calibration_error,
            "accuracy_per_class": of_class,
            "confusion_matrix": matrix.tolist(),
            "reliability": [dataclasses.asdict(row) for row in self.bins],
            "threshold": self.threshold,
            "coverage": [dataclasses.asdict(row) for row in self.coverage],
            "robustness": {
                disturbance.name: {
                    "unit": disturbance.unit,
                    "digits": len(some(self.y)),
                    "levels": [level for level, _ in curve],
                    "accuracy": [accuracy for _, accuracy in curve],
                }
                for disturbance, curve in self.curves
            },
        }


def some(rows: np.ndarray) -> np.ndarray:
    """At most `DISTURBED` of these rows, evenly spaced."""
    return rows if len(rows) <= DISTURBED else rows[np.arange(DISTURBED) * len(rows) // DISTURBED]


def judge(
    model: Layer, name: str, x: np.ndarray, y: np.ndarray, threshold: float, advance: Callable[[], None]
) -> Evaluation:
    """Let the model read the digits, and some of them disturbed; ``advance`` is called after each of `PASSES`.

    Raises:
        CommandError: the model's outputs are not finite.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what overflows is refused here
        logits = outputs(model, x)
    if not np.isfinite(logits).all():
        raise CommandError(f"{name}: expected finite outputs for these digits, found others")
    advance()
    curves: list[Curve] = []
    for disturbance in DISTURBANCES:
        curve = []
        for point in robustness(model, some(x), some(y), disturbance):
            curve.append(point)
            advance()
        curves.append((disturbance, curve))
    return Evaluation(model, name, x, y, softmax_forward(logits), scores(logits, y), threshold, curves)
