"""Whether confidences mean what they say, and the effect of refusing the least confident answers."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nural.evaluation.calibration import Bin, Coverage
from nural.plots.figure import BLUE, GREY, ORANGE, figure, open_frame, png

_NORMAL_95 = 1.96
_REFUSED = 20.0  # percent that are shown at most: beyond, hardly any answer is wrong


def reliability(rows: Sequence[Bin], error: float, title: str) -> bytes:
    """Accuracy over confidence, with 95% intervals, above the number of answers in each bin, as PNG.

    Args:
        rows: As `nural.reliability` gives them.
        error: The expected calibration error.
        title: The title of the picture.
    """
    drawing = figure()
    upper, lower = drawing.subplots(2, 1, sharex=True, height_ratios=(2.6, 1))
    confidence, accuracy, count = (np.array([getattr(row, name) for row in rows]) for name in _OF_A_BIN)
    low, high = _wilson(accuracy, count)
    upper.plot([0, 100], [0, 100], color=GREY, linestyle="--", linewidth=1.2, label="confidence means what it says")
    upper.vlines(100 * confidence, 100 * low, 100 * high, color=BLUE, alpha=0.45, linewidth=5)
    upper.plot(100 * confidence, 100 * accuracy, "o", color=BLUE, clip_on=False, label="this model, 95% intervals")
    upper.set(ylabel="right, %", xlim=(0, 100), ylim=(0, 103))
    upper.legend(frameon=False, loc="lower right")
    upper.set_title(f"calibration error {100 * error:.2f}%", color=BLUE, weight="bold")
    edges = 100 * np.array([row.low for row in rows])
    widths = 100 * np.array([row.high - row.low for row in rows])
    bars = lower.bar(edges, count, widths, align="edge", color=BLUE, edgecolor="white")
    lower.bar_label(bars, [f"{n:,}" for n in count], fontsize=8, padding=1)
    lower.set(xlabel="confidence, %", ylabel="answers", yscale="log", ylim=(0.5, 8 * count.max()))
    lower.yaxis.set_major_formatter("{x:,.0f}")
    lower.minorticks_off()
    for axes in (upper, lower):
        open_frame(axes)
    return png(drawing, title)


def coverage(curve: Sequence[Coverage], marked: Sequence[Coverage], chosen: Coverage | None, title: str) -> bytes:
    """The error among the answers given against the share of digits answered, as PNG.

    Args:
        curve: Rows of `nural.coverage_against_error` for many thresholds.
        marked: Rows that get a dot and their threshold.
        chosen: The row of the model's own threshold, if it has one.
        title: The title of the picture.
    """
    drawing = figure()
    axes = drawing.subplots()
    axes.plot(*_points(curve), color=BLUE, linewidth=2)
    across, up = _points(marked)
    axes.plot(across, up, "o", color=BLUE, label="at this threshold of the confidence")
    shown = _REFUSED if chosen is None else max(_REFUSED, 100 - 100 * chosen.coverage)
    span, top = min(max(100 - min(across), 0.1), shown), max(*up, 0.01)
    axes.set(
        xlabel="answered, % of all digits (the others get “?”)",
        ylabel="wrong, % of the answers",
        xlim=(100 - 1.06 * span, 100 + 0.05 * span),
        ylim=(-0.04 * top, 1.3 * top),  # with room for the legend
    )
    _name_thresholds(axes, [row for row in marked if row.error is not None], span, top)
    if chosen is not None and chosen.error is not None:
        found = f"{100 * chosen.coverage:.1f}% answered, {100 * chosen.error:.2f}% of these wrong"
        label = f"at the model’s own, {chosen.threshold:.3g}:\n{found}"
        axes.plot(100 * chosen.coverage, 100 * chosen.error, "D", color=ORANGE, markersize=9, label=label)
    axes.legend(frameon=False, loc="upper left", fontsize=12)
    open_frame(axes)
    return png(drawing, title)


_OF_A_BIN = ("confidence", "accuracy", "count")


def _wilson(share: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The interval that holds the true share in 95 of 100 cases (Wilson 1927); it is not empty even at 0 and 1."""
    z2 = _NORMAL_95**2
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = np.sqrt(z2 * (share * (1 - share) / count + z2 / (4 * count * count))) / (1 + z2 / count)
    return middle - half, middle + half


def _points(rows: Sequence[Coverage]) -> tuple[list[float], list[float]]:
    """Coverage and error in percent, as far as anything is answered."""
    answered = [row for row in rows if row.error is not None]
    return [100 * row.coverage for row in answered], [100 * (row.error or 0.0) for row in answered]


def _name_thresholds(axes: Any, rows: Sequence[Coverage], span: float, top: float) -> None:
    """Each threshold beside its dot, unless another one's name is in the way."""
    named: list[tuple[float, float]] = []
    for row in rows:
        x, y = 100 * row.coverage / span, 100 * (row.error or 0.0) / top
        if all(abs(x - a) > 0.07 or abs(y - b) > 0.06 for a, b in named):
            named.append((x, y))
            axes.annotate(
                *(f"{row.threshold:g}", (100 * row.coverage, 100 * (row.error or 0.0)), (-4, 7)),
                **{"textcoords": "offset points", "ha": "right", "color": GREY},
            )
