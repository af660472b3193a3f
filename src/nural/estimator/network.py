"""The networks of the estimators: nural's layers, with scikit-learn's initial weights."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from nural.activations import ELU, GELU, SELU, LeakyReLU, ReLU, Sigmoid, SiLU, Softplus, Tanh
from nural.containers import Sequential
from nural.initializers import fans, zeros
from nural.layer import Layer
from nural.layers import BatchNorm1d, Conv2d, Dropout, Linear

#: Activations of hidden layers, by name; the first four are scikit-learn's.
ACTIVATIONS: dict[str, type[Layer] | None] = {
    "identity": None,
    "logistic": Sigmoid,
    "tanh": Tanh,
    "relu": ReLU,
    "elu": ELU,
    "gelu": GELU,
    "leaky_relu": LeakyReLU,
    "selu": SELU,
    "silu": SiLU,
    "softplus": Softplus,
}


def hidden_layers(
    sizes: Sequence[int], activations: Sequence[str], dropout: Sequence[float], batch_norm: bool, dtype: Any
) -> list[Layer]:
    """For each hidden layer: fully connected, batch norm, activation, dropout, the last three of which may be missing.

    Args:
        sizes: The sizes of the input and of each hidden layer.
        activations: The activation of each hidden layer, a name of `ACTIVATIONS`.
        dropout: The probability for each hidden layer; 0 for no dropout layer.
        batch_norm: Whether there is batch norm.
        dtype: The type of the weights.
    """
    layers: list[Layer] = []
    for (size_in, size_out), activation, p in zip(pairwise(sizes), activations, dropout, strict=True):
        layers.append(linear(size_in, size_out, dtype))
        if batch_norm:
            layers.append(BatchNorm1d(size_out, dtype=dtype))
        layers += after_weights(activation, p)
    return layers


def linear(size_in: int, size_out: int, dtype: Any) -> Linear:
    """A fully connected layer whose weights are drawn by `draw_weights`."""
    return Linear(size_in, size_out, initializer=zeros, dtype=dtype)


def after_weights(activation: str, p: float) -> list[Layer]:
    """The activation and the dropout of a hidden layer, if any."""
    kind = ACTIVATIONS[activation]
    return ([] if kind is None else [kind()]) + ([Dropout(p)] if p else [])


def draw_weights(network: Sequential, random_state: np.random.RandomState, activations: Sequence[str]) -> None:
    """Draw weights and biases as scikit-learn does: U(−a, a), a = √(6 / (fan_in + fan_out)), or √(2 / …) for logistic.

    Dropout layers get their generator from ``random_state`` too, after all weights.

    Args:
        network: The network to fill.
        random_state: The source: for each layer the weights, then the biases.
        activations: The activation after each layer with weights.

    Source: Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward networks, equation 16;
    the same distribution for biases is scikit-learn's own choice.
    """
    network.draw()
    for layer, activation in zip(weighted(network), activations, strict=True):
        W, b = layer.params[weight_name(layer)], layer.params["b"]
        bound = math.sqrt((2 if activation == "logistic" else 6) / sum(fans(W.shape)))
        W[...] = random_state.uniform(-bound, bound, W.shape)
        b[...] = random_state.uniform(-bound, bound, b.shape)
    for layer in network.layers:
        if isinstance(layer, Dropout):
            layer.generator = np.random.default_rng(random_state.randint(2**31))


def weighted(network: Sequential) -> list[Layer]:
    """The layers whose weights are the estimator's ``coefs_`` and ``intercepts_``."""
    return [layer for layer in network.layers if isinstance(layer, Linear | Conv2d)]


def weight_name(layer: Layer) -> str:
    """The name of the weight of one of the `weighted` layers, whose bias is ``b``."""
    return "K" if isinstance(layer, Conv2d) else "W"
