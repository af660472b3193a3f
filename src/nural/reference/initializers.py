"""How weights begin: drawn so that neither activations nor gradients grow or vanish from layer to layer."""

import math


def fans(shape):
    """(fan_in, fan_out): how many numbers each output adds up, and how many outputs each input goes into."""
    positions = math.prod(shape[:-2])
    return positions * shape[-2], positions * shape[-1]


def he_normal(rng, shape):
    """W ~ N(0, 2 / fan_in): a sum of fan_in terms has the variance of one term, doubled since ReLU passes half."""
    fan_in, _ = fans(shape)
    return rng.standard_normal(shape) * math.sqrt(2 / fan_in)


def he_uniform(rng, shape):
    """W ~ U(−b, b), b = √(6 / fan_in): the variance of a uniform distribution is b² / 3."""
    fan_in, _ = fans(shape)
    b = math.sqrt(6 / fan_in)
    return rng.uniform(-b, b, shape)


def glorot_normal(rng, shape):
    """W ~ N(0, 2 / (fan_in + fan_out)): between 1 / fan_in, for the way forward, and 1 / fan_out, for the way back."""
    fan_in, fan_out = fans(shape)
    return rng.standard_normal(shape) * math.sqrt(2 / (fan_in + fan_out))


def glorot_uniform(rng, shape):
    """W ~ U(−b, b), b = √(6 / (fan_in + fan_out))."""
    fan_in, fan_out = fans(shape)
    b = math.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-b, b, shape)
