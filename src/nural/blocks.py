"""Large arrays in blocks, so that intermediate results are small and stay in the cache."""

from collections.abc import Iterator

import numpy as np

BLOCK_BYTES = 65536


def in_blocks(*arrays: np.ndarray) -> Iterator[tuple[np.ndarray, ...]]:
    """Yield matching flat blocks of the arrays, at most 64 KB of each; the last array is the one that is written to.

    The others are broadcast to its shape and converted to its type; only arrays that need it are copied.
    """
    *inputs, out = arrays
    pieces = np.nditer(
        arrays,
        ["external_loop", "buffered"],
        [*(["readonly"] for _ in inputs), ["writeonly"]],
        op_dtypes=[out.dtype] * len(arrays),
        casting="same_kind",
        buffersize=BLOCK_BYTES // out.itemsize,
    )
    with pieces:  # writes back what had to be buffered
        yield from pieces
