"""Losses: each returns the mean over the batch and its exact derivative with respect to the network's output.

They take what NumPy's functions take, lists too, and keep the type of outputs of floats; integers become float64.
"""

from nural.losses.binary_cross_entropy import binary_cross_entropy_loss
from nural.losses.cross_entropy import cross_entropy_loss
from nural.losses.loss import Loss
from nural.losses.regression import huber_loss, mean_absolute_loss, mean_squared_loss

__all__ = [
    "Loss",
    "binary_cross_entropy_loss",
    "cross_entropy_loss",
    "huber_loss",
    "mean_absolute_loss",
    "mean_squared_loss",
]
