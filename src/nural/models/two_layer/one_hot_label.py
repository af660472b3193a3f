"""Labels as one-hot rows."""

import numpy as np
from numpy.typing import ArrayLike

from nural.data import to_categorical


def change_one_hot_label(X: ArrayLike, num_classes: int = 10) -> np.ndarray:
    """A row for each label of X, 1 in the label's column and 0 elsewhere, in float64, by `to_categorical`."""
    return to_categorical(np.ravel(X), num_classes).astype(np.float64)
