"""A layer of one's own, derived from `nural.Layer`: made, given something to work on, and its gradients compared."""

from typing import Any

import numpy as np

from nural.gradients import GradientError, check_gradients
from nural.layer import Layer
from nural.learn.building import made
from nural.learn.running import NotLoaded
from nural.losses import mean_squared_loss

#: Batches of rows, images and sequences, all of whose sizes differ; the last one is what layers are made for.
SHAPES = (5, 3), (2, 5, 6, 3), (2, 4, 3)
GIVEN = {
    **{"inputs": 3, "features": 3, "in_channels": 3, "outputs": 4, "out_channels": 4},
    **{"kernel_size": 2, "stride": 1, "padding": 0, "p": 0.5},
}


def check_layer(cls: type[Layer], train: bool = False) -> dict[str, float]:
    """Compare a layer's gradients with central differences, on a batch of the first kind that it takes.

    Args:
        cls: A class of layers, whose constructor asks for nothing but sizes, by the names that are common for them.
        train: Whether the forward pass runs as in training.

    Returns:
        As `nural.check_gradients`.

    Raises:
        NotLoaded: The layer cannot be made, or takes neither rows nor images nor sequences.
        GradientError: As `nural.check_gradients`.
    """
    try:
        layer = made(cls, GIVEN)
    except Exception as error:
        raise NotLoaded(f"{cls.__name__} cannot be made: {error}") from None
    rng, said = np.random.default_rng(0), ""
    for shape in SHAPES:
        x: Any = rng.standard_normal(shape)
        try:
            y = np.array(layer.astype(np.float64).forward(x, train))
            return check_gradients(layer, x, rng.standard_normal(y.shape), loss=mean_squared_loss, train=train)
        except GradientError:
            raise
        except Exception as error:
            said = said or f"{type(error).__name__}: {error}"
    raise NotLoaded(f"{cls.__name__} takes neither rows {SHAPES[0]} nor images {SHAPES[1]} nor sequences: {said}")
