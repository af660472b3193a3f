"""What all optimizers share: the step over all parameters, running arrays, weight decay, the sign of the gradient."""

import math
from collections.abc import Mapping

import numpy as np


class Optimizer:
    """Moves parameters along their gradients, keeping running arrays for each parameter.

    Attributes:
        learning_rate: May be set between steps, as schedules do.
        steps: Number of updates made.
        state: The running arrays by name: ``velocity.0.W`` and so on. They are saved in checkpoints.

    Args:
        learning_rate: η.
        weight_decay: λ. Coupled, it is added to the gradient: g ← g + λW, the gradient of ½λW².
        decoupled_weight_decay: Take λ out of the gradient, and shrink the weight itself before the step:
            W ← W − ηλW. So do PyTorch's AdamW and all of Keras's optimizers.
        maximize: Ascend instead: g ← −g.

    Raises:
        ValueError: a rate or a decay that is negative or not finite.
    """

    #: The running arrays that the rule keeps for each parameter, and the value that they begin with.
    slots: Mapping[str, float] = {}

    def __init__(
        self,
        learning_rate: float,
        weight_decay: float = 0.0,
        decoupled_weight_decay: bool = False,
        maximize: bool = False,
    ) -> None:
        self.require(learning_rate=learning_rate, weight_decay=weight_decay)
        self.learning_rate = learning_rate
        self.weight_decay, self.decoupled_weight_decay = weight_decay, decoupled_weight_decay
        self.maximize = maximize
        self.steps = 0
        self.state = dict[str, np.ndarray]()
        self._scratch: dict[tuple[tuple[int, ...], str, str], np.ndarray] = {}

    def update(self, params: Mapping[str, np.ndarray], grads: Mapping[str, np.ndarray]) -> None:
        """Take one step: every array of ``params`` moves, in place; ``grads`` stays as it is.

        Args:
            params: Arrays by name, for example ``model.params`` or a plain dict of weights.
            grads: ∂L/∂params under the same names.
        """
        self.steps += 1
        for name, W in params.items():
            for slot, first in self.slots.items():
                if f"{slot}.{name}" not in self.state:
                    self.state[f"{slot}.{name}"] = np.full_like(W, first)
            self.rule(W, self._decayed(W, grads[name]), *(self.state[f"{slot}.{name}"] for slot in self.slots))

    def rule(self, W: np.ndarray, g: np.ndarray, *slots: np.ndarray) -> None:
        """Move W in place, given its gradient g and the running arrays named by `slots`."""
        raise NotImplementedError(f"{type(self).__name__} has no rule")

    def scratch(self, like: np.ndarray, purpose: str = "") -> np.ndarray:
        """An uninitialised array of this shape and type, shared by all parameters that have them."""
        key = (like.shape, like.dtype.char, purpose)
        if key not in self._scratch:
            self._scratch[key] = np.empty_like(like)
        return self._scratch[key]

    def require(self, below: float = math.inf, most: float = math.inf, **values: float) -> None:
        """Raise ValueError unless each of the named values is from 0 to ``most`` and less than ``below``."""
        allowed = "finite and not negative" if below == math.inf else f"at least 0 and below {below:g}"
        allowed = allowed if most == math.inf else f"from 0 to {most:g}"
        for name, value in values.items():
            if not (0 <= value < below and value <= most):
                raise ValueError(f"{type(self).__name__}: {name} must be {allowed}, got {value}")

    def _decayed(self, W: np.ndarray, g: np.ndarray) -> np.ndarray:
        """The gradient to descend along: g with its sign and with coupled weight decay."""
        if self.weight_decay and self.decoupled_weight_decay:
            W *= 1 - self.learning_rate * self.weight_decay
        elif self.weight_decay:
            decay = np.multiply(W, self.weight_decay, out=self.scratch(W, "gradient"))
            return np.subtract(decay, g, out=decay) if self.maximize else np.add(decay, g, out=decay)
        return np.negative(g, out=self.scratch(W, "gradient")) if self.maximize else g


def average(mean: np.ndarray, value: np.ndarray, keep: float, scratch: np.ndarray) -> None:
    """Exponential moving average: mean ← keep · mean + (1 − keep) · value; ``scratch`` may be ``value``."""
    mean *= keep
    mean += np.multiply(value, 1 - keep, out=scratch)
