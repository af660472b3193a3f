"""The same cases with `nural.reference` instead of nural's fast functions."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from nural import reference
from nural.cases.case import Case
from nural.cases.optimizers import OptimizerCase

#: What a reference is given where a case has None for an absent array.
NOTHING = {"b": 0, "beta": 0, "b_ih": 0, "b_hh": 0, "gamma": 1}

#: The cases that a reference does not take, and why: it leaves out what would hide the formula.
LEFT_OUT = {
    "fc, no bias, leading dimensions": "x holds rows, (N, in)",
    "conv2d, same": "padding is given in numbers",
    **dict.fromkeys(
        [
            "max_pool2d, dilation, ceil_mode",
            "avg_pool2d, ceil_mode",
            "avg_pool2d, padding not counted",
            "avg_pool2d, another divisor",
        ],
        "windows lie on the padded image, and all are alike",
    ),
    **dict.fromkeys(
        [
            "cross_entropy, ignored labels",
            "cross_entropy, ignored labels, smoothing",
            "cross_entropy, labels, class weights",
            "cross_entropy, probabilities, smoothing, class weights",
            "cross_entropy, ignored labels, smoothing, class weights",
            "binary_cross_entropy, pos_weight 3, weight 0.5",
        ],
        "all samples and classes count alike",
    ),
    "RMSProp, centered, momentum": "the plain rule",
    "Adam, AMSGrad": "the plain rule",
}

#: The update of each case of an optimizer.
UPDATES = {
    "SGD": reference.sgd_update,
    "SGD, momentum": reference.momentum_update,
    "SGD, Nesterov": reference.nesterov_update,
    "AdaGrad": reference.adagrad_update,
    "RMSProp": reference.rmsprop_update,
    "Adadelta": reference.adadelta_update,
    "Adam": reference.adam_update,
    "AdamW": reference.adamw_update,
}


def reference_case(case: Case) -> Case | None:
    """The case with the reference of its pair, or None where the reference does not take it."""
    return None if case.name in LEFT_OUT else replace(case, pair=tuple(reference_of(f) for f in case.pair))


def reference_of(function: Callable[..., Any]) -> Callable[..., Any]:
    """The reference of one of nural's functions, called like it: without ``out``, and with `NOTHING` for None."""
    plain = getattr(reference, function.__name__)
    signature = inspect.signature(plain)

    def call(*args: Any, out: None = None, **settings: Any) -> Any:
        arguments = signature.bind(*args, **settings).arguments
        return plain(**{name: NOTHING.get(name) if a is None else a for name, a in arguments.items()})

    return call


def reference_optimizer(name: str, case: OptimizerCase) -> OptimizerCase | None:
    """The case of this name with the update of the reference, or None where the reference does not take it."""
    return case._replace(ours=partial(ByReference, UPDATES[name])) if name in UPDATES else None


class ByReference:
    """An update of the reference for all parameters, called as an optimizer is."""

    def __init__(
        self,
        rule: Callable[..., None],
        learning_rate: float,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        **settings: float,
    ) -> None:
        names = list(inspect.signature(rule).parameters)
        self.rule, self.weight_decay = rule, weight_decay
        self.settings = {"learning_rate": learning_rate, **settings}
        self.counts = "step" in names
        self.slots = [name for name in names[2 : names.index("learning_rate")] if name != "step"]
        self.steps = 0
        self.state = dict[str, list[np.ndarray]]()

    def update(self, params: Mapping[str, np.ndarray], grads: Mapping[str, np.ndarray]) -> None:
        """Take one step."""
        self.steps += 1
        for name, W in params.items():
            state: list[Any] = self.state.setdefault(name, [np.zeros_like(W) for _ in self.slots])
            counted = [self.steps] if self.counts else []
            self.rule(W, grads[name] + self.weight_decay * W, *state, *counted, **self.settings)
