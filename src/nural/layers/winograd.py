"""Winograd's minimal filtering: a 3×3 convolution with a quarter of the multiplications.

Four outputs of a filter with three weights are a product of two polynomials, and a polynomial of degree 5 is known from
its values at six points. So the six pixels (Bᵀd) and the filter (Gg) are transformed to values at the points, these six
pairs are multiplied, where the sum would take 4 · 3 products, and the result is transformed back:
y = Aᵀ((Gg) ⊙ (Bᵀd)). In two dimensions a tile of 6×6 pixels gives 4×4 outputs with 36 products for each pair of
channels instead of 144. For all channels together they are 36 products of matrices, (tiles, in) with (in, out).

Each step is linear, so backward is each step's transpose in reverse.

Source: Lavin and Gray 2016, Fast Algorithms for Convolutional Neural Networks, sections 4.1 and 4.3; Winograd 1980,
Arithmetic Complexity of Computations; the points: Barabasz et al. 2020, Error Analysis and Improving the Accuracy of
Winograd Convolution for Deep Neural Networks, section 5.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from nural.blocks import window_blocks
from nural.layers.windows import Windows
from nural.scratch import Scratch, shaped

#: Where the polynomials are evaluated, beside infinity. Of 40 other sets of five these round least: the results differ
#: from the exact ones by 7e-7 of their standard deviation in float32, which 0, ±1 and ±2 bring to 1.4e-6 and the plain
#: sum to 1.5e-7.
POINTS = (0.0, 0.75, -0.75, 1.5, -1.5)
OUTPUTS, KERNEL = 4, 3  # along one dimension of a tile
TILE = OUTPUTS + KERNEL - 1
#: With fewer channels the 36 products of matrices are too small to save time.
LEAST_CHANNELS = 16
#: With fewer tiles, transforming the kernel costs more than its products save: one image of 14×14×64 to 64 channels, 16
#: tiles, takes 1.5 times as long as by im2col, four of them 0.8 times as long.
LEAST_TILES = 64


def winograd_suits(images: int, K: np.ndarray, windows: Windows, groups: int) -> bool:
    """Whether Winograd's form computes this convolution in less time: 3×3, dense, of enough channels and tiles.

    Measured for 64 images of 26×26×32 to 64 channels, on one thread: forward 13 instead of 19 ms, backward 25 instead
    of 43 ms.
    """
    dense = groups == 1 and windows.stride == windows.dilation == (1, 1)
    tiles = math.prod(-(-n // OUTPUTS) for n in windows.count)
    filled = OUTPUTS**2 * tiles <= 1.5 * math.prod(windows.count)
    wide = min(K.shape[2:]) >= LEAST_CHANNELS
    return K.shape[:2] == (KERNEL, KERNEL) and dense and wide and filled and images * tiles >= LEAST_TILES


def winograd_outputs(
    x: np.ndarray, K: np.ndarray, b: np.ndarray | None, windows: Windows, y: np.ndarray, scratch: Scratch
) -> None:
    """`conv2d_forward` for a 3×3 kernel of stride 1, written to ``y``: Aᵀ((G K Gᵀ) · (Bᵀ x B)) A + b, tile by tile.

    Args:
        x: Images, ``(N, H, W, in)``.
        K: Kernel, ``(3, 3, in, out)``.
        b: Biases, ``(out,)``, or None.
        windows: Of the convolution.
        y: Where to write, ``(N, oh, ow, out)``.
        scratch: Gives the arrays to work in.
    """
    to_values, of_kernel, back = _transforms(y.dtype)
    kernels = _kernel_values(K, of_kernel, scratch)
    for block in _blocks(x, K, windows):
        values = _values(x, block, to_values, scratch)
        products = shaped("products", (len(back.T), values.shape[1], K.shape[3]), y.dtype, scratch)
        np.matmul(values, kernels, out=products)
        tiles = shaped("outputs", (OUTPUTS, OUTPUTS, *block.tiles, K.shape[3]), y.dtype, scratch)
        np.matmul(back, products.reshape(len(back.T), -1), out=tiles.reshape(len(back), -1))
        if b is not None:
            tiles += b
        _join(tiles, y[block.images, block.outputs], scratch)


def winograd_gradients(
    dy: np.ndarray,
    K: np.ndarray,
    x: np.ndarray,
    windows: Windows,
    out: tuple[np.ndarray | None, np.ndarray | None],
    scratch: Scratch,
) -> None:
    """Gradient of `winograd_outputs`, each of its steps transposed.

    With m = A dy Aᵀ and v = Bᵀ x B, the values of a tile at the points: ∂L/∂K = Gᵀ (Σ vᵀ m) G, summed over the tiles,
    and ∂L/∂x adds up B (m (G K Gᵀ)ᵀ) Bᵀ where tiles overlap.

    Args:
        dy: ∂L/∂y, ``(N, oh, ow, out)``.
        K: Kernel, ``(3, 3, in, out)``.
        x: The input of the forward pass, ``(N, H, W, in)``.
        windows: Of the convolution.
        out: ``(dK, dx)`` to write to; a None among them is not wanted.
        scratch: Gives the arrays to work in.
    """
    dK, dx = out
    dtype = np.result_type(dy, K, x)
    to_values, of_kernel, back = _transforms(dtype)
    kernels = _kernel_values(K, of_kernel, scratch)
    transposed = scratch("kernels, transposed", (len(kernels), *K.shape[:1:-1]), dtype)
    transposed[...] = kernels.transpose(0, 2, 1)
    total, of_block = (scratch(name, kernels.shape, dtype) for name in ("total", "of a block"))
    total[...] = 0
    if dx is not None:
        dx[...] = 0
    for block in _blocks(x, K, windows):
        tiles = shaped("outputs", (OUTPUTS, OUTPUTS, *block.tiles, K.shape[3]), dtype, scratch)
        _part(dy[block.images, block.outputs], tiles, scratch)
        products = shaped("products", (len(kernels), math.prod(block.tiles), K.shape[3]), dtype, scratch)
        np.matmul(back.T, tiles.reshape(len(back), -1), out=products.reshape(len(products), -1))
        if dK is not None:
            values = _values(x, block, to_values, scratch)
            total += np.matmul(values.transpose(0, 2, 1), products, out=of_block)
        if dx is not None:
            values = shaped("values", (len(kernels), math.prod(block.tiles), K.shape[2]), dtype, scratch)
            np.matmul(products, transposed, out=values)
            sent = shaped("pixels", (TILE, TILE, *block.tiles, K.shape[2]), dtype, scratch)
            np.matmul(to_values.T, values.reshape(len(values), -1), out=sent.reshape(len(values), -1))
            _add_overlapping(sent, block, dx[block.images, block.pixels], scratch)
    if dK is not None:
        dK[...] = (of_kernel.T @ total.reshape(len(total), -1)).reshape(K.shape)


@dataclass(frozen=True)
class _Block:
    """A few tiles that are computed at once.

    Attributes:
        images: Which images.
        outputs: Which rows of outputs, as many as the tiles reach and there are.
        pixels: Which rows of pixels lie under the tiles.
        tiles: (images, rows of tiles, columns of tiles).
        before: Rows and columns of padding before these pixels.
    """

    images: slice
    outputs: slice
    pixels: slice
    tiles: tuple[int, int, int]
    before: tuple[int, int]


def _blocks(x: np.ndarray, K: np.ndarray, windows: Windows) -> Iterator[_Block]:
    """Blocks of tiles whose values stay in the cache."""
    down, across = (-(-n // OUTPUTS) for n in windows.count)
    (top, _), (left, _) = windows.sides
    # Half or twice as many tiles at a time took longer.
    bytes_per_tile = TILE * TILE * max(K.shape[2:]) * x.itemsize // 2
    for images, bands in window_blocks((down, across), len(x), bytes_per_tile):
        for rows in bands:
            first, end = rows.start * OUTPUTS, rows.stop * OUTPUTS
            tiles = len(range(*images.indices(len(x)))), rows.stop - rows.start, across
            outputs, pixels = (
                slice(first, min(end, windows.count[0])),
                slice(max(first - top, 0), end + KERNEL - 1 - top),
            )
            yield _Block(images, outputs, pixels, tiles, (max(top - first, 0), left))


def filtering_matrices(points: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bᵀ (6, 6), G (6, 3) and Aᵀ (4, 6) with Aᵀ((Gg) ⊙ (Bᵀd))_i = Σ_k d_{i+k} g_k, for five points and infinity.

    Row p of G evaluates the filter's polynomial at p, divided by Π (p − q) over the other points q; Aᵀ has p's powers;
    row p of Bᵀ holds the coefficients of Π (z − q). At infinity what counts is the highest coefficient.

    Source: Barabasz et al. 2020, section 3.
    """
    p = np.array(points)
    divisors = np.array([np.prod([a - c for c in points if c != a]) for a in points])
    of_kernel = np.zeros((TILE, KERNEL))
    of_kernel[:-1] = p[:, np.newaxis] ** np.arange(KERNEL) / divisors[:, np.newaxis]
    of_kernel[-1, -1] = 1
    back = np.zeros((OUTPUTS, TILE))
    back[:, :-1] = p ** np.arange(OUTPUTS)[:, np.newaxis]
    back[-1, -1] = 1
    to_values = np.zeros((TILE, TILE))
    for row, a in enumerate(points):
        to_values[row, :-1] = np.poly([c for c in points if c != a])[::-1]
    to_values[-1] = np.poly(p)[::-1]
    return to_values, of_kernel, back


@lru_cache
def _transforms(dtype: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The matrices for both dimensions at once, of a tile as one vector, row by row: M ⊗ M."""
    to_values, of_kernel, back = (np.kron(M, M).astype(dtype) for M in filtering_matrices(POINTS))
    return to_values, of_kernel, back


def _kernel_values(K: np.ndarray, of_kernel: np.ndarray, scratch: Scratch) -> np.ndarray:
    """G K Gᵀ: a matrix (in, out) for each of the 36 points."""
    values = scratch("kernels", (TILE * TILE, *K.shape[2:]), of_kernel.dtype)
    np.matmul(of_kernel, K.reshape(KERNEL * KERNEL, -1), out=values.reshape(TILE * TILE, -1))
    return values


def _values(x: np.ndarray, block: _Block, to_values: np.ndarray, scratch: Scratch) -> np.ndarray:
    """Bᵀ x B of each tile: ``(point, tile, channel)``."""
    n, down, across = block.tiles
    tiles = shaped("pixels", (TILE, TILE, *block.tiles, x.shape[3]), to_values.dtype, scratch)
    part = _padded(x[block.images, block.pixels], (down, across), KERNEL - 1, block.before, scratch)
    view = sliding_window_view(part, (TILE, TILE), axis=(1, 2))[:, ::OUTPUTS, ::OUTPUTS]
    np.copyto(tiles, view.transpose(4, 5, 0, 1, 2, 3))
    values = shaped("values", (len(to_values), n * down * across, x.shape[3]), to_values.dtype, scratch)
    np.matmul(to_values, tiles.reshape(len(to_values), -1), out=values.reshape(len(to_values), -1))
    return values


def _part(images: np.ndarray, tiles: np.ndarray, scratch: Scratch) -> None:
    """Cut images into tiles of 4×4, ``(i, j, image, row of tiles, column of tiles, channel)``; 0 beyond the image."""
    whole = _padded(images, (tiles.shape[3], tiles.shape[4]), 0, (0, 0), scratch)
    np.copyto(tiles, _grid(whole).transpose(2, 4, 0, 1, 3, 5))


def _join(tiles: np.ndarray, images: np.ndarray, scratch: Scratch) -> None:
    """Put tiles of 4×4 side by side; what reaches beyond the image is left out."""
    shape = len(images), tiles.shape[3] * OUTPUTS, tiles.shape[4] * OUTPUTS, images.shape[3]
    whole = images if images.shape == shape else shaped("joined", shape, images.dtype, scratch)
    np.copyto(_grid(whole).transpose(2, 4, 0, 1, 3, 5), tiles)
    if whole is not images:
        images[...] = whole[:, : images.shape[1], : images.shape[2]]


def _add_overlapping(tiles: np.ndarray, block: _Block, images: np.ndarray, scratch: Scratch) -> None:
    """Add tiles of 6×6, at a stride of 4, to the pixels: first their 4×4, then what overlaps the next tiles."""
    n, down, across = block.tiles
    shape = n, (down + 1) * OUTPUTS, (across + 1) * OUTPUTS, images.shape[3]
    whole = shaped("joined", shape, tiles.dtype, scratch)
    whole[...] = 0
    grid = _grid(whole).transpose(2, 4, 0, 1, 3, 5)
    for i, below in ((slice(0, OUTPUTS), 0), (slice(OUTPUTS, TILE), 1)):
        for j, right in ((slice(0, OUTPUTS), 0), (slice(OUTPUTS, TILE), 1)):
            part = tiles[i, j]
            grid[: len(part), : part.shape[1], :, below : below + down, right : right + across] += part
    top, left = block.before
    images += whole[:, top : top + images.shape[1], left : left + images.shape[2]]


def _padded(
    images: np.ndarray, tiles: tuple[int, int], more: int, before: tuple[int, int], scratch: Scratch
) -> np.ndarray:
    """The images padded with zeros to the size of these tiles and ``more``; themselves if they have that size."""
    height, width = (n * OUTPUTS + more for n in tiles)
    if images.shape[1:3] == (height, width):
        return images
    padded = shaped(f"padded by {more}", (len(images), height, width, images.shape[3]), images.dtype, scratch)
    padded[...] = 0
    top, left = before
    padded[:, top : top + images.shape[1], left : left + images.shape[2]] = images[:, :, : width - left]
    return padded


def _grid(images: np.ndarray) -> np.ndarray:
    """``(N, H, W, C)`` as ``(N, H / 4, 4, W / 4, 4, C)``."""
    n, height, width, channels = images.shape
    return images.reshape(n, height // OUTPUTS, OUTPUTS, width // OUTPUTS, OUTPUTS, channels)
