"""Networks that read rows of pixels: builders of models, for pictures of any shape and any number of classes."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Protocol

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
from nural.layers.pooling import pooling_windows
from nural.layers.windows import windows_over

Shape = tuple[int, int, int]
DIGIT: Shape = (28, 28, 1)


class Builder(Protocol):
    """A function that makes a network.

    Args:
        rng: Draws the weights; None to leave them undrawn.
        shape: ``(H, W, C)`` of the pictures whose pixels the rows are.
        classes: How many there are.
        first: Layers to put before all others.

    Raises:
        ValueError: the pictures are too small for the network.
    """

    def __call__(
        self, rng: np.random.Generator | None, shape: Shape = DIGIT, classes: int = 10, first: Sequence[Layer] = ()
    ) -> Sequential:
        """The network."""
        ...


def fully_connected(
    *hidden: int, activation: type[Layer] = ReLU, initializer: Initializer | str = he_normal
) -> Builder:
    """A builder of ``Linear`` layers with ``hidden`` units between pixels and classes, and activations between them."""

    def build(
        rng: np.random.Generator | None, shape: Shape = DIGIT, classes: int = 10, first: Sequence[Layer] = ()
    ) -> Sequential:
        layers: list[Layer] = []
        for size_in, size_out in pairwise((math.prod(shape), *hidden, classes)):
            layers += [Linear(size_in, size_out, initializer=initializer), activation()]
        return Sequential(*first, *layers[:-1], rng=rng)

    return build


def convolutional(
    images: Callable[[int], list[Layer]], head: Callable[[int, int], list[Layer]] | None = None
) -> Builder:
    """A builder of convolutions, with layers behind them that make classes of their output.

    Args:
        images: ``channels -> layers`` from pictures to pictures.
        head: ``(values, classes) -> layers`` from rows to classes; by default one ``Linear``.
    """

    def build(
        rng: np.random.Generator | None, shape: Shape = DIGIT, classes: int = 10, first: Sequence[Layer] = ()
    ) -> Sequential:
        layers = images(shape[2])
        values = _values_after(layers, shape)
        rows = head(values, classes) if head else [Linear(values, classes)]
        return Sequential(*first, Unflatten(1, shape), *layers, Flatten(), *rows, rng=rng)

    return build


def _lenet(channels: int) -> list[Layer]:
    """Two 5×5 convolutions of 16 and 32 channels with batch norm; with one fully connected layer 18,426 weights.

    Source: LeCun et al. 1998, Gradient-Based Learning Applied to Document Recognition, section II.
    """
    return [*_convolution(channels, 16, 5, pooled=True), *_convolution(16, 32, 5, pooled=True)]


def _small_vgg(channels: int) -> list[Layer]:
    """A 5×5 and three 3×3 convolutions with batch norm; with one fully connected layer 55,994 weights."""
    return [
        *_convolution(channels, 16, 5, pooled=True),
        *_convolution(16, 32, 3, padding=1),
        *_convolution(32, 32, 3, padding=1, pooled=True),
        *_convolution(32, 64, 3, padding=1),
        Dropout(0.2),
    ]


def _vgg(channels: int) -> list[Layer]:
    """A 5×5 convolution of 32 channels, pairs of 3×3 ones of 64, 128; with one fully connected layer 298,602 weights.

    Source: Simonyan and Zisserman 2015, Very Deep Convolutional Networks for Large-Scale Image Recognition, section 2;
    of its first pair only the field of 5×5 pixels is kept, since at full size that pair would take half of the time.
    """
    return [
        *_convolution(channels, 32, 5, pooled=True),
        *_convolution(32, 64, 3, padding=1),
        *_convolution(64, 64, 3, padding=1, pooled=True),
        *_convolution(64, 128, 3, padding=1),
        *_convolution(128, 128, 3),
        Dropout(0.3),
    ]


def _mnist_example(channels: int) -> list[Layer]:
    """The convolutions of PyTorch's MNIST example, with its initial weights; with its head 1,199,882 weights."""
    return [
        Conv2d(channels, 32, 3, initializer="torch"),
        ReLU(),
        Conv2d(32, 64, 3, initializer="torch"),
        ReLU(),
        MaxPool2d(2),
        Dropout(0.25),
    ]


def _mnist_example_head(values: int, classes: int) -> list[Layer]:
    """The fully connected layers of PyTorch's MNIST example."""
    return [
        Linear(values, 128, initializer="torch"),
        ReLU(),
        Dropout(0.5),
        Linear(128, classes, initializer="torch"),
    ]


def _values_after(layers: Sequence[Layer], shape: Shape) -> int:
    """How many values one picture has after convolutions and poolings; ValueError if it is too small for them."""
    height, width, channels = shape
    for layer in layers:
        images = (1, height, width, channels)
        if isinstance(layer, Conv2d):
            height, width = windows_over("Conv2d", images, layer.kernel_size, layer.stride, layer.sides).count
            channels = layer.out_channels
        elif isinstance(layer, MaxPool2d):
            height, width = pooling_windows("MaxPool2d", images, *layer.arguments).count
    return height * width * channels


def _convolution(inputs: int, outputs: int, size: int, padding: int = 0, pooled: bool = False) -> list[Layer]:
    """A convolution, perhaps 2×2 max pooling, batch norm and ReLU.

    Pooling before batch norm and ReLU leaves these a quarter of the values; since ReLU, and batch norm with γ > 0, keep
    order, the result is the same.

    Source: Ioffe and Szegedy 2015, Batch Normalization.
    """
    pooling = [MaxPool2d(2)] if pooled else []
    return [Conv2d(inputs, outputs, size, padding=padding, bias=False), *pooling, BatchNorm2d(outputs), ReLU()]


lenet = convolutional(_lenet)
small_vgg = convolutional(_small_vgg)
vgg = convolutional(_vgg)
mnist_example = convolutional(_mnist_example, _mnist_example_head)
