"""What a trained network is worth: its answers, how good they are, how sure it is, and what it looks at."""

from nural.evaluation.calibration import (
    coverage_against_error,
    expected_calibration_error,
    fit_temperature,
    reliability,
    scaled_by_temperature,
    threshold_refusing,
)
from nural.evaluation.inference import evaluate, outputs, predict, predict_proba
from nural.evaluation.metrics import accuracy, confusion_matrix
from nural.evaluation.robustness import robustness
from nural.evaluation.saliency import saliency

__all__ = [
    "accuracy",
    "confusion_matrix",
    "coverage_against_error",
    "evaluate",
    "expected_calibration_error",
    "fit_temperature",
    "outputs",
    "predict",
    "predict_proba",
    "reliability",
    "robustness",
    "saliency",
    "scaled_by_temperature",
    "threshold_refusing",
]
