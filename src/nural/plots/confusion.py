"""Which classes are taken for which."""

from collections.abc import Sequence

import numpy as np

from nural.plots.figure import ORANGE, figure, open_frame, png, shortened

_MOST = 16  # classes whose numbers have full size; up to twice as many they can still be read
_SHORT = 3  # letters of a name that fits beneath its column


def confusion(matrix: np.ndarray, title: str, names: Sequence[str] | None = None, what: str = "digit") -> bytes:
    """A confusion matrix ``(C, C)``, row the true class, with the share of each class that is misread, as PNG.

    Colour shows the mistakes; the diagonal holds right answers.

    Args:
        matrix: The confusion matrix.
        title: The title of the picture.
        names: Names of the classes; 0, 1, 2, … by default.
        what: The word for one class: "digit".
    """
    drawing = figure()
    axes, bars = drawing.subplots(1, 2, width_ratios=(1.5, 1))
    wrong = matrix.astype(float)
    np.fill_diagonal(wrong, np.nan)
    largest = max(1.0, float(np.nanmax(wrong, initial=0)))
    axes.imshow(wrong, cmap="Oranges", vmin=0, vmax=largest, aspect="auto")
    classes = range(len(matrix))
    size = min(10.0, _MOST * 10 / len(matrix))
    for (row, column), count in np.ndenumerate(matrix if len(matrix) <= 2 * _MOST else matrix[:0]):
        if count:
            style = {"weight": "bold" if row == column else "normal", "size": size}
            dark = row != column and count > 0.6 * largest
            axes.text(column, row, str(count), ha="center", va="center", color="white" if dark else "black", **style)
    named = [shortened(name) for name in (map(str, classes) if names is None else names)]
    style = {"size": size, "parse_math": False}
    axes.set(xlabel="answer", ylabel=f"true {what}", title="How often", facecolor="white")
    axes.set_xticks(classes, named, rotation=90 if max(map(len, named)) > _SHORT else 0, **style)
    axes.set_yticks(classes, named, **style)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    tested = matrix.sum(axis=1)
    misread = 100 * (tested - matrix.diagonal()) / np.maximum(tested, 1)
    drawn = bars.barh(classes, misread, color=ORANGE, height=0.7)
    bars.bar_label(drawn, [f"{share:.2f}%" for share in misread], padding=4, size=size)
    bars.set(
        title="Misread",
        xlabel=f"% of the true {what}",
        ylim=(len(matrix) - 0.5, -0.5),
        xlim=(0, 1.25 * max(misread.max(), 0.1)),
    )
    bars.set_yticks(classes, named, **style)
    bars.tick_params(axis="y", length=0)
    open_frame(bars)
    bars.grid(visible=False, axis="y")
    return png(drawing, title)
