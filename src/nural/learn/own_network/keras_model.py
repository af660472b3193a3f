"""A Keras model as a network of parts. Its values are Keras's own; its gradients are those of nural's reference."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from nural.activations import Sigmoid, Softmax
from nural.layer import Layer
from nural.learn.own_network.answers import Answers, Batch, N, drawn_batch, loss_for
from nural.learn.own_network.keras_layers import converted
from nural.learn.own_network.network import Network
from nural.learn.own_network.parts import LAST, Part, part_of
from nural.learn.own_network.solving import computed
from nural.learn.running import NotLoaded

#: How far Keras, which computes in float32, may be off, relative to the largest number.
ALLOWED = 1e-4
#: The activations that are a part of a loss.
IN_LOSS = {"cross_entropy_loss": Softmax, "binary_cross_entropy_loss": Sigmoid}


def read_keras(
    model: Any, source: str, shape: tuple[int, ...] | None, loss: str | None
) -> tuple[Network, dict[str, np.ndarray], Batch, Answers]:
    """The network of a model, its weights, a batch, and what is right there.

    Keras computes in float32 whatever it is given, so the right numbers are those of the reference in float64; the
    output of every layer is compared with Keras's.

    Args:
        model: The learner's own; it stays as it is.
        source: What it is called: "net.py:model".
        shape: Of one sample; by default the model's.
        loss: A function of the reference, by default the one that fits its outputs.

    Raises:
        NotLoaded: Something in it is not known here; one sentence names it.
    """
    reading = Reading(model, _shape(model, source, shape))
    reading.read()
    last = reading.parts[-1]
    loss = loss or next((name for name, kind in IN_LOSS.items() if isinstance(reading.last, kind)), None)
    loss = loss or loss_for(last.y_shape, source)
    if loss in IN_LOSS and isinstance(reading.last, IN_LOSS[loss]):
        reading.leave_out_last()
    network = Network(source, tuple(reading.parts), loss, framework="Keras")
    batch = drawn_batch(network)
    return network, reading.weights, batch, computed(network, reading.weights, batch)


def _shape(model: Any, source: str, shape: tuple[int, ...] | None) -> tuple[int, ...]:
    try:
        found = tuple(model.input_shape)[1:]
    except (AttributeError, ValueError, TypeError):
        found = None  # a model that was not built yet
    shape = shape or found
    if not shape or None in shape:
        raise NotLoaded(f"nothing tells what {source} takes: say the shape of one sample with --input-shape")
    return shape


@dataclass
class Reading:
    """The parts of a model, layer by layer.

    Attributes:
        model: Keras's.
        shape: Of one sample.
        parts: In order.
        weights: By name.
        last: The layer of the last part.
    """

    model: Any
    shape: tuple[int, ...]
    parts: list[Part] = field(default_factory=list)
    weights: dict[str, np.ndarray] = field(default_factory=dict)
    last: Layer | None = None

    def read(self) -> None:
        """Go through the layers, and compare what each gives with what Keras says.

        Raises:
            NotLoaded: A layer is not known, or the model is more than one layer after another.
        """
        import keras

        x = np.random.default_rng(0).standard_normal((N, *self.shape))
        theirs: Any = x.astype(np.float32)
        whole: Any = keras.ops.convert_to_numpy(self.model(theirs, training=False))
        for layer in self.model.layers:
            made = converted(layer, x.shape)
            if made is None:
                continue
            theirs = _called(layer, theirs)
            x = self._add(layer.name, type(layer).__name__, made.layer, x)
            if made.last_step:
                self._add_last_step(layer.name)
                x = x[:, -1]
            if made.activation:
                function = layer.activation.__name__
                x = self._add(f"{layer.name}.{function}", f'activation="{function}"', made.activation, x)
            self._require_near(layer.name, x, keras.ops.convert_to_numpy(theirs))
        self._require_near("the output", x, whole)

    def leave_out_last(self) -> None:
        """A softmax or a sigmoid at the end is in the loss."""
        *before, last, left_out = self.parts
        self.parts = [*before, replace(last, said=f"{last.said} ({left_out.pair}: in the loss)")]

    def _add(self, name: str, said: str, layer: Layer, x: np.ndarray) -> np.ndarray:
        y = np.array(layer.forward(x))
        part = part_of(name, said, self.parts[-1].name if self.parts else "x", layer, x.shape, y.shape)
        for short, full in zip(part.weights, layer.params, strict=True):
            self.weights[f"{name}.{short}"] = np.array(layer.params[full], np.float64)
        if part.running is not None:
            for ours, state in (("mean", "running_mean"), ("variance", "running_var")):
                self.weights[f"{name}.running_{ours}"] = np.array(layer.state[state], np.float64)
        self.parts.append(part)
        self.last = layer
        return y

    def _add_last_step(self, name: str) -> None:
        n, _, hidden = shape = self.parts[-1].y_shape
        self.parts.append(Part(f"{name}.last", "return_sequences=False", LAST, name, shape, (n, hidden)))

    def _require_near(self, name: str, found: np.ndarray, theirs: Any) -> None:
        if found.shape != theirs.shape or np.abs(found - theirs).max() > ALLOWED * max(1.0, np.abs(theirs).max()):
            raise NotLoaded(
                f"{name} of the model is not what its layers give one after another; known are chains of layers"
            )


def _called(layer: Any, x: Any) -> Any:
    """What a layer gives in prediction."""
    modes = {"training": False} if type(layer).__name__ in ("Dropout", "BatchNormalization") else {}
    try:
        return layer(x, **modes)
    except ValueError:
        raise NotLoaded(f"{layer.name} does not take what the layer before gives; known are chains of layers") from None
