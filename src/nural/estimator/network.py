"""The networks of the estimators: nural's layers, with scikit-learn's first weights."""

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

#: Of hidden layers, by name; the first four are scikit-learn's.
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
    """For each hidden layer: fully connected, batch norm, activation, dropout, of which the last three may be left out.

    Args:
        sizes: Of the input and of each hidden layer.
        activations: Of each hidden layer, a name of `ACTIVATIONS`.
        dropout: The probability for each hidden layer; no layer for 0.
        batch_norm: Whether there is batch norm.
        dtype: Of the weights.
    """
    layers: list[Layer] = []
    for (size_in, size_out), activation, p in zip(pairwise(sizes), activations, dropout, strict=True):
        layers.append(linear(size_in, size_out, dtype))
        if batch_norm:
            layers.append(BatchNorm1d(size_out, dtype=dtype))
        layers += after_weights(activation, p)
    return layers


def linear(size_in: int, size_out: int, dtype: Any) -> Linear:
    """A fully connected layer whose weights `draw_weights` draws."""
    return Linear(size_in, size_out, initializer=zeros, dtype=dtype)


def after_weights(activation: str, p: float) -> list[Layer]:
    """The activation and the dropout behind a hidden layer, where there are any."""
    kind = ACTIVATIONS[activation]
    return ([] if kind is None else [kind()]) + ([Dropout(p)] if p else [])


def draw_weights(network: Sequential, random_state: np.random.RandomState, activations: Sequence[str]) -> None:
    """Draw weights and biases as scikit-learn does: U(−a, a), a = √(6 / (fan_in + fan_out)), or √(2 / …) for logistic.

    Dropout gets a generator from ``random_state`` too, after all weights.

    Args:
        network: Its weights are filled.
        random_state: Draws them: for each layer the weights, then the biases.
        activations: Behind each layer with weights.

    Source: Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward networks, equation 16;
    biases of the same distribution are scikit-learn's own.
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
