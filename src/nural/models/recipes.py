"""Recipes: a network together with the settings that train it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np

from nural.activations import ReLU, Sigmoid
from nural.initializers import Initializer, he_normal, normal
from nural.layer import Layer, Sequential
from nural.layers.convolution import Conv2d
from nural.layers.dropout import Dropout
from nural.layers.linear import Flatten, Linear, Unflatten
from nural.layers.max_pooling import MaxPool2d
from nural.losses import Loss, cross_entropy_loss
from nural.optimizers import SGD, Adadelta, Adam, Optimizer
from nural.schedules import Schedule, constant, one_cycle, step_decay


@dataclass(frozen=True)
class Recipe:
    """A network and its training.

    Attributes:
        name: As the command line takes it.
        network: What it is, in a few words.
        training: How it is trained, in a few words.
        build: ``rng -> model`` with drawn weights.
        optimizer: ``learning_rate -> optimizer``.
        schedule: ``(learning_rate, epochs, steps of an epoch) -> schedule``.
        loss: What is minimised.
        epochs: Passes over the training set.
        batch_size: Samples a step.
        learning_rate: The constant or the largest one.
        drop_last: Whether a shorter last batch is left out.
    """

    name: str
    network: str
    training: str
    build: Callable[[np.random.Generator], Layer]
    optimizer: Callable[[float], Optimizer]
    schedule: Callable[[float, int, int], Schedule]
    epochs: int
    batch_size: int
    learning_rate: float
    loss: Loss = cross_entropy_loss
    drop_last: bool = False


def fully_connected(
    *sizes: int, activation: type[Layer] = ReLU, initializer: Initializer = he_normal
) -> Callable[[np.random.Generator], Layer]:
    """A builder of ``Linear`` layers of these sizes with activations between them."""

    def build(rng: np.random.Generator) -> Layer:
        layers: list[Layer] = []
        for size_in, size_out in pairwise(sizes):
            layers += [Linear(size_in, size_out, initializer=initializer), activation()]
        return Sequential(*layers[:-1], rng=rng)

    return build


def small_convolutional(rng: np.random.Generator) -> Layer:
    """Two 5×5 convolutions of 8 and 24 channels with pooling, and one fully connected layer: 8,882 weights."""
    return Sequential(
        Unflatten(1, (28, 28, 1)),
        Conv2d(1, 8, 5),
        ReLU(),
        MaxPool2d(2),
        Conv2d(8, 24, 5),
        ReLU(),
        MaxPool2d(2),
        Flatten(),
        Linear(4 * 4 * 24, 10),
        rng=rng,
    )


def mnist_example(rng: np.random.Generator) -> Layer:
    """The network of PyTorch's MNIST example, with PyTorch's initial weights: 1,199,882 of them."""
    return Sequential(
        Unflatten(1, (28, 28, 1)),
        Conv2d(1, 32, 3, initializer="torch"),
        ReLU(),
        Conv2d(32, 64, 3, initializer="torch"),
        ReLU(),
        MaxPool2d(2),
        Dropout(0.25),
        Flatten(),
        Linear(12 * 12 * 64, 128, initializer="torch"),
        ReLU(),
        Dropout(0.5),
        Linear(128, 10, initializer="torch"),
        rng=rng,
    )


def _plain_sgd(learning_rate: float) -> Optimizer:
    return SGD(learning_rate)


def _constant(learning_rate: float, epochs: int, steps: int) -> Schedule:
    return constant(learning_rate)


def _one_cycle(learning_rate: float, epochs: int, steps: int) -> Schedule:
    return one_cycle(learning_rate, epochs * steps)


def _by_epoch(learning_rate: float, epochs: int, steps: int) -> Schedule:
    return step_decay(learning_rate, steps, 0.7)


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            "mlp",
            network="784-256-256-10, ReLU, He initialisation",
            training="SGD, Nesterov momentum 0.9, weight decay 5e-4, one-cycle rate, label smoothing 0.1",
            build=fully_connected(784, 256, 256, 10),
            optimizer=lambda rate: SGD(rate, momentum=0.9, nesterov=True, weight_decay=5e-4),
            schedule=_one_cycle,
            epochs=10,
            batch_size=128,
            learning_rate=0.2,
            loss=partial(cross_entropy_loss, label_smoothing=0.1),
        ),
        Recipe(
            "walkthrough",
            network="784-256-256-10, ReLU, normal weights of standard deviation 0.001",
            training="plain SGD: the first walkthrough to the letter",
            build=fully_connected(784, 256, 256, 10, initializer=normal(1e-3)),
            optimizer=_plain_sgd,
            schedule=_constant,
            epochs=5,
            batch_size=32,
            learning_rate=0.1,
            drop_last=True,
        ),
        Recipe(
            "two-layer",
            network="784-50-10, sigmoid, normal weights of standard deviation 0.01",
            training="plain SGD: the second walkthrough's network",
            build=fully_connected(784, 50, 10, activation=Sigmoid, initializer=normal(0.01)),
            optimizer=_plain_sgd,
            schedule=_constant,
            epochs=17,
            batch_size=100,
            learning_rate=0.1,
        ),
        Recipe(
            "cnn-fast",
            network="two 5×5 convolutions of 8 and 24 channels, ReLU and 2×2 max pooling after each, fully connected",
            training="Adam, one-cycle rate",
            build=small_convolutional,
            optimizer=Adam,
            schedule=_one_cycle,
            epochs=3,
            batch_size=64,
            learning_rate=1e-2,
        ),
        Recipe(
            "mnist-example",
            network="PyTorch's MNIST example: 3×3 convolutions of 32 and 64 channels, pooling, 9216-128-10, dropout",
            training="Adadelta, rate times 0.7 after each epoch",
            build=mnist_example,
            optimizer=Adadelta,
            schedule=_by_epoch,
            epochs=14,
            batch_size=64,
            learning_rate=1.0,
        ),
    )
}
