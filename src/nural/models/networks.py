"""Networks that read digits of 784 pixels: builders that take a generator and give a model with drawn weights."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from nural.activations import ReLU
from nural.containers import Sequential
from nural.initializers import Initializer, he_normal
from nural.layer import Layer
from nural.layers.batch_norm import BatchNorm2d
from nural.layers.convolution import Conv2d
from nural.layers.dropout import Dropout
from nural.layers.linear import Flatten, Linear, Unflatten
from nural.layers.max_pooling import MaxPool2d


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


def lenet(rng: np.random.Generator) -> Layer:
    """Two 5×5 convolutions of 16 and 32 channels with batch norm, and one fully connected layer: 18,426 weights.

    Source: LeCun et al. 1998, Gradient-Based Learning Applied to Document Recognition, section II.
    """
    return Sequential(
        Unflatten(1, (28, 28, 1)),
        *_convolution(1, 16, 5, pooled=True),
        *_convolution(16, 32, 5, pooled=True),
        Flatten(),
        Linear(4 * 4 * 32, 10),
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


def small_vgg(rng: np.random.Generator) -> Layer:
    """A 5×5 and three 3×3 convolutions with batch norm, and one fully connected layer: 55,994 weights."""
    return Sequential(
        Unflatten(1, (28, 28, 1)),
        *_convolution(1, 16, 5, pooled=True),
        *_convolution(16, 32, 3, padding=1),
        *_convolution(32, 32, 3, padding=1, pooled=True),
        *_convolution(32, 64, 3, padding=1),
        Dropout(0.2),
        Flatten(),
        Linear(6 * 6 * 64, 10),
        rng=rng,
    )


def vgg(rng: np.random.Generator) -> Layer:
    """A 5×5 convolution of 32 channels, pairs of 3×3 ones of 64 and 128, one fully connected layer: 298,602 weights.

    Source: Simonyan and Zisserman 2015, Very Deep Convolutional Networks for Large-Scale Image Recognition, section 2;
    of its first pair only the field of 5×5 pixels is kept, since at full size that pair would take half of the time.
    """
    return Sequential(
        Unflatten(1, (28, 28, 1)),
        *_convolution(1, 32, 5, pooled=True),
        *_convolution(32, 64, 3, padding=1),
        *_convolution(64, 64, 3, padding=1, pooled=True),
        *_convolution(64, 128, 3, padding=1),
        *_convolution(128, 128, 3),
        Dropout(0.3),
        Flatten(),
        Linear(4 * 4 * 128, 10),
        rng=rng,
    )


def _convolution(inputs: int, outputs: int, size: int, padding: int = 0, pooled: bool = False) -> list[Layer]:
    """A convolution, perhaps 2×2 max pooling, batch norm and ReLU.

    Pooling before batch norm and ReLU leaves them a quarter of the values; since ReLU, and batch norm with γ > 0, keep
    order, the result is the same.

    Source: Ioffe and Szegedy 2015, Batch Normalization.
    """
    pooling = [MaxPool2d(2)] if pooled else []
    return [Conv2d(inputs, outputs, size, padding=padding, bias=False), *pooling, BatchNorm2d(outputs), ReLU()]
