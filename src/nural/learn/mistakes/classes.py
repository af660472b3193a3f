"""Mistakes that only a class can make: in what it keeps, and in prediction."""

import itertools

import numpy as np

from nural.learn.functions.norm_classes import NEW, of_dropout
from nural.learn.mistakes.mistake import instead

MISTAKES = [
    *(
        instead("gate-order", "gates", only=name)(lambda order=order: order)
        for name, gates in (("LSTM", 4), ("GRU", 3))
        for order in itertools.islice(itertools.permutations(range(gates)), 1, None)
    ),
    instead("derivative-of-input", "saved", only="Sigmoid")(lambda x, y: x),
    instead("derivative-of-input", "saved", only="Tanh")(lambda x, y: x),
    instead("gate-at-zero", "saved", only="ReLU")(lambda x, y: np.ones_like(x)),
    instead("running-statistics-in-training", "training")(lambda: 0.0),
    instead("momentum-exchanged", "share")(lambda: 1 - NEW),
    instead("batch-statistics-in-prediction", "prediction")(lambda: 0.0),
    instead("dropout-not-scaled", "of_dropout")(lambda p: of_dropout(1, p)),
    instead("dropout-keep-exchanged", "of_dropout")(lambda p: of_dropout(1 / p, 1 - p)),
    instead("dropout-keep-exchanged", "of_dropout")(lambda p: of_dropout(1 / (1 - p), 1 - p)),
    instead("dropout-keep-exchanged", "of_dropout")(lambda p: of_dropout(1, 1 - p, prediction=p)),
    instead("dropout-keep-exchanged", "of_dropout")(lambda p: of_dropout(1, 1 - p, prediction=1 - p)),
    instead("dropout-keep-exchanged", "of_dropout")(lambda p: of_dropout(1, 1 - p)),
    instead("dropout-keep-exchanged", "of_dropout")(lambda p: of_dropout(1, p, prediction=p)),
    instead("dropout-without-mask", "of_dropout")(lambda p: of_dropout(1 / (1 - p), p, 1 / (1 - p))),
    instead("dropout-without-mask", "of_dropout")(
        lambda p: (np.array([1 / (1 - p), p]), np.array([1.0, 1.0]), 1.0),
    ),
    instead("dropout-without-mask", "of_dropout")(lambda p: of_dropout(1, p, 1, 1 - p)),
    instead("dropout-in-prediction", "of_dropout")(lambda p: of_dropout(1 / (1 - p), p, prediction=np.nan)),
    instead("dropout-in-prediction", "of_dropout")(lambda p: of_dropout(1, p, prediction=np.nan)),
]
