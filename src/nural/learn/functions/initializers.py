"""Initializers, judged by what does not hang on luck: shape, standard deviation, mean, kind of distribution, seed."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from nural.learn.case import Case, Draw
from nural.learn.function import Function, Pieces

#: So many weights that their standard deviation is known to a hundredth.
SHAPES = [((100, 150), ""), ((160, 90), ""), ((3, 3, 20, 60), "a kernel")]
#: Fourth moments of normal and of uniform numbers, whose standard deviation is 1.
NORMAL, UNIFORM = 3.0, 1.8


def _cases(draw: Draw) -> Iterator[Case]:
    for seed, (shape, label) in enumerate(SHAPES):
        sizes = {"fan_in": int(np.prod(shape[:-1])), "fan_out": int(np.prod(shape) / shape[-2])}
        yield Case((np.random.default_rng(seed), shape), sizes, label, optional=bool(label))


def described(f: Callable[..., Any], rng: Any, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """What can be said of drawn weights: the distribution that is nearest, and whether they are those of the seed."""
    W = np.array(f(rng, shape), float)
    deviation = W.std() if np.ptp(W) else 0.0
    z = (W - W.mean()) / deviation if deviation else W * np.nan
    kind = NORMAL if (z**4).mean() > 2.1 else UNIFORM  # 2.37 if normal numbers are cut off at two deviations
    first, same, other = (np.array(f(np.random.default_rng(seed), shape)) for seed in (1, 1, 2))
    seeded = np.array_equal(first, same) and not np.array_equal(first, other)
    return np.array(W.shape), deviation, np.round(W.mean() / (deviation or 1), 1) + 0.0, kind, float(seeded)


def _initializer(name: str, torch: str) -> Function:
    def right(f: Pieces, rng: Any, shape: tuple[int, ...]) -> tuple[Any, ...]:
        return described(f[name], rng, shape)

    return Function(
        name,
        ("shape", "standard deviation", "mean", "distribution", "seed"),
        _cases,
        ("rng", "shape"),
        (name,),
        right,
        f"torch.nn.init.{torch}",
        call=described,
        rtol=0.03,
    )


FUNCTIONS = [
    _initializer(name, torch)
    for name, torch in [
        ("he_normal", "kaiming_normal_"),
        ("he_uniform", "kaiming_uniform_"),
        ("glorot_normal", "xavier_normal_"),
        ("glorot_uniform", "xavier_uniform_"),
    ]
]
