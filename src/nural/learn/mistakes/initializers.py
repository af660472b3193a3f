"""Mistakes of initializers."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from nural import reference
from nural.learn.mistakes.mistake import Mistake, instead, mistake

#: By name: what stands in the root, and what is drawn.
SHARES = {
    "he_normal": ("2 / fan_in", "rng.standard_normal(shape)"),
    "he_uniform": ("6 / fan_in", "rng.uniform(-b, b, shape)"),
    "glorot_normal": ("2 / (fan_in + fan_out)", "rng.standard_normal(shape)"),
    "glorot_uniform": ("6 / (fan_in + fan_out)", "rng.uniform(-b, b, shape)"),
}
#: Of weights that are as large whatever their shape.
SCALES = 1.0, 0.5, 0.1, 0.05, 0.02, 0.01, 0.005, 0.001


def _of(name: str, share: str, drawn: str) -> Iterator[Mistake]:
    top, _, fan = share.partition(" / ")
    right: Any = getattr(reference, name)
    for other in ("fan_in", "fan_out", "(fan_in + fan_out)"):
        if other != fan:
            both = ("fan_in, _", "fan_in, fan_out") if "he" in name else ()
            yield mistake("fan-exchanged", name, *both, share, f"{top} / {other}")
    if top == "6":
        yield mistake("deviation-for-bound", name, share, f"2 / {fan}")
    for less in ("1", "3"):
        yield mistake("init-factor-missing", name, share, f"{less} / {fan}")
    yield mistake("variance-for-deviation", name, f"math.sqrt({share})", f"({share})")
    yield mistake("not-centred", name, drawn, drawn.replace("-b", "0").replace("standard_normal", "random"))
    yield mistake("not-centred", name, drawn, "rng.random(shape)")
    yield mistake("weights-constant", name, drawn, "(rng.random(shape) * 0)")
    yield mistake("weights-constant", name, drawn, "(rng.random(shape) * 0 + 1)")
    yield instead("seed-ignored", name)(lambda rng, shape: right(np.random.default_rng(0), shape))
    exchanged = name.replace("normal", "uniform") if "normal" in name else name.replace("uniform", "normal")
    yield instead("distribution-exchanged", name)(getattr(reference, exchanged))
    for scale in SCALES:
        yield instead("init-scale-fixed", name)(lambda rng, shape, s=scale: s * rng.standard_normal(shape))
        yield instead("init-scale-fixed", name)(lambda rng, shape, s=scale: rng.uniform(-s, s, shape))


MISTAKES = [m for name, texts in SHARES.items() for m in _of(name, *texts)]
