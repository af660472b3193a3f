"""How accuracy falls as digits are disturbed."""

from collections.abc import Sequence

import numpy as np

from nural.data.digits import SIDE
from nural.evaluation.robustness import Disturbance
from nural.plots.figure import BLUE, figure, open_frame, png


def robustness(
    curves: Sequence[tuple[Disturbance, Sequence[tuple[float, float]]]], examples: Sequence[np.ndarray], title: str
) -> bytes:
    """Accuracy against the level of each disturbance, with a digit at each level below, as PNG.

    Args:
        curves: Disturbances, each with its levels and accuracies.
        examples: For each of them, one digit at each level: ``(levels, 784)``.
        title: The title of the picture.
    """
    drawing = figure()
    panels = drawing.subplots(2, len(curves), height_ratios=(6, 1), squeeze=False, sharex="col", sharey="row")
    for (disturbance, curve), digits, (axes, strip) in zip(curves, examples, panels.T, strict=True):
        levels, accuracy = np.array(curve).T
        half = (levels[1] - levels[0]) / 2
        ends = levels[0] - half, levels[-1] + half
        axes.plot(levels, 100 * accuracy, color=BLUE, marker="o", markersize=5, linewidth=2)
        axes.set(title=disturbance.name, ylim=(0, 103), xlim=ends)
        open_frame(axes)
        framed = np.pad(digits.reshape(-1, SIDE, SIDE), ((0, 0), (0, 0), (1, 1)))
        row = 1 - framed.transpose(1, 0, 2).reshape(SIDE, -1)
        strip.imshow(row, cmap="gray", vmin=0, vmax=1, extent=(*ends, 0, 1), aspect="auto")
        strip.set(yticks=[], xticks=levels[::2], xlabel=disturbance.unit)
        strip.spines[:].set_visible(False)
    panels[0, 0].set(ylabel="accuracy, %")
    return png(drawing, title)
