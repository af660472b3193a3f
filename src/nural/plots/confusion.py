"""Which digits are taken for which."""

import numpy as np

from nural.plots.figure import ORANGE, figure, open_frame, png


def confusion(matrix: np.ndarray, title: str) -> bytes:
    """A confusion matrix ``(C, C)``, row the true digit, with the share of each digit that is misread, as PNG.

    Colour shows the mistakes; the diagonal is what is right.
    """
    drawing = figure()
    axes, bars = drawing.subplots(1, 2, width_ratios=(1.5, 1))
    wrong = matrix.astype(float)
    np.fill_diagonal(wrong, np.nan)
    largest = max(1.0, float(np.nanmax(wrong, initial=0)))
    axes.imshow(wrong, cmap="Oranges", vmin=0, vmax=largest, aspect="auto")
    for (row, column), count in np.ndenumerate(matrix):
        if count:
            dark = row != column and count > 0.6 * largest
            weight = "bold" if row == column else "normal"
            axes.text(
                column, row, str(count), ha="center", va="center", weight=weight, color="white" if dark else "black"
            )
    classes = range(len(matrix))
    axes.set(xlabel="answer", ylabel="true digit", xticks=classes, yticks=classes, title="How often", facecolor="white")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    tested = matrix.sum(axis=1)
    misread = 100 * (tested - matrix.diagonal()) / np.maximum(tested, 1)
    drawn = bars.barh(classes, misread, color=ORANGE, height=0.7)
    bars.bar_label(drawn, [f"{share:.2f}%" for share in misread], padding=4)
    bars.set(
        title="Misread",
        xlabel="% of the true digit",
        yticks=classes,
        ylim=(len(matrix) - 0.5, -0.5),
        xlim=(0, 1.25 * max(misread.max(), 0.1)),
    )
    bars.tick_params(axis="y", length=0)
    open_frame(bars)
    bars.grid(visible=False, axis="y")
    return png(drawing, title)
