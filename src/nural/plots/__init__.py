"""Pictures of data, of a training, and of what a network does, as PNG. Needs Matplotlib (extra ``app``).

Each function returns the bytes of a file, 1920 pixels wide like a slide; stages, side by side, are wider.
"""

from nural.plots.calibration import coverage, reliability
from nural.plots.confusion import confusion
from nural.plots.digits import mistakes, samples, stages
from nural.plots.robustness import robustness
from nural.plots.saliency import filters, saliency
from nural.plots.training import learning_curve

__all__ = [
    "confusion",
    "coverage",
    "filters",
    "learning_curve",
    "mistakes",
    "reliability",
    "robustness",
    "saliency",
    "samples",
    "stages",
]
