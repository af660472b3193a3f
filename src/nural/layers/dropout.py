"""Dropout: a random part of the values is left out at each training step."""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nural.checks import float_arrays, gradient_and_saved, require_only, require_out, require_samples, require_shape
from nural.layer import Layer
from nural.scratch import Scratch, new_array, shaped


def dropout_mask(
    rng: np.random.Generator,
    p: float,
    out: np.ndarray,
    share: tuple[int, int] = (0, 0),
    scratch: Scratch = new_array,
) -> np.ndarray:
    """Fill ``out``, contiguous, with draws from ``rng``: 0 with probability p, else 1 / (1 − p), so that the mean is 1.

    A row of the mask takes a whole number of the generator's 64-bit draws, so that a batch which is divided over
    replicas gets the rows that it would get as a whole, and ``rng`` is left where the whole batch leaves it.

    Args:
        rng: PCG64, NumPy's default, skips what is not wanted; from others it is drawn.
        p: The probability of 0.
        out: The mask, ``(N, …)``.
        share: How many rows of the batch come before these N, and how many after.
        scratch: Gives the array for rows of an odd number of float32, which are drawn with one value more.

    Raises:
        ValueError: p is not from 0 to 1, or out is not contiguous.

    Source: Srivastava et al. 2014, section 10, which scales what is kept in training.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"dropout_mask: p must be from 0 to 1, got {p}")
    require_out("dropout_mask", out, out.shape)
    _draw(rng, out.reshape(len(out), math.prod(out.shape[1:])), share, scratch)
    np.greater_equal(out, p, out=out)
    if p < 1:
        out *= 1 / (1 - p)
    return out


def _draw(rng: np.random.Generator, rows: np.ndarray, share: tuple[int, int], scratch: Scratch) -> None:
    """Uniform numbers for some rows of a batch."""
    n, size = rows.shape
    per_draw = 8 // rows.itemsize  # values drawn from 64 bits
    draws = -(-size // per_draw)
    before, after = share
    skips = rng.bit_generator if isinstance(rng.bit_generator, np.random.PCG64 | np.random.PCG64DXSM) else None
    if skips is None:
        n, before, after = before + n + after, 0, 0
    drawn = rows
    if (n, draws * per_draw) != rows.shape:
        drawn = shaped("drawn", (n, draws * per_draw), rows.dtype, scratch)
    if skips is not None:
        skips.advance(before * draws)  # also drops half a draw that is left over, even before no row
    rng.random(out=drawn, dtype=drawn.dtype)
    if skips is not None:
        skips.advance(after * draws)
    if drawn is not rows:
        first = share[0] - before
        rows[...] = drawn[first : first + len(rows), :size]


def dropout_forward(x: ArrayLike, mask: ArrayLike, out: np.ndarray | None = None) -> np.ndarray:
    """Dropout with a drawn mask: y = x · mask, entry by entry.

    Args:
        x: Input, any shape.
        mask: 0 where a value is left out and 1 / (1 − p) where it is kept, of x's shape; see `dropout_mask`. Since the
            kept values grow in training ("inverted" dropout), evaluation uses x as it is.
        out: Where to write y.

    Returns:
        y, of x's shape.

    Raises:
        TypeError: x holds no numbers.
        ValueError: x holds no sample, or the mask is not of its shape, such as p in its place.

    Source: Srivastava et al. 2014, Dropout: A Simple Way to Prevent Neural Networks from Overfitting, section 10.
    """
    x, mask = float_arrays("dropout_forward", x, mask)
    require_shape("dropout_forward", "mask", mask, x.shape)
    require_out("dropout_forward", out, x.shape)
    return np.multiply(x, mask, out=out)


def dropout_backward(dy: ArrayLike, mask: ArrayLike, out: np.ndarray | None = None) -> np.ndarray:
    """Gradient of `dropout_forward`: ∂L/∂x = dy · mask, with the mask of the forward pass.

    Args:
        dy: ∂L/∂y, of the mask's shape.
        mask: As in the forward pass.
        out: Where to write dx, of the same shape.

    Source: Srivastava et al. 2014, section 5.1: only what was kept is trained.
    """
    dy, mask = gradient_and_saved("dropout_backward", dy, mask)
    require_out("dropout_backward", out, dy.shape)
    return np.multiply(dy, mask, out=out)


class Dropout(Layer):
    """In training each value is 0 with probability p, else divided by 1 − p; in evaluation nothing happens.

    Args:
        p: The probability that a value is left out.
        inplace: PyTorch's, only False: no layer writes to its input.
        rng: Draws the masks. Without it the layer gets a generator of its own from the one that draws the network's
            weights, so that the seed of `fit` fixes the masks too; checkpoints keep where it stands.

    Raises:
        ValueError: p is not from 0 to 1.

    Source: Srivastava et al. 2014, Dropout: A Simple Way to Prevent Neural Networks from Overfitting.
    """

    operations_per_value = (3, 1)
    not_config = Layer.not_config | {"inplace"}

    def __init__(self, p: float = 0.5, inplace: bool = False, *, rng: np.random.Generator | None = None) -> None:
        require_only("Dropout", "inplace", inplace, False)
        if not 0 <= p <= 1:
            raise ValueError(f"Dropout: p must be from 0 to 1, got {p}")
        self.p = p
        super().__init__()
        self.generator = rng

    def build(self, rng: np.random.Generator) -> None:
        """Take a generator of its own from ``rng``, whose own draws stay the same."""
        super().build(rng)
        if self.generator is None:
            self.generator = rng.spawn(1)[0]

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """x with a part left out, in training; else x itself."""
        x = require_samples("Dropout", x, self.dtype)
        self.saved = None
        if not train or self.p == 0:
            return x
        self.draw()  # a layer that stands alone gets its generator here
        assert self.generator is not None
        mask = self.buffer("mask", x.shape, x.dtype)
        self.saved = dropout_mask(self.generator, self.p, mask, self.share, scratch=self.buffer)
        return dropout_forward(x, self.saved, out=self.buffer("y", x.shape, x.dtype))

    def backward(self, dy: np.ndarray, need_dx: bool = True) -> Any:
        """The error of the values that were kept."""
        return dy if self.saved is None else dropout_backward(dy, self.saved, out=self.buffer("dx", dy.shape, dy.dtype))
