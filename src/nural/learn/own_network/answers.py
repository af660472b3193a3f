"""The batch on which a learner's network is judged, and what is right there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from nural.learn.own_network.network import Network
from nural.learn.running import NotLoaded

#: Samples in the batch: few, and seldom the size of anything else.
N = 5
#: The steps that are compared, and their learning rate.
STEPS, RATE = 10, 0.1
#: Bytes of all right arrays together; a network with more is not for learning.
LARGEST = 500_000_000


@dataclass(frozen=True)
class Batch:
    """What the network is tried on.

    Attributes:
        values: x, and the masks of dropouts.
        t: The targets.
    """

    values: dict[str, np.ndarray]
    t: np.ndarray


@dataclass(frozen=True)
class Answers:
    """What is right on the batch.

    Attributes:
        values: Every value, by name.
        gradients: The derivative of the loss with respect to every value and every weight.
        after_step: The weights after one step.
        prediction: The output in evaluation.
        losses: Of some steps on the batch, one after another.
    """

    values: dict[str, np.ndarray]
    gradients: dict[str, np.ndarray]
    after_step: dict[str, np.ndarray]
    prediction: np.ndarray = field(default_factory=lambda: np.empty(0))
    losses: np.ndarray = field(default_factory=lambda: np.empty(0))

    def save(self, path: Path) -> None:
        """As one .npz file, which `load` reads."""
        groups = {"values": self.values, "gradients": self.gradients, "after": self.after_step}
        arrays = {f"{group}/{name}": a for group, found in groups.items() for name, a in found.items()}
        save_arrays(path, arrays | {"prediction": self.prediction, "losses": self.losses})

    @staticmethod
    def load(path: Path) -> "Answers":
        """What `save` wrote."""
        groups: dict[str, dict[str, np.ndarray]] = {"values": {}, "gradients": {}, "after": {}}
        arrays = load_arrays(path)
        for name, array in arrays.items():
            group, slash, rest = name.partition("/")
            if slash:
                groups[group][rest] = array
        return Answers(groups["values"], groups["gradients"], groups["after"], arrays["prediction"], arrays["losses"])


def drawn_batch(network: Network) -> Batch:
    """Samples and targets for a network, the same ones each time."""
    rng = np.random.default_rng(0)
    values = {"x": np.round(rng.standard_normal(network.parts[0].x_shape), 2)}
    y_shape = network.parts[-1].y_shape
    for part in network.parts:
        if part.given:
            values[f"{part.name}.mask"] = (rng.random(part.y_shape) >= part.p) / (1 - part.p)
    if network.loss == "cross_entropy_loss":
        return Batch(values, np.eye(y_shape[-1])[(rng.permutation(N) + 1) % y_shape[-1]])
    if network.loss == "binary_cross_entropy_loss":
        return Batch(values, (rng.random(y_shape) < 0.5).astype(np.float64))
    return Batch(values, np.round(rng.standard_normal(y_shape), 2))


def loss_for(y_shape: tuple[int, ...], source: str) -> str:
    """The loss that fits the outputs: the cross-entropy of classes, or the squared error of one value.

    Raises:
        NotLoaded: No loss is known for them.
    """
    if len(y_shape) != 2:
        raise NotLoaded(f"{source} gives {y_shape}; known are rows (N, M), of which there is a loss")
    return "cross_entropy_loss" if y_shape[1] > 1 else "mean_squared_loss"


def save_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Arrays as a .npz file.

    Raises:
        NotLoaded: They are too large to learn with.
    """
    size = sum(array.nbytes for array in arrays.values())
    if size > LARGEST:
        raise NotLoaded(f"its arrays take {size / 1e6:.0f} MB; up to {LARGEST / 1e6:.0f} MB are judged here")
    np.savez(path, **arrays)  # pyright: ignore[reportArgumentType]


def load_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a .npz file. Nothing in it is unpickled.

    Raises:
        NotLoaded: It cannot be read.
    """
    try:
        with np.load(path, allow_pickle=False) as found:
            return dict(found)
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise NotLoaded(f"{path}: cannot be read: {error}") from None
