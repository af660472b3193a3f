"""Each optimizer and schedule with its counterpart in PyTorch, run from the same numbers."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from nural import schedules
from nural.cases.case import relative_error
from nural.optimizers import SGD, Adadelta, AdaGrad, Adam, AdamW, Optimizer, RMSProp
from nural.schedules import Schedule


class OptimizerCase(NamedTuple):
    """An optimizer: nural's class, PyTorch's name for it, and arguments that both take."""

    ours: Callable[..., Optimizer]
    theirs: str
    learning_rate: float
    options: Mapping[str, Any] = MappingProxyType({})


class ScheduleCase(NamedTuple):
    """A schedule, the first rate for PyTorch, and PyTorch's: ``(torch.optim.lr_scheduler, optimizer) -> scheduler``."""

    ours: Schedule
    theirs: Callable[[Any, Any], Any]
    learning_rate: float = 0.7


OPTIMIZERS = {
    "SGD": OptimizerCase(SGD, "SGD", 0.5),
    "SGD, momentum": OptimizerCase(SGD, "SGD", 0.5, {"momentum": 0.9, "weight_decay": 0.1}),
    "SGD, Nesterov": OptimizerCase(SGD, "SGD", 0.5, {"momentum": 0.9, "nesterov": True}),
    "AdaGrad": OptimizerCase(AdaGrad, "Adagrad", 0.5),
    "RMSProp": OptimizerCase(RMSProp, "RMSprop", 0.05),
    "RMSProp, centered, momentum": OptimizerCase(RMSProp, "RMSprop", 0.05, {"centered": True, "momentum": 0.7}),
    "Adadelta": OptimizerCase(Adadelta, "Adadelta", 1.0),
    "Adam": OptimizerCase(Adam, "Adam", 0.2),
    "Adam, AMSGrad": OptimizerCase(Adam, "Adam", 0.2, {"amsgrad": True, "weight_decay": 0.1}),
    "AdamW": OptimizerCase(AdamW, "AdamW", 0.2),
}

SCHEDULES = {
    "step_decay": ScheduleCase(schedules.step_decay(0.7, 7, gamma=0.3), lambda lr, o: lr.StepLR(o, 7, gamma=0.3)),
    "multi_step": ScheduleCase(
        schedules.multi_step(0.7, [5, 30, 61], gamma=0.5), lambda lr, o: lr.MultiStepLR(o, [5, 30, 61], gamma=0.5)
    ),
    "exponential": ScheduleCase(schedules.exponential(0.7, 0.95), lambda lr, o: lr.ExponentialLR(o, 0.95)),
    "cosine": ScheduleCase(schedules.cosine(0.7, 100, 0.01), lambda lr, o: lr.CosineAnnealingLR(o, 100, eta_min=0.01)),
    "one_cycle": ScheduleCase(
        schedules.one_cycle(0.7, 100), lambda lr, o: lr.OneCycleLR(o, 0.7, total_steps=100, cycle_momentum=False)
    ),
    "linear_warmup": ScheduleCase(
        schedules.linear_warmup(10, schedules.constant(0.7)), lambda lr, o: lr.LinearLR(o, total_iters=10)
    ),
}


def optimizer_error(case: OptimizerCase, dtype: Any, seed: int = 0) -> float:
    """The largest relative error of a parameter after ten steps, against PyTorch's in the same type."""
    import torch

    rng = np.random.default_rng(seed)
    params = {name: rng.standard_normal(shape).astype(dtype) for name, shape in {"W": (6, 5), "b": (5,)}.items()}
    tensors = {name: torch.from_numpy(value.copy()).requires_grad_() for name, value in params.items()}
    ours = case.ours(case.learning_rate, **case.options)
    theirs = getattr(torch.optim, case.theirs)(tensors.values(), lr=case.learning_rate, **case.options)
    for _ in range(10):
        grads = {name: rng.standard_normal(value.shape).astype(dtype) for name, value in params.items()}
        for name, gradient in grads.items():
            tensors[name].grad = torch.from_numpy(gradient.copy())
        ours.update(params, grads)
        theirs.step()
    return max(relative_error(value, tensors[name].detach()) for name, value in params.items())


def schedule_error(case: ScheduleCase, steps: int = 100) -> float:
    """The largest error of a learning rate, relative to the largest one of PyTorch's."""
    import torch

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=case.learning_rate)
    scheduler = case.theirs(torch.optim.lr_scheduler, optimizer)
    rates = []
    for step in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step < steps - 1:
            scheduler.step()
    return relative_error([case.ours(step) for step in range(steps)], rates)
