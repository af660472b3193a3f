"""Networks of every kind that the view Inside explains, drawn so that no gradient is zero for lack of training."""

import numpy as np

from nural import (
    GELU,
    AdaptiveAvgPool2d,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    LeakyReLU,
    Linear,
    MaxPool2d,
    PReLU,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    Tanh,
    Unflatten,
)

IMAGE = (28, 28, 1)


def settled(model, seed=0):
    """The model with biases, γ, β and running statistics as a training might leave them."""
    rng = np.random.default_rng(seed)
    model.build(rng)
    for name, array in model.params.items():
        if name.endswith(("b", "beta", "gamma")):
            array += 0.3 * rng.standard_normal(array.shape).astype(array.dtype)
    for name, array in model.state.items():
        if name.endswith("mean"):
            array[...] = 0.2 * rng.standard_normal(array.shape)
        elif name.endswith("var"):
            array[...] = rng.uniform(0.5, 2, array.shape)
    return model


def shipped_kind():
    """Convolution, batch norm, ReLU, max pooling, fully connected: what the model inside is made of."""
    return Sequential(
        Unflatten(1, IMAGE),
        Conv2d(1, 4, 3, padding=1, bias=False),
        BatchNorm2d(4),
        ReLU(),
        MaxPool2d(2),
        Conv2d(4, 6, 3, padding=1),
        BatchNorm2d(6),
        ReLU(),
        MaxPool2d(2),
        Flatten(),
        Linear(7 * 7 * 6, 16),
        ReLU(),
        Dropout(0.5),
        Linear(16, 10),
    )


def residual():
    """A branch beside the input as it is, and one beside a projection."""
    return Sequential(
        Unflatten(1, IMAGE),
        Conv2d(1, 4, 5, stride=2),
        Residual(Sequential(Conv2d(4, 4, 3, padding=1), ReLU(), Conv2d(4, 4, 3, padding=1))),
        ReLU(),
        Residual(Sequential(Conv2d(4, 6, 3, padding=1), Tanh()), Conv2d(4, 6, 1)),
        GlobalAvgPool2d(),
        Linear(6, 10),
    )


def windows_of_all_kinds():
    """Strides, dilation, groups, padding modes, overlapping and average pooling, Flatten by channels."""
    return Sequential(
        Unflatten(1, IMAGE),
        Conv2d(1, 4, (3, 5), stride=(2, 1), padding=((0, 1), (2, 1)), padding_mode="reflect"),
        LeakyReLU(0.1),
        MaxPool2d(3, stride=2, padding=1),
        Conv2d(4, 6, 2, dilation=2, groups=2, padding="same"),
        PReLU(6),
        AvgPool2d(2, padding=1, count_include_pad=False),
        GELU(),
        AdaptiveAvgPool2d((3, 2)),
        Flatten(channels_first=True),
        Linear(36, 10, bias=False),
    )


def fully_connected():
    """Rows of pixels all the way, with batch norm of features."""
    return Sequential(Linear(784, 12), BatchNorm1d(12), Sigmoid(), Linear(12, 12), ReLU(), Linear(12, 10))


NETWORKS = [shipped_kind, residual, windows_of_all_kinds, fully_connected]


def built(build):
    """One of `NETWORKS` with its weights."""
    return settled(build())
