"""The networks that the page can use, by name. None of them changes: a training publishes copies."""

import math
import threading
from typing import Any

from nural.containers import Sequential
from nural.evaluation.calibration import answer_threshold
from nural.layer import Layer
from nural.models.pretrained import load_pretrained
from nural.web.problem import Problem

PRETRAINED, GIVEN, TRAINING = "pretrained", "file", "training"
#: The threshold of a network that has none of its own: below it, an answer is more likely wrong than right.
THRESHOLD = 0.5


class Models:
    """Networks by name: the one inside nural, the one given at the start, the one in training, and its snapshots.

    Args:
        given: The network that ``nural serve --model`` names.
    """

    def __init__(self, given: Layer | None = None) -> None:
        self._lock = threading.Lock()
        self._models = {} if given is None else {GIVEN: frozen(given)}
        self._models[PRETRAINED] = frozen(load_pretrained())

    def get(self, name: str) -> Layer:
        """A replica for the caller alone: it shares the weights, which nobody changes, and nothing else.

        Raises:
            Problem: there is no network of this name.
        """
        with self._lock:
            model = self._models.get(name)
        if model is None:
            raise Problem("there is no model of this name; /api/models lists those that there are", 404)
        return model.replica()

    def publish(self, name: str, model: Layer) -> None:
        """Add a network, which nobody changes from now on; it replaces the one of the same name."""
        with self._lock:
            self._models[name] = frozen(model)

    def withdraw(self, *names: str) -> None:
        """Forget networks."""
        with self._lock:
            for name in names:
                self._models.pop(name, None)

    def listed(self) -> list[dict[str, Any]]:
        """All networks, the default first: name, layers, number of weights, and the threshold of a sure answer."""
        with self._lock:
            models = list(self._models.items())
        return [describe(name, model) for name, model in models]


def frozen(model: Layer) -> Layer:
    """The same network, whose weights can no longer be written."""
    for array in (*model.draw().values(), *model.state.values()):
        array.flags.writeable = False
    return model


def describe(name: str, model: Layer) -> dict[str, Any]:
    """A network in a few words and numbers."""
    return {
        "name": name,
        "recipe": model.info.get("recipe"),
        "threshold": threshold_of(model),
        "weights": sum(math.prod(shape) for shape in model.all_shapes().values()),
        "layers": [repr(layer) for layer in (model.layers if isinstance(model, Sequential) else [model])],
    }


def threshold_of(model: Layer) -> float:
    """The probability below which the network's answer is "?"."""
    return answer_threshold(model, THRESHOLD)
