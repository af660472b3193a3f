"""Optimizers: each update as its paper writes it, in place."""

from nural.optimizers.adam import Adam, AdamW
from nural.optimizers.adaptive import Adadelta, AdaGrad, RMSProp
from nural.optimizers.averaging import ExponentialMovingAverage
from nural.optimizers.clipping import Clipped, clip_gradients_by_norm, clip_gradients_by_value
from nural.optimizers.optimizer import Optimizer
from nural.optimizers.sgd import SGD

__all__ = [
    "SGD",
    "AdaGrad",
    "Adadelta",
    "Adam",
    "AdamW",
    "Clipped",
    "ExponentialMovingAverage",
    "Optimizer",
    "RMSProp",
    "clip_gradients_by_norm",
    "clip_gradients_by_value",
]
