"""What `nural evaluate` finds out about a model, in numbers."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nural.cli.errors import CommandError
from nural.cli.model import PictureModel
from nural.data.preparation import DIGIT
from nural.evaluation.calibration import (
    THRESHOLDS,
    Bin,
    Coverage,
    coverage_against_error,
    expected_calibration_error,
    reliability,
)
from nural.evaluation.inference import outputs
from nural.evaluation.metrics import confusion_matrix
from nural.evaluation.robustness import DISTURBANCES, Disturbance, robustness
from nural.evaluation.targets import scores
from nural.predictions import probabilities

#: How many pictures are disturbed; each level of a disturbance costs a pass over them. An accuracy of 99% is then known
#: to ±0.9 percentage points, one of 50% to ±4.4 (95% intervals).
DISTURBED = 500

Curve = tuple[Disturbance, list[tuple[float, float]]]


@dataclass(frozen=True)
class Evaluation:
    """A model judged on a set of digits, or of other pictures.

    Attributes:
        model: The network.
        name: What charts call it.
        x: Rows of pixels ``(N, H·W·C)``.
        y: Labels ``(N,)``.
        probabilities: ``(N, classes)``.
        scores: Loss and accuracy.
        threshold: The model's own, 0 if it has none.
        curves: For each disturbance, the accuracy at each level.
    """

    model: PictureModel
    name: str
    x: np.ndarray
    y: np.ndarray
    probabilities: np.ndarray
    scores: dict[str, float]
    threshold: float
    curves: list[Curve]

    @property
    def matrix(self) -> np.ndarray:
        """How often each class (row) got each answer (column)."""
        return confusion_matrix(self.probabilities.argmax(axis=1), self.y, len(self.model.classes))

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
        of_class = [row[place] / row.sum() if row.any() else None for place, row in enumerate(matrix)]
        return {
            self.model.pictures: len(self.y),
            **({} if self.model.digits else {"classes": self.model.classes}),
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


def disturbances(model: PictureModel) -> tuple[Disturbance, ...]:
    """The disturbances that can be tried on the model's pictures: all for 28×28 grey pixels, none for others."""
    return DISTURBANCES if model.prepare.picture_shape == DIGIT else ()


def passes(model: PictureModel) -> int:
    """How many passes over pictures `judge` makes."""
    return 1 + sum(len(disturbance.levels) for disturbance in disturbances(model))


def judge(
    model: PictureModel, name: str, x: np.ndarray, y: np.ndarray, threshold: float, advance: Callable[[], None]
) -> Evaluation:
    """Let the model read the pictures, and some of them disturbed; ``advance`` is called after each of `passes`.

    Raises:
        CommandError: the model's outputs are not finite.
    """
    network = model.network
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # what overflows is refused here
        found = outputs(network, x)
    if not np.isfinite(found).all():
        raise CommandError(f"{name}: expected finite outputs for these {model.pictures}, found others")
    advance()
    truth = y if model.task.names is None else model.task.names[y]
    curves: list[Curve] = []
    for disturbance in disturbances(model):
        curve = []
        for point in robustness(network, some(x), some(truth), disturbance):
            curve.append(point)
            advance()
        curves.append((disturbance, curve))
    return Evaluation(
        model, name, x, y, probabilities(network, found), scores(network, found, truth), threshold, curves
    )
