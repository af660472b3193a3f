"""What a network sees: its first filters, and the ink that an answer depends on."""

from collections.abc import Sequence

import numpy as np

from nural.data.digits import SIDE
from nural.plots.digits import sheet
from nural.plots.figure import BLUE, HEIGHT, ORANGE, WIDTH, figure, png, signed_colours

_MOST_FILTERS = 64
_WIDTH = 40  # of a small filter in the picture, so that the gap beside it can be narrow
_STRONGEST = 99.0  # percentile of a map that gets the full colour
_INK = 0.45  # how dark a digit is under its map


def filters(weights: np.ndarray, title: str) -> bytes:
    """The filters of a first layer ``(F, h, w)`` in signed colours, as PNG.

    If there are more than 64, the strongest are shown, and the title says so.
    """
    strength = np.square(weights, dtype=np.float64).sum(axis=(1, 2))
    chosen = np.sort(np.argsort(-strength, kind="stable")[:_MOST_FILTERS])
    enlarged = weights[chosen].repeat(factor := max(1, _WIDTH // weights.shape[2]), axis=1).repeat(factor, axis=2)
    count, height, width = enlarged.shape
    columns = int(np.ceil(np.sqrt(count * height / width * WIDTH / HEIGHT)))
    rows = -(-count // columns)
    gap = width // 7
    canvas = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap), np.nan)
    for i, image in enumerate(enlarged):
        top, left = i // columns * (height + gap), i % columns * (width + gap)
        canvas[top : top + height, left : left + width] = image
    canvas[(count - 1) // columns * (height + gap) :, ((count - 1) % columns + 1) * (width + gap) :] = 0  # white
    drawing = figure()
    axes = drawing.subplots()
    colours = signed_colours().with_extremes(bad="#d4d7db")
    largest = max(float(np.percentile(np.abs(weights[chosen]), _STRONGEST)), 1e-12)
    shown = axes.imshow(canvas, cmap=colours, vmin=-largest, vmax=largest, interpolation="nearest")
    axes.axis("off")
    drawing.colorbar(shown, ax=axes, label="weight of a pixel (ink is 1, paper 0)", shrink=0.8, extend="both")
    more = f"; the {count} strongest" if count < len(weights) else ""
    return png(drawing, title + more)


def saliency(images: np.ndarray, gradients: np.ndarray, captions: Sequence[str], title: str) -> bytes:
    """Digits ``(N, 784)`` in grey, and over each the gradient of its class's output, as PNG.

    The colours of each map are scaled to it: full where the gradient is among its largest hundredth.
    """
    from matplotlib.colors import to_rgb
    from matplotlib.patches import Patch

    scale = np.percentile(np.abs(gradients), _STRONGEST, axis=1, keepdims=True)
    strength = np.clip(np.abs(gradients) / np.maximum(scale, 1e-30), 0, 1)[..., np.newaxis]
    colour = np.where(gradients[..., np.newaxis] > 0, to_rgb(ORANGE), to_rgb(BLUE))
    paper = 1 - _INK * images[..., np.newaxis]
    blended = (1 - strength) * paper + strength * colour
    drawing = sheet(blended.reshape(-1, SIDE, SIDE, 3), captions, columns=5)
    meanings = {ORANGE: "more ink here speaks for the digit", BLUE: "against it", str(1 - _INK): "the digit itself"}
    patches = [Patch(color=colour, label=meaning) for colour, meaning in meanings.items()]
    drawing.legend(handles=patches, loc="outside lower center", ncols=3, frameon=False, fontsize=12)
    return png(drawing, title)
