"""Learning-rate schedules: closures ``step -> learning rate``; steps count from 0.

PyTorch's schedulers are often stepped once per epoch; here all counts are of steps, so ``epochs * len(batches)`` takes
the place of ``epochs``. For a rate that follows a metric, see `nural.training.plateau.ReduceOnPlateau`.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence

Schedule = Callable[[int], float]


def constant(learning_rate: float) -> Schedule:
    """η at every step.

    Source: Goodfellow et al. 2016, Deep Learning, algorithm 8.1.
    """
    return lambda step: learning_rate


def step_decay(learning_rate: float, step_size: int, gamma: float = 0.1) -> Schedule:
    """η γ^⌊step / step_size⌋: the rate times γ after every ``step_size`` steps; PyTorch's `StepLR`.

    Source: Szegedy et al. 2015, Going Deeper with Convolutions, section 6.
    """
    _require_steps("step_decay: step_size", step_size)
    return lambda step: learning_rate * gamma ** (step // step_size)


def multi_step(learning_rate: float, milestones: Sequence[int], gamma: float = 0.1) -> Schedule:
    """η γᵏ, where k of the milestones are reached: the rate times γ at each of them; PyTorch's `MultiStepLR`.

    Source: He et al. 2016, Deep Residual Learning for Image Recognition, section 4.2.
    """
    ordered = sorted(milestones)
    return lambda step: learning_rate * gamma ** bisect_right(ordered, step)


def exponential(learning_rate: float, gamma: float) -> Schedule:
    """η γ^step: the rate times γ at every step; PyTorch's `ExponentialLR`.

    Source: Szegedy et al. 2016, Rethinking the Inception Architecture for Computer Vision, section 8.
    """
    return lambda step: learning_rate * gamma**step


def cosine(learning_rate: float, T_max: int, eta_min: float = 0.0) -> Schedule:
    """Half a cosine from η down to η_min: η_min + (η − η_min) (1 + cos(π step / T_max)) / 2.

    Args:
        learning_rate: η, the first rate.
        T_max: The step where η_min is reached. Beyond it the cosine goes up again, as PyTorch's `CosineAnnealingLR`
            does.
        eta_min: η_min, the smallest rate.

    Raises:
        ValueError: T_max is below 1.

    Source: Loshchilov and Hutter 2017, SGDR: Stochastic Gradient Descent with Warm Restarts, equation 5.
    """
    _require_steps("cosine: T_max", T_max)
    return lambda step: _cosine(learning_rate, eta_min, step / T_max)


def one_cycle(
    max_learning_rate: float,
    total_steps: int,
    pct_start: float = 0.3,
    anneal_strategy: str = "cos",
    div_factor: float = 25,
    final_div_factor: float = 1e4,
) -> Schedule:
    """Half a cosine up from η / div_factor to η, then half a cosine down to η / (div_factor · final_div_factor).

    Half a cosine from a to b is b + (a − b) (1 + cos(π s)) / 2, where s goes from 0 to 1.

    Args:
        max_learning_rate: η, the peak.
        total_steps: Length of the training; later steps keep the last rate.
        pct_start: Share of the steps that rise, from 0 to 1.
        anneal_strategy: "cos", or "linear" for straight lines in place of the cosines.
        div_factor: The first rate is η divided by this.
        final_div_factor: The last rate is the first one divided by this.

    Raises:
        ValueError: total_steps is below 1, pct_start outside 0 … 1, a factor not above 0, or the strategy not known.

    Source: Smith and Topin 2018, Super-Convergence, in the cosine form of PyTorch's `OneCycleLR`.
    """
    _require_steps("one_cycle: total_steps", total_steps)
    if anneal_strategy not in ("cos", "linear"):
        raise ValueError(f'one_cycle: anneal_strategy must be "cos" or "linear", got {anneal_strategy!r}')
    if not 0 <= pct_start <= 1:
        raise ValueError(f"one_cycle: pct_start must be from 0 to 1, got {pct_start}")
    if not (div_factor > 0 and final_div_factor > 0):
        raise ValueError(
            f"one_cycle: div_factor and final_div_factor must be above 0, got {div_factor} and {final_div_factor}"
        )
    between = _cosine if anneal_strategy == "cos" else _linear
    first = max_learning_rate / div_factor
    last = first / final_div_factor
    peak = pct_start * total_steps - 1

    def rate(step: int) -> float:
        if step <= peak:
            return between(first, max_learning_rate, step / peak if peak > 0 else 1.0)
        return between(max_learning_rate, last, min(1.0, (step - peak) / max(total_steps - 1 - peak, 1e-9)))

    return rate


def linear_warmup(total_iters: int, then: Schedule, start_factor: float = 1 / 3) -> Schedule:
    """A straight line up to the first rate of another schedule, which then begins.

    (f + (1 − f) step / total_iters) · then(0) before step total_iters, with f = start_factor, and
    then(step − total_iters) from there on. It is PyTorch's `LinearLR` followed by ``then``, in a `SequentialLR`.

    Args:
        total_iters: Steps of the warm-up; ``then(0)`` is the rate of step ``total_iters``.
        then: The schedule to warm up for; its step 0 comes after the warm-up.
        start_factor: The first rate is ``start_factor * then(0)``.

    Raises:
        ValueError: total_iters is below 1.

    Source: Goyal et al. 2017, Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour, section 2.2.
    """
    _require_steps("linear_warmup: total_iters", total_iters)

    def rate(step: int) -> float:
        if step < total_iters:
            return _linear(start_factor * then(0), then(0), step / total_iters)
        return then(step - total_iters)

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
