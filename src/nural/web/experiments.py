"""Networks that the view Inside makes: after one step on a drawing, and broken ones to learn from."""

import itertools
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np

from nural.activations import ReLU, Sigmoid
from nural.containers import Sequential
from nural.initializers import Initializer, he_normal, normal
from nural.layer import Layer
from nural.models.recipes import fully_connected
from nural.optimizers import SGD
from nural.training.loop import train
from nural.web.models import Models
from nural.web.problem import Problem
from nural.web.trace import Trace, trace

#: How many networks after a step are kept for open pages; the oldest are dropped.
KEPT = 24
HUGE_RATE, HUGE_STEPS = 3.0, 2
HIDDEN = 32
DEPTH = 6


@dataclass(frozen=True)
class Stepped:
    """A network before and after one step of plain gradient descent on one image.

    Attributes:
        model: The network after the step, with its own weights.
        before: The result for the image before the step.
        after: The result after it.
        losses: −log p of the label before and after, both computed in float64: of a small step float32 would round away
            the difference.
        learning_rate: η.
    """

    model: Layer
    before: Trace
    after: Trace
    losses: tuple[float, float]
    learning_rate: float

    @property
    def predicted(self) -> float:
        """The change of the loss to first order, −η ‖g‖²."""
        return -self.learning_rate * (self.before.squared_norm or 0.0)

    @property
    def true(self) -> float:
        """The actual change of the loss."""
        before, after = self.losses
        return after - before


def take_step(model: Layer, pixels: np.ndarray, label: int, learning_rate: float) -> Stepped:
    """W ← W − η ∂L/∂W for all weights of a copy, where L is the loss of this one image.

    Args:
        model: The network, which is not changed.
        pixels: ``(784,)``.
        label: The digit.
        learning_rate: η.
    """
    before = trace(model, pixels, label)
    moved = model.astype(model.dtype)
    SGD(learning_rate).update(moved.params, before.model.grads)
    losses = [trace(each.astype(np.float64), pixels, label, backward=False).loss for each in (model, moved)]
    return Stepped(moved, before, trace(moved, pixels, label), (losses[0], losses[1]), learning_rate)


def healthy(*_: Any) -> Layer:
    """Six fully connected layers with ReLU and He initialisation: the error reaches the ink in its full size."""
    return _deep(ReLU, he_normal)


def tiny_sigmoids(*_: Any) -> Layer:
    """The same with sigmoids and weights of standard deviation 0.1: each layer reduces the error to about a sixth."""
    return _deep(Sigmoid, normal(0.1))


def dead_rectifiers(*_: Any) -> Layer:
    """The same with biases of −5 in the third layer: none of its ReLUs opens, and no error passes."""
    model = healthy()
    for name in ("6.b", "8.b"):  # above it only biases arrive; these keep the ReLUs open
        model.params[name] = np.full(HIDDEN, 0.5)
    model.params["4.b"] = np.full(HIDDEN, -5.0)
    return model


def huge_rate(x: np.ndarray, y: np.ndarray) -> Layer:
    """The same after two steps at a rate a hundred times too large: the error grows from layer to layer."""
    model = healthy()
    n = HUGE_STEPS * 64
    for _ in train(model, x[:n], y[:n], epochs=1, batch_size=64, optimizer=SGD(HUGE_RATE), seed=0, threads=1):
        pass
    return model


#: By name: ``(training images, labels) -> network``.
BROKEN = {
    "healthy": healthy,
    "sigmoids": tiny_sigmoids,
    "dead": dead_rectifiers,
    "rate": huge_rate,
}


def _deep(activation: type[Layer], initializer: Initializer) -> Sequential:
    build = fully_connected(*[HIDDEN] * (DEPTH - 1), activation=activation, initializer=initializer)
    model = build(np.random.default_rng(0))
    assert isinstance(model, Sequential)
    return model


class Experiments:
    """The networks of this view by name, beside those of `Models`; any number of pages may make them.

    Args:
        models: The page's other networks.
        digits: The page's `Digits`, for networks that are trained.
    """

    def __init__(self, models: Models, digits: Any) -> None:
        self._models, self._digits = models, digits
        self._made: OrderedDict[str, Layer] = OrderedDict()
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def get(self, name: str) -> Layer:
        """A replica of a network: "broken:NAME", "step:N", or one of `Models`.

        Raises:
            Problem: there is no such network, or no longer.
        """
        kind, _, which = name.partition(":")
        with self._lock:
            model = self._made.get(name)
        if model is None and kind == "broken" and which in BROKEN:
            model = BROKEN[which](*self._digits.get("training")) if which == "rate" else BROKEN[which]()
            self._keep(name, model)
        if model is None and kind == "step":
            raise Problem("this step is no longer kept; take it again", 404)
        return self._models.get(name) if model is None else model.replica()

    def keep(self, model: Layer) -> str:
        """Keep a network after a step; returns its name."""
        name = f"step:{next(self._numbers)}"
        self._keep(name, model)
        return name

    def _keep(self, name: str, model: Layer) -> None:
        with self._lock:
            self._made[name] = model
            while len(self._made) > KEPT:
                self._made.popitem(last=False)
