"""How a network answers a whole set: which digits it confuses, and how sure it is when it is wrong."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nural.evaluation.inference import predict_proba
from nural.evaluation.metrics import confusion_matrix
from nural.layer import Layer
from nural.parallel.threads import Threads

CLASSES = 10
#: Digits read between two reports of how far it is.
PART = 500


@dataclass(frozen=True)
class DigitAnswers:
    """The answers to a set of digits.

    Attributes:
        predicted: The most probable digit for each, ``(N,)``.
        confidence: Its probability, ``(N,)`` float32.
        labels: The true digits, ``(N,)``.
    """

    predicted: np.ndarray
    confidence: np.ndarray
    labels: np.ndarray

    @property
    def confusion(self) -> np.ndarray:
        """Counts, ``(10, 10)``: row the true digit, column the answer."""
        return confusion_matrix(self.predicted, self.labels, CLASSES)

    def coverage(self, threshold: float) -> tuple[float, float]:
        """The share of digits answered with at least this confidence, and the share of these that are wrong."""
        answered = self.confidence >= threshold
        wrong = answered & (self.predicted != self.labels)
        return float(answered.mean()), float(wrong.sum() / max(1, answered.sum()))


def answers(
    model: Layer, x: np.ndarray, y: np.ndarray, report: Callable[[int], None] = lambda done: None
) -> DigitAnswers:
    """Let a network read a set.

    Args:
        model: The network.
        x: Digits, ``(N, 784)``.
        y: Their labels, ``(N,)``.
        report: Called again and again with how many digits have been read.
    """
    parts = []
    for first in range(0, len(x), PART):
        with np.errstate(over="ignore", invalid="ignore"):
            parts.append(predict_proba(model, x[first : first + PART], threads=Threads()))
        report(first + len(parts[-1]))
    p = np.concatenate(parts)
    predicted = p.argmax(axis=1)
    return DigitAnswers(predicted, p[np.arange(len(p)), predicted].astype(np.float32), np.asarray(y))
