"""Learning-rate schedules: closures ``step -> learning rate``; steps count from 0.

PyTorch's schedulers are often stepped once an epoch; here every count is of steps, so ``epochs * len(batches)`` takes
the place of ``epochs``. What follows a metric instead of the step is `nural.plateau.ReduceOnPlateau`.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence

Schedule = Callable[[int], float]


def constant(learning_rate: float) -> Schedule:
    """The same rate at every step."""
    return lambda step: learning_rate


def step_decay(learning_rate: float, step_size: int, gamma: float = 0.1) -> Schedule:
    """η γ^⌊step / step_size⌋: the rate times γ after every ``step_size`` steps; PyTorch's `StepLR`."""
    _require_steps("step_decay: step_size", step_size)
    return lambda step: learning_rate * gamma ** (step // step_size)


def multi_step(learning_rate: float, milestones: Sequence[int], gamma: float = 0.1) -> Schedule:
    """η γᵏ, where k of the milestones are reached: the rate times γ at each of them; PyTorch's `MultiStepLR`."""
    ordered = sorted(milestones)
    return lambda step: learning_rate * gamma ** bisect_right(ordered, step)


def exponential(learning_rate: float, gamma: float) -> Schedule:
    """η γ^step: the rate times γ at every step; PyTorch's `ExponentialLR`."""
    return lambda step: learning_rate * gamma**step


def cosine(learning_rate: float, steps: int, end: float = 0.0) -> Schedule:
    """Half a cosine from η down to ``end``: end + (η − end) (1 + cos(π step / steps)) / 2.

    Args:
        learning_rate: η, the first rate.
        steps: Where ``end`` is reached. Beyond it the cosine goes up again, as PyTorch's `CosineAnnealingLR` does.
        end: The smallest rate.

    Source: Loshchilov and Hutter 2017, SGDR: Stochastic Gradient Descent with Warm Restarts, equation 5.
    """
    _require_steps("cosine: steps", steps)
    return lambda step: _cosine(learning_rate, end, step / steps)


def one_cycle(
    max_learning_rate: float,
    steps: int,
    warmup: float = 0.3,
    start: float = 25,
    end: float = 1e4,
    anneal: str = "cos",
) -> Schedule:
    """Half a cosine up from max/start to max, then half a cosine down to max/(start · end).

    Args:
        max_learning_rate: The peak.
        steps: Length of the training; later steps keep the last rate.
        warmup: Share of the steps that rise; PyTorch's ``pct_start``.
        start: The first rate is ``max_learning_rate / start``; PyTorch's ``div_factor``.
        end: The last rate is the first one divided by this; PyTorch's ``final_div_factor``.
        anneal: "cos", or "linear" for straight lines in place of the cosines.

    Source: Smith and Topin 2018, Super-Convergence, in the cosine form of PyTorch's `OneCycleLR`.
    """
    _require_steps("one_cycle: steps", steps)
    if anneal not in ("cos", "linear"):
        raise ValueError(f'one_cycle: anneal must be "cos" or "linear", got {anneal!r}')
    between = _cosine if anneal == "cos" else _linear
    first = max_learning_rate / start
    last = first / end
    peak = warmup * steps - 1

    def rate(step: int) -> float:
        if step <= peak:
            return between(first, max_learning_rate, step / peak if peak > 0 else 1.0)
        return between(max_learning_rate, last, min(1.0, (step - peak) / max(steps - 1 - peak, 1e-9)))

    return rate


def linear_warmup(steps: int, then: Schedule, start_factor: float = 1 / 3) -> Schedule:
    """A straight line up to the first rate of another schedule, which then begins.

    It is PyTorch's `LinearLR` followed by ``then``, in a `SequentialLR`.

    Args:
        steps: Length of the warm-up; ``then(0)`` is the rate of step ``steps``.
        then: The schedule to warm up for; its step 0 comes after the warm-up.
        start_factor: The first rate is ``start_factor * then(0)``.

    Source: Goyal et al. 2017, Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour, section 2.2.
    """
    _require_steps("linear_warmup: steps", steps)

    def rate(step: int) -> float:
        if step < steps:
            return _linear(start_factor * then(0), then(0), step / steps)
        return then(step - steps)

    return rate


def _cosine(begin: float, end: float, share: float) -> float:
    """From begin to end along half a cosine."""
    return end + (begin - end) * (1 + math.cos(math.pi * share)) / 2


def _linear(begin: float, end: float, share: float) -> float:
    """From begin to end along a straight line."""
    return begin + (end - begin) * share


def _require_steps(what: str, steps: int) -> None:
    if steps < 1:
        raise ValueError(f"{what} must be at least 1, got {steps}")
