"""The pictures that `nural evaluate` writes. It loads Matplotlib."""

from collections.abc import Callable, Iterator

import numpy as np

from nural import plots
from nural.cli.evaluation import Evaluation, some
from nural.data.digits import CLASSES
from nural.evaluation.calibration import THRESHOLDS, coverage_against_error
from nural.evaluation.saliency import first_filters, saliency

#: Points of the curve of coverage against error: at so many confidences, evenly spaced among the digits.
_POINTS = 1000


def pictures(found: Evaluation) -> Iterator[tuple[str, bytes | None]]:
    """Each picture's file name and content; None where the model has nothing to show."""
    for name, draw in DRAWN.items():
        yield f"{name}.png", draw(found)


def _mistakes(found: Evaluation) -> bytes:
    answer = found.probabilities.argmax(axis=1)
    wrong = np.flatnonzero(answer != found.y)
    confidence = found.probabilities[wrong].max(axis=1)
    title = f"{found.name}: {len(wrong):,} of {len(found.y):,} digits misread"
    return plots.mistakes(found.x[wrong], found.y[wrong], answer[wrong], confidence, title)


def _confusion(found: Evaluation) -> bytes:
    right = f"{100 * found.scores['accuracy']:.2f}% of {len(found.y):,} digits read right"
    return plots.confusion(found.matrix, f"{found.name}: {right}")


def _reliability(found: Evaluation) -> bytes:
    title = f"{found.name}: does confidence mean what it says? {len(found.y):,} digits"
    return plots.reliability(found.bins, found.calibration_error, title)


def _coverage(found: Evaluation) -> bytes:
    confidence = np.sort(found.probabilities.max(axis=1))
    everywhere = confidence[np.arange(_POINTS) * len(confidence) // _POINTS]
    curve = coverage_against_error(found.probabilities, found.y, sorted({0.0, *everywhere.tolist()}))
    marked = [row for row in found.coverage if row.threshold in THRESHOLDS]
    chosen = [row for row in found.coverage if 0 < row.threshold == found.threshold]
    title = f"{found.name}: what it brings to refuse answers of low confidence"
    return plots.coverage(curve, marked, chosen[0] if chosen else None, title)


def _filters(found: Evaluation) -> bytes | None:
    weights = first_filters(found.model)
    if weights is None:
        return None
    count, height, width = weights.shape
    return plots.filters(weights, f"{found.name}: the {count} filters of the first layer, {height}×{width} pixels")


def _saliency(found: Evaluation) -> bytes:
    """Of the first digit of each class."""
    first = [int(np.flatnonzero(found.y == digit)[0]) for digit in range(CLASSES) if (found.y == digit).any()]
    x, y, p = found.x[first], found.y[first], found.probabilities[first]
    captions = [f"{digit}, {100 * row[digit]:.1f}% sure" for digit, row in zip(y, p, strict=True)]
    title = f"{found.name}: how each digit’s own output changes with the ink, ∂z/∂x"
    return plots.saliency(x, saliency(found.model, x, y), captions, title)


def _robustness(found: Evaluation) -> bytes:
    examples = [
        np.concatenate(
            [disturbance.apply(found.x[:1], level, np.random.default_rng(0)) for level in disturbance.levels]
        )
        for disturbance, _ in found.curves
    ]
    title = f"{found.name}: accuracy on {len(some(found.y)):,} digits, disturbed"
    return plots.robustness(found.curves, examples, title)


DRAWN: dict[str, Callable[[Evaluation], bytes | None]] = {
    **{"mistakes": _mistakes, "confusion": _confusion, "reliability": _reliability, "coverage": _coverage},
    **{"filters": _filters, "saliency": _saliency, "robustness": _robustness},
}
