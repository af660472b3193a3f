"""A track's network as a whole, forward and backward: what the networks of several tracks have in common."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from nural.learn.case import Case, Draw
from nural.learn.function import REFERENCE, Function, Pieces
from nural.learn.functions.lively import lively

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class WholeNetwork:
    """A network that ends in cross-entropy, as the two functions that learners write for it.

    Attributes:
        track: Its name.
        layers: Its layers, as the reference calls them: ``"fc"`` for `fc_forward` and `fc_backward`.
        weights: The names of its weights.
        neurons: The names of all that forward returns, the output last.
        before_relu: Those of them that a ReLU reads, of which some must be positive and some negative.
        forward: ``(pieces, x, weights)``: the neurons.
        backward: ``(pieces, x, t, weights, neurons)``: the loss, and the gradients of the weights.
        draws: For each case what draws ``(x, t, weights)``, and the sizes.
    """

    track: str
    layers: tuple[str, ...]
    weights: tuple[str, ...]
    neurons: tuple[str, ...]
    before_relu: tuple[str, ...]
    forward: Callable[[Pieces, Any, Any], tuple[Any, ...]]
    backward: Callable[[Pieces, Any, Any, Any, Any], tuple[Any, ...]]
    draws: Callable[[Draw], Iterator[tuple[Callable[[], Any], dict[str, int]]]]

    def functions(self) -> list[Function]:
        """``forward(x, weights)`` and ``backward(x, t, weights, neurons)`` of the track."""
        return [
            Function(
                f"{self.track}/forward",
                self.neurons,
                self._forward_cases,
                ("x", "weights"),
                tuple(f"{layer}_forward" for layer in self.layers),
                self.forward,
                "torch.nn.Sequential",
                call=in_order(*self.neurons),
            ),
            Function(
                f"{self.track}/backward",
                ("loss", *(f"d{name}" for name in self.weights)),
                self._backward_cases,
                ("x", "t", "weights", "neurons"),
                ("cross_entropy_loss", *(f"{layer}_backward" for layer in self.layers)),
                self.backward,
                "loss.backward()",
                call=loss_and_gradients(*self.weights),
            ),
        ]

    def _drawn(self, draw: Draw) -> Iterator[tuple[Any, Any, Arrays, dict[str, int]]]:
        """x, t, weights, and the sizes."""
        for once, sizes in self.draws(draw):
            yield *lively(once, self._look), sizes

    def _forward_cases(self, draw: Draw) -> Iterator[Case]:
        for x, _, weights, sizes in self._drawn(draw):
            yield Case((x, weights), sizes)

    def _backward_cases(self, draw: Draw) -> Iterator[Case]:
        for x, t, weights, sizes in self._drawn(draw):
            yield Case((x, t, weights, self._computed(x, weights)), sizes)

    def _look(self, drawn: tuple[Any, Any, Any]) -> tuple[list[np.ndarray], list[Any]]:
        x, t, weights = drawn
        neurons = self._computed(x, weights)
        return [neurons[name] for name in self.before_relu], list(self.backward(REFERENCE, x, t, weights, neurons))

    def _computed(self, x: Any, weights: Arrays) -> dict[str, Any]:
        return dict(zip(self.neurons, self.forward(REFERENCE, x, weights), strict=True))


def in_order(*names: str) -> Callable[..., Any]:
    """How a function that returns a dictionary is called, so that its results come in this order."""

    def call(f: Any, *args: Any) -> dict[str, Any]:
        returned = f(*args)
        require_dictionary(returned, names)
        return {name: returned.get(name) for name in names}

    return call


def require_dictionary(returned: Any, names: tuple[str, ...]) -> None:
    """Raise unless a dictionary was returned."""
    if not isinstance(returned, dict):
        raise TypeError(f"{type(returned).__name__} was returned, expected a dictionary with {', '.join(names)}")


def loss_and_gradients(*names: str) -> Callable[..., Any]:
    """How a function that returns a loss and a dictionary of gradients is called, so that they come in this order."""

    def call(f: Any, *args: Any) -> tuple[Any, ...]:
        returned = f(*args)
        if not isinstance(returned, tuple | list) or len(returned) != 2:
            raise TypeError(f"{type(returned).__name__} was returned, expected the loss and a dictionary of gradients")
        loss, gradients = returned
        require_dictionary(gradients, names)
        return loss, *(gradients.get(name) for name in names)

    return call
