import numpy as np

from nural import plots
from nural.evaluation.robustness import DISTURBANCES


def test_robustness(grey, coloured):
    curves = [(disturbance, [(level, 0.5) for level in disturbance.levels]) for disturbance in DISTURBANCES]
    examples = [np.zeros((len(disturbance.levels), 784)) for disturbance in DISTURBANCES]
    png = plots.robustness(curves, examples, "title")
    assert grey(png).shape == (1080, 1920)
    assert coloured(png)[0] > 0.002
    inked = [np.ones_like(digits) for digits in examples]
    assert grey(plots.robustness(curves, inked, "title")).mean() < grey(png).mean() - 5
