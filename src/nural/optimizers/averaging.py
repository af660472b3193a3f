"""The average of the weights along the way, which often does better than the last ones."""

from collections.abc import Mapping
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

from nural.blocks import Block, row_blocks
from nural.layer import Layer
from nural.optimizers.optimizer import Divide, Optimizer, average, in_turn
from nural.optimizers.wrapper import Wrapper

AnyLayer = TypeVar("AnyLayer", bound=Layer)


class ExponentialMovingAverage(Wrapper):
    """An optimizer that averages the weights after each of its steps: a ← δa + (1 − δ) W; the first a is W itself.

    The averages are in its ``state``, as ``average.0.W`` and so on, so they are part of a checkpoint. The training
    goes on with W; `averaged` gives a model that has the averages:

        optimizer = nural.ExponentialMovingAverage(nural.Adam(), decay=0.99)
        nural.fit(model, x, y, optimizer=optimizer)
        model = optimizer.averaged(model)

    It is PyTorch's ``AveragedModel`` with ``get_ema_multi_avg_fn(decay)``, updated after each step.

    Args:
        optimizer: Takes the step.
        decay: δ, from 0 to 1; the average is over about 1 / (1 − δ) steps.

    Raises:
        ValueError: a decay outside 0 … 1.
        TypeError: optimizer is not an `Optimizer`.

    Source: Polyak and Juditsky 1992, Acceleration of Stochastic Approximation by Averaging, with exponential weights.
    """

    def __init__(self, optimizer: Optimizer, decay: float = 0.999) -> None:
        super().__init__(optimizer)
        self.require(most=1, decay=decay)
        self.decay = decay

    def update(
        self, params: Mapping[str, np.ndarray], grads: Mapping[str, ArrayLike], divide: Divide = in_turn
    ) -> None:
        """Take the optimizer's step, then move the averages towards ``params``."""
        self.optimizer.update(params, grads, divide)
        blocks = list[Block]()
        for name, W in params.items():
            if f"average.{name}" in self.state:
                blocks += row_blocks(self.state[f"average.{name}"], W)
            else:
                self.state[f"average.{name}"] = W.copy()
        divide(self._average, blocks)

    def _average(self, block: Block) -> None:
        mean, W = block
        average(mean, W, self.decay, self.scratch(W))

    def averaged(self, model: AnyLayer) -> AnyLayer:
        """A copy of ``model``, running statistics included, with the averages for weights.

        Raises:
            ValueError: an array of the model has no average, as before the first step.
        """
        twin = model.astype(model.dtype)
        for name, W in twin.params.items():
            if f"average.{name}" not in self.state:
                raise ValueError(f"ExponentialMovingAverage: there is no average of {name} yet")
            W[...] = self.state[f"average.{name}"]
        return twin
