"""Optimizers that change what another one does."""

import numpy as np

from nural.optimizers.optimizer import Optimizer


class Wrapper(Optimizer):
    """Does something before or after the step of another optimizer, whose rate, steps and state it shares.

    So a schedule and a checkpoint work through it, and what it keeps in ``state`` is resumed with the rest.

    Args:
        optimizer: The one that takes the step; may be a wrapper too.

    Raises:
        TypeError: optimizer is not an `Optimizer`.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(self).__name__}: expected an optimizer to wrap, got {optimizer!r}")
        self.optimizer = optimizer

    @property
    def learning_rate(self) -> float:
        """The inner optimizer's."""
        return self.optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self.optimizer.learning_rate = value

    @property
    def steps(self) -> int:
        """The inner optimizer's."""
        return self.optimizer.steps

    @steps.setter
    def steps(self, value: int) -> None:
        self.optimizer.steps = value

    @property
    def state(self) -> dict[str, np.ndarray]:
        """The inner optimizer's."""
        return self.optimizer.state

    @state.setter
    def state(self, value: dict[str, np.ndarray]) -> None:
        self.optimizer.state = value

    def scratch(self, like: np.ndarray, purpose: str = "") -> np.ndarray:
        """The inner optimizer's."""
        return self.optimizer.scratch(like, purpose)
