"""Several kinds of augmentation, one after another, on whole batches."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from nural.checks import require_out
from nural.data.augmentation.affine import Affine
from nural.data.augmentation.coordinates import SIZE
from nural.data.augmentation.distortion import Distortion
from nural.data.augmentation.draws import Draws
from nural.data.augmentation.elastic import Elastic
from nural.data.augmentation.require import require_range

#: Digits that go through all parts together, so that intermediate arrays, about 2 MB, fit into a core's cache.
BLOCK = 64


class PixelChange(Protocol):
    """Something that changes digits where they are, such as `Thickness`, `Noise` or `Erasing`."""

    def draw(self, draws: Draws) -> Any:
        """Its random numbers for each digit: an array ``(n, …)`` or a tuple of them."""
        ...

    def apply(self, images: np.ndarray, drawn: Any, out: np.ndarray) -> None:
        """Write the changed digits, ``(n, 784)``, to ``out``, which may be ``images``."""
        ...


class Augmentation:
    """Random changes of digits in a given order, drawn anew at each call.

        augment = Augmentation(Affine(), Elastic(), Noise())
        batch = augment(batch, np.random.default_rng(seed))

    All random numbers are drawn first: which digits are changed, then those of each part in turn. Then blocks of digits
    go through all parts. `Affine` and `Elastic` next to each other make one resampling, which is twice as fast as two
    and does not blur twice. Pixels that come from outside a picture are 0.

    Several threads may use one object.

    Args:
        parts: Any of `Affine`, `Elastic`, `Thickness`, `Noise`, `Erasing`, in the order in which they change a digit.
        probability: The probability with which each digit is changed, from 0 to 1. Below 1 a network also learns from
            unchanged digits, as it will see them in use.

    Raises:
        ValueError: ``probability`` is out of its range.
    """

    def __init__(self, *parts: Affine | Elastic | PixelChange, probability: float = 1.0) -> None:
        require_range("Augmentation: probability", probability, 0, 1)
        self.parts, self.probability = parts, probability
        self._changes: list[PixelChange] = []
        neighbours: list[Affine | Elastic] = []
        for part in (*parts, None):
            if isinstance(part, Affine | Elastic):
                neighbours.append(part)
                continue
            if neighbours:
                self._changes.append(Distortion(neighbours))
                neighbours = []
            if part is not None:
                self._changes.append(part)

    def __call__(
        self,
        x: np.ndarray,
        rng: np.random.Generator,
        before: int = 0,
        after: int = 0,
        out: np.ndarray | None = None,
        divide: Callable[[Callable[[Any], None], Sequence[Any]], Any] | None = None,
    ) -> np.ndarray:
        """Change each digit by its own draw.

        The same ``rng`` gives the same bits, also with ``divide``. A share of a batch, given by ``before`` and
        ``after``, gets the random numbers that it has in the whole batch; where BLAS computes the last rows of a
        product in another order (OpenBLAS without AVX-512 does), its last bits may differ.

        Args:
            x: Digits from 0 (paper) to 1 (ink): float32 or float64 ``(N, 784)``, ``(N, 28, 28)`` or ``(N, 28, 28, 1)``.
            rng: Where all random numbers come from.
            before: Rows of the batch that come before these N and belong to others, such as other MPI ranks.
            after: Rows that come after.
            out: Where to write, which may be x itself; by default a new array.
            divide: Calls a function with each of the blocks, perhaps on several threads, as `Workers.divide` does; by
                default the blocks come one after another.

        Returns:
            The digits, of x's shape and type.

        Raises:
            TypeError: x does not hold float32 or float64.
            ValueError: x has another shape, or out does not fit.
        """
        _require_digits(x)
        require_out("Augmentation", out, x.shape)
        result = np.empty(x.shape, x.dtype) if out is None else out
        source, target = x.reshape(len(x), SIZE * SIZE), result.reshape(len(x), SIZE * SIZE)
        if result is not x:
            np.copyto(target, source)
        draws = Draws(rng, len(x), before, after)
        chosen = np.flatnonzero(draws.uniform(0, 1) < self.probability)
        drawn = [change.draw(draws) for change in self._changes]

        def augment(block: np.ndarray) -> None:
            images = target[block]
            for change, values in zip(self._changes, drawn, strict=True):
                own = tuple(v[block] for v in values) if isinstance(values, tuple) else values[block]
                change.apply(images, own, images)
            target[block] = images

        blocks = [chosen[begin : begin + BLOCK] for begin in range(0, len(chosen), BLOCK)]
        if divide is None:
            for block in blocks:
                augment(block)
        else:
            divide(augment, blocks)
        return result

    def __repr__(self) -> str:
        probability = [] if self.probability == 1 else [f"probability={self.probability}"]
        return f"Augmentation({', '.join([*map(repr, self.parts), *probability])})"


def _require_digits(x: np.ndarray) -> None:
    dtype: Any = getattr(x, "dtype", None)
    if dtype not in (np.float32, np.float64):
        raise TypeError(f"Augmentation: expected digits as float32 or float64, got {dtype or type(x).__name__}")
    if x.shape[1:] not in ((SIZE * SIZE,), (SIZE, SIZE), (SIZE, SIZE, 1)):
        raise ValueError(f"Augmentation: expected digits (N, 784), (N, 28, 28) or (N, 28, 28, 1), got {x.shape}")
