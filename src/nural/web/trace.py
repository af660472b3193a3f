"""One image and one label forward and back through a network: every array that passes between the layers."""

import hashlib
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from nural.activations import softmax_forward
from nural.graph import walk
from nural.layer import Layer
from nural.losses import cross_entropy_loss
from nural.profile.calls import Methods, in_place_of_methods

#: The name of the input: the pixels.
INK = "ink"


@dataclass(frozen=True)
class TraceStep:
    """A layer of the network, with its output for one image.

    Attributes:
        name: Its dotted name in the model, as in `params`; `INK` for the image itself.
        layer: The layer; None for the ink.
        inputs: The names of the steps whose outputs it takes: one, or several that it joins.
        output: Its output, of a sample's shape.
        gradient: ∂L/∂output, of the same shape; None without a label, since there is no loss then.
    """

    name: str
    layer: Layer | None
    inputs: tuple[str, ...]
    output: np.ndarray
    gradient: Any


@dataclass(frozen=True)
class Trace:
    """What one forward and one backward pass computed: copies of the arrays that the library's layers returned.

    Attributes:
        model: The network that computed them, a replica whose ``grads`` are those of this loss.
        label: The digit that the image shows, or None: then there is no loss and no backward pass.
        steps: The ink and every layer by name, in the order of the forward pass.
        probabilities: Softmax of the logits, ``(C,)``.
        loss: −log p of the label, in nats; None without one.
    """

    model: Layer
    label: int | None
    steps: dict[str, TraceStep]
    probabilities: np.ndarray
    loss: Any

    @property
    def logits(self) -> TraceStep:
        """The last step."""
        return next(reversed(self.steps.values()))

    @property
    def squared_norm(self) -> float | None:
        """‖g‖², the sum of the squared gradients of all weights; None where nothing went back."""
        if self.steps[INK].gradient is None:
            return None
        with np.errstate(over="ignore", invalid="ignore"):
            return sum(float(np.vdot(g, g)) for g in (g.astype(np.float64) for g in self.model.grads.values()))

    def consumers(self, name: str) -> list[TraceStep]:
        """The steps that take the output of ``name``; a `Residual` without a shortcut layer may be one itself."""
        return [step for step in self.steps.values() if name in step.inputs]


def trace(model: Layer, pixels: np.ndarray, label: int | None, backward: bool = True) -> Trace:
    """Pass one image forward as in evaluation, and the error of one label back.

    At the top ∂L/∂logits = p − t, where t is 1 for the label. Batch norm uses its running statistics, dropout drops
    nothing, and the gradients are those of the loss that this very pass computed.

    Args:
        model: A network from 784 pixels to logits; a replica of it computes, in the model's own float type.
        pixels: ``(784,)``, 0 for the ground and 1 for ink.
        label: The digit that the image shows.
        backward: Whether the error goes back too, or only the loss is wanted.

    Raises:
        ValueError: the image does not fit the network, or the network has no output for the label.
    """
    twin = model.replica()
    x = np.array(pixels, twin.dtype).reshape(1, -1)
    outputs: dict[str, np.ndarray] = {}
    gradients: dict[str, np.ndarray] = {}
    graph = _graph(twin)
    layers = {name: layer for name, (layer, _) in graph.items()}
    recorded = partial(_recorded, outputs, gradients)
    with in_place_of_methods(layers, recorded), np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        logits = twin.forward(x)
        loss = None
        if label is not None:
            loss, dy = cross_entropy_loss(logits, np.array([label]))
            if backward:
                gradients[INK] = twin.backward(dy)[0].copy()
        probabilities = softmax_forward(logits)[0]
    steps = {INK: TraceStep(INK, None, (), x[0], gradients.get(INK))}
    for name, (layer, inputs) in graph.items():
        steps[name] = TraceStep(name, layer, inputs, outputs[name], gradients.get(name))
    return Trace(twin, label, steps, probabilities, loss)


def digest(model: Layer) -> str:
    """Sixteen hexadecimal digits that are the same for the same weights, to the last bit."""
    found = hashlib.sha256()
    for name, array in model.params.items():
        found.update(name.encode())
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()[:16]


def _graph(model: Layer) -> dict[str, tuple[Layer, tuple[str, ...]]]:
    """Each layer that computes something, by dotted name, with the names of the layers that it takes its input from."""
    graph: dict[str, tuple[Layer, tuple[str, ...]]] = {}

    def note(place: str, layer: Layer, inputs: tuple[str, ...]) -> str:
        name = place or "model"
        graph[name] = layer, inputs
        return name

    walk(model, INK, note)
    return graph


def _recorded(outputs: dict[str, np.ndarray], gradients: dict[str, np.ndarray], name: str, layer: Layer) -> Methods:
    """The methods of a layer, which also store copies of its output and its error under its name."""
    forward, backward = layer.forward, layer.backward

    def recorded_forward(x: np.ndarray, train: bool = False) -> np.ndarray:
        y = forward(x, train)
        outputs[name] = y[0].copy()
        return y

    def recorded_backward(dy: np.ndarray, need_dx: bool = True) -> Any:
        gradients[name] = dy[0].copy()
        return backward(dy, need_dx)

    return recorded_forward, recorded_backward
