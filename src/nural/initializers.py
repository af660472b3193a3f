"""How weights begin. An initializer is a function ``(rng, shape) -> float64 array``.

A layer names its parameters with their shapes and initializers: ``params={"W": ((in, out), he_normal)}``.

A weight of shape ``(…, in, out)`` has ``fan_in = receptive · in`` and ``fan_out = receptive · out``, where
``receptive`` is the number of kernel positions (1 for a fully connected layer).

A layer with a weight and a bias takes an initializer, which draws the weight (the bias begins at zero), or a name
of `DEFAULTS`, by which both are drawn as in that framework.
"""

import math
from collections.abc import Callable
from functools import partial

import numpy as np

Initializer = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
#: A parameter's shape and its initializer.
Parameter = tuple[tuple[int, ...], Initializer]


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """``(fan_in, fan_out)`` of a weight: how many values each output sums, and how many outputs each input reaches.

    Raises:
        ValueError: the shape has fewer than two dimensions.

    Source: He et al. 2015, Delving Deep into Rectifiers, section 2.2.
    """
    if len(shape) < 2:
        raise ValueError(f"a weight needs at least two dimensions, (in, out), to have fans; got shape {shape}")
    receptive = math.prod(shape[:-2])
    return receptive * shape[-2], receptive * shape[-1]


def he_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """N(0, 2 / fan_in): keeps the variance of activations through ReLU layers.

    Source: He et al. 2015, Delving Deep into Rectifiers, section 2.2.
    """
    return rng.standard_normal(shape) * math.sqrt(2 / fans(shape)[0])


def he_uniform(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """U(−b, b) with b = √(6 / fan_in), which has the variance of `he_normal`.

    Source: He et al. 2015, Delving Deep into Rectifiers, section 2.2.
    """
    return _uniform(rng, shape, math.sqrt(6 / fans(shape)[0]))


def glorot_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """N(0, 2 / (fan_in + fan_out)): a compromise between keeping the variance forward and backward.

    Source: Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward networks, section 4.2.1.
    """
    return rng.standard_normal(shape) * math.sqrt(2 / sum(fans(shape)))


def glorot_uniform(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """U(−b, b) with b = √(6 / (fan_in + fan_out)), which has the variance of `glorot_normal`.

    Source: Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward networks, equation 16.
    """
    return _uniform(rng, shape, math.sqrt(6 / sum(fans(shape))))


def fan_in_uniform(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """U(−b, b) with b = 1 / √fan_in: as in PyTorch's layers, ``kaiming_uniform_`` with a = √5.

    Source: LeCun et al. 1998, Efficient BackProp, section 4.6, which asks for three times this variance.
    """
    return _uniform(rng, shape, 1 / math.sqrt(fans(shape)[0]))


def orthogonal(gain: float = 1.0) -> Initializer:
    """The weight as a matrix ``(… · in, out)`` whose columns are orthogonal and of length ``gain``.

    If it has more columns than rows, its rows are orthogonal. Such a matrix is drawn uniformly: the Q of a random
    normal matrix's QR decomposition, with the signs that make R's diagonal positive.

    Source: Saxe et al. 2014, Exact solutions to the nonlinear dynamics of learning in deep linear neural networks.
    """
    return partial(_orthogonal, gain=gain)


def normal(std: float) -> Initializer:
    """N(0, std²), whatever the shape.

    Source: Goodfellow et al. 2016, Deep Learning, section 8.4.
    """
    return partial(_normal, std=std)


def uniform(bound: float) -> Initializer:
    """U(−bound, bound), whatever the shape.

    Source: Goodfellow et al. 2016, Deep Learning, section 8.4.
    """
    return partial(_uniform, bound=bound)


def zeros(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """0 everywhere, whatever the shape: for biases, since units with equal weights learn the same.

    Source: Goodfellow et al. 2016, Deep Learning, section 8.4.
    """
    return np.zeros(shape)


def constant(value: float) -> Initializer:
    """The same value everywhere, whatever the shape."""
    return partial(_constant, value=value)


#: The initializers of each framework's fully connected and convolution layers; for biases see `weight_and_bias`.
DEFAULTS: dict[str, Initializer] = {"torch": fan_in_uniform, "keras": glorot_uniform}


def weight_and_bias(
    layer: str, weight: str, shape: tuple[int, ...], bias: bool, initializer: Initializer | str
) -> dict[str, Parameter]:
    """The parameters of a layer that has one weight and perhaps a bias ``b``.

    Args:
        layer: The layer's name, for errors.
        weight: The weight's name.
        shape: The weight's shape, ``(…, in, out)``; the bias has ``(out,)``.
        bias: Whether there is a bias. It begins at zero; with ``"torch"`` it is drawn from U(−1/√fan_in, 1/√fan_in),
            where fan_in is the weight's.
        initializer: Draws the weight; or a name of `DEFAULTS`.

    Raises:
        ValueError: the initializer is neither a function nor such a name.
    """
    if not callable(initializer) and initializer not in DEFAULTS:
        known = ", ".join(DEFAULTS)
        raise ValueError(f"{layer}: initializer must be a function or one of {known}, got {initializer!r}")
    draw = DEFAULTS[initializer] if isinstance(initializer, str) else initializer
    params: dict[str, Parameter] = {weight: (shape, draw)}
    if bias:
        params["b"] = shape[-1:], uniform(1 / math.sqrt(fans(shape)[0])) if initializer == "torch" else zeros
    return params


def scale_and_shift(shape: tuple[int, ...], scale: bool, shift: bool) -> dict[str, Parameter]:
    """The parameters γ, which begins at 1, and β, which begins at 0, as far as they are wanted."""
    params: dict[str, Parameter] = {"gamma": (shape, constant(1.0))} if scale else {}
    return params | ({"beta": (shape, zeros)} if shift else {})


# Functions of the module, so that a layer whose values are not drawn yet can be pickled.


def _orthogonal(rng: np.random.Generator, shape: tuple[int, ...], gain: float) -> np.ndarray:
    fans(shape)  # raises if it is not a weight
    rows, columns = math.prod(shape[:-1]), shape[-1]
    q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
    q *= np.where(np.diag(r) < 0, -gain, gain)
    return (q if rows >= columns else q.T).reshape(shape)


def _normal(rng: np.random.Generator, shape: tuple[int, ...], std: float) -> np.ndarray:
    return rng.standard_normal(shape) * std


def _uniform(rng: np.random.Generator, shape: tuple[int, ...], bound: float) -> np.ndarray:
    return rng.uniform(-bound, bound, shape)


def _constant(rng: np.random.Generator, shape: tuple[int, ...], value: float) -> np.ndarray:
    return np.full(shape, value)
