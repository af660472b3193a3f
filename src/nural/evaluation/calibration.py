"""Whether confidences mean what they say: temperature scaling, calibration error, and refusing below a threshold.

The confidence of an answer is the largest of its probabilities. It is calibrated if, of all answers given with 90%
confidence, 90% are right.
"""

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nural.activations import LogSoftmax, Sigmoid, Softmax, softmax_forward
from nural.containers import Sequential, computes_as
from nural.evaluation.metrics import class_labels
from nural.layer import Layer
from nural.layers import Linear
from nural.task import class_places

#: The thresholds that `coverage_against_error` uses by default.
THRESHOLDS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)
_PRECISION = 1e-10
_STEPS = 200


@dataclass(frozen=True)
class Bin:
    """The answers whose confidence lies in (low, high].

    Attributes:
        low: Lower edge.
        high: Upper edge.
        count: How many answers.
        confidence: Their mean confidence.
        accuracy: The share of them that is right.
    """

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Coverage:
    """What a threshold costs and gains, if answers below it are refused.

    Attributes:
        threshold: The least confidence of an answer that is not refused.
        coverage: The share of samples that are answered.
        error: The share of these answers that are wrong; None if there are none.
        refused: How many samples are not answered.
    """

    threshold: float
    coverage: float
    error: float | None
    refused: int


def fit_temperature(logits: np.ndarray, y: Any, classes: Sequence[Any] | None = None) -> float:
    """The temperature T that makes softmax(z / T) most likely for samples that the network did not learn from.

    Formula: T = argmin L, L(β) = 1/N Σ_n (log Σ_c e^{β z_nc} − β z_ny), β = 1/T. L is convex in β:

        L′ = 1/N Σ_n (Σ_c p_nc z_nc − z_ny), L″ = 1/N Σ_n Var_{p_n} z_n ≥ 0, p_n = softmax(β z_n);

    so Newton's steps β − L′/L″, halved or doubled where they would leave the interval known to hold the minimum, find
    it. T > 1 means that the network was too sure of itself, T < 1 not sure enough. Answers do not change.

    Args:
        logits: z, ``(N, C)``: the network's outputs on a validation set; ``(N, 1)`` for the second of two classes.
        y: Labels ``(N,)`` or one-hot rows ``(N, C)``.
        classes: The names of the classes, such as ``model.task.classes``, if the labels are names.

    Raises:
        ValueError: the targets do not fit, logits are probabilities or not finite, or there is no minimum: if every
            sample is right, T → 0 is best; if the logits are no better than chance, T → ∞ is.

    Source: Guo et al. 2017, On Calibration of Modern Neural Networks, section 4.2.
    """
    z = np.asarray(logits, np.float64)
    if z.ndim == 2 and z.shape[1] == 1:
        z = np.hstack([np.zeros_like(z), z])  # softmax of 0 and z is 1 − σ(z) and σ(z)
    labels = _labels("fit_temperature", z, y, classes)
    if not np.isfinite(z).all():
        raise ValueError("fit_temperature: a logit is not finite")
    if z.min() >= 0 and np.allclose(z.sum(axis=1), 1):
        raise ValueError("fit_temperature: these rows are probabilities, expected logits; their logarithms are some")
    z = z - z[np.arange(len(z)), labels][:, None]  # then z_ny = 0, and softmax is the same
    if z.max() <= 0:
        raise ValueError("fit_temperature: every sample is right, so the best temperature is 0; give it harder ones")
    if z.mean() >= 0:
        raise ValueError("fit_temperature: the logits say nothing of the classes, so there is no best temperature")
    beta, low, high = 1.0, 0.0, math.inf
    for _ in range(_STEPS):
        p = softmax_forward(beta * z)
        means = np.einsum("nc,nc->n", p, z)
        slope = means.mean()
        curvature = (np.einsum("nc,nc,nc->n", p, z, z) - means * means).mean()
        low, high = (beta, high) if slope < 0 else (low, beta)
        following = beta - slope / curvature if curvature > 0 else math.inf
        if not low < following < high:
            following = 2 * low if high == math.inf else (low + high) / 2
        if abs(following - beta) <= _PRECISION * beta:
            break
        beta = following
    return 1 / beta


def scaled_by_temperature(model: Layer, temperature: float) -> Layer:
    """A copy of the network whose outputs are z / T, so that its plain softmax is the calibrated one.

    The last layer is z = x W + b, so z / T = x (W / T) + b / T: the weights take up the temperature, which therefore
    needs no field in a file. A `Softmax`, `LogSoftmax` or `Sigmoid` behind it then gets z / T.

    Args:
        model: A network that ends in a `Linear`, or in a `Linear` and one of these; it is not changed.
        temperature: T, as `fit_temperature` finds it.

    Raises:
        ValueError: T is no number above 0, or the network ends in another layer.
    """
    if not (math.isfinite(temperature) and temperature > 0):
        raise ValueError(f"scaled_by_temperature: the temperature must be a number above 0, got {temperature}")
    twin = model.astype(model.dtype)
    twin.info = copy.deepcopy(model.info)
    chain = _chain(twin)
    last = chain[-2] if len(chain) > 1 and computes_as(chain[-1], Softmax, LogSoftmax, Sigmoid) else chain[-1]
    if not computes_as(last, Linear):
        raise ValueError(f"scaled_by_temperature: the network must end in Linear, this one ends in {last!r}")
    for value in last.params.values():
        value /= temperature
    return twin


def _chain(model: Layer) -> list[Layer]:
    """The layers one after another, including those inside nested `Sequential`."""
    if not computes_as(model, Sequential) or not len(model):
        return [model]
    return [layer for child in model.layers for layer in _chain(child)]


def expected_calibration_error(
    probabilities: np.ndarray, y: Any, bins: int = 15, classes: Sequence[Any] | None = None
) -> float:
    """The mean distance between confidence and accuracy, from 0 to 1, with bins of equal width.

    Formula: ECE = Σ_b n_b / N |accuracy_b − confidence_b|, over the bins b of `reliability`.

    The arguments and errors are those of `reliability`.

    Source: Naeini et al. 2015, Obtaining Well Calibrated Probabilities Using Bayesian Binning, section 2; in this form
    Guo et al. 2017, On Calibration of Modern Neural Networks, section 2.
    """
    rows = reliability(probabilities, y, bins, classes)
    return sum(row.count * abs(row.accuracy - row.confidence) for row in rows) / len(probabilities)


def reliability(probabilities: np.ndarray, y: Any, bins: int = 15, classes: Sequence[Any] | None = None) -> list[Bin]:
    """Confidence and accuracy, bin by bin, for a reliability diagram. Bins without answers are left out.

    Args:
        probabilities: ``(N, C)``, as `predict_proba` gives them.
        y: Labels ``(N,)`` or one-hot rows ``(N, C)``.
        bins: How many parts of equal width the confidences from 0 to 1 are divided into.
        classes: The names of the classes, such as ``model.task.classes``, if the labels are names.

    Raises:
        ValueError: these are no probabilities, the targets do not fit, or there is less than one bin.
    """
    if bins < 1:
        raise ValueError(f"reliability: there must be at least 1 bin, got {bins}")
    confidence, right = _judged("reliability", probabilities, y, classes)
    edges = np.linspace(0, 1, bins + 1)
    which = np.clip(np.searchsorted(edges, confidence) - 1, 0, bins - 1)
    count, sure, correct = (np.bincount(which, weights, bins) for weights in (None, confidence, right))
    return [
        Bin(float(edges[b]), float(edges[b + 1]), int(count[b]), sure[b] / count[b], correct[b] / count[b])
        for b in np.flatnonzero(count)
    ]


def coverage_against_error(
    probabilities: np.ndarray,
    y: Any,
    thresholds: Sequence[float] | None = None,
    classes: Sequence[Any] | None = None,
) -> list[Coverage]:
    """For each threshold, how many samples are answered and how many of these answers are wrong.

    Args:
        probabilities: ``(N, C)``, as `predict_proba` gives them.
        y: Labels ``(N,)`` or one-hot rows ``(N, C)``.
        thresholds: Least confidences of an answer; `THRESHOLDS` by default.
        classes: The names of the classes, such as ``model.task.classes``, if the labels are names.

    Raises:
        ValueError: these are no probabilities, or the targets do not fit.

    Source: El-Yaniv and Wiener 2010, On the Foundations of Noise-free Selective Classification, section 2.
    """
    confidence, right = _judged("coverage_against_error", probabilities, y, classes)
    order = np.argsort(confidence)
    wrong_below = np.concatenate([[0], np.cumsum(~right[order])])
    n, wrong = len(confidence), int(wrong_below[-1])
    rows = []
    for threshold in THRESHOLDS if thresholds is None else thresholds:
        refused = int(np.searchsorted(confidence[order], threshold))
        error = float(wrong - wrong_below[refused]) / (n - refused) if refused < n else None
        rows.append(Coverage(float(threshold), (n - refused) / n, error, refused))
    return rows


def threshold_refusing(probabilities: np.ndarray, share: float = 0.01) -> float:
    """The largest threshold that refuses at most this share of the samples: answers with less confidence are refused.

    Args:
        probabilities: ``(N, C)`` of samples that should be answered, such as the digits of a validation set.
        share: From 0 to less than 1.

    Raises:
        ValueError: these are no probabilities, or share is out of its range.
    """
    if not 0 <= share < 1:
        raise ValueError(f"threshold_refusing: share must be from 0 to less than 1, got {share}")
    confidence = np.sort(_confidence("threshold_refusing", probabilities))
    return float(confidence[math.floor(share * len(confidence) + 1e-9)])


def answer_threshold(model: Layer, otherwise: float = 0.0) -> float:
    """The least confidence of an answer: ``info["threshold"]`` of the model.

    Args:
        model: The model.
        otherwise: The threshold of a model that has none.

    Raises:
        ValueError: the model's threshold is no number from 0 to 1.
    """
    threshold = model.info.get("threshold", otherwise)
    if isinstance(threshold, bool) or not isinstance(threshold, int | float) or not 0 <= threshold <= 1:
        raise ValueError(f"expected a threshold from 0 to 1 in the model's description, found {threshold!r}")
    return float(threshold)


def _judged(
    name: str, probabilities: np.ndarray, y: Any, classes: Sequence[Any] | None
) -> tuple[np.ndarray, np.ndarray]:
    """The confidence of each answer, and whether it is right."""
    probabilities = np.asarray(probabilities)
    confidence = _confidence(name, probabilities)
    return confidence, np.argmax(probabilities, axis=1) == _labels(name, probabilities, y, classes)


def _confidence(name: str, probabilities: np.ndarray) -> np.ndarray:
    """The largest probability of each row, as float64 so that sums over many rows lose nothing."""
    p = np.asarray(probabilities, np.float64)
    if p.ndim != 2 or p.size == 0 or not (p.min() >= 0 and p.max() <= 1 + 1e-6):
        raise ValueError(f"{name}: expected probabilities (N, C) from 0 to 1: the softmax of a network's outputs")
    return p.max(axis=1)


def _labels(name: str, rows: np.ndarray, y: Any, classes: Sequence[Any] | None) -> np.ndarray:
    labels = class_labels(class_places(y, classes))
    if rows.ndim != 2 or labels is None or len(labels) != len(rows) or len(labels) == 0:
        raise ValueError(f"{name}: targets of shape {np.shape(y)} do not name a class for each row of {rows.shape}")
    if labels.min() < 0 or labels.max() >= rows.shape[1]:
        raise ValueError(f"{name}: a label is outside 0 … {rows.shape[1] - 1}")
    return labels
