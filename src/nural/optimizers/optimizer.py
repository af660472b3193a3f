"""What all optimizers share: the step over all parameters, running arrays, weight decay, the sign of the gradient."""

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from nural.blocks import Block, row_blocks
from nural.checks import require_samples, require_shape

#: Calls a function with each of the blocks, in any order and on any thread, and returns when all are done.
Divide: TypeAlias = Callable[[Callable[[Block], None], Sequence[Block]], Any]


def in_turn(function: Callable[[Block], None], blocks: Sequence[Block]) -> None:
    """Call ``function`` with one block after another."""
    for block in blocks:
        function(block)


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
        self._scratch: dict[tuple[int, tuple[int, ...], np.dtype, str], np.ndarray] = {}

    def update(
        self, params: Mapping[str, np.ndarray], grads: Mapping[str, ArrayLike], divide: Divide = in_turn
    ) -> None:
        """Take one step: every array of ``params`` moves, in place; ``grads`` stays as it is.

        Args:
            params: Arrays by name, for example ``model.params`` or a plain dict of weights.
            grads: ∂L/∂params under the same names and of the same shapes; anything that NumPy takes for an array.
            divide: Calls a function with each of the blocks that the arrays are cut into, perhaps on several threads.
                Blocks do not depend on each other, so the result is the same, bit for bit.

        Raises:
            TypeError: a parameter is not an array of floats, so it cannot be updated in place.
            ValueError: a gradient has another shape than its parameter.
        """
        gradients = {name: self._gradient(name, W, grads[name]) for name, W in params.items()}
        self.steps += 1
        blocks = list[Block]()
        for name, W in params.items():
            kept = [self._running(f"{slot}.{name}", W, first) for slot, first in self.slots.items()]
            blocks += row_blocks(W, gradients[name], *kept)
        divide(self._move, blocks)

    def _gradient(self, name: str, W: np.ndarray, g: ArrayLike) -> np.ndarray:
        """``g`` as an array of floats of W's shape."""
        here = type(self).__name__
        if not isinstance(W, np.ndarray) or W.dtype.kind != "f":
            found = W.dtype if isinstance(W, np.ndarray) else type(W).__name__
            raise TypeError(f"{here}: {name} moves in place, so it must be an array of floats; got {found}")
        g = require_samples(here, g, W.dtype)
        require_shape(here, f"the gradient of {name}", g, W.shape)
        return g

    def _running(self, name: str, W: np.ndarray, first: float) -> np.ndarray:
        """The running array of this name; it begins when W takes its first step."""
        if name not in self.state:
            self.state[name] = np.full_like(W, first)
        return self.state[name]

    def _move(self, block: Block) -> None:
        W, g, *slots = block
        self.rule(W, self._decayed(W, g), *slots)

    def rule(self, W: np.ndarray, g: np.ndarray, *slots: np.ndarray) -> None:
        """Move W in place, given its gradient g and the running arrays named by `slots`."""
        raise NotImplementedError(f"{type(self).__name__} has no rule")

    def scratch(self, like: np.ndarray, purpose: str = "") -> np.ndarray:
        """An uninitialised array of this shape and type, shared by all blocks that one thread goes through."""
        key = threading.get_ident(), like.shape, like.dtype, purpose
        kept = self._scratch.get(key)
        if kept is None:
            kept = self._scratch[key] = np.empty(like.shape, like.dtype)
        return kept

    def __getstate__(self) -> dict[str, Any]:
        """What is copied and pickled: all but the scratch arrays."""
        return {name: {} if name == "_scratch" else value for name, value in vars(self).items()}

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
