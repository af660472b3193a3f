"""Recipes: a network together with the settings that train it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

import numpy as np

from nural.containers import Sequential
from nural.data.augmentation import Affine, Augmentation, Elastic
from nural.data.datasets import DataSets
from nural.data.outliers import with_outliers
from nural.data.variants import variants as variants_of
from nural.initializers import normal
from nural.layers.affine import Rescaling
from nural.layers.linear import Linear
from nural.losses import Loss, cross_entropy_loss
from nural.models.networks import DIGIT, Builder, fully_connected, lenet, mnist_example, small_vgg, vgg
from nural.optimizers import SGD, Adadelta, Optimizer
from nural.schedules import Schedule, constant, one_cycle, step_decay

_SQUARES = 88.0  # Σ x² of MNIST's training digits on average


def added_pictures(digits: int, *, outliers: float, variants: float) -> tuple[int, int]:
    """How many variants are made of ``digits`` digits, and how many outliers beside digits and variants."""
    of_variants = round(variants * digits)
    return of_variants, round(outliers * (digits + of_variants))


def training_set(
    x: np.ndarray, y: np.ndarray, seed: int, *, outliers: float, variants: float
) -> tuple[np.ndarray, np.ndarray]:
    """The digits, with ``variants`` and ``outliers`` as shares of their number, if any."""
    of_variants, of_outliers = added_pictures(len(x), outliers=outliers, variants=variants)
    if of_variants:
        more, labels = variants_of(x, y, of_variants, np.random.default_rng([seed, 1]))
        x, y = np.concatenate([x, more]), np.concatenate([y, labels])
    return with_outliers(x, y, of_outliers, np.random.default_rng([seed, 0])) if outliers else (x, y)


@dataclass(frozen=True)
class Recipe:
    """A network and its training.

    Attributes:
        name: As the command line takes it.
        outline: What the network is, in a few words, where {values} and {classes} stand for the inputs of its first
            fully connected layer and the outputs of its last.
        training: How it is trained, in a few words.
        build: What makes the network.
        initializer: How its weights begin, in a word: "he", "glorot", "normal" or "torch".
        scale: What they are multiplied by; of "normal" ones the standard deviation.
        optimizer: ``learning_rate -> optimizer``.
        schedule: ``(learning_rate, epochs, steps of an epoch) -> schedule``.
        loss: What is minimised.
        epochs: Passes over the training set.
        batch_size: Samples per step.
        learning_rate: The learning rate, or the largest one of the schedule.
        drop_last: Whether a shorter last batch is left out.
        augmentation: How the digits of each batch are changed.
        variants: How many variants there are for each digit of the training set; see `variants`.
        outliers: How many pictures of no digit there are for each digit; see `with_outliers`.
        test_accuracy: On MNIST's test set, the median of the measured seeds; None if not measured.
        seconds: Of the whole `nural train` on two cores of a server (mlp-augmented and best: on one).
    """

    name: str
    outline: str
    training: str
    build: Builder
    optimizer: Callable[[float], Optimizer]
    schedule: Callable[[float, int, int], Schedule]
    epochs: int
    batch_size: int
    learning_rate: float
    loss: Loss = cross_entropy_loss
    initializer: str = "he"
    scale: float = 1.0
    drop_last: bool = False
    augmentation: Augmentation | None = None
    variants: float = 0.0
    outliers: float = 0.0
    test_accuracy: float | None = None
    seconds: float | None = None

    def training_set(self, x: np.ndarray, y: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """The samples to learn from: the digits, and variants and outliers if the recipe has any."""
        return training_set(x, y, seed, outliers=self.outliers, variants=self.variants)

    @property
    def network(self) -> str:
        """The network for digits, in a few words."""
        return self.described(self.build(None))

    def described(self, model: Sequential) -> str:
        """A network of this recipe, in a few words."""
        linear = [layer for layer in model.layers if isinstance(layer, Linear)]
        return self.outline.format(values=linear[0].in_features, classes=linear[-1].out_features)

    def suited(self, sets: DataSets) -> Self:
        """The recipe for these pictures: if they are no digits, without what is for digits alone.

        That is variants and outliers, and distortion if the pictures have another shape.
        """
        if sets.digits:
            return self
        augmentation = self.augmentation if sets.preparation.picture_shape == DIGIT else None
        return replace(self, variants=0.0, outliers=0.0, augmentation=augmentation)


def rescaling_of(x: np.ndarray) -> Rescaling:
    """The layer that brings pictures to mean 0 and to the size of MNIST's digits, for which rates were chosen.

    A step of gradient descent moves a fully connected layer's outputs by its rate times ‖x‖². That is 88 for MNIST's
    digits on average, but 3,000 for a photograph of 64×64 pixels, with which the same rate diverges.

    Args:
        x: Rows of pixels ``(N, F)``; the first thousand are measured.
    """
    some = x[:1000]
    mean = float(some.mean(dtype=np.float64))
    deviation = float(some.std(dtype=np.float64))
    scale = np.sqrt(_SQUARES / some.shape[1]) / deviation if deviation else 1.0
    return Rescaling(scale, -scale * mean)


def _plain_sgd(learning_rate: float) -> Optimizer:
    return SGD(learning_rate)


def _nesterov(weight_decay: float) -> Callable[[float], Optimizer]:
    return lambda rate: SGD(rate, momentum=0.9, nesterov=True, weight_decay=weight_decay)


def _from_normal(std: float, *hidden: int) -> dict[str, Any]:
    """A fully connected network whose weights begin at N(0, std²)."""
    return {"build": fully_connected(*hidden, initializer=normal(std)), "initializer": "normal", "scale": std}


def _constant(learning_rate: float, epochs: int, steps: int) -> Schedule:
    return constant(learning_rate)


def _one_cycle(learning_rate: float, epochs: int, steps: int) -> Schedule:
    return one_cycle(learning_rate, epochs * steps)


def _by_epoch(learning_rate: float, epochs: int, steps: int) -> Schedule:
    return step_decay(learning_rate, steps, 0.7)


#: The recipes' schedules by name.
SCHEDULES: dict[str, Callable[[float, int, int], Schedule]] = {
    "constant": _constant,
    "one cycle": _one_cycle,
    "step decay": _by_epoch,
}

RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            "mlp",
            outline="{values}-256-256-{classes}, ReLU, He initialisation",
            training="SGD, Nesterov momentum 0.9, weight decay 5e-4, one-cycle rate, label smoothing 0.1",
            build=fully_connected(256, 256),
            optimizer=_nesterov(5e-4),
            schedule=_one_cycle,
            epochs=10,
            batch_size=128,
            learning_rate=0.2,
            loss=partial(cross_entropy_loss, label_smoothing=0.1),
            test_accuracy=0.9861,
            seconds=8.3,
        ),
        Recipe(
            "walkthrough",
            outline="{values}-256-256-{classes}, ReLU, normal weights of standard deviation 0.001",
            training="plain SGD: the first walkthrough to the letter",
            **_from_normal(1e-3, 256, 256),
            optimizer=_plain_sgd,
            schedule=_constant,
            epochs=5,
            batch_size=32,
            learning_rate=0.1,
            drop_last=True,
            test_accuracy=0.9651,
            seconds=10,
        ),
        Recipe(
            "two-layer",
            outline="{values}-50-{classes}, ReLU, normal weights of standard deviation 0.01",
            training="plain SGD: the second walkthrough's network",
            **_from_normal(0.01, 50),
            optimizer=_plain_sgd,
            schedule=_constant,
            epochs=16,
            batch_size=100,
            learning_rate=0.1,
            test_accuracy=0.9676,
            seconds=5,
        ),
        Recipe(
            "mlp-augmented",
            outline="{values}-1024-1024-{classes}, ReLU, He initialisation",
            training="affine and elastic distortion; SGD, Nesterov momentum 0.9, weight decay 2e-5, one-cycle rate",
            build=fully_connected(1024, 1024),
            optimizer=_nesterov(2e-5),
            schedule=_one_cycle,
            epochs=40,
            batch_size=128,
            learning_rate=0.1,
            augmentation=Augmentation(Affine(), Elastic()),
            test_accuracy=0.9941,
            seconds=192,
        ),
        Recipe(
            "cnn-fast",
            outline="5×5 convolutions of 16 and 32 channels, 2×2 max pooling, batch norm and ReLU; {values}-{classes}",
            training="SGD, Nesterov momentum 0.9, weight decay 5e-4, one-cycle rate",
            build=lenet,
            optimizer=_nesterov(5e-4),
            schedule=_one_cycle,
            epochs=3,
            batch_size=128,
            learning_rate=0.1,
            test_accuracy=0.9919,
            seconds=18,
        ),
        Recipe(
            "cnn",
            outline="5×5 convolution of 16 channels, 3×3 ones of 32, 32, 64, batch norm and ReLU; "
            "{values}-{classes}, dropout",
            training="affine and elastic distortion of half of the digits; SGD, Nesterov momentum 0.9, "
            "weight decay 5e-4, one-cycle rate",
            build=small_vgg,
            optimizer=_nesterov(5e-4),
            schedule=_one_cycle,
            epochs=12,
            batch_size=128,
            learning_rate=0.1,
            augmentation=Augmentation(Affine(), Elastic(), probability=0.5),
            test_accuracy=0.9962,
            seconds=124,
        ),
        Recipe(
            "best",
            outline="5×5 convolution of 32 channels, pairs of 3×3 ones of 64, 128, batch norm, ReLU; "
            "{values}-{classes}, dropout",
            training="affine and elastic distortion of half of the digits; variants of digits, outliers to refuse; "
            "SGD, Nesterov momentum 0.9, weight decay 5e-4, one-cycle rate",
            build=vgg,
            optimizer=_nesterov(5e-4),
            schedule=_one_cycle,
            epochs=60,
            batch_size=128,
            learning_rate=0.1,
            augmentation=Augmentation(Affine(), Elastic(), probability=0.5),
            variants=0.08,
            outliers=0.15,
            test_accuracy=0.9965,
            seconds=5500,
        ),
        Recipe(
            "mnist-example",
            outline="PyTorch's MNIST example: 3×3 convolutions of 32 and 64 channels, pooling, "
            "{values}-128-{classes}, dropout",
            training="Adadelta, rate times 0.7 after each epoch",
            build=mnist_example,
            initializer="torch",
            optimizer=Adadelta,
            schedule=_by_epoch,
            epochs=14,
            batch_size=64,
            learning_rate=1.0,
        ),
    )
}
