"""The pictures that `nural evaluate` writes."""

from collections.abc import Callable, Iterator

import numpy as np

from nural import plots
from nural.cli.evaluation import Evaluation, some
from nural.data.preparation import DIGIT
from nural.evaluation.calibration import THRESHOLDS, coverage_against_error
from nural.evaluation.saliency import first_filters, saliency

#: How many points the curve of coverage against error has, evenly spaced among the sorted confidences.
_POINTS = 1000


def pictures(found: Evaluation) -> Iterator[tuple[str, bytes | None]]:
    """Each picture's file name and content; None where the model has nothing to show."""
    for name, draw in PICTURES.items():
        yield name, draw(found)


def _mistakes(found: Evaluation) -> bytes:
    answer = found.probabilities.argmax(axis=1)
    wrong = np.flatnonzero(answer != found.y)
    confidence = found.probabilities[wrong].max(axis=1)
    title = f"{found.name}: {len(wrong):,} of {len(found.y):,} {found.model.pictures} misread"
    names = np.array(found.model.names)
    shown = found.model.prepare.pictures(found.x[wrong])
    return plots.mistakes(shown, names[found.y[wrong]], names[answer[wrong]], confidence, title)


def _confusion(found: Evaluation) -> bytes:
    right = f"{100 * found.scores['accuracy']:.2f}% of {len(found.y):,} {found.model.pictures} read right"
    return plots.confusion(found.matrix, f"{found.name}: {right}", found.model.names, found.model.one)


def _reliability(found: Evaluation) -> bytes:
    title = f"{found.name}: does confidence mean what it says? {len(found.y):,} {found.model.pictures}"
    return plots.reliability(found.bins, found.calibration_error, title)


def _coverage(found: Evaluation) -> bytes:
    confidence = np.sort(found.probabilities.max(axis=1))
    everywhere = confidence[np.arange(_POINTS) * len(confidence) // _POINTS]
    curve = coverage_against_error(found.probabilities, found.y, sorted({0.0, *everywhere.tolist()}))
    marked = [row for row in found.coverage if row.threshold in THRESHOLDS]
    chosen = [row for row in found.coverage if 0 < row.threshold == found.threshold]
    title = f"{found.name}: coverage and error when answers of low confidence are refused"
    return plots.coverage(curve, marked, chosen[0] if chosen else None, title)


def _filters(found: Evaluation) -> bytes | None:
    weights = first_filters(found.model.network)
    if weights is None:
        return None
    count, height, width = weights.shape
    return plots.filters(weights, f"{found.name}: the {count} filters of the first layer, {height}×{width} pixels")


def _saliency(found: Evaluation) -> bytes | None:
    """The saliency of the first digit of each class."""
    model = found.model
    if model.prepare.picture_shape != DIGIT or model.task.kind != "multiclass":
        return None
    first = [int(np.flatnonzero(found.y == place)[0]) for place in range(len(model.names)) if (found.y == place).any()]
    x, y, p = found.x[first], found.y[first], found.probabilities[first]
    captions = [f"{model.names[place]}, {100 * row[place]:.1f}% sure" for place, row in zip(y, p, strict=True)]
    title = f"{found.name}: how each {model.one}’s own output changes with the ink, ∂z/∂x"
    return plots.saliency(x, saliency(model.network, x, y), captions, title)


def _robustness(found: Evaluation) -> bytes | None:
    if not found.curves:
        return None
    examples = [
        np.concatenate(
            [disturbance.apply(found.x[:1], level, np.random.default_rng(0)) for level in disturbance.levels]
        )
        for disturbance, _ in found.curves
    ]
    title = f"{found.name}: accuracy on {len(some(found.y)):,} {found.model.pictures}, disturbed"
    return plots.robustness(found.curves, examples, title)


#: By file name.
PICTURES: dict[str, Callable[[Evaluation], bytes | None]] = {
    "mistakes.png": _mistakes,
    "confusion.png": _confusion,
    "reliability.png": _reliability,
    "coverage.png": _coverage,
    "filters.png": _filters,
    "saliency.png": _saliency,
    "robustness.png": _robustness,
}

#: Why a picture cannot be drawn of every model.
_IMAGES = "it is of grey pictures of 28×28 pixels, and of an output for each class"
NEEDS = {
    "filters.png": "the first layer of this model does not look at a grey image",
    "saliency.png": _IMAGES,
    "robustness.png": _IMAGES,
}
