"""Training: the loop, and what runs it, watches it and keeps it."""

from nural.training.callbacks import BestModel, Callback, EarlyStopping
from nural.training.checkpoint import load_checkpoint, save_checkpoint
from nural.training.divergence import DivergedError
from nural.training.fit import fit
from nural.training.history import History, Progress
from nural.training.loop import Augment, train
from nural.training.plateau import ReduceOnPlateau

__all__ = [
    "Augment",
    "BestModel",
    "Callback",
    "DivergedError",
    "EarlyStopping",
    "History",
    "Progress",
    "ReduceOnPlateau",
    "fit",
    "load_checkpoint",
    "save_checkpoint",
    "train",
]
